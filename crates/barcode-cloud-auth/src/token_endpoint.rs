//! The trait between the token source and an issuer of tokens.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::credentials::ClientCredentials;
use crate::error::{Error, ErrorKind};
use crate::token;

/// The maximum lifetime of a token. A longer one is reduced to it.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The future that [`TokenEndpoint::fetch`] returns.
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<IssuedToken, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Issues access tokens: a metadata server, a local agent, or a mock.
///
/// [`TokenSource::from_endpoint`](crate::TokenSource::from_endpoint) gives such an endpoint the
/// same cache, renewal, retries and deadlines as the built-in one, which sends HTTP requests.
///
/// The error decides what happens next:
///
/// - An [`Error`] from [`Error::retryable`] is retried after a pause, within the time that callers
///   wait. An error of any other type counts as retryable and becomes the
///   [`source`](StdError::source) of an [`Error`].
/// - An [`Error`] from [`Error::permanent`] is returned to callers at once.
/// - An [`Error`] whose [`oauth_error`](crate::ErrorBuilder::oauth_error) is `invalid_client`,
///   `unauthorized_client`, `invalid_grant` or `access_denied`, or whose
///   [`status`](crate::ErrorBuilder::status) is 401, says that the credentials were rejected. After
///   4 of them, the same credentials are used once in 600 s only.
///
/// A fetch that takes too long is dropped, and one that panics fails that fetch only.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
///
/// use barcode_cloud_auth::{IssuedToken, TokenEndpoint, TokenFuture, TokenRequest, TokenSource};
///
/// #[derive(Debug, Default)]
/// struct MockEndpoint {
///     fetches: AtomicU64,
/// }
///
/// impl TokenEndpoint for MockEndpoint {
///     fn fetch<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
///         Box::pin(async {
///             let number = self.fetches.fetch_add(1, Ordering::Relaxed);
///             Ok(IssuedToken::new(format!("token-{number}"), Duration::from_secs(3600))?)
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), barcode_cloud_auth::Error> {
/// let source = TokenSource::from_endpoint(MockEndpoint::default()).build()?;
/// assert_eq!(source.token().await?.header_value(), "Bearer token-0");
/// // The second call is served from the cache.
/// assert_eq!(source.token().await?.header_value(), "Bearer token-0");
/// # Ok(())
/// # }
/// ```
pub trait TokenEndpoint: fmt::Debug + Send + Sync + 'static {
    /// Fetches one token.
    fn fetch<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a>;

    /// Returns the name of this endpoint in logs and spans. By default, that is the name of the
    /// type.
    ///
    /// Sources that share a token store share tokens only if their endpoints have the same name.
    fn name(&self) -> &str {
        std::any::type_name::<Self>()
    }
}

impl<E: TokenEndpoint + ?Sized> TokenEndpoint for Arc<E> {
    fn fetch<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        (**self).fetch(request)
    }

    fn name(&self) -> &str {
        (**self).name()
    }
}

/// The arguments of [`TokenEndpoint::fetch`].
#[derive(Debug, Clone, Copy)]
pub struct TokenRequest<'a> {
    credentials: Option<&'a ClientCredentials>,
}

impl<'a> TokenRequest<'a> {
    /// Creates a request with these credentials, to test an endpoint of your own.
    pub fn new(credentials: Option<&'a ClientCredentials>) -> Self {
        Self { credentials }
    }

    /// Returns the credentials that the [provider](crate::CredentialsProvider) returned for this
    /// fetch, if the token source has a provider.
    pub fn credentials(&self) -> Option<&'a ClientCredentials> {
        self.credentials
    }
}

/// A token that a [`TokenEndpoint`] issued. `Debug` shows neither the token nor its scope.
///
/// ```
/// use std::time::Duration;
/// use barcode_cloud_auth::IssuedToken;
///
/// let token = IssuedToken::new("eyJhbGciOi", Duration::from_secs(3600))?.with_scope("read");
/// assert_eq!(token.scope(), Some("read"));
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct IssuedToken {
    pub(crate) header: HeaderValue,
    /// A token with a lifetime of zero is returned to the callers that wait for it, but not kept.
    pub(crate) lifetime: Duration,
    pub(crate) scope: Option<String>,
}

impl IssuedToken {
    /// Creates a token from its text and the time for which it is valid, counted from the start of
    /// the fetch.
    ///
    /// A token with a lifetime of zero is given to the callers that wait for it and is not cached.
    /// A lifetime above 24 h counts as 24 h.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidResponse`], retryable, when the token is empty or cannot be sent in a
    /// header.
    pub fn new(token: impl Into<SecretString>, lifetime: Duration) -> Result<Self, Error> {
        let header = token::bearer(token.into().expose_secret()).map_err(|problem| {
            let message =
                format!("the access token is invalid, because {problem}: check the endpoint");
            Error::retryable(ErrorKind::InvalidResponse, message).build()
        })?;
        Ok(Self { header, lifetime: lifetime.min(MAX_LIFETIME), scope: None })
    }

    /// Sets the granted scope.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Returns the token itself.
    pub fn access_token(&self) -> SecretString {
        token::secret(&self.header)
    }

    /// Returns how long the token is valid, counted from the start of the fetch.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Returns the granted scope, if it is known.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}
