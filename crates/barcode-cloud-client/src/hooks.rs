//! The hook of the generated client, which runs code of other crates around each request.
//!
//! The orphan rule allows only this crate to implement progenitor's `ClientHooks` for its `Client`.
//! The implementation here delegates to an object-safe trait that any crate can implement. This
//! module does not depend on OAuth.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::{Request, Response};

use crate::Operation;
use crate::generated::{Client, Error};

/// A boxed future, the return type of object-safe asynchronous methods.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The error of a [`Hook`] that rejects a request.
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

/// Runs around each request, for example to set a token, to trace requests, or to replace responses
/// in a test.
///
/// ```
/// use barcode_cloud_client::{BoxFuture, Hook, HookError, OperationInfo};
/// use reqwest::{Request, header::HeaderValue};
///
/// struct Tenant;
///
/// impl Hook for Tenant {
///     fn before<'a>(
///         &'a self,
///         request: &'a mut Request,
///         _operation: &'a OperationInfo,
///     ) -> BoxFuture<'a, Result<(), HookError>> {
///         Box::pin(async move {
///             request.headers_mut().insert("x-tenant", HeaderValue::from_static("labels"));
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait Hook: Send + Sync + 'static {
    /// Runs before the request is sent. It can change the request.
    ///
    /// # Errors
    ///
    /// If this method returns an error, the request is not sent and the call fails with
    /// [`Error::Custom`], which contains the text of the error.
    fn before<'a>(
        &'a self,
        request: &'a mut Request,
        operation: &'a OperationInfo,
    ) -> BoxFuture<'a, Result<(), HookError>> {
        let _ = (request, operation);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Sends the request. Override this method to inspect the response, to resend the request, or
    /// to return a response without sending the request.
    ///
    /// # Errors
    ///
    /// With [`SendError::Http`] the call fails with [`Error::CommunicationError`]. With
    /// [`SendError::Hook`] it fails with [`Error::Custom`], which contains the text of the error.
    fn send<'a>(
        &'a self,
        client: &'a reqwest::Client,
        request: Request,
        operation: &'a OperationInfo,
    ) -> BoxFuture<'a, Result<Response, SendError>> {
        let _ = operation;
        Box::pin(async move { Ok(client.execute(request).await?) })
    }
}

/// The error of [`Hook::send`].
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request could not be sent, or there was no response.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The hook failed for another reason.
    #[error(transparent)]
    Hook(HookError),
}

/// The optional hook of a [`Client`].
#[derive(Clone, Default)]
pub struct Hooks(Option<Arc<dyn Hook>>);

impl Hooks {
    /// Uses no hook, so that requests are sent unchanged.
    pub fn none() -> Self {
        Self::default()
    }

    /// Runs `hook` around each request.
    pub fn new(hook: impl Hook) -> Self {
        Self(Some(Arc::new(hook)))
    }
}

impl From<Arc<dyn Hook>> for Hooks {
    fn from(hook: Arc<dyn Hook>) -> Self {
        Self(Some(hook))
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A hook may contain secrets, so it is not shown.
        f.write_str(if self.0.is_some() { "Hooks(set)" } else { "Hooks(none)" })
    }
}

/// Sends the request of `operation` and runs the hooks.
pub(crate) async fn exchange<E>(
    client: &Client,
    operation: &'static Operation,
    mut request: Request,
) -> Result<Response, Error<E>> {
    let info = OperationInfo { operation_id: operation.id };
    client.pre(&mut request, &info).await?;
    let result = client.exec(request, &info).await;
    client.post(&result, &info).await?;
    Ok(result?)
}

impl ClientHooks<Hooks> for Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        match &self.inner.0 {
            Some(hook) => {
                hook.before(request, info).await.map_err(|error| Error::Custom(error.to_string()))
            }
            None => Ok(()),
        }
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let Some(hook) = &self.inner.0 else {
            return self.client.execute(request).await;
        };
        match hook.send(&self.client, request, info).await {
            Ok(response) => Ok(response),
            Err(SendError::Http(error)) => Err(error),
            // This method can only return a `reqwest::Error`, so `post` returns the error of the
            // hook.
            Err(SendError::Hook(error)) => Ok(HookFailure(error.to_string()).into_response()),
        }
    }

    async fn post<E>(
        &self,
        result: &reqwest::Result<Response>,
        _: &OperationInfo,
    ) -> Result<(), Error<E>> {
        match result.as_ref().ok().and_then(HookFailure::of) {
            Some(failure) => Err(Error::Custom(failure.0.clone())),
            None => Ok(()),
        }
    }
}

/// The text of a hook's error. It is passed from `exec` to `post` as an extension of an empty
/// response.
#[derive(Clone)]
struct HookFailure(String);

impl HookFailure {
    fn into_response(self) -> Response {
        let mut response = http::Response::new(reqwest::Body::default());
        response.extensions_mut().insert(self);
        response.into()
    }

    fn of(response: &Response) -> Option<&Self> {
        response.extensions().get()
    }
}
