//! Joins the token source to the generated client: a hook that sets the bearer header, and takes a token that the
//! service refused out of use.

use barcode_cloud_auth::TokenSource;
use barcode_cloud_client::{BoxFuture, Hook, HookError, OperationInfo};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Request, Response, StatusCode};

use crate::exchange::unprocessed::is_unprocessed;

/// The hook of the generated client that [`Client::api`](crate::Client::api) hands out. Where the request's body can be
/// sent again, it is once: after a 401 with a new token, and as it is when it was not processed.
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
            match (client.execute(request).await, again) {
                (Ok(response), again) if response.status() == StatusCode::UNAUTHORIZED => {
                    let renewed = self.renewed(used, again);
                    match Box::pin(renewed).await {
                        Some(again) => client.execute(again).await,
                        None => Ok(response),
                    }
                }
                (Err(error), Some(again)) if is_unprocessed(&error) => client.execute(again).await,
                (result, _) => result,
            }
        })
    }
}

impl Authorize {
    /// Takes the token that the service refused out of use, and gives the request another one. `None` where it cannot
    /// be sent again, or there is no other token or none at all: what the service said stands then, as a hook can give
    /// back no error but reqwest's.
    async fn renewed(&self, used: Option<HeaderValue>, again: Option<Request>) -> Option<Request> {
        // Another call may have renewed the token meanwhile: only the refused one goes.
        if let Ok(token) = self.tokens.token().await
            && used.as_ref() == Some(token.header_value())
        {
            self.tokens.invalidate(&token);
        }
        let mut again = again?;
        let token = self.tokens.authorize(&mut again).await.ok()?;
        (used.as_ref() != Some(token.header_value())).then_some(again)
    }
}
