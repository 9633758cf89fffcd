//! The data that a barcode encodes: text, bytes (sent as base64), or hexadecimal digits.

use std::fmt;

use barcode_cloud_client::types::{EncodeData, EncodeDataType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::error::InvalidInput;

/// The data that a barcode encodes: text or bytes.
///
/// Strings convert into text. Byte slices, vectors and arrays, including literals such as
/// `b"text"`, convert into bytes.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// Text.
    Text(String),
    /// Bytes, which are sent as base64.
    Bytes(Vec<u8>),
    /// Bytes, written as two hexadecimal digits each.
    Hex(String),
}

impl Data {
    /// Creates data from bytes that are written as two hexadecimal digits each, such as
    /// `48656C6C6F`.
    ///
    /// The digits are validated before the request is sent.
    ///
    /// ```
    /// # fn example(client: barcode_cloud::Client) {
    /// use barcode_cloud::{Data, EncodeBarcodeType};
    ///
    /// let request = client.generate(EncodeBarcodeType::DataMatrix, Data::hex("48656C6C6F"));
    /// # }
    /// ```
    pub fn hex(digits: impl Into<String>) -> Self {
        Self::Hex(digits.into())
    }

    pub(crate) fn into_encode_data(self) -> Result<EncodeData, InvalidInput> {
        let (data, data_type) = match self {
            // Text is the service's default.
            Self::Text(text) => (text, None),
            Self::Bytes(bytes) => (STANDARD.encode(bytes), Some(EncodeDataType::Base64Bytes)),
            Self::Hex(digits) => (validate_hex(digits)?, Some(EncodeDataType::HexBytes)),
        };
        // No barcode type can encode empty data.
        if data.is_empty() {
            let reason = "is empty; a barcode needs at least one character";
            return Err(InvalidInput::new("data", reason));
        }
        let mut encode_data = EncodeData::new(data);
        encode_data.data_type = data_type;
        Ok(encode_data)
    }
}

/// Checks that the digits are hexadecimal and that their number is even.
fn validate_hex(digits: String) -> Result<String, InvalidInput> {
    if let Some(index) = digits.chars().position(|digit| !digit.is_ascii_hexdigit()) {
        let reason =
            format!("character {} is not a hexadecimal digit; use 0-9 and A-F only", index + 1);
        return Err(InvalidInput::new("data", reason));
    }
    if digits.len() % 2 == 1 {
        let reason = format!(
            "has {} hexadecimal digits, an odd number; use two for each byte",
            digits.len()
        );
        return Err(InvalidInput::new("data", reason));
    }
    Ok(digits)
}

/// Shows the length of the data instead of the data, which may be personal.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} characters)", text.chars().count()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Hex(digits) => write!(f, "Hex({} digits)", digits.len()),
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

impl From<&String> for Data {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&[u8]> for Data {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_owned())
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Bytes> for Data {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl<const N: usize> From<[u8; N]> for Data {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl<const N: usize> From<&[u8; N]> for Data {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use barcode_cloud_client::types::EncodeDataType;

    use super::Data;

    #[test]
    fn strings_convert_into_text_and_bytes_into_bytes() {
        let text = "x".to_owned();
        for data in [Data::from("x"), Data::from(&text), Data::from(text.clone())] {
            assert_eq!(data, Data::Text("x".into()));
        }
        for data in [
            Data::from(b"x"),
            Data::from(*b"x"),
            Data::from(b"x".as_slice()),
            Data::from(b"x".to_vec()),
            Data::from(bytes::Bytes::from_static(b"x")),
        ] {
            assert_eq!(data, Data::Bytes(b"x".into()));
        }
    }

    #[test]
    fn hexadecimal_digits_are_validated_before_they_are_sent() {
        let sent = Data::hex("48656c6C6F").into_encode_data().unwrap();
        assert_eq!(
            (sent.data.as_str(), sent.data_type),
            ("48656c6C6F", Some(EncodeDataType::HexBytes))
        );
        for (digits, expected) in [
            ("", "data: is empty"),
            ("486", "data: has 3 hexadecimal digits, an odd number"),
            ("48 6", "data: character 3 is not a hexadecimal digit"),
            ("4ß", "data: character 2 is not"),
        ] {
            let error = Data::hex(digits).into_encode_data().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
