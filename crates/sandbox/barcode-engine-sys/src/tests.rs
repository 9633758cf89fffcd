//! Writes every symbology, reads those that can be read, and passes input that would crash the
//! libraries.

use super::*;

/// Draws rows of modules as an image with two pixels for each module and a margin.
fn image(rows: &[Vec<bool>]) -> (Vec<u8>, u32, u32) {
    let (margin, size) = (20, 2);
    let width = rows[0].len() * size + 2 * margin;
    let height = rows.len() * size + 2 * margin;
    let mut pixels = vec![255; width * height];
    for y in 0..rows.len() * size {
        for x in 0..rows[0].len() * size {
            if rows[y / size][x / size] {
                pixels[(y + margin) * width + x + margin] = 0;
            }
        }
    }
    (pixels, width as u32, height as u32)
}

/// A value of each symbology.
const SAMPLES: [(Symbology, &str); 33] = [
    (Symbology::AustraliaPost, "12345678"),
    (Symbology::AustraliaPostReply, "12345678"),
    (Symbology::AustraliaPostRouting, "12345678"),
    (Symbology::AustraliaPostRedirection, "12345678"),
    (Symbology::Aztec, "Test"),
    (Symbology::CodablockF, "Some text in rows"),
    (Symbology::Code11, "123-45"),
    (Symbology::Code16K, "Some text in rows"),
    (Symbology::DatabarExpanded, "[01]09501101530003[10]A"),
    (Symbology::DatabarExpandedStacked, "[01]09501101530003[10]A"),
    (Symbology::DatabarLimited, "0950110153000"),
    (Symbology::DatabarOmniDirectional, "0950110153000"),
    (Symbology::DatabarStackedOmniDirectional, "0950110153000"),
    (Symbology::DatabarStacked, "0950110153000"),
    (Symbology::DataLogic2of5, "1234"),
    (Symbology::DotCode, "Test"),
    (Symbology::HanXin, "Test"),
    (Symbology::Iata2of5, "1234"),
    (Symbology::DutchKix, "2500GG30250"),
    (Symbology::Mailmark, "1100000000000XY11"),
    (Symbology::Matrix2of5, "1234"),
    (Symbology::MaxiCode, "Test"),
    (Symbology::MicroPdf417, "Test"),
    (Symbology::MicroQr, "Test"),
    (Symbology::Msi, "1234"),
    (Symbology::Pdf417, "Test"),
    (Symbology::Pharmacode, "1234"),
    (Symbology::Planet, "01234567890"),
    (Symbology::Postnet, "12345"),
    (Symbology::RoyalMail, "BX11LT1A"),
    (Symbology::RectMicroQr, "Test"),
    (Symbology::Industrial2of5, "1234"),
    (Symbology::OneCode, "01234567094987654321"),
];

#[test]
fn the_lists_have_the_order_of_the_enumerations() {
    assert_eq!(SAMPLES.map(|(symbology, _)| symbology), Symbology::ALL);
    assert!((0..).zip(Symbology::ALL).all(|(index, symbology)| symbology as u32 == index));
    assert!((0..).zip(Format::ALL).all(|(index, format)| Format::at(index) == Some(format)));
}

#[test]
fn each_symbology_is_written() {
    for (symbology, data) in SAMPLES {
        let mode = if data.starts_with('[') { Mode::Gs1 } else { Mode::Text };
        let rows = write(&SymbolRequest::new(symbology, mode, data.as_bytes()));
        let rows = rows.unwrap_or_else(|error| panic!("{symbology:?}: {error}"));
        assert!(rows.iter().any(|row| row.contains(&true)), "{symbology:?}");
        assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    }
}

#[test]
fn written_symbols_are_read() {
    for (symbology, format, data, text) in [
        (Symbology::DatabarLimited, Format::DatabarLimited, "0950110153000", "0109501101530003"),
        (Symbology::MicroPdf417, Format::MicroPdf417, "Test", "Test"),
        (Symbology::MicroQr, Format::MicroQr, "Test", "Test"),
        (Symbology::RectMicroQr, Format::RectMicroQr, "Test", "Test"),
        (Symbology::Aztec, Format::Aztec, "Test ü", "Test ü"),
        (Symbology::DatabarOmniDirectional, Format::Databar, "0950110153000", "0109501101530003"),
        (Symbology::Pdf417, Format::Pdf417, "Test ü", "Test ü"),
    ] {
        let rows = write(&SymbolRequest::new(symbology, Mode::Text, data.as_bytes())).unwrap();
        let (pixels, width, height) = image(&rows);
        let found = read(&pixels, width, height, &[format], true);
        let texts: Vec<_> = found.iter().map(|barcode| &*barcode.text).collect();
        assert_eq!(texts, [text], "{symbology:?}");
        assert!(!found[0].part);
    }
}

#[test]
fn several_formats_are_read_at_once_and_others_are_not_reported() {
    let request = SymbolRequest::new(Symbology::MicroPdf417, Mode::Text, b"Test");
    let (pixels, width, height) = image(&write(&request).unwrap());
    let formats = |formats: &[Format]| -> Vec<Format> {
        let found = read(&pixels, width, height, formats, true);
        found.iter().map(|barcode| barcode.format).collect()
    };
    let several = [Format::Qr, Format::MicroPdf417, Format::Code128];
    assert_eq!(formats(&several), [Format::MicroPdf417]);
    // The library itself reports all variants of PDF417 for this format.
    assert_eq!(formats(&[Format::Pdf417]), []);
    assert_eq!(formats(&[]), []);
}

#[test]
fn a_part_of_a_file_is_recognized_as_one() {
    let request = SymbolRequest {
        part: Some((2, 3)),
        ..SymbolRequest::new(Symbology::Pdf417, Mode::Text, b"Test")
    };
    let (pixels, width, height) = image(&write(&request).unwrap());
    let found = read(&pixels, width, height, &[Format::Pdf417], true);
    assert!(found[0].part && found[0].text == "Test");
}

#[test]
fn input_that_would_crash_the_libraries_is_rejected() {
    let empty = write(&SymbolRequest::new(Symbology::HanXin, Mode::Text, b""));
    assert!(empty.is_err());
    let long = write(&SymbolRequest::new(Symbology::HanXin, Mode::Text, &[b'1'; 17_401]));
    assert!(long.unwrap_err().0.contains("17400"));
    let primary = SymbolRequest {
        primary: "a\0b",
        ..SymbolRequest::new(Symbology::MaxiCode, Mode::Text, b"Test")
    };
    assert!(write(&primary).is_err());
    for scale in [f32::NAN, 0.0, 10.1, f32::INFINITY] {
        let request =
            SymbolRequest { scale, ..SymbolRequest::new(Symbology::HanXin, Mode::Text, b"1") };
        assert!(write(&request).is_err());
    }
}

#[test]
fn an_error_contains_the_reason_without_its_number() {
    let error = write(&SymbolRequest::new(Symbology::Postnet, Mode::Text, b"12A45")).unwrap_err();
    assert!(!error.0.starts_with("Error") && error.0.len() > 10, "{error}");
}

#[test]
fn invalid_images_contain_no_barcodes() {
    for (pixels, width, height) in
        [(&[][..], 0, 0), (&[0; 3][..], 2, 2), (&[0][..], 1, 1), (&[], u32::MAX, u32::MAX)]
    {
        assert!(read(pixels, width, height, &[Format::Pdf417], true).is_empty());
    }
}
