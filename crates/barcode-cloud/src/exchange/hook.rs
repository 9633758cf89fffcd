//! Joins the token source to the generated client: a hook that sets the bearer header, invalidates a token that the
//! service rejected, and keeps the client's deadlines.

use std::time::Duration;

use barcode_cloud_auth::TokenSource;
use barcode_cloud_client::{BoxFuture, Hook, HookError, OperationInfo};
use http_body_util::BodyExt as _;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Body, Request, Response, ResponseBuilderExt as _, StatusCode};
use tokio::time::Instant;

use crate::Timeouts;
use crate::error::Deadline;
use crate::exchange::deadline::Limit;
use crate::exchange::unprocessed::is_unprocessed;

/// The hook of the generated client that [`Client::api`](crate::Client::api) hands out. A request whose body can be
/// cloned is resent once: after a 401 with a new token, and unchanged when it was not processed.
#[derive(Debug)]
pub(crate) struct Authorize {
    tokens: TokenSource,
    timeouts: Timeouts,
}

impl Authorize {
    pub(crate) fn new(tokens: TokenSource, timeouts: Timeouts) -> Self {
        Self { tokens, timeouts }
    }
}

impl Hook for Authorize {
    fn before<'a>(
        &'a self,
        request: &'a mut Request,
        _operation: &'a OperationInfo,
    ) -> BoxFuture<'a, Result<(), HookError>> {
        Box::pin(async move {
            let call = Limit::new(Deadline::Call, self.timeouts.call, Instant::now());
            call.wait_for(self.tokens.authorize(request)).await??;
            // `send` reads here how much of the call's time is left.
            *request.timeout_mut() = call.left(Instant::now());
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
            let left = request.timeout().copied().unwrap_or(Duration::MAX);
            let call = Limit::new(Deadline::Call, left, Instant::now());
            let again = request.try_clone();
            let used = request.headers().get(AUTHORIZATION).cloned();
            match (self.attempt(client, request, call).await, again) {
                (Ok(response), again) if response.status() == StatusCode::UNAUTHORIZED => {
                    // Boxed so that the rarely used renewal does not enlarge every call's future.
                    let renewed = async {
                        let response = buffered(response).await?;
                        match self.renewed(used, again, call).await {
                            Some(again) => self.attempt(client, again, call).await,
                            None => Ok(response),
                        }
                    };
                    Box::pin(renewed).await
                }
                (Err(error), Some(again)) if is_unprocessed(&error) => {
                    self.attempt(client, again, call).await
                }
                (result, _) => result,
            }
        })
    }
}

impl Authorize {
    /// Sends the request. Its time, up to the end of the response's body, is what an attempt may take and what is left
    /// of the call's.
    async fn attempt(
        &self,
        client: &reqwest::Client,
        mut request: Request,
        call: Limit,
    ) -> reqwest::Result<Response> {
        let left = call.left(Instant::now()).unwrap_or(Duration::MAX);
        *request.timeout_mut() = Some(self.timeouts.attempt.min(left));
        // The query may hold the data of a barcode, and errors show the URL.
        match client.execute(request).await {
            Ok(response) => Ok(without_query(response)),
            Err(error) => Err(error.without_url()),
        }
    }

    /// Invalidates the token that the service rejected, and gives the request another one.
    ///
    /// Returns `None` if the request cannot be resent, or no other token can be had within the call's time. The caller
    /// then returns the original 401, since a hook can return no error but reqwest's.
    async fn renewed(
        &self,
        used: Option<HeaderValue>,
        again: Option<Request>,
        call: Limit,
    ) -> Option<Request> {
        // Another call may have renewed the token meanwhile: only the rejected one is invalidated.
        if let Ok(Ok(token)) = call.wait_for(self.tokens.token()).await
            && used.as_ref() == Some(token.header_value())
        {
            self.tokens.invalidate(&token);
        }
        let mut again = again?;
        let authorized = call.wait_for(self.tokens.authorize(&mut again)).await;
        let token = authorized.ok()?.ok()?;
        (used.as_ref() != Some(token.header_value())).then_some(again)
    }
}

/// The same response without the query of its URL, which errors of its body would show.
fn without_query(response: Response) -> Response {
    let mut url = response.url().clone();
    if url.query().is_none() {
        return response;
    }
    url.set_query(None);
    let (head, body) = http::Response::<Body>::from(response).into_parts();
    // Only the builder can set the URL of a response.
    let marked = http::Response::builder().url(url).body(());
    let extensions = marked.map(|marked| marked.into_parts().0.extensions);
    let mut response = http::Response::from_parts(head, body);
    response
        .extensions_mut()
        .extend(extensions.unwrap_or_default());
    response.into()
}

/// The same response with its body in memory, so that it can still be read after the deadline of its attempt.
async fn buffered(response: Response) -> reqwest::Result<Response> {
    let (head, body) = http::Response::<Body>::from(response).into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(http::Response::from_parts(head, body).into())
}
