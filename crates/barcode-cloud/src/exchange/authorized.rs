//! Sends one request with a bearer token, through the middleware of the client if there is any.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use barcode_cloud_auth::{AccessToken, TokenSource};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientWithMiddleware, Middleware, Next};
use tokio::time::Instant;

use super::deadline::Limit;
use super::response;
use crate::error::Error;

/// The middleware of a client; the first one is the outermost.
pub(crate) type MiddlewareChain = Vec<Arc<dyn Middleware>>;

/// An HTTP client that authorizes each request.
#[derive(Debug)]
pub(crate) struct AuthorizedClient {
    http: reqwest::Client,
    tokens: TokenSource,
    /// The middleware and the authorization behind it. `None` without middleware, so that such
    /// calls need no boxed futures.
    chain: Option<ClientWithMiddleware>,
}

/// The innermost middleware, so that no other sees the token.
struct Authorize(TokenSource);

/// The token of a request. It is passed on from [`Authorize`] as an extension, which the other
/// middleware cannot read, because the type is private.
#[derive(Clone)]
struct UsedToken(AccessToken);

impl AuthorizedClient {
    pub(crate) fn new(http: reqwest::Client, tokens: TokenSource, chain: MiddlewareChain) -> Self {
        let chain = (!chain.is_empty()).then(|| {
            let builder = reqwest_middleware::ClientBuilder::new(http.clone());
            let builder =
                chain.into_iter().fold(builder, |builder, middleware| builder.with_arc(middleware));
            builder.with(Authorize(tokens.clone())).build()
        });
        Self { http, tokens, chain }
    }

    pub(crate) fn tokens(&self) -> &TokenSource {
        &self.tokens
    }

    /// Sets the bearer header, and waits for a token within `limit`. With middleware this does
    /// nothing: the chain authorizes the request itself, because a middleware that returns a
    /// response itself needs no token.
    pub(super) async fn authorize(
        &self,
        request: &mut Request,
        limit: Limit,
    ) -> Result<Option<AccessToken>, Error> {
        match self.chain {
            Some(_) => Ok(None),
            None => authorize(&self.tokens, request, limit).await.map(Some),
        }
    }

    /// Sends the request, which has `token` unless there is middleware. Returns the response with
    /// the token that was used, or no token if a middleware returned the response.
    pub(super) async fn send(
        &self,
        request: Request,
        token: Option<AccessToken>,
        limit: Limit,
    ) -> Result<(Response, Option<AccessToken>), Error> {
        let Some(chain) = &self.chain else {
            let response = self.http.execute(request).await;
            return Ok((response.map_err(response::transport_error)?, token));
        };
        let mut extensions = Extensions::new();
        extensions.insert(limit);
        let sent = chain.execute_with_extensions(request, &mut extensions);
        let response = sent.await.map_err(middleware_error)?;
        let token = extensions.remove::<UsedToken>().map(|used| used.0);
        Ok((response, token))
    }
}

#[async_trait]
impl Middleware for Authorize {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        // A middleware may hide the extension. The deadline of the attempt applies anyway.
        let limit = extensions.get().copied().unwrap_or(Limit::NEVER);
        let token = authorize(&self.0, &mut request, limit).await;
        let token = token.map_err(reqwest_middleware::Error::middleware)?;
        extensions.insert(UsedToken(token));
        next.run(request, extensions).await
    }
}

/// Sets the bearer header. The token source gets the limit, so that its error is returned instead
/// of a timeout.
async fn authorize(
    tokens: &TokenSource,
    request: &mut Request,
    limit: Limit,
) -> Result<AccessToken, Error> {
    let left = limit.left(Instant::now()).unwrap_or(Duration::MAX);
    let token = tokens.authorize_within(request, left).await;
    token.map_err(|error| limit.token_error(error))
}

#[cold]
fn middleware_error(error: reqwest_middleware::Error) -> Error {
    match error {
        reqwest_middleware::Error::Reqwest(error) => response::transport_error(error),
        reqwest_middleware::Error::Middleware(error) => match error.downcast::<Error>() {
            Ok(error) => error,
            Err(other) => Error::Middleware(other.into()),
        },
    }
}
