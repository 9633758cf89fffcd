//! The token endpoint, and the validation of access tokens.

mod keys;
mod revocation;
mod token;

pub(crate) use token::{Credentials, JWKS_PATH, Revoke, TokenIssuer, TokenSettings};
