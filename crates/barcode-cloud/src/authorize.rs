//! Joins the token source to the generated client: a hook that sets the bearer header, and takes a token that the
//! service refused out of use.

use barcode_cloud_auth::TokenSource;
use barcode_cloud_client::{BoxFuture, Hook, HookError, OperationInfo};
use reqwest::header::AUTHORIZATION;
use reqwest::{Request, Response, StatusCode};

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
