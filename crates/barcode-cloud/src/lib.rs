#![doc = include_str!("../README.md")]

#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod complete;
mod error;
mod exchange;
mod image;
mod request;
mod save;

/// The token source, for who wants to set it up alone.
pub use barcode_cloud_auth as auth;
#[doc(inline)]
pub use barcode_cloud_auth::{ClientCredentials, TokenSource};
/// The generated client: every operation in every form, as the document has it.
pub use barcode_cloud_client as api;
#[doc(inline)]
pub use barcode_cloud_client::types::{
    BarcodeImageFormat, BarcodeImageParams, Code128EncodeMode, Code128Params, CodeLocation,
    DecodeBarcodeType, EciEncodings, EncodeBarcodeType, GraphicsUnit, MacroCharacter,
    MicroQrVersion, Pdf417EncodeMode, Pdf417ErrorLevel, Pdf417Params, QrEncodeMode, QrErrorLevel,
    QrParams, QrVersion, RecognitionImageKind, RecognitionMode, RectMicroQrVersion,
};
/// What a [middleware](ClientBuilder::middleware) needs: [`reqwest_middleware`]'s trait and the types in its signature.
pub mod middleware {
    pub use async_trait::async_trait;
    pub use http::Extensions;
    pub use reqwest::{Request, Response};
    pub use reqwest_middleware::{Error, Middleware, Next, Result};
}
/// A text that is wiped from memory and never shown.
pub use secrecy::SecretString;

pub use client::{Client, ClientBuilder, Config, Retry, Timeouts};
pub use error::{ApiError, ConfigurationError, Deadline, Error, InvalidInput, InvalidResponse};
pub use image::{Image, ImageStream};
pub use request::{
    Barcode, BarcodeType, Code128Options, Color, Data, Generate, ImageSource, Many, Pdf417Options,
    Point, QrOptions, Reader, Recognize, RenderOptions, Request, Scan,
};
