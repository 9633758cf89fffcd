//! The comparison with rxing, for the types that barcode-engine-sys does not offer.

use rxing::{BarcodeFormat, MultiFormatWriter, Writer};

use super::Accepted::{Here, There};
use super::{Known, compare_all, known};

const TYPES: &[(&str, BarcodeFormat)] = &[
    ("Codabar", BarcodeFormat::CODABAR),
    ("Code128", BarcodeFormat::CODE_128),
    ("Code39FullASCII", BarcodeFormat::CODE_39),
    ("Code93", BarcodeFormat::CODE_93),
    ("EAN13", BarcodeFormat::EAN_13),
    ("EAN8", BarcodeFormat::EAN_8),
    ("Interleaved2of5", BarcodeFormat::ITF),
    ("UPCA", BarcodeFormat::UPC_A),
    ("UPCE", BarcodeFormat::UPC_E),
];

const KNOWN: &[Known] = &[
    known(&["Codabar"], There, "Character(", "rxing writes start and stop letters without data")
        .about(|value| value.chars().count() == 2),
    known(
        &["Code128"],
        Here,
        "Bad character in input",
        "rxing does not use FNC4, which ISO 8859-1 needs",
    )
    .about(|value| !value.is_ascii()),
    known(
        &["Interleaved2of5"],
        Here,
        "should be even",
        "an odd number of digits is accepted: see the note of the rule",
    ),
    known(&["UPCE"], Here, "should be", "six digits are accepted: see the note of the rule")
        .about(|value| value.len() == 6),
];

#[test]
fn rules_and_rxing_agree() {
    compare_all(TYPES, KNOWN, |_, format, value| {
        // rxing panics on some characters that are not ASCII.
        let write = || MultiFormatWriter.encode(value, &format, 0, 0);
        let written = std::panic::catch_unwind(write).map_err(|_| "panic".to_owned())?;
        written.map(|_| ()).map_err(|error| error.to_string())
    });
}
