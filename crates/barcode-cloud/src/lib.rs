#![doc = include_str!("../README.md")]

mod answer;
mod authorize;
mod barcode;
mod builder;
mod call;
mod client;
mod data;
mod error;
mod form;
mod generate;
mod image;
mod picture;
mod recognize;
mod scan;

/// The token source, for who wants to set it up alone.
pub use barcode_cloud_auth as auth;
#[doc(inline)]
pub use barcode_cloud_auth::{ClientCredentials, TokenSource};
/// The generated client: every operation in every form, as the document has it.
pub use barcode_cloud_client as api;
#[doc(inline)]
pub use barcode_cloud_client::types::{
    BarcodeImageFormat, BarcodeImageParams, Code128EncodeMode, Code128Params, CodeLocation,
    DecodeBarcodeType, EncodeBarcodeType, Pdf417ErrorLevel, Pdf417Params, QrErrorLevel, QrParams,
    QrVersion, RecognitionImageKind, RecognitionMode,
};

pub use barcode::{Barcode, BarcodeType, Point};
pub use builder::ClientBuilder;
pub use client::Client;
pub use data::Data;
pub use error::{ApiError, ConfigurationError, Error, InvalidInput, InvalidResponse};
pub use form::Form;
pub use generate::Generate;
pub use image::Image;
pub use picture::Picture;
pub use recognize::Recognize;
pub use scan::Scan;
