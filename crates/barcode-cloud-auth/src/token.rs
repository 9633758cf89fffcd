//! One access token, ready for use as a header. Knows when it ends, not how it was obtained.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::schedule::Times;

/// A bearer token: a shared handle, cheap to clone, whose text is only seen in the header value.
///
/// The header value is marked sensitive, so `Debug` of a header map does not show it. It is not
/// wiped from memory when dropped, because [`HeaderValue`] cannot be; treat a core dump as secret.
#[derive(Clone)]
pub struct AccessToken(pub(crate) Arc<Entry>);

/// What a token's handles share.
pub(crate) struct Entry {
    header: HeaderValue,
    pub(crate) generation: u64,
    /// None for a static token, whose end nobody knows.
    pub(crate) times: Option<Times>,
}

impl Entry {
    /// `header` comes from [`bearer`].
    pub(crate) fn new(header: HeaderValue, generation: u64, times: Option<Times>) -> Arc<Self> {
        Arc::new(Self {
            header,
            generation,
            times,
        })
    }
}

impl AccessToken {
    /// The value of the `Authorization` header: `Bearer` and the token
    /// ([RFC 6750 section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
    pub fn header_value(&self) -> &HeaderValue {
        &self.0.header
    }

    /// Counts the tokens of one source: 1 for the first one fetched, 0 for a static token.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// How long the token is still valid by its server's word; zero when it has expired, `None` for
    /// a static token.
    pub fn remaining(&self) -> Option<Duration> {
        self.0
            .times
            .map(|times| times.expires_at.saturating_duration_since(Instant::now()))
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

/// The header for a token, or an error that describes the problem without showing the token.
///
/// Visible ASCII is what a header can carry unquoted; it is all that RFC 6750 allows and a little
/// more, because servers do send tokens with `|` or `:` in them.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, &'static str> {
    if token.is_empty() {
        return Err("it is empty");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it has a character that no header can carry");
    }
    let mut header =
        HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| "it does not fit a header")?;
    header.set_sensitive(true);
    // The first clone of a `Bytes` moves it behind a counter, with an allocation: have it here and
    // not in somebody's request.
    let _ = header.clone();
    Ok(header)
}

/// A token that the user brought along.
pub(crate) fn static_token(token: &str) -> Result<AccessToken, Error> {
    let header = bearer(token).map_err(|problem| {
        let message = format!("the static access token is unusable, {problem}: set another one");
        Error::permanent(ErrorKind::Configuration, message).build()
    })?;
    Ok(AccessToken(Entry::new(header, 0, None)))
}
