//! The names of the extra form parameters in a token request.

use crate::error::{Error, ErrorKind};

/// The parameters that have settings of their own.
const RESERVED: [&str; 6] = [
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "grant_type",
    "scope",
];

/// Rejects names that would contradict what the source sends itself. Case is ignored, because some
/// servers ignore it.
pub(crate) fn check(parameters: &[(String, String)]) -> Result<(), Error> {
    let reserved = |name: &str| RESERVED.iter().any(|known| known.eq_ignore_ascii_case(name));
    match parameters.iter().find(|(name, _)| name.is_empty() || reserved(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let message = format!(
                "the form parameter {name:?} cannot be added: it is empty, or the token source sets \
                 it from the credentials and the scope"
            );
            Err(Error::permanent(ErrorKind::Configuration, message).build())
        }
    }
}
