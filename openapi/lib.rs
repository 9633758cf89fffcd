//! The OpenAPI document of Aspose.BarCode Cloud v4.0: the contract that the client is generated
//! from and that the sandbox implements.

/// The document, as JSON in OpenAPI 3.1.
pub const DOCUMENT: &str = include_str!("barcode-v4.json");
