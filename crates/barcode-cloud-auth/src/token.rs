//! An access token with its header value and its times.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::SecretString;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::schedule::Times;
use crate::token_endpoint::IssuedToken;

/// A bearer token, as the value of an `Authorization` header. It is cheap to clone.
///
/// The header value is marked as sensitive, so the `Debug` output of a header map does not show it.
/// Its memory is not zeroed when it is dropped, because [`HeaderValue`] does not support that. A
/// core dump may contain it.
#[derive(Clone)]
pub struct AccessToken(pub(crate) Arc<Entry>);

/// The data that all clones of a token share.
pub(crate) struct Entry {
    header: HeaderValue,
    scope: Option<String>,
    pub(crate) generation: u64,
    /// `None` for a static token, whose expiry is unknown.
    pub(crate) times: Option<Times>,
}

impl Entry {
    pub(crate) fn new(token: IssuedToken, generation: u64, times: Option<Times>) -> Arc<Self> {
        Arc::new(Self { header: token.header, scope: token.scope, generation, times })
    }
}

impl AccessToken {
    /// Returns the value of the `Authorization` header: `Bearer` and the token
    /// ([RFC 6750 section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
    pub fn header_value(&self) -> &HeaderValue {
        &self.0.header
    }

    /// Returns the token itself, for protocols that send it elsewhere than in an HTTP header.
    /// `Debug` does not show it, and the memory of the copy is zeroed when it is dropped.
    ///
    /// ```
    /// use barcode_cloud_auth::TokenSource;
    /// use secrecy::ExposeSecret;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), barcode_cloud_auth::Error> {
    /// let source = TokenSource::static_token("eyJhbGciOi").build()?;
    /// let token = source.token().await?.secret();
    /// let first_message = format!(r#"{{"type":"auth","token":"{}"}}"#, token.expose_secret());
    /// # assert!(first_message.contains("eyJhbGciOi"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn secret(&self) -> SecretString {
        secret(&self.0.header)
    }

    /// Returns the scope that the token endpoint granted, or several scopes separated by spaces.
    ///
    /// If the response has no scope, this is the
    /// [requested scope](crate::TokenSourceBuilder::scope), as
    /// [RFC 6749 section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1) defines. It is
    /// `None` if no scope was requested either.
    pub fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// Returns the number of the token within its source: 1 for the first token fetched, and 0 for
    /// a static token.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// Returns how long the token is still valid according to its lifetime: zero if it has expired,
    /// and `None` for a static token.
    pub fn remaining(&self) -> Option<Duration> {
        self.0.times.map(|times| times.expires_at.saturating_duration_since(Instant::now()))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("header_value", &"[redacted]")
            .field("generation", &self.0.generation)
            .finish_non_exhaustive()
    }
}

const PREFIX: &str = "Bearer ";

/// Returns the header value of a token, or a description of the problem that does not show the
/// token.
///
/// Visible ASCII is accepted. That is more than RFC 6750 allows, because some servers send tokens
/// with `|` or `:`.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, &'static str> {
    if token.is_empty() {
        return Err("it is empty");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it contains a character that a header cannot contain");
    }
    let mut header = HeaderValue::try_from(format!("{PREFIX}{token}"))
        .map_err(|_| "it is not a valid header value")?;
    header.set_sensitive(true);
    // The first clone of a header value allocates a reference count. This clone keeps that out of
    // the requests.
    let _ = header.clone();
    Ok(header)
}

/// Returns the token in a header value from [`bearer`].
pub(crate) fn secret(header: &HeaderValue) -> SecretString {
    let text = header.to_str().unwrap_or_default();
    text.strip_prefix(PREFIX).unwrap_or_default().into()
}

/// Creates the token of a static source.
pub(crate) fn static_token(token: &str) -> Result<AccessToken, Error> {
    let header = bearer(token).map_err(|problem| {
        let message =
            format!("the static access token is invalid, because {problem}: set another one");
        Error::permanent(ErrorKind::Configuration, message).build()
    })?;
    let token = IssuedToken { header, lifetime: Duration::ZERO, scope: None };
    Ok(AccessToken(Entry::new(token, 0, None)))
}
