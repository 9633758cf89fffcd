//! The state that all clones of a client and all of its requests share.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use barcode_cloud_auth::TokenSource;
use barcode_cloud_client::{self as api, ClientInfo as _, Hooks};

use super::hook::ExchangeHook;
use super::{AuthorizedClient, BodyLimits, Exchange, Limiter, MiddlewareChain, Retries};
use crate::config::Config;
use crate::rate::RateLimiter;

/// The state that all clones of a client share.
pub(crate) struct Shared {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) api: api::Client,
    pub(crate) trace_data: bool,
    #[cfg(feature = "image-cache")]
    pub(crate) images: Option<crate::cache::SharedCache>,
}

impl Shared {
    pub(crate) fn new(
        config: &Config,
        base_url: &reqwest::Url,
        http: reqwest::Client,
        tokens: TokenSource,
        middleware: MiddlewareChain,
        rate_limiter: Option<Arc<dyn RateLimiter>>,
    ) -> Self {
        #[cfg(feature = "metrics")]
        super::span::describe_metrics();
        let url = base_url.as_str().trim_end_matches('/');
        let exchange = Arc::new(Exchange {
            client: AuthorizedClient::new(http.clone(), tokens, middleware),
            // The builder has rejected 0.
            limiter: Limiter::new(
                config.concurrency.and_then(NonZeroUsize::new),
                config.requests_per_second.and_then(NonZeroU32::new),
                rate_limiter,
            ),
            retries: Retries::new(config.retry.clone()),
            timeouts: config.timeouts,
            limits: BodyLimits { max_bytes: config.max_response_bytes, idle: config.timeouts.idle },
            base_path: base_url.path().trim_end_matches('/').to_owned(),
            host: base_url.host_str().unwrap_or_default().to_owned(),
            port: base_url.port_or_known_default(),
        });
        let hook = Hooks::new(ExchangeHook(exchange.clone()));
        Self {
            exchange,
            api: api::Client::new_with_client(url, http, hook),
            trace_data: config.trace_data,
            #[cfg(feature = "image-cache")]
            images: None,
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.api.baseurl()).finish_non_exhaustive()
    }
}
