#![doc = include_str!("../README.md")]

mod answer;
mod applies;
mod authority;
mod authorize;
mod barcode;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod call;
mod client;
mod color;
mod config;
mod data;
mod error;
mod form;
mod generate;
mod image;
mod many;
mod options;
mod picture;
mod recognize;
mod save;
mod scan;
mod told;
mod transport;
mod unprocessed;
mod upload;

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
/// A text that is wiped from memory and never shown.
pub use secrecy::SecretString;

pub use barcode::{Barcode, BarcodeType, Point};
pub use builder::ClientBuilder;
pub use client::Client;
pub use color::Color;
pub use config::{Config, Retry, Timeouts};
pub use data::Data;
pub use error::{ApiError, ConfigurationError, Deadline, Error, InvalidInput, InvalidResponse};
pub use form::Form;
pub use generate::Generate;
pub use image::{Image, Reader};
pub use many::{Many, Request};
pub use options::{Code128Options, ImageOptions, Pdf417Options, QrOptions};
pub use picture::{Picture, PictureStream};
pub use recognize::Recognize;
pub use scan::Scan;
