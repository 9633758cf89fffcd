//! One call of the service: up to two attempts, the second with a new token when the first was answered 401, and one
//! error type for whatever went wrong.

use std::sync::Arc;

use barcode_cloud_auth::AccessToken;
use barcode_cloud_client::types::ApiErrorResponse;
use barcode_cloud_client::{self as api, Hook, Hooks, ResponseValue};

use crate::authorize::Attempt;
use crate::client::Shared;
use crate::{Error, answer};

/// What the generated client gives for one attempt.
pub(crate) type Sent<T> = Result<ResponseValue<T>, api::Error<ApiErrorResponse>>;

/// An operation in one of its forms, with all it sends, ready to be attempted more than once.
pub(crate) trait Operation {
    /// What a success carries.
    type Answer;

    /// Builds the request anew and sends it once.
    ///
    /// The outer error is for what fails on this side, such as a file that cannot be opened.
    fn attempt(
        &self,
        api: &api::Client,
    ) -> impl Future<Output = Result<Sent<Self::Answer>, Error>> + Send;
}

/// Runs `operation` to its end.
pub(crate) async fn run<O: Operation>(
    shared: &Shared,
    operation: &O,
) -> Result<ResponseValue<O::Answer>, Error> {
    let failed = match attempt(shared, operation).await {
        Ok(value) => return Ok(value),
        Err(failed) => failed,
    };
    // The hook has taken a refused token out of use. A request goes out again once, not more, and only with another
    // token: a static one is refused again.
    let Some(refused) = failed.refused else {
        return Err(failed.error);
    };
    let token = shared.tokens.token().await.map_err(Error::Auth)?;
    if token.generation() == refused.generation() {
        return Err(failed.error);
    }
    attempt(shared, operation)
        .await
        .map_err(|failed| failed.error)
}

/// Why an attempt failed, and the token that the service refused.
struct Failed {
    error: Error,
    refused: Option<AccessToken>,
}

async fn attempt<O: Operation>(
    shared: &Shared,
    operation: &O,
) -> Result<ResponseValue<O::Answer>, Failed> {
    let attempt = Arc::new(Attempt::new(shared.tokens.clone()));
    let hook: Arc<dyn Hook> = attempt.clone();
    let api =
        api::Client::new_with_client(&shared.base_url, shared.http.clone(), Hooks::from(hook));
    match operation.attempt(&api).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let mut seen = attempt.take_seen();
            let refused = seen.refused.take();
            let error = answer::error(error, seen).await;
            Err(Failed { error, refused })
        }
        Err(error) => Err(Failed {
            error,
            refused: None,
        }),
    }
}
