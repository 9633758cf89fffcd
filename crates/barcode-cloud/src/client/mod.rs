//! The client and its public methods.

mod builder;
mod credentials;
mod http;

use std::fmt;
use std::sync::Arc;

use barcode_cloud_auth::{ClientCredentials, TokenSource};
use barcode_cloud_client as api;
use barcode_cloud_client::types::EncodeBarcodeType;

pub use self::builder::ClientBuilder;
use crate::config::Config;
use crate::error::Error;
use crate::exchange::Shared;
use crate::request::{Data, Generate, ImageSource, Recognize, Scan};

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
#[doc(alias = "ApiClient")]
#[derive(Clone)]
pub struct Client(Arc<Shared>);

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

    /// Prepares a request to generate a barcode of type `barcode_type` that encodes `data`: text,
    /// bytes, or hexadecimal digits.
    ///
    /// The name of a type is also parsed from text, for example from a query parameter:
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = client.generate("Code128".parse()?, "PARCEL-0042").await?;
    /// println!("{}, {} bytes", image.media_type(), image.bytes().len());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("encode", "GenerateApi", "generateBody", "generateMultipart"))]
    pub fn generate(&self, barcode_type: EncodeBarcodeType, data: impl Into<Data>) -> Generate {
        Generate::new(self.0.clone(), barcode_type, data.into())
    }

    /// Prepares a request to recognize barcodes of selected types in `image`: a path, bytes, a
    /// reader, or a URL.
    ///
    /// Setters of the request select the barcode types and how thoroughly the service looks for
    /// them.
    ///
    /// ```no_run
    /// use std::path::Path;
    /// use barcode_cloud::DecodeBarcodeType;
    ///
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
    /// let request = client.recognize(Path::new("label.png"));
    /// for barcode in request.types([DecodeBarcodeType::Code128]).await? {
    ///     println!("{}: {}", barcode.barcode_type, barcode.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("decode", "read", "RecognizeApi", "recognizeBase64", "recognizeMultipart"))]
    pub fn recognize(&self, image: impl Into<ImageSource>) -> Recognize {
        Recognize::new(self.0.clone(), image.into())
    }

    /// Prepares a request to find barcodes of all types in `image`: a path, bytes, a reader, or a
    /// URL.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
    /// let image: Vec<u8> = std::fs::read("label.png").expect("the image can be read");
    /// let barcodes = client.scan(image).await?;
    /// println!("{} barcodes, request {:?}", barcodes.len(), barcodes.metadata().request_id());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("decode", "read", "ScanApi", "scanBase64", "scanMultipart"))]
    pub fn scan(&self, image: impl Into<ImageSource>) -> Scan {
        Scan::new(self.0.clone(), image.into())
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
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = client.api().scan().file_url("https://images.example.com/label.png");
    /// let response = request.send().await?;
    /// println!("{} barcodes", response.barcodes.iter().flatten().count());
    /// # Ok(())
    /// # }
    /// ```
    pub fn api(&self) -> &api::Client {
        &self.0.api
    }

    /// Returns the token source of this client.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::auth::Error> {
    /// // A health check that bills nothing: it requests a token if the client has no valid one.
    /// client.token_source().token().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn token_source(&self) -> &TokenSource {
        self.0.exchange.client.tokens()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
