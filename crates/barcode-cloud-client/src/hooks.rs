//! Where others join in: what runs around each request of the generated client.
//!
//! progenitor's `ClientHooks` can only be implemented in this crate (the orphan rule), so it is implemented once, here,
//! and hands everything to an object-safe trait that any crate can implement. This module knows no OAuth.

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

    /// Sends the request; one that wants to look at the answer, or to send again, does it here.
    ///
    /// # Errors
    ///
    /// What reqwest says; it ends the call with [`Error::CommunicationError`].
    fn send<'a>(
        &'a self,
        client: &'a reqwest::Client,
        request: Request,
        operation: &'a OperationInfo,
    ) -> BoxFuture<'a, reqwest::Result<Response>> {
        let _ = operation;
        Box::pin(client.execute(request))
    }
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
        match &self.inner.0 {
            Some(hook) => hook.send(&self.client, request, info).await,
            None => self.client.execute(request).await,
        }
    }
}
