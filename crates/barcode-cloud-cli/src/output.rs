//! Errors on standard error: one line of text, or of JSON.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use barcode_cloud::{ConfigurationError, Error, auth};
use clap::error::{ContextKind, ContextValue};
use serde_json::{Map, Value, json};

use crate::FAILED;
use crate::terminal::{json_line, note, one_line, printable};

const CREDENTIALS_ADVICE: &str = "set BARCODE_CLOUD_CLIENT_ID and BARCODE_CLOUD_CLIENT_SECRET, \
     or add a profile to the configuration file, or use --sandbox, which needs no credentials";

/// Returns whether the result is requested as JSON, and therefore errors too. This reads the raw
/// arguments, because it must also work if they cannot be parsed.
pub(crate) fn is_json_requested() -> bool {
    std::env::args_os()
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json" || argument == "--jsonl")
}

/// Prints an error that ends the command.
pub(crate) fn fatal(error: &anyhow::Error) -> ExitCode {
    match is_json_requested() {
        true => note(&json_line(&json!({"error": error_object(error)}))),
        false => note(&format!("error: {}", message(error))),
    }
    ExitCode::from(FAILED)
}

/// Prints an error in the arguments, or the help or version that they ask for.
pub(crate) fn arguments(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // The reader may have closed the pipe.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if is_json_requested() {
        failure("usage", &usage_message(error), true);
    } else {
        let _ = error.print();
    }
    ExitCode::from(FAILED)
}

/// Returns the first paragraph of an error in the arguments as a single line.
fn usage_message(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines = text.lines().take_while(|line| !line.is_empty());
    let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    // Without a subcommand, the text is the whole help.
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(name)) => format!("unknown command `{name}`"),
        _ => text.to_owned(),
    }
}

/// Prints a failure that is not an error of the library.
pub(crate) fn failure(kind: &str, message: &str, is_json: bool) {
    match is_json {
        true => note(&json_line(&json!({"error": {"kind": kind, "message": message}}))),
        false => note(&printable(message)),
    }
}

/// Prints the error of one file of many.
pub(crate) fn file_error(name: &str, error: &anyhow::Error, is_json: bool) {
    if is_json {
        let mut object = error_object(error);
        object["file"] = json!(name);
        note(&json_line(&json!({"error": object})));
        return;
    }
    let (name, message) = (printable(name), message(error));
    // The message of a file error already begins with the path.
    match message.starts_with(&name) {
        true => note(&format!("error: {message}")),
        false => note(&format!("error: {name}: {message}")),
    }
}

/// Formats an error as a single line with advice for users of this program.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let missing = match find(error) {
        Some(Error::Configuration(ConfigurationError::NoCredentials)) => "no credentials".into(),
        Some(Error::Configuration(missing @ ConfigurationError::MissingSetting { .. })) => {
            missing.to_string()
        }
        _ => return one_line(error) + file_advice(error),
    };
    format!("{missing}; {CREDENTIALS_ADVICE}")
}

/// Returns the advice for an error of the operating system. Errors of the library have their own.
fn file_advice(error: &anyhow::Error) -> &'static str {
    if find(error).is_some() {
        return "";
    }
    let mut causes = error.chain();
    let error = causes.find_map(|cause| cause.downcast_ref::<io::Error>());
    match error.map(io::Error::kind) {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => "; free some disk space",
        Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            "; check its permissions"
        }
        Some(ErrorKind::NotFound | ErrorKind::NotADirectory) => "; check the path",
        _ => "",
    }
}

/// Returns an error as a JSON object. Members without a value are null.
pub(crate) fn error_object(error: &anyhow::Error) -> Value {
    let mut object = Map::from_iter([("message".to_owned(), json!(message(error)))]);
    let mut insert = |name: &str, value: Value| object.insert(name.to_owned(), value);
    let known = find(error);
    let of_token = error.chain().find_map(|cause| cause.downcast_ref::<auth::Error>());
    let kind = match (known, of_token) {
        (Some(known), _) => known.kind().as_str(),
        (None, Some(_)) => "auth",
        (None, None) if error.chain().any(|cause| cause.is::<std::io::Error>()) => "file",
        (None, None) => "invalid_input",
    };
    let status = known.and_then(Error::status);
    let status = status.or(of_token.and_then(auth::Error::status));
    let code = known.and_then(Error::code);
    let request_id = known.and_then(Error::request_id);
    let retry_after = known.and_then(Error::retry_after);
    let retry_after = retry_after.or(of_token.and_then(auth::Error::retry_after));
    insert("kind", json!(kind));
    insert("status", json!(status.map(|status| status.as_u16())));
    insert("code", json!(code.or(of_token.and_then(auth::Error::oauth_error))));
    insert("request_id", json!(request_id.or(of_token.and_then(auth::Error::request_id))));
    insert("may_have_been_billed", json!(known.is_some_and(Error::may_have_been_billed)));
    insert("retry_after", json!(retry_after.map(|wait| wait.as_secs())));
    object.into()
}

fn find(error: &anyhow::Error) -> Option<&Error> {
    error.chain().find_map(<dyn StdError>::downcast_ref::<Error>)
}
