//! Joins the token source to the generated client: a hook that sets the bearer header, and takes a token that the
//! service refused out of use.

use std::sync::{Mutex, MutexGuard, PoisonError};

use barcode_cloud_auth::{AccessToken, TokenSource};
use barcode_cloud_client::{BoxFuture, Hook, HookError, OperationInfo};
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Response, StatusCode};

use crate::Client;
use crate::call::{bounded, whole};
use crate::error::Head;

/// The header that carries the id of a request, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The hook of the generated client that [`Client::api`](crate::Client::api) hands out: a 401 is answered by one more
/// attempt with a new token, where the request's body can be sent again.
#[derive(Debug)]
pub(crate) struct Authorize {
    tokens: TokenSource,
}

impl Authorize {
    pub(crate) fn new(tokens: TokenSource) -> Self {
        Self { tokens }
    }
}

impl Hook for Authorize {
    fn before<'a>(
        &'a self,
        request: &'a mut Request,
        _operation: &'a OperationInfo,
    ) -> BoxFuture<'a, Result<(), HookError>> {
        Box::pin(async move {
            self.tokens.authorize(request).await?;
            Ok(())
        })
    }

    fn send<'a>(
        &'a self,
        client: &'a reqwest::Client,
        request: Request,
        _operation: &'a OperationInfo,
    ) -> BoxFuture<'a, reqwest::Result<Response>> {
        Box::pin(async move {
            let again = request.try_clone();
            let used = request.headers().get(AUTHORIZATION).cloned();
            let response = client.execute(request).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            // Another call may have renewed the token meanwhile: only the refused one goes.
            if let Ok(token) = self.tokens.token().await
                && used.as_ref() == Some(token.header_value())
            {
                self.tokens.invalidate(&token);
            }
            let Some(mut again) = again else {
                return Ok(response);
            };
            match self.tokens.authorize(&mut again).await {
                Ok(token) if used.as_ref() != Some(token.header_value()) => {
                    client.execute(again).await
                }
                // There is no other token, or none at all. What the service said stands: this method can give back
                // no error but reqwest's.
                Ok(_) | Err(_) => Ok(response),
            }
        })
    }
}

/// The hook of one attempt of one call of the facade, which sends again by itself and wants to know what happened.
#[derive(Debug)]
pub(crate) struct Attempt {
    client: Client,
    request_id: Option<HeaderValue>,
    /// Whether a success is read as a stream, and bounded there.
    streams: bool,
    seen: Mutex<Seen>,
}

/// What an attempt saw that the generated client does not pass on.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Why there was no token.
    pub(crate) auth_error: Option<barcode_cloud_auth::Error>,
    /// Which answer came.
    pub(crate) head: Head,
    /// Status and headers of an answer that is no success.
    pub(crate) failed: Option<(StatusCode, HeaderMap)>,
    /// A success that is no stream, as it came.
    pub(crate) body: Bytes,
    /// The token that the service answered with 401; it is out of use.
    pub(crate) refused: Option<AccessToken>,
    token: Option<AccessToken>,
}

impl Attempt {
    pub(crate) fn new(client: Client, request_id: Option<HeaderValue>, streams: bool) -> Self {
        Self {
            client,
            request_id,
            streams,
            seen: Mutex::default(),
        }
    }

    /// What was seen, once the attempt is over.
    pub(crate) fn take_seen(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, response: &Response) {
        let mut seen = self.seen();
        seen.head = Head::new(response.status(), response.headers());
        if response.status().is_success() {
            return;
        }
        if response.status() == StatusCode::UNAUTHORIZED {
            seen.refused = seen.token.take();
            if let Some(token) = &seen.refused {
                self.client.token_source().invalidate(token);
            }
        }
        seen.failed = Some((response.status(), response.headers().clone()));
    }
}

impl Hook for Attempt {
    fn before<'a>(
        &'a self,
        request: &'a mut Request,
        _operation: &'a OperationInfo,
    ) -> BoxFuture<'a, Result<(), HookError>> {
        Box::pin(async move {
            if let Some(id) = &self.request_id {
                request.headers_mut().insert(REQUEST_ID, id.clone());
            }
            match self.client.token_source().authorize(request).await {
                Ok(token) => {
                    self.seen().token = Some(token);
                    Ok(())
                }
                Err(error) => {
                    self.seen().auth_error = Some(error.clone());
                    Err(error.into())
                }
            }
        })
    }

    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: Request,
        _operation: &'a OperationInfo,
    ) -> BoxFuture<'a, reqwest::Result<Response>> {
        Box::pin(async move {
            let response = http.execute(request).await?;
            self.look(&response);
            let bounds = self.client.shared().bounds;
            match response.status().is_success() {
                true if self.streams => Ok(response),
                true => {
                    let (response, body) = whole(response, bounds).await?;
                    self.seen().body = body;
                    Ok(response)
                }
                false => Ok(bounded(response, bounds)),
            }
        })
    }
}
