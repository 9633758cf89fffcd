//! The client for programs without async: the same names, the same settings, the same errors. Feature `blocking`.
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
//! Each call blocks its thread until it is done. That is no panic within an async runtime, but it holds up what else runs
//! there: use [`barcode_cloud::Client`](crate::Client) in one.
//!
//! [`Client::api`](crate::Client::api) has no counterpart: the generated client is async throughout, and means nothing
//! without a runtime of the caller's.

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

/// As [`barcode_cloud::Client`](crate::Client), without async. Clones share its thread, its connections and its token.
#[derive(Debug, Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Runtime,
}

impl Client {
    /// As [`Client::new`](crate::Client::new).
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where no HTTP client can be set up or no thread started.
    pub fn new(credentials: ClientCredentials) -> Result<Self, Error> {
        Self::builder().credentials(credentials).build_blocking()
    }

    /// As [`Client::from_env`](crate::Client::from_env).
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] names the variable that is missing, empty or wrong.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().env()?.build_blocking()
    }

    /// As [`Client::from_config`](crate::Client::from_config).
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] names the setting that is missing or wrong.
    pub fn from_config(config: Config) -> Result<Self, Error> {
        Self::builder().config(config).build_blocking()
    }

    /// A client with settings of its own: [`ClientBuilder::build_blocking`] makes it.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Where the token comes from. To ask for one is async; to take one out of use is not.
    pub fn token_source(&self) -> &TokenSource {
        self.client.token_source()
    }

    pub(crate) fn of(client: crate::Client) -> Result<Self, Error> {
        let runtime = Runtime::start()?;
        Ok(Self { client, runtime })
    }

    /// As [`Client::generate`](crate::Client::generate).
    pub fn generate(&self, barcode_type: EncodeBarcodeType, data: impl Into<Data>) -> Generate {
        Generate::new(self.client.generate(barcode_type, data), &self.runtime)
    }

    /// As [`Client::recognize`](crate::Client::recognize).
    pub fn recognize(&self, image: impl Into<ImageSource>) -> Recognize {
        Recognize::new(self.client.recognize(image), &self.runtime)
    }

    /// As [`Client::scan`](crate::Client::scan).
    pub fn scan(&self, image: impl Into<ImageSource>) -> Scan {
        Scan::new(self.client.scan(image), &self.runtime)
    }

    /// As [`Client::generate_many`](crate::Client::generate_many), of an iterator.
    pub fn generate_many<I: IntoIterator<Item = Generate>>(
        &self,
        requests: I,
    ) -> Many<I::IntoIter> {
        Many::new(requests.into_iter(), &self.runtime)
    }

    /// As [`Client::recognize_many`](crate::Client::recognize_many), of an iterator.
    pub fn recognize_many<I: IntoIterator<Item = Recognize>>(
        &self,
        requests: I,
    ) -> Many<I::IntoIter> {
        Many::new(requests.into_iter(), &self.runtime)
    }

    /// As [`Client::scan_many`](crate::Client::scan_many), of an iterator.
    pub fn scan_many<I: IntoIterator<Item = Scan>>(&self, requests: I) -> Many<I::IntoIter> {
        Many::new(requests.into_iter(), &self.runtime)
    }
}

/// As [`barcode_cloud::Image`](crate::Image), which it hands out, with a [`save`](Self::save) that blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image(crate::Image);

impl Image {
    /// As [`Image::save`](crate::Image::save).
    ///
    /// # Errors
    ///
    /// [`Error::File`] with the path.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::write(path.as_ref(), self.0.bytes())
    }

    /// The picture as the async client has it.
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
