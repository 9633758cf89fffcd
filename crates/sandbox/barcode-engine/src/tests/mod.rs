//! Every type is written, drawn and read back.

mod bounds;
mod contrast;
mod drawing;
#[cfg(feature = "all-symbologies")]
mod native;
mod print;
mod properties;
mod readme;

use image::{GrayImage, imageops};

use crate::read::doubled;
use crate::rotate::Rotation;
use crate::symbology::WrittenBy;
use crate::*;

/// Values of each type that rxing writes and reads, as a user would give them and get them back.
const SAMPLES: &str = "
    QR: Test | 1234567890 | HELLO WORLD $%* | https://example.com/?q=1&x=ü | Привет, мир | 日本語 🙂
    QR: \u{1d}x | ]C1
    GS1QR: (01)09501101530003 | (01)09501101530003(10)ABC | (10)ABC(21)12345 | (10)A%B(21)99
    GS1QR: (21)% | (10)ab%%c(21)9%9
    Aztec: Test | 1234567890 | Mixed 123 CASE, with: punctuation! | Привет, мир | 日本語 🙂 | ü
    DataMatrix: Test | 1234567890 | HELLO WORLD | hello, world ü | Привет, мир | 日本語 🙂
    GS1DataMatrix: (01)09501101530003 | (01)09501101530003(17)261231(10)ABC | (10)ABC(21)12345
    Pdf417: Test | 12345678901234567890 | Lorem ipsum dolor sit amet, consectetur | Привет, мир
    Pdf417: 日本語 🙂 | ü
    Code128: Test | 1234567890 | ABC-123 | a\tb\u{1d}c | ]C1 | x
    GS1Code128: (01)09501101530003(10)ABC | (10)ABC(21)12345
    GS1Code128: (01)38382229424373(10)&??=++(8020)! | (00)376104250021234569 | (21)a(b)c
    SSCC18: (00)376104250021234569
    EAN14: (01)09501101530003 | (01)19501101530000
    SCC14: (01)09501101530003
    Code39: CODE 39 | -. $/+% | 1
    Code39FullASCII: Code 39, full: ASCII! | a | ~
    PZN: 27580899
    Code32: 012345676
    VIN: 1M8GDM9AXKP042788
    Code93: CODE 93 | Code 93 lower | 1234567890
    Codabar: A12345A | B12-34:5$C | D1.0/2+3A
    EAN13: 6291041500213 | 4006381333931 | 9783161484100
    EAN8: 96385074 | 73513537
    UPCA: 036000291452 | 012345678905
    UPCE: 04252614 | 01234565 | 11234562
    ISBN: 9783161484100 | 9791032300824
    ISSN: 9770317847001
    ISMN: 9790260000438
    ITF14: 15400141288763 | 00012345678905
    ITF6: 123457
    Interleaved2of5: 1234567890 | 12 | 123456789012345678901234567890
    OPC: 0207117219 | 0204897136
    ItalianPost25: 123456789015
    SwissPostParcel: 983412345612345678 | RM999605013CH | 0327 | 03270341
    AustralianPosteParcel: (01)99312650999998(91)JDQ0123456
    AustralianPosteParcel: (01)99312650999998(91)JDQ01(8008)141210093000
    DeutschePostIdentcode: 563102430313
    DeutschePostLeitcode: 21348075016401
";

/// The types and values in a table of samples.
fn samples(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = table.lines().filter_map(|line| line.trim().split_once(": "));
    lines.flat_map(|(name, values)| values.split(" | ").map(move |value| (name, value)))
}

fn named(name: &str) -> &'static Symbology {
    Symbology::named(name).unwrap()
}

fn draw(name: &str, value: &str) -> Result<GrayImage, Error> {
    let symbol = write(named(name), value, &WriteOptions::default())?;
    Ok(symbol.draw_gray(&RenderOptions::default()))
}

/// Searches an image for one type.
fn search(name: &str, image: &GrayImage, effort: Effort) -> Vec<Barcode> {
    let options = ReadOptions { symbologies: vec![named(name)], effort };
    read_image(image, &options, &Budget::unlimited())
}

fn read_as(name: &str, image: &GrayImage) -> Vec<(&'static str, String)> {
    names_and_values(search(name, image, Effort::Normal))
}

fn read_common(image: &GrayImage) -> Vec<Barcode> {
    read_image(image, &ReadOptions::default(), &Budget::unlimited())
}

fn names_and_values(barcodes: Vec<Barcode>) -> Vec<(&'static str, String)> {
    let pairs = barcodes.into_iter().map(|barcode| (barcode.name, barcode.value));
    pairs.collect()
}

fn values(barcodes: &[Barcode]) -> Vec<&str> {
    barcodes.iter().map(|barcode| &*barcode.value).collect()
}

fn rotated(image: &GrayImage, degrees: i64) -> GrayImage {
    Rotation::new(image.dimensions(), degrees).apply(image, image::Luma([255]))
}

/// Draws on a white page, each image at its position.
fn page(width: u32, height: u32, images: &[(u32, u32, &GrayImage)]) -> GrayImage {
    let mut page = GrayImage::from_pixel(width, height, image::Luma([255]));
    for (left, top, image) in images {
        imageops::replace(&mut page, *image, i64::from(*left), i64::from(*top));
    }
    page
}

#[test]
fn every_type_is_read_back_equal() {
    for (name, value) in samples(SAMPLES) {
        let image = draw(name, value).unwrap();
        assert_eq!(read_as(name, &image), [(name, value.to_owned())]);
    }
}

#[test]
fn the_value_that_is_read_is_known_before_the_symbol_is_written() {
    for (name, value, read) in [
        ("EAN13", "629104150021", "6291041500213"),
        ("SSCC18", "37610425002123456", "(00)376104250021234569"),
        ("Codabar", "12345", "A12345A"),
        ("ISBN", "978-3-16-148410-0", "9783161484100"),
        ("Interleaved2of5", "123", "0123"),
        ("Code128", "any text", "any text"),
    ] {
        assert_eq!(named(name).normalized(value).as_deref(), Ok(read));
        let options = ReadOptions::expecting(named(name));
        let found = read_image(&draw(name, value).unwrap(), &options, &Budget::unlimited());
        assert_eq!(names_and_values(found), [(name, read.to_owned())]);
    }
    assert!(named("Code39").normalized("lower").is_err());
}

#[test]
fn element_strings_are_not_mistaken_for_expected_digits() {
    for (gs1, plain) in
        [("GS1QR", "QR"), ("GS1Code128", "Code128"), ("GS1DataMatrix", "DataMatrix")]
    {
        let image = draw(gs1, "(01)09501101530003").unwrap();
        let options = ReadOptions::expecting(named(plain));
        let found = read_image(&image, &options, &Budget::unlimited());
        assert_eq!(names_and_values(found), [(gs1, "(01)09501101530003".to_owned())]);
    }
}

#[test]
fn a_common_type_is_searched_by_default() {
    for (name, value) in samples(SAMPLES).filter(|(name, _)| named(name).common) {
        let found = read_common(&draw(name, value).unwrap());
        assert_eq!(names_and_values(found), [(name, value.to_owned())]);
    }
}

#[test]
fn there_are_samples_of_every_type_that_is_written_and_read() {
    // The samples of the types that zint writes are in `native.rs`.
    let by_rxing = Symbology::all().filter(|symbology| symbology.written_by == WrittenBy::Rxing);
    for symbology in by_rxing.filter(|symbology| symbology.can_read()) {
        let has_sample = samples(SAMPLES).any(|(name, _)| name == symbology.name);
        assert!(has_sample, "{}", symbology.name);
    }
}

#[test]
fn a_value_of_another_type_is_not_read_as_one() {
    for (name, value, asked) in [
        ("ITF6", "123457", "OPC"),
        ("Interleaved2of5", "0207117218", "OPC"),
        ("Interleaved2of5", "123456789012", "ItalianPost25"),
        ("Code128", "RM999605014CH", "SwissPostParcel"),
        ("Code128", "973412345612345678", "SwissPostParcel"),
        ("GS1Code128", "(01)99312650999998", "AustralianPosteParcel"),
        ("Code128", "+A123BJC5D6E71H", "HIBCCode128LIC"),
        ("Code128", "+A123BJC5D6E71G", "HIBCCode128PAS"),
        ("Pdf417", "Test", "QR"),
    ] {
        assert_eq!(read_as(asked, &draw(name, value).unwrap()), []);
    }
}

#[test]
fn health_industry_codes_are_read_in_each_of_their_symbols() {
    for (base, asked) in [
        ("Code128", "HIBCCode128"),
        ("Code39", "HIBCCode39"),
        ("Aztec", "HIBCAztec"),
        ("DataMatrix", "HIBCDataMatrix"),
        ("QR", "HIBCQR"),
    ] {
        // The example of ANSI/HIBC 2.6, and one of a provider.
        for (standard, value) in [("LIC", "+A123BJC5D6E71G"), ("PAS", "+/EU720060FF0/O523201W")] {
            let name = format!("{asked}{standard}");
            let found = search(&name, &draw(base, value).unwrap(), Effort::Normal);
            assert_eq!(values(&found), [value], "{name}");
        }
    }
}

#[test]
fn the_right_edge_of_a_pdf417_may_be_left_out() {
    let options = WriteOptions { pdf417_truncate: true, ..WriteOptions::default() };
    let symbol = write(named("Pdf417"), "Compact", &options).unwrap();
    let found = read_as("CompactPdf417", &symbol.draw_gray(&RenderOptions::default()));
    assert_eq!(found, [("CompactPdf417", "Compact".to_owned())]);
}

#[test]
fn a_coupon_is_two_symbols_side_by_side() {
    let image = draw("UpcaGs1Code128Coupon", "514141100906(8102)03").unwrap();
    let mut found = names_and_values(read_common(&image));
    found.sort_unstable();
    let expected = [("GS1Code128", "(8102)03"), ("UPCA", "514141100906")];
    assert_eq!(found, expected.map(|(name, value)| (name, value.to_owned())));
    for wrong in ["514141100906", "514141100907(8102)03", "514141100906(8102"] {
        assert!(draw("UpcaGs1Code128Coupon", wrong).is_err(), "{wrong}");
    }
}

#[test]
fn long_data_is_written_whole() {
    for (name, value) in [
        ("QR", "x".repeat(2900)),
        ("QR", "1".repeat(7000)),
        ("Aztec", "Long text. ".repeat(150)),
        ("DataMatrix", "AbC\u{1d}".repeat(380)),
        ("DataMatrix", "9".repeat(3100)),
        ("DataMatrix", "ж".repeat(700)),
        ("Pdf417", "Long text. ".repeat(100)),
        ("Pdf417", "1".repeat(2600)),
    ] {
        let image = draw(name, &value).unwrap();
        assert_eq!(read_as(name, &image), [(name, value)]);
    }
}

#[test]
fn all_barcodes_of_a_page_are_found_each_in_its_place() {
    let codes = [
        ("QR", "one"),
        ("Code128", "two"),
        ("DataMatrix", "three"),
        ("EAN13", "4006381333931"),
        ("DataMatrix", "four"),
        ("Code128", "five"),
        ("Pdf417", "six"),
        ("Aztec", "seven"),
        ("Code39", "EIGHT"),
        ("QR", "nine"),
        ("Codabar", "A10B"),
        ("Code128", "two"),
    ];
    let images = codes.map(|(name, value)| draw(name, value).unwrap());
    let place = |index: usize| (index as u32 % 3 * 420, index as u32 / 3 * 160);
    let placed = images.iter().enumerate().map(|(index, image)| {
        let (left, top) = place(index);
        (left, top, image)
    });
    let page = page(1260, 640, &placed.collect::<Vec<_>>());
    let mut expected = codes.map(|(name, value)| (name, value.to_owned())).to_vec();
    expected.sort_unstable();
    for page in [&page, &rotated(&page, 90)] {
        let mut found = names_and_values(read_common(page));
        found.sort_unstable();
        assert_eq!(found, expected);
    }
    for barcode in read_common(&page) {
        let (x, y) = barcode.region[0];
        let right = barcode.region[1].0;
        let mut same = codes.iter().enumerate().filter(|(_, (_, value))| *value == barcode.value);
        let is_in_its_place = same.any(|(index, _)| {
            // Each image begins with a margin of six pixels, and an EAN-13 with its first digit.
            let digit = if barcode.name == "EAN13" { 18 } else { 0 };
            let (left, top) = (place(index).0 as i32 + 6 + digit, place(index).1 as i32 + 6);
            let width = images[index].width() as i32 - 13 - digit;
            (x - left).abs() <= 1 && (y - top).abs() <= 1 && (right - x - width).abs() <= 1
        });
        assert!(is_in_its_place, "{barcode:?}");
    }
}

#[test]
fn more_effort_finds_rotated_and_inverted_barcodes() {
    for (name, value) in [("Code128", "Test"), ("EAN13", "4006381333931"), ("Pdf417", "Test")] {
        let upright = page(460, 160, &[(0, 0, &doubled(&draw(name, value).unwrap()))]);
        let mut inverted = upright.clone();
        imageops::invert(&mut inverted);
        for image in [inverted, rotated(&upright, -45), rotated(&upright, 30)] {
            let found = search(name, &image, Effort::Excellent);
            assert_eq!(values(&found), [value], "{name}");
        }
        assert!(search(name, &rotated(&upright, 45), Effort::Fast).is_empty());
    }
}

#[test]
fn the_region_of_a_rotated_barcode_is_that_in_the_image() {
    let upright = doubled(&draw("Code128", "Test").unwrap());
    let found = search("Code128", &rotated(&upright, 30), Effort::Excellent);
    let (x, y) = found[0]
        .region
        .iter()
        .fold((0.0, 0.0), |(x, y), corner| (x + corner.0 as f32 / 4.0, y + corner.1 as f32 / 4.0));
    let (x, y) = Rotation::new(upright.dimensions(), 30).source(x, y);
    assert!((x - 170.0).abs() < 20.0 && (y - 62.0).abs() < 20.0, "{x} {y}");
}

/// One line of pixels through the printed digits has the bars of another number.
#[test]
fn digits_below_the_bars_are_not_read_as_a_barcode() {
    let value = "9021020402742420046122213472";
    let image = draw("Interleaved2of5", value).unwrap();
    let read = read_as("Interleaved2of5", &image);
    assert_eq!(read, [("Interleaved2of5", value.to_owned())]);
}
