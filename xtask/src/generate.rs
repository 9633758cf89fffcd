//! Runs progenitor on the lowered document. All settings of the generated client are in this
//! module.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use contract_review::Pointer;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::quote;
use serde_json::Value;

use crate::Error;
use crate::lower::{FILE_PART, Lowered};

/// Generates the client from `lowered` as one file.
///
/// # Errors
///
/// [`Error::Progenitor`] with the message of progenitor. A panic of progenitor becomes an error
/// too.
pub fn tokens(lowered: &Lowered) -> Result<syn::File, Error> {
    let error = Error::Progenitor;
    let api = serde_json::from_value(lowered.document.clone()).map_err(|e| error(e.to_string()))?;
    let mut generator = Generator::new(&settings(lowered));
    let tokens = quietly(|| generator.generate_tokens(&api))?.map_err(|e| error(e.to_string()))?;
    syn::parse2(tokens).map_err(|e| error(format!("its output is not valid Rust: {e}")))
}

fn settings(lowered: &Lowered) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Hooks))
        // The timeout in seconds of a call with `Client::new`. It must allow for uploading an image
        // of 20 MiB.
        .with_timeout(100);
    if !lowered.multipart.is_empty() {
        settings.with_replacement(FILE_PART, format!("crate::{FILE_PART}"), std::iter::empty());
    }
    settings
}

thread_local! {
    /// Whether panics on this thread are caught, so that the panic hook must not print them.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs progenitor and converts a panic to an error, because progenitor panics on some invalid
/// documents. Panics of other threads are still printed.
fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, Error> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let default_hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                default_hook(panic);
            }
        }));
    });
    QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(false);
    outcome.map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        Error::Progenitor(
            message.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned(),
        )
    })
}

/// Constants of the generated client, read from the document.
#[derive(Debug)]
pub struct Constants {
    /// The URL of the first server.
    pub base_url: String,
    /// The default token URL.
    pub token_url: String,
    /// The published token URL, before the overlay was applied.
    pub published_token_url: String,
    /// `info.version`.
    pub version: String,
}

impl Constants {
    /// Reads the constants of a document with the overlay applied.
    ///
    /// # Errors
    ///
    /// [`Error::Lower`] with the pointer of a constant that is missing or not a string.
    pub fn read(document: &Value) -> Result<Self, Error> {
        let root = Pointer::default();
        let flow = credentials_flow(document)?;
        Ok(Self {
            base_url: text(document, &root.join("servers").join(0).join("url"))?,
            token_url: text(document, &flow.join("tokenUrl"))?,
            published_token_url: text(document, &flow.join("x-published-token-url"))
                .or_else(|_| text(document, &flow.join("tokenUrl")))?,
            version: text(document, &root.join("info").join("version"))?,
        })
    }
}

/// The place of the only `client_credentials` flow of the document.
fn credentials_flow(document: &Value) -> Result<Pointer, Error> {
    let at = Pointer::default().join("components").join("securitySchemes");
    let schemes = document["components"]["securitySchemes"].as_object();
    let mut flows =
        schemes.into_iter().flatten().filter(|(_, s)| s["flows"]["clientCredentials"].is_object());
    match (flows.next(), flows.next()) {
        (Some((name, _)), None) => Ok(at.join(name).join("flows").join("clientCredentials")),
        _ => Err(Error::lower(
            &at,
            "there must be exactly one clientCredentials flow",
            "the token URL of the client is taken from it",
        )),
    }
}

fn text(document: &Value, at: &Pointer) -> Result<String, Error> {
    let found = document.pointer(at.as_str()).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| {
        Error::lower(
            at,
            "the value is missing or not a string",
            "the client needs it as a constant",
        )
    })
}
