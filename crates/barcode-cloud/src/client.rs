//! The client that a service holds: what it calls, and the parts that every call shares.

use std::fmt;
use std::sync::Arc;

use barcode_cloud_auth::{ClientCredentials, TokenSource};
use barcode_cloud_client::types::EncodeBarcodeType;
use barcode_cloud_client::{self as api, Hooks};

use crate::authorize::Authorize;
use crate::builder::ClientBuilder;
use crate::{Data, Error, Generate, Image, Recognize, Scan};

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

/// What every call of a client needs.
pub(crate) struct Shared {
    pub(crate) base_url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) tokens: TokenSource,
    api: api::Client,
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

    pub(crate) fn from_parts(base_url: String, http: reqwest::Client, tokens: TokenSource) -> Self {
        let hook = Hooks::new(Authorize::new(tokens.clone()));
        let api = api::Client::new_with_client(&base_url, http.clone(), hook);
        Self(Arc::new(Shared {
            base_url,
            http,
            tokens,
            api,
        }))
    }

    /// Draws a barcode of `barcode_type` that says `data`: text, or bytes.
    pub fn generate(&self, barcode_type: EncodeBarcodeType, data: impl Into<Data>) -> Generate<'_> {
        Generate::new(self, barcode_type, data.into())
    }

    /// Reads the barcodes of `image`: a path, bytes, or an address. The types to look for, and how hard, are settings.
    pub fn recognize(&self, image: impl Into<Image>) -> Recognize<'_> {
        Recognize::new(self, image.into())
    }

    /// Reads the barcodes of `image`: a path, bytes, or an address. Any type is found, nothing need be set.
    pub fn scan(&self, image: impl Into<Image>) -> Scan<'_> {
        Scan::new(self, image.into())
    }

    /// The generated client, authorized by the same token, for whatever this one does not offer.
    ///
    /// A failing token request reaches its caller as [`api::Error::Custom`], a text; through
    /// [`generate`](Self::generate), [`recognize`](Self::recognize) and [`scan`](Self::scan) it is [`Error::Auth`].
    pub fn api(&self) -> &api::Client {
        &self.0.api
    }

    /// Where the token comes from.
    pub fn token_source(&self) -> &TokenSource {
        &self.0.tokens
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.base_url)
            .finish_non_exhaustive()
    }
}
