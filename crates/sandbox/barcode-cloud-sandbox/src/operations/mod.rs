//! The operations: each takes validated values and returns a response.

pub(crate) mod generate;
mod options;
pub(crate) mod recognize;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::answer::Failure;

/// Decodes the base64 value of a field. White space is ignored, as .NET does.
fn from_base64(parameter: &str, text: &str) -> Result<Vec<u8>, Failure> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let decoded = if text.bytes().any(|byte| is_blank(&byte)) {
        STANDARD.decode(
            text.bytes()
                .filter(|byte| !is_blank(byte))
                .collect::<Vec<_>>(),
        )
    } else {
        STANDARD.decode(text)
    };
    decoded.map_err(|error| Failure::field(parameter, format!("The value is not base64: {error}")))
}
