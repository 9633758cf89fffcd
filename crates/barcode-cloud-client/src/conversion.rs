//! Conversion between the types that can be generated and the types that can be read. The document
//! lists them in two enumerations, which use the same names.

use crate::types::{DecodeBarcodeType, EncodeBarcodeType};

/// The service can generate this type but cannot read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error(
    "the service cannot read barcodes of type {0}; use another type, or read with `MostCommonlyUsed`"
)]
pub struct NotReadable(pub EncodeBarcodeType);

/// The service can read this type but cannot generate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the service cannot generate barcodes of type {0}; use another type")]
pub struct NotGeneratable(pub DecodeBarcodeType);

/// Converts the type of a generated barcode into the type to look for when it is read.
///
/// ```
/// use barcode_cloud_client::types::{DecodeBarcodeType, EncodeBarcodeType};
///
/// assert_eq!(EncodeBarcodeType::Qr.try_into(), Ok(DecodeBarcodeType::Qr));
/// assert!(DecodeBarcodeType::try_from(EncodeBarcodeType::SingaporePost).is_err());
/// ```
impl TryFrom<EncodeBarcodeType> for DecodeBarcodeType {
    type Error = NotReadable;

    fn try_from(generated: EncodeBarcodeType) -> Result<Self, NotReadable> {
        let name = generated.as_str();
        name.parse().map_err(|_| NotReadable(generated))
    }
}

/// Converts the type of a barcode that was read into the type that generates it.
impl TryFrom<DecodeBarcodeType> for EncodeBarcodeType {
    type Error = NotGeneratable;

    fn try_from(read: DecodeBarcodeType) -> Result<Self, NotGeneratable> {
        read.as_str().parse().map_err(|_| NotGeneratable(read))
    }
}

#[cfg(test)]
mod tests {
    use crate::types::{DecodeBarcodeType, EncodeBarcodeType};

    #[test]
    fn types_that_the_document_lists_in_one_direction_only_are_errors_in_the_other() {
        let unreadable = EncodeBarcodeType::ALL
            .iter()
            .filter_map(|&generated| DecodeBarcodeType::try_from(generated).err())
            .map(|error| error.0);
        assert_eq!(
            Vec::from_iter(unreadable),
            [
                EncodeBarcodeType::Gs1CodablockF,
                EncodeBarcodeType::SingaporePost,
                EncodeBarcodeType::UpcaGs1Code128Coupon,
                EncodeBarcodeType::UpcaGs1DatabarCoupon,
            ]
        );
        for &read in DecodeBarcodeType::ALL {
            match EncodeBarcodeType::try_from(read) {
                Ok(generated) => assert_eq!(DecodeBarcodeType::try_from(generated), Ok(read)),
                Err(error) => assert_eq!(error.0, read),
            }
        }
    }
}
