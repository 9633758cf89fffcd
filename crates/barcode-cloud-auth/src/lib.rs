#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod cache;
mod client_auth;
#[cfg(feature = "token-store")]
mod clock;
mod credentials;
mod endpoint;
mod error;
mod fetcher;
#[cfg(feature = "token-store")]
mod fleet;
mod hold_off;
#[cfg(feature = "tower")]
mod layer;
mod lockout;
mod metrics;
mod origin;
mod parameters;
#[cfg(feature = "private-key-jwt")]
mod private_key_jwt;
mod redact;
mod request_id;
mod response;
mod retry_after;
mod schedule;
mod source;
#[cfg(feature = "token-store")]
mod store;
mod sync;
mod telemetry;
#[cfg(test)]
mod tests;
mod token;
mod token_endpoint;

pub use builder::{AuthStyle, TokenSourceBuilder};
pub use credentials::{
    ClientCredentials, CredentialsFuture, CredentialsProvider, EnvCredentials, FileCredentials,
    env_var,
};
pub use error::{Error, ErrorBuilder, ErrorKind};
#[cfg(feature = "tower")]
pub use layer::{BearerToken, BearerTokenLayer};
pub use metrics::Metrics;
#[cfg(feature = "private-key-jwt")]
pub use private_key_jwt::{PrivateKeyJwt, SigningAlgorithm};
pub use retry_after::retry_after;
pub use source::TokenSource;
#[cfg(feature = "token-store")]
pub use store::{Expected, MemoryTokenStore, StoreFuture, StoredValue, TokenStore};
pub use token::AccessToken;
pub use token_endpoint::{IssuedToken, TokenEndpoint, TokenFuture, TokenRequest};
