//! The client that a service holds: what it calls, and the parts that every call shares.

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
use futures_util::Stream;
use reqwest_middleware::Middleware;

pub use self::builder::ClientBuilder;
pub use self::config::{Config, Retry, Timeouts};
use crate::exchange::hook::ExchangeHook;
use crate::exchange::{AuthorizedClient, Bounds, Exchange, Limiter, Retries};
use crate::{Data, Error, Generate, ImageSource, Many, Recognize, Scan};

/// Calls Aspose.BarCode Cloud v4.0, with a token that it obtains and renews by itself.
///
/// Cheap to clone; clones share connections and the token. It needs no runtime until the first call.
///
/// ```no_run
/// use barcode_cloud::{Client, EncodeBarcodeType};
///
/// # async fn example() -> Result<(), barcode_cloud::Error> {
/// let client = Client::from_env()?;
/// let picture = client.generate(EncodeBarcodeType::Qr, "Hello, world").send().await?;
/// picture.save("hello.png").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// What all clones of a client share.
pub(crate) struct Shared {
    exchange: Arc<Exchange>,
    api: api::Client,
    pub(crate) trace_data: bool,
}

/// The middleware of a client, the outermost first.
pub(crate) type MiddlewareChain = Vec<Arc<dyn Middleware>>;

impl Shared {
    pub(crate) fn new(
        config: &Config,
        base_url: &reqwest::Url,
        http: reqwest::Client,
        tokens: TokenSource,
        middleware: MiddlewareChain,
    ) -> Self {
        let address = base_url.as_str().trim_end_matches('/');
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
            api: api::Client::new_with_client(address, http, hook),
            trace_data: config.trace_data,
        }
    }
}

impl Client {
    /// A client with the service's own addresses and default settings.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where no HTTP client can be set up.
    pub fn new(credentials: ClientCredentials) -> Result<Self, Error> {
        Self::builder().credentials(credentials).build()
    }

    /// A client as the environment describes it.
    ///
    /// | variable | |
    /// |---|---|
    /// | `BARCODE_CLOUD_CLIENT_ID`, `BARCODE_CLOUD_CLIENT_SECRET` | the credentials |
    /// | `BARCODE_CLOUD_ACCESS_TOKEN` | a ready token, instead of the credentials |
    /// | `BARCODE_CLOUD_BASE_URL` | another service, such as a sandbox |
    /// | `BARCODE_CLOUD_TOKEN_URL` | another token address |
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] names the variable that is missing, empty or wrong.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().env()?.build()
    }

    /// A client with settings of its own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client as a service's configuration has it.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] names the setting that is missing or wrong.
    pub fn from_config(config: Config) -> Result<Self, Error> {
        Self::builder().config(config).build()
    }

    pub(crate) fn from_shared(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Draws a barcode of `barcode_type` that says `data`: text, bytes, or hexadecimal digits.
    pub fn generate(&self, barcode_type: EncodeBarcodeType, data: impl Into<Data>) -> Generate {
        Generate::new(self.clone(), barcode_type, data.into())
    }

    /// Reads the barcodes of `image`: a path, bytes, a reader, or an address. The types to look for, and how hard, are
    /// settings.
    pub fn recognize(&self, image: impl Into<ImageSource>) -> Recognize {
        Recognize::new(self.clone(), image.into())
    }

    /// Reads the barcodes of `image`: a path, bytes, a reader, or an address. Any type is found, nothing need be set.
    pub fn scan(&self, image: impl Into<ImageSource>) -> Scan {
        Scan::new(self.clone(), image.into())
    }

    /// Draws many barcodes: sends the requests of a stream, several at a time.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
    /// use barcode_cloud::EncodeBarcodeType;
    /// use futures_util::{StreamExt as _, stream};
    ///
    /// let parcels = stream::iter(1..=10_000);
    /// let requests = parcels.map(|id| client.generate(EncodeBarcodeType::Code128, format!("PARCEL-{id}")));
    /// let mut pictures = client.generate_many(requests).concurrency(16).in_order();
    /// while let Some(picture) = pictures.next().await {
    ///     println!("{} bytes", picture?.bytes().len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn generate_many<S: Stream<Item = Generate>>(&self, requests: S) -> Many<S> {
        Many::new(requests)
    }

    /// Reads many pictures: sends the requests of a stream, several at a time.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client, uploads: Vec<std::path::PathBuf>) {
    /// use futures_util::{StreamExt as _, stream};
    ///
    /// let requests = stream::iter(&uploads).map(|path| client.recognize(path.as_path()));
    /// let mut answers = client.recognize_many(requests).as_completed();
    /// while let Some((place, answer)) = answers.next().await {
    ///     match answer {
    ///         Ok(found) => println!("{}: {} barcodes", uploads[place].display(), found.len()),
    ///         Err(error) => eprintln!("{}: {error}", uploads[place].display()),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn recognize_many<S: Stream<Item = Recognize>>(&self, requests: S) -> Many<S> {
        Many::new(requests)
    }

    /// Scans many pictures: sends the requests of a stream, several at a time. As
    /// [`recognize_many`](Self::recognize_many).
    pub fn scan_many<S: Stream<Item = Scan>>(&self, requests: S) -> Many<S> {
        Many::new(requests)
    }

    /// The generated client: every operation in every form, as the document has it.
    ///
    /// Its requests are sent by the same exchange as those of [`generate`](Self::generate),
    /// [`recognize`](Self::recognize) and [`scan`](Self::scan), with the same token, deadlines, limits, retries,
    /// middleware and spans. There are three differences. A request whose body is a stream is sent once only. The
    /// deadline of an attempt covers the body of the response too. A failure other than a response or a broken
    /// connection, such as a failed token request, is [`api::Error::Custom`] with the text of the [`Error`].
    ///
    /// The operations with a query carry their arguments in the URL, where proxies may log them.
    pub fn api(&self) -> &api::Client {
        &self.0.api
    }

    /// Where the token comes from.
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
