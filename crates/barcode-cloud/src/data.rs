//! What a barcode is to say: text, or bytes, which travel as base64.

use std::fmt;

use barcode_cloud_client::types::{EncodeData, EncodeDataType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::InvalidInput;

/// The data of a barcode: text, or bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum Data {
    /// Text as it reads.
    Text(String),
    /// Bytes; they are sent as base64.
    Bytes(Vec<u8>),
}

impl Data {
    pub(crate) fn into_encode_data(self) -> Result<EncodeData, InvalidInput> {
        let (text, data_type) = match self {
            // What the service takes it for anyway.
            Self::Text(text) => (text, None),
            Self::Bytes(bytes) => (STANDARD.encode(bytes), Some(EncodeDataType::Base64Bytes)),
        };
        // The document bounds the data of a body only; no form can say nothing.
        if text.is_empty() {
            let reason = "is empty; a barcode needs at least one character";
            return Err(InvalidInput::new("data", reason));
        }
        Ok(EncodeData {
            data: text,
            data_type,
        })
    }
}

/// Barcode data may be personal: its length is shown, nothing of it.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} characters)", text.chars().count()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Data {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Data {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_owned())
    }
}
