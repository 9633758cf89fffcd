//! A tower layer that authorizes requests of the `http` crate.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;

use crate::error::Error;
use crate::source::TokenSource;
use crate::token::AccessToken;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Adds the bearer token of a [`TokenSource`] to each request.
///
/// A request that does not go to the configured
/// [`api_origin`](crate::TokenSourceBuilder::api_origin) is not sent: the error is an [`Error`] of
/// the kind [`ForeignOrigin`](crate::ErrorKind::ForeignOrigin), as for
/// [`TokenSource::authorize`]. The same is true of a URI without a scheme and a host.
///
/// If the response is 401, the token is invalidated, and the request is resent once with another
/// token. That needs a copy of the request, which is made before it is sent. A second 401 is
/// returned as it is. A request whose body cannot be copied is not resent; see
/// [`with_clone_body`](Self::with_clone_body).
///
/// ```
/// use barcode_cloud_auth::{BearerTokenLayer, TokenSource};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let source = TokenSource::static_token("eyJhbGciOi")
///     .api_origin("https://api.example.com")
///     .build()?;
/// # let client = service_fn(async |request: Request<String>| {
/// #     assert_eq!(request.headers()["authorization"], "Bearer eyJhbGciOi");
/// #     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
/// # });
/// // `client` is any HTTP client that is a tower service.
/// let client = ServiceBuilder::new()
///     .layer(BearerTokenLayer::new(source))
///     .service(client);
/// let request = Request::get("https://api.example.com/v1/forecast").body(String::new())?;
/// let response = client.oneshot(request).await?;
/// # assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
pub struct BearerTokenLayer<B> {
    source: TokenSource,
    clone_body: fn(&B) -> Option<B>,
}

impl<B> BearerTokenLayer<B> {
    /// Creates a layer for requests whose bodies can be cloned.
    pub fn new(source: TokenSource) -> Self
    where
        B: Clone,
    {
        Self::with_clone_body(source, |body| Some(body.clone()))
    }

    /// Creates a layer that resends a request after a 401 only if `clone_body` returns a copy of
    /// its body. With `|_| None`, no request is resent.
    pub fn with_clone_body(source: TokenSource, clone_body: fn(&B) -> Option<B>) -> Self {
        Self { source, clone_body }
    }
}

impl<B> Clone for BearerTokenLayer<B> {
    fn clone(&self) -> Self {
        Self { source: self.source.clone(), clone_body: self.clone_body }
    }
}

impl<B> fmt::Debug for BearerTokenLayer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerTokenLayer").field("source", &self.source).finish_non_exhaustive()
    }
}

impl<S, B> Layer<S> for BearerTokenLayer<B> {
    type Service = BearerToken<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        BearerToken { inner, layer: self.clone() }
    }
}

/// The service of a [`BearerTokenLayer`].
#[derive(Debug)]
pub struct BearerToken<S, B> {
    inner: S,
    layer: BearerTokenLayer<B>,
}

impl<S: Clone, B> Clone for BearerToken<S, B> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S, B, R> Service<Request<B>> for BearerToken<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled is the one that is ready, so its clone stays behind.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(send(self.layer.clone(), inner, request))
    }
}

/// Sends an authorized request, and resends it once after a 401.
async fn send<S, B, R>(
    layer: BearerTokenLayer<B>,
    mut inner: S,
    mut request: Request<B>,
) -> Result<Response<R>, BoxError>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
{
    let token = authorize(&layer.source, &mut request).await?;
    let copy = copy(&request, layer.clone_body);
    let response = inner.call(request).await.map_err(Into::into)?;
    if response.status() != StatusCode::UNAUTHORIZED {
        return Ok(response);
    }
    layer.source.invalidate(&token);
    let Some(mut request) = copy else {
        return Ok(response);
    };
    let fresh = authorize(&layer.source, &mut request).await?;
    // A static token, or one that is too young to be replaced, would be rejected again.
    if fresh.generation() == token.generation() {
        return Ok(response);
    }
    // The inner service may not be ready before the response is gone.
    drop(response);
    let ready = poll_fn(|context| inner.poll_ready(context)).await;
    ready.map_err(Into::into)?;
    inner.call(request).await.map_err(Into::into)
}

async fn authorize<B>(
    source: &TokenSource,
    request: &mut Request<B>,
) -> Result<AccessToken, Error> {
    let token = source.token_for(request.uri()).await?;
    let header = token.header_value().clone();
    request.headers_mut().insert(AUTHORIZATION, header);
    Ok(token)
}

fn copy<B>(request: &Request<B>, clone_body: fn(&B) -> Option<B>) -> Option<Request<B>> {
    let mut copy = Request::new(clone_body(request.body())?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}
