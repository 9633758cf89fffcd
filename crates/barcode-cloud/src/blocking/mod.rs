//! A blocking client for synchronous programs, with the same names, settings and errors as the
//! async client. Requires the feature `blocking`.
//!
//! ```no_run
//! use barcode_cloud::blocking::Client;
//! use barcode_cloud::EncodeBarcodeType;
//!
//! # fn example() -> Result<(), barcode_cloud::Error> {
//! let client = Client::from_env()?;
//! client.generate(EncodeBarcodeType::Qr, "Hello, world").save("hello.png")?;
//! for barcode in client.scan(std::path::Path::new("hello.png")).send()? {
//!     println!("{}: {}", barcode.barcode_type, barcode.value);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Each call blocks the current thread until it completes. A call within an async runtime does not
//! panic, but it blocks the other tasks of that thread: use
//! [`barcode_cloud::Client`](crate::Client) there.
//!
//! [`Client::api`](crate::Client::api) has no counterpart, because all methods of the generated
//! client are async.

mod many;
mod reader;
mod requests;
mod runtime;

use std::ops::Deref;
use std::path::Path;

pub use many::{AsCompleted, InOrder, Many};
pub use reader::ImageReader;
pub use requests::{Generate, Recognize, Request, Scan};

use self::runtime::Runtime;
use crate::{
    ClientBuilder, ClientCredentials, Config, Data, EncodeBarcodeType, Error, ImageSource,
    TokenSource, save,
};

/// The blocking counterpart of [`barcode_cloud::Client`](crate::Client).
///
/// Clones share the background thread, connections, the token and the limits.
#[derive(Debug, Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Runtime,
}

impl Client {
    /// Creates a client for the public service with default settings. See
    /// [`Client::new`](crate::Client::new).
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the HTTP client cannot be created or the background thread
    /// cannot be started.
    pub fn new(credentials: ClientCredentials) -> Result<Self, Error> {
        Self::builder().credentials(credentials).build_blocking()
    }

    /// Creates a client from environment variables. See
    /// [`Client::from_env`](crate::Client::from_env) for their names.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if a variable is missing, empty or invalid; the error names it.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().env()?.build_blocking()
    }

    /// Creates a client from a service's configuration.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if a setting is missing or invalid; the error names it.
    pub fn from_config(config: Config) -> Result<Self, Error> {
        Self::builder().config(config).build_blocking()
    }

    /// Returns a builder for a client with custom settings. Finish it with
    /// [`ClientBuilder::build_blocking`].
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Returns the token source of this client. Its method that returns a token is async.
    pub fn token_source(&self) -> &TokenSource {
        self.client.token_source()
    }

    pub(crate) fn start(client: crate::Client) -> Result<Self, Error> {
        let runtime = Runtime::start()?;
        Ok(Self { client, runtime })
    }

    /// Prepares a request to generate a barcode. See [`Client::generate`](crate::Client::generate).
    pub fn generate(&self, barcode_type: EncodeBarcodeType, data: impl Into<Data>) -> Generate {
        Generate::new(self.client.generate(barcode_type, data), &self.runtime)
    }

    /// Prepares a request to recognize barcodes. See
    /// [`Client::recognize`](crate::Client::recognize).
    pub fn recognize(&self, image: impl Into<ImageSource>) -> Recognize {
        Recognize::new(self.client.recognize(image), &self.runtime)
    }

    /// Prepares a request to find barcodes of all types. See [`Client::scan`](crate::Client::scan).
    pub fn scan(&self, image: impl Into<ImageSource>) -> Scan {
        Scan::new(self.client.scan(image), &self.runtime)
    }

    /// Sends the requests of an iterator, several at a time. See
    /// [`Client::generate_many`](crate::Client::generate_many).
    pub fn generate_many<I: IntoIterator<Item = Generate>>(
        &self,
        requests: I,
    ) -> Many<I::IntoIter> {
        Many::new(requests.into_iter(), &self.runtime)
    }

    /// Sends the requests of an iterator, several at a time. See
    /// [`Client::recognize_many`](crate::Client::recognize_many).
    pub fn recognize_many<I: IntoIterator<Item = Recognize>>(
        &self,
        requests: I,
    ) -> Many<I::IntoIter> {
        Many::new(requests.into_iter(), &self.runtime)
    }

    /// Sends the requests of an iterator, several at a time. See
    /// [`Client::scan_many`](crate::Client::scan_many).
    pub fn scan_many<I: IntoIterator<Item = Scan>>(&self, requests: I) -> Many<I::IntoIter> {
        Many::new(requests.into_iter(), &self.runtime)
    }
}

/// A generated image, like [`barcode_cloud::Image`](crate::Image) but with a blocking
/// [`save`](Self::save).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image(crate::Image);

impl Image {
    /// Writes the image to `path`. See [`Image::save`](crate::Image::save).
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::write(path.as_ref(), self.0.bytes())
    }

    /// Converts the image into that of the async client.
    pub fn into_inner(self) -> crate::Image {
        self.0
    }
}

impl Deref for Image {
    type Target = crate::Image;

    fn deref(&self) -> &crate::Image {
        &self.0
    }
}
