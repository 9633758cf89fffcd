//! The types that only zint writes or only zxing-cpp reads.

use super::{draw, named, read_as, rotated};
use crate::read::{doubled, padded};
use crate::symbology::WrittenBy;
use crate::write::Modules;
use crate::{Symbology, WriteOptions, write};

/// Values of each type, and whether a reader supports the type.
pub(super) const SAMPLES: &[(&str, &str, bool)] = &[
    ("AustraliaPost", "1112345678", false),
    ("AustraliaPost", "5912345678ABCde", false),
    ("AustraliaPost", "6212345678ABCdefGHIJ", false),
    ("AustraliaPost", "4512345678", false),
    ("CodablockF", "Some text that takes several rows.", false),
    ("Code11", "123-45", false),
    ("Code16K", "Some text that takes several rows.", false),
    ("DataLogic2of5", "1234567", false),
    ("DatabarExpanded", "(01)09501101530003(10)ABC", true),
    ("DatabarExpanded", "(10)ABC(21)12345", true),
    (
        "DatabarExpandedStacked",
        "(01)09501101530003(10)ABC12345",
        true,
    ),
    ("DatabarLimited", "(01)09501101530003", true),
    ("DatabarOmniDirectional", "(01)09501101530003", true),
    ("DatabarOmniDirectional", "(01)19501101530000", true),
    ("DatabarStacked", "(01)09501101530003", true),
    ("DatabarStackedOmniDirectional", "(01)09501101530003", true),
    ("DatabarTruncated", "(01)09501101530003", true),
    ("DotCode", "Test", false),
    ("DutchKIX", "2500GG30250", false),
    ("GS1Aztec", "(01)09501101530003(10)ABC", true),
    ("GS1DotCode", "(01)09501101530003(10)ABC", false),
    ("HanXin", "Test, \u{6c49}\u{4fe1}\u{7801}", false),
    ("IATA2of5", "1234567", false),
    ("MacroPdf417", "Part of a file", true),
    ("Mailmark", "1100000000000XY11", false),
    ("Matrix2of5", "1234567", false),
    ("MaxiCode", "Test of a MaxiCode", true),
    ("MicroPdf417", "Test", true),
    ("MicroPdf417", "Test ü", true),
    ("MicroQR", "TEST 123", true),
    ("MSI", "1234567", false),
    ("OneCode", "0123456709498765432101234567891", false),
    ("Pharmacode", "1234", false),
    ("Planet", "01234567890", false),
    ("Postnet", "12345", false),
    ("RectMicroQR", "Test of rMQR", true),
    ("RM4SCC", "BX11LT1A", false),
    ("SingaporePost", "123456", false),
    ("Standard2of5", "1234567", false),
    (
        "UpcaGs1DatabarCoupon",
        "514141100906(8110)106141416543213150110120",
        false,
    ),
];

#[test]
fn there_is_a_sample_of_every_type_that_zint_writes() {
    for symbology in Symbology::all().filter(|known| known.written_by == WrittenBy::Zint) {
        let has_sample = SAMPLES.iter().any(|(name, ..)| *name == symbology.name);
        assert!(has_sample, "{}", symbology.name);
    }
}

#[test]
fn every_type_is_written_and_read_back_if_a_reader_supports_it() {
    let mut wrong = Vec::new();
    for (name, value, is_read) in SAMPLES {
        match draw(name, value) {
            Err(reason) => wrong.push(format!("{name}: {reason}")),
            Ok(image) if *is_read => {
                let found = read_as(name, &image);
                if found != [(*name, (*value).to_owned())] {
                    wrong.push(format!("{name}: {found:?}"));
                }
            }
            Ok(_) => assert!(!named(name).can_read(), "{name}"),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// rxing finds it only with the most effort.
#[test]
fn a_slightly_rotated_pdf417_is_read() {
    let upright = doubled(&doubled(&draw("Pdf417", "Test").unwrap()));
    let found = read_as("Pdf417", &rotated(&padded(&upright, 20), 7));
    assert_eq!(found, [("Pdf417", "Test".to_owned())]);
}

#[test]
fn invalid_data_is_rejected_with_a_reason() {
    for (name, value) in [
        ("AustraliaPost", "12345"),
        ("AustraliaPost", "1112345678A"),
        // zint would write these as another format.
        ("AustraliaPost", "5912345678"),
        ("AustraliaPost", "6212345678ABCde"),
        ("Postnet", "1"),
        ("Planet", "123"),
        ("Code11", "12A"),
        ("MSI", "12A"),
        ("MSI", ""),
        ("Pharmacode", "2"),
        ("OneCode", "123"),
        ("SingaporePost", "12345"),
        ("HanXin", ""),
        ("Mailmark", "no"),
        (
            "MicroQR",
            "longer than the largest Micro QR code, of which there are few",
        ),
        ("DatabarLimited", "(01)29501101530007"),
        ("MaxiCode", &"x".repeat(200)),
        ("DotCode", &"x".repeat(60_000)),
        ("RM4SCC", "\0"),
    ] {
        let reason = draw(name, value)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(reason.len() > 10, "{name} {value}: {reason}");
    }
}

#[test]
fn one_row_of_bars_is_drawn_at_any_height_and_other_symbols_are_grids() {
    let modules = |name, value| {
        write(named(name), value, &WriteOptions::default())
            .unwrap()
            .modules
    };
    assert!(matches!(modules("MSI", "1234"), Modules::Bars(_)));
    assert!(matches!(
        modules("DatabarLimited", "0950110153000"),
        Modules::Bars(_)
    ));
    assert!(matches!(modules("RM4SCC", "BX11LT1A"), Modules::Grid(_)));
    let Modules::Grid(rows) = modules("MicroQR", "1") else {
        panic!("a Micro QR code is a grid");
    };
    assert_eq!((rows.len(), rows[0].len()), (11, 11));
}
