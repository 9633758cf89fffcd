//! One call of the service: up to two attempts, the second with a new token when the first was answered 401, and one
//! error type for whatever went wrong.

use std::sync::Arc;

use barcode_cloud_client::types::ApiErrorResponse;
use barcode_cloud_client::{self as api, Hook, Hooks, ResponseValue};
use reqwest::StatusCode;

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
    match attempt(shared, operation).await {
        // The hook has taken the refused token out of use. A request goes out again once, not more.
        Err(error) if error.status() == Some(StatusCode::UNAUTHORIZED) && !error.is_from_auth() => {
            attempt(shared, operation).await
        }
        outcome => outcome,
    }
}

async fn attempt<O: Operation>(
    shared: &Shared,
    operation: &O,
) -> Result<ResponseValue<O::Answer>, Error> {
    let attempt = Arc::new(Attempt::new(shared.tokens.clone()));
    let hook: Arc<dyn Hook> = attempt.clone();
    let api =
        api::Client::new_with_client(&shared.base_url, shared.http.clone(), Hooks::from(hook));
    match operation.attempt(&api).await? {
        Ok(value) => Ok(value),
        Err(error) => Err(answer::error(error, attempt.take_seen()).await),
    }
}
