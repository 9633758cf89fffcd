//! The client: its public methods, and the state that all of its calls share.

mod builder;
mod config;
mod credentials;
mod http;

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use barcode_cloud_auth::{ClientCredentials, TokenSource};
use barcode_cloud_client::types::EncodeBarcodeType;
use barcode_cloud_client::{self as api, ClientInfo as _, Hooks};
use reqwest_middleware::Middleware;

pub use self::builder::ClientBuilder;
pub use self::config::{Config, Retry, Timeouts};
use crate::exchange::hook::ExchangeHook;
use crate::exchange::{AuthorizedClient, Bounds, Exchange, Limiter, Retries};
use crate::{Data, Error, Generate, ImageSource, Recognize, Scan};

/// A client for Aspose.BarCode Cloud v4.0 that obtains and renews its token automatically.
///
/// A client is cheap to clone; clones share connections, the token and the limits. Calls require a
/// Tokio runtime, but creating a client does not.
///
/// ```no_run
/// use barcode_cloud::{Client, EncodeBarcodeType};
///
/// # async fn example() -> Result<(), barcode_cloud::Error> {
/// let client = Client::from_env()?;
/// let image = client.generate(EncodeBarcodeType::Qr, "Hello, world").send().await?;
/// image.save("hello.png").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// The state that all clones of a client share.
pub(crate) struct Shared {
    exchange: Arc<Exchange>,
    api: api::Client,
    pub(crate) trace_data: bool,
}

/// The middleware of a client; the first one is the outermost.
pub(crate) type MiddlewareChain = Vec<Arc<dyn Middleware>>;

impl Shared {
    pub(crate) fn new(
        config: &Config,
        base_url: &reqwest::Url,
        http: reqwest::Client,
        tokens: TokenSource,
        middleware: MiddlewareChain,
    ) -> Self {
        let url = base_url.as_str().trim_end_matches('/');
        let exchange = Arc::new(Exchange {
            client: AuthorizedClient::new(http.clone(), tokens, middleware),
            // The builder has rejected 0.
            limiter: Limiter::new(
                config.concurrency.and_then(NonZeroUsize::new),
                config.requests_per_second.and_then(NonZeroU32::new),
            ),
            retries: Retries::new(config.retry.clone()),
            timeouts: config.timeouts,
            bounds: Bounds {
                max_bytes: config.max_answer_bytes,
                idle: config.timeouts.idle,
            },
            base_path: base_url.path().trim_end_matches('/').to_owned(),
            host: base_url.host_str().unwrap_or_default().to_owned(),
            port: base_url.port_or_known_default(),
        });
        let hook = Hooks::new(ExchangeHook(exchange.clone()));
        Self {
            exchange,
            api: api::Client::new_with_client(url, http, hook),
            trace_data: config.trace_data,
        }
    }
}

impl Client {
    /// Creates a client for the public service with default settings.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the HTTP client cannot be created.
    pub fn new(credentials: ClientCredentials) -> Result<Self, Error> {
        Self::builder().credentials(credentials).build()
    }

    /// Creates a client from environment variables.
    ///
    /// | variable | value |
    /// |---|---|
    /// | `BARCODE_CLOUD_CLIENT_ID`, `BARCODE_CLOUD_CLIENT_SECRET` | the credentials |
    /// | `BARCODE_CLOUD_ACCESS_TOKEN` | a static token, which takes precedence over the credentials |
    /// | `BARCODE_CLOUD_BASE_URL` | the base URL of another service, such as a sandbox (optional) |
    /// | `BARCODE_CLOUD_TOKEN_URL` | the URL of another token endpoint (optional) |
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if a variable is missing, empty or invalid; the error names it.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().env()?.build()
    }

    /// Returns a builder for a client with custom settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Creates a client from a service's configuration.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if a setting is missing or invalid; the error names it.
    pub fn from_config(config: Config) -> Result<Self, Error> {
        Self::builder().config(config).build()
    }

    pub(crate) fn from_shared(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Prepares a request to generate a barcode of type `barcode_type` that encodes `data`: text,
    /// bytes, or hexadecimal digits.
    pub fn generate(&self, barcode_type: EncodeBarcodeType, data: impl Into<Data>) -> Generate {
        Generate::new(self.clone(), barcode_type, data.into())
    }

    /// Prepares a request to recognize barcodes of selected types in `image`: a path, bytes, a
    /// reader, or a URL.
    ///
    /// Setters of the request select the barcode types and how thoroughly the service looks for
    /// them.
    pub fn recognize(&self, image: impl Into<ImageSource>) -> Recognize {
        Recognize::new(self.clone(), image.into())
    }

    /// Prepares a request to find barcodes of all types in `image`: a path, bytes, a reader, or a
    /// URL.
    pub fn scan(&self, image: impl Into<ImageSource>) -> Scan {
        Scan::new(self.clone(), image.into())
    }

    /// Returns the generated client, which has a method for every operation of the API document.
    ///
    /// Its requests have the same token, deadlines, limits, retries, middleware and spans as those
    /// of [`generate`](Self::generate), [`recognize`](Self::recognize) and [`scan`](Self::scan),
    /// with three differences:
    ///
    /// - A request whose body is a stream is never resent.
    /// - The deadline of an attempt covers the body of the response too.
    /// - A failure other than a response or a broken connection, such as a failed token request, is
    ///   [`api::Error::Custom`] with the text of the [`Error`].
    ///
    /// Operations with query parameters send their arguments in the URL, which proxies may log.
    pub fn api(&self) -> &api::Client {
        &self.0.api
    }

    /// Returns the token source of this client.
    pub fn token_source(&self) -> &TokenSource {
        self.0.exchange.client.tokens()
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.0.exchange
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.api.baseurl())
            .finish_non_exhaustive()
    }
}
