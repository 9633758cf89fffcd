//! The hook of the generated client: code of another crate that runs around each request.
//!
//! Only this crate can implement progenitor's `ClientHooks` for its `Client`, because of the orphan rule. It is
//! implemented once, here, and delegates to an object-safe trait that any crate can implement. This module knows no
//! OAuth.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::{Request, Response};

use crate::generated::{Client, Error};

/// A boxed future: what an object-safe asynchronous method returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a [`Hook`] refused a request.
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

/// Runs around each request: a token provider, a tracer, a test.
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
    /// Runs before the request is sent, and may change it.
    ///
    /// # Errors
    ///
    /// An error ends the call with [`Error::Custom`], which carries the error's text; nothing is sent.
    fn before<'a>(
        &'a self,
        request: &'a mut Request,
        operation: &'a OperationInfo,
    ) -> BoxFuture<'a, Result<(), HookError>> {
        let _ = (request, operation);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Sends the request. Override it to look at the response, to resend the request, or to answer without sending.
    ///
    /// # Errors
    ///
    /// [`SendError::Http`] ends the call with [`Error::CommunicationError`], and [`SendError::Hook`] with
    /// [`Error::Custom`], which carries the error's text.
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

/// Why a [`Hook`] has no response.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request could not be sent, or there was no response.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The hook gave up for a reason of its own.
    #[error(transparent)]
    Hook(HookError),
}

/// The hook of a [`Client`], or none.
#[derive(Clone, Default)]
pub struct Hooks(Option<Arc<dyn Hook>>);

impl Hooks {
    /// No hook: requests go out as they are built.
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
        // A hook may hold secrets: nothing of it is shown.
        f.write_str(if self.0.is_some() {
            "Hooks(set)"
        } else {
            "Hooks(none)"
        })
    }
}

impl ClientHooks<Hooks> for Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        match &self.inner.0 {
            Some(hook) => hook
                .before(request, info)
                .await
                .map_err(|error| Error::Custom(error.to_string())),
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
            // This method can return no other error, so `post` returns it.
            Err(SendError::Hook(error)) => Ok(GaveUp(error.to_string()).into_response()),
        }
    }

    async fn post<E>(
        &self,
        result: &reqwest::Result<Response>,
        _: &OperationInfo,
    ) -> Result<(), Error<E>> {
        match result.as_ref().ok().and_then(GaveUp::of) {
            Some(gave_up) => Err(Error::Custom(gave_up.0.clone())),
            None => Ok(()),
        }
    }
}

/// The text of a hook's error, on its way from `exec` to `post` as an extension of a response.
#[derive(Clone)]
struct GaveUp(String);

impl GaveUp {
    fn into_response(self) -> Response {
        let mut response = http::Response::new(reqwest::Body::default());
        response.extensions_mut().insert(self);
        response.into()
    }

    fn of(response: &Response) -> Option<&Self> {
        response.extensions().get()
    }
}
