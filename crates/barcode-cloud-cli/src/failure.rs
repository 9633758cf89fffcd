//! Reports errors: as a single line, or as JSON for a command that prints JSON.

use barcode_cloud::Error;
use serde_json::{Value, json};

use crate::terminal;

/// The advice of the library for a rejected token, which does not fit a static token.
const CREDENTIALS_ADVICE: &str = "; check the client id and secret";

/// Returns whether the command line asks for JSON. The arguments are searched as text, so that an
/// error in the arguments is reported as JSON too.
pub(crate) fn wants_json() -> bool {
    std::env::args_os()
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json" || argument == "--jsonl")
}

/// Prints an error to standard error.
pub(crate) fn print(error: &anyhow::Error) {
    if wants_json() {
        eprintln!("{}", json!({ "error": describe(error) }));
    } else {
        eprintln!("error: {}", line(error));
    }
}

/// Formats an error as a single line, with advice that fits the settings.
pub(crate) fn line(error: &anyhow::Error) -> String {
    let line = terminal::one_line(error);
    match line.strip_suffix(CREDENTIALS_ADVICE) {
        Some(start) if has_static_token() => format!(
            "{start}; replace the token in BARCODE_CLOUD_ACCESS_TOKEN, or unset the variable to use \
             the client id and secret"
        ),
        _ => line,
    }
}

/// Returns an error as a JSON object.
pub(crate) fn describe(error: &anyhow::Error) -> Value {
    let call = error.downcast_ref::<Error>();
    let is_io = error.downcast_ref::<std::io::Error>().is_some();
    let kind = match call {
        Some(call) => call.kind().as_str(),
        None if is_io => "file",
        None => "usage",
    };
    json!({
        "kind": kind,
        "message": line(error),
        "status": call.and_then(Error::status).map(|status| status.as_u16()),
        "code": call.and_then(Error::code),
        "request_id": call.and_then(Error::request_id),
        "may_have_been_billed": call.is_some_and(Error::may_have_been_billed),
        "retry_after": call.and_then(Error::retry_after).map(|wait| wait.as_secs()),
    })
}

/// Returns whether the token is static: it takes precedence over the client id and secret.
pub(crate) fn has_static_token() -> bool {
    std::env::var_os("BARCODE_CLOUD_ACCESS_TOKEN").is_some()
}
