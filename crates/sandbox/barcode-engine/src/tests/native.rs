//! The types that only zint writes or only zxing-cpp reads.

use super::{draw, named, read_as, rotated, samples};
use crate::read::{doubled, padded};
use crate::symbology::WrittenBy;
use crate::write::Modules;
use crate::{Symbology, WriteOptions, write};

/// Values of the types that no engine reads.
const WRITE_ONLY: &str = "
    AustraliaPost: 1112345678 | 5912345678ABCde | 6212345678ABCdefGHIJ | 4512345678
    CodablockF: Some text that takes several rows.
    Code11: 123-45
    Code16K: Some text that takes several rows.
    DataLogic2of5: 1234567
    DotCode: Test
    DutchKIX: 2500GG30250
    GS1DotCode: (01)09501101530003(10)ABC
    HanXin: Test, \u{6c49}\u{4fe1}\u{7801}
    IATA2of5: 1234567
    Mailmark: 1100000000000XY11
    Matrix2of5: 1234567
    MSI: 1234567
    OneCode: 0123456709498765432101234567891
    Pharmacode: 1234
    Planet: 01234567890
    Postnet: 12345
    RM4SCC: BX11LT1A
    SingaporePost: 123456
    Standard2of5: 1234567
    UpcaGs1DatabarCoupon: 514141100906(8110)106141416543213150110120
";

/// Values of the other types that zint writes.
pub(super) const READABLE: &str = "
    DatabarExpanded: (01)09501101530003(10)ABC | (10)ABC(21)12345
    DatabarExpandedStacked: (01)09501101530003(10)ABC12345
    DatabarLimited: (01)09501101530003
    DatabarOmniDirectional: (01)09501101530003 | (01)19501101530000
    DatabarStacked: (01)09501101530003
    DatabarStackedOmniDirectional: (01)09501101530003
    DatabarTruncated: (01)09501101530003
    GS1Aztec: (01)09501101530003(10)ABC
    MacroPdf417: Part of a file
    MaxiCode: Test of a MaxiCode
    MicroPdf417: Test | Test ü
    MicroQR: TEST 123
    RectMicroQR: Test of rMQR
";

#[test]
fn there_is_a_sample_of_every_type_that_zint_writes() {
    for symbology in Symbology::all().filter(|known| known.written_by == WrittenBy::Zint) {
        let table = if symbology.can_read() { READABLE } else { WRITE_ONLY };
        let has_sample = samples(table).any(|(name, _)| name == symbology.name);
        assert!(has_sample, "{}", symbology.name);
    }
}

#[test]
fn every_type_is_written_and_read_back_if_a_reader_supports_it() {
    for (name, value) in samples(WRITE_ONLY) {
        draw(name, value).unwrap();
        assert!(!named(name).can_read(), "{name}");
    }
    let mut wrong = Vec::new();
    for (name, value) in samples(READABLE) {
        let found = read_as(name, &draw(name, value).unwrap());
        if found != [(name, value.to_owned())] {
            wrong.push((name, found));
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
        ("MicroQR", "longer than the largest Micro QR code, of which there are few"),
        ("DatabarLimited", "(01)29501101530007"),
        ("MaxiCode", &"x".repeat(200)),
        ("DotCode", &"x".repeat(60_000)),
        ("RM4SCC", "\0"),
    ] {
        let reason = draw(name, value).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(reason.len() > 10, "{name} {value}: {reason}");
    }
}

#[test]
fn one_row_of_bars_is_drawn_at_any_height_and_other_symbols_are_grids() {
    let modules =
        |name, value| write(named(name), value, &WriteOptions::default()).unwrap().modules;
    assert!(matches!(modules("MSI", "1234"), Modules::Bars(_)));
    assert!(matches!(modules("DatabarLimited", "0950110153000"), Modules::Bars(_)));
    assert!(matches!(modules("RM4SCC", "BX11LT1A"), Modules::Grid(_)));
    let Modules::Grid(rows) = modules("MicroQR", "1") else {
        panic!("a Micro QR code is a grid");
    };
    assert_eq!((rows.len(), rows[0].len()), (11, 11));
}
