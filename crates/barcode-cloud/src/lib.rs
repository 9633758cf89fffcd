#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "image-cache")]
pub mod cache;
mod client;
mod config;
mod error;
mod exchange;
mod image;
pub mod rate;
mod request;

/// The token source crate, for token sources with custom settings.
pub use barcode_cloud_auth as auth;
#[doc(inline)]
pub use barcode_cloud_auth::{ClientCredentials, TokenSource};
/// The generated client, which has a method for every operation of the API document.
pub use barcode_cloud_client as api;
#[doc(inline)]
pub use barcode_cloud_client::types::{
    BarcodeImageFormat, Code128EncodeMode, CodeLocation, DecodeBarcodeType, EciEncodings,
    EncodeBarcodeType, GraphicsUnit, MacroCharacter, MicroQrVersion, Pdf417EncodeMode,
    Pdf417ErrorLevel, QrEncodeMode, QrErrorLevel, QrVersion, RecognitionImageKind, RecognitionMode,
    RectMicroQrVersion,
};
/// The trait that a [middleware](ClientBuilder::middleware) implements, and the types in its
/// signature. Re-exported from [`reqwest_middleware`] and its dependencies.
pub mod middleware {
    pub use async_trait::async_trait;
    /// The crate of HTTP types: a middleware that answers creates an [`http::Response`], and
    /// converts it into a [`Response`].
    pub use http;
    pub use http::Extensions;
    pub use reqwest::{Request, Response};
    pub use reqwest_middleware::{Error, Middleware, Next, Result};
}
/// The errors of conversions between the types that can be generated and those that can be read.
pub use barcode_cloud_client::{NotGeneratable, NotReadable};
/// What each barcode type can hold: the checks that [`Generate`] makes before it sends a request.
pub use barcode_rules as rules;
/// The HTTP client crate, some of whose types are part of this API: status codes, headers, errors,
/// proxies and certificates.
pub use reqwest;
/// A secret string, which `Debug` does not show and which is zeroed when it is dropped.
pub use secrecy::SecretString;

pub use client::{Client, ClientBuilder};
pub use config::{Config, Retry, Timeouts};
pub use error::{
    ApiError, ConfigurationError, Deadline, Error, ErrorKind, InvalidInput, InvalidResponse,
};
#[cfg(feature = "verify")]
pub use error::{PrintWarning, VerificationError};
pub use exchange::ResponseMetadata;
pub use image::{Image, ImageOrigin, ImageStream, SavedImage};
#[cfg(feature = "verify")]
pub use request::VerifiedGenerate;
pub use request::{
    Barcode, BarcodeType, Barcodes, Code128Options, Color, Data, Generate, ImageSource,
    Pdf417Options, Point, QrOptions, Reader, Recognize, RenderOptions, Scan, Spool,
};
