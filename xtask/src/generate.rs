//! Runs progenitor over the lowered document. The settings of the generated client stand here and nowhere else.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use contract_review::Pointer;
use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::quote;
use serde_json::Value;

use crate::Error;
use crate::lower::{FILE_PART, Lowered};

/// The code that progenitor makes of `lowered`, as one file.
///
/// # Errors
///
/// [`Error::Progenitor`] with what it said, a panic included.
pub fn tokens(lowered: &Lowered) -> Result<syn::File, Error> {
    run(lowered, |generator, api| generator.generate_tokens(api))
}

/// The typed mocks that progenitor makes of `lowered`, as one file.
///
/// # Errors
///
/// As [`tokens`].
pub fn mock_tokens(lowered: &Lowered) -> Result<syn::File, Error> {
    run(lowered, |generator, api| generator.httpmock(api, "crate"))
}

fn run(
    lowered: &Lowered,
    make: impl FnOnce(&mut Generator, &OpenAPI) -> Result<TokenStream, progenitor::Error>,
) -> Result<syn::File, Error> {
    let fault = |said: String| Error::Progenitor(said);
    let api = serde_json::from_value(lowered.document.clone()).map_err(|e| fault(e.to_string()))?;
    let mut generator = Generator::new(&settings());
    let tokens = quietly(|| make(&mut generator, &api))?.map_err(|e| fault(e.to_string()))?;
    syn::parse2(tokens).map_err(|e| fault(format!("what it gave is not Rust: {e}")))
}

fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Hooks))
        .with_replacement(FILE_PART, format!("crate::{FILE_PART}"), std::iter::empty())
        // Seconds for a whole call of `Client::new`: a picture of 20 MiB has to go up and be read.
        .with_timeout(100);
    settings
}

thread_local! {
    /// Whether a panic on this thread is caught and told as an error.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// progenitor meets some documents with a panic; here it becomes an error like any other. Panics of other threads are
/// told as ever.
fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, Error> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                loud(panic);
            }
        }));
    });
    QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(false);
    outcome.map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        Error::Progenitor(
            said.or(panic.downcast_ref::<&str>().copied())
                .unwrap_or("it panicked")
                .to_owned(),
        )
    })
}

/// What a client must know before the first call, read from the document.
#[derive(Debug)]
pub struct Constants {
    /// The first server.
    pub base_url: String,
    /// The default token address.
    pub token_url: String,
    /// The token address as published, before the overlay corrected it.
    pub published_token_url: String,
    /// `info.version`.
    pub version: String,
}

impl Constants {
    /// Reads the constants of a document with the overlay applied.
    ///
    /// # Errors
    ///
    /// [`Error::Lower`] names the pointer that holds no text.
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

/// Where the one `client_credentials` flow of the document stands.
fn credentials_flow(document: &Value) -> Result<Pointer, Error> {
    let at = Pointer::default()
        .join("components")
        .join("securitySchemes");
    let schemes = document["components"]["securitySchemes"].as_object();
    let mut flows = schemes
        .into_iter()
        .flatten()
        .filter(|(_, s)| s["flows"]["clientCredentials"].is_object());
    match (flows.next(), flows.next()) {
        (Some((name, _)), None) => Ok(at.join(name).join("flows").join("clientCredentials")),
        _ => Err(Error::lower(
            &at,
            "not exactly one clientCredentials flow",
            "the client's token address comes from it",
        )),
    }
}

fn text(document: &Value, at: &Pointer) -> Result<String, Error> {
    let found = document.pointer(at.as_str()).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| {
        Error::lower(
            at,
            "no text stands here",
            "the client needs it as a constant",
        )
    })
}
