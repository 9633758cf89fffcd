//! Every type is written, drawn and read back.

use super::symbology::WrittenBy;
use super::*;
use crate::picture::{Color, Layout, RenderOptions, TextLocation};

/// Values of each type, as a user would give them and get them back.
pub(super) const SAMPLES: &[(&str, &[&str])] = &[
    (
        "QR",
        &[
            "Test",
            "1234567890",
            "HELLO WORLD $%*",
            "https://example.com/?q=1&x=ü",
            "Привет, мир",
            "日本語 🙂",
            "\u{1d}x",
            "]C1",
        ],
    ),
    (
        "GS1QR",
        &[
            "(01)09501101530003",
            "(01)09501101530003(10)ABC",
            "(10)ABC(21)12345",
            "(10)A%B(21)99",
            "(21)%",
            "(10)ab%%c(21)9%9",
        ],
    ),
    (
        "Aztec",
        &[
            "Test",
            "1234567890",
            "Mixed 123 CASE, with: punctuation!",
            "Привет, мир",
            "日本語 🙂",
            "ü",
        ],
    ),
    (
        "DataMatrix",
        &[
            "Test",
            "1234567890",
            "HELLO WORLD",
            "hello, world ü",
            "Привет, мир",
            "日本語 🙂",
        ],
    ),
    (
        "GS1DataMatrix",
        &[
            "(01)09501101530003",
            "(01)09501101530003(17)261231(10)ABC",
            "(10)ABC(21)12345",
        ],
    ),
    (
        "Pdf417",
        &[
            "Test",
            "12345678901234567890",
            "Lorem ipsum dolor sit amet, consectetur",
            "Привет, мир",
            "日本語 🙂",
            "ü",
        ],
    ),
    (
        "Code128",
        &["Test", "1234567890", "ABC-123", "a\tb\u{1d}c", "]C1", "x"],
    ),
    (
        "GS1Code128",
        &[
            "(01)09501101530003(10)ABC",
            "(10)ABC(21)12345",
            "(01)38382229424373(10)&??=++(8020)!",
            "(00)376104250021234569",
            "(21)a(b)c",
        ],
    ),
    ("SSCC18", &["(00)376104250021234569"]),
    ("EAN14", &["(01)09501101530003", "(01)19501101530000"]),
    ("SCC14", &["(01)09501101530003"]),
    ("Code39", &["CODE 39", "-. $/+%", "1"]),
    ("Code39FullASCII", &["Code 39, full: ASCII!", "a", "~"]),
    ("PZN", &["27580899"]),
    ("Code32", &["012345676"]),
    ("VIN", &["1M8GDM9AXKP042788"]),
    ("Code93", &["CODE 93", "Code 93 lower", "1234567890"]),
    ("Codabar", &["A12345A", "B12-34:5$C", "D1.0/2+3A"]),
    (
        "EAN13",
        &["6291041500213", "4006381333931", "9783161484100"],
    ),
    ("EAN8", &["96385074", "73513537"]),
    ("UPCA", &["036000291452", "012345678905"]),
    ("UPCE", &["04252614", "01234565", "11234562"]),
    ("ISBN", &["9783161484100", "9791032300824"]),
    ("ISSN", &["9770317847001"]),
    ("ISMN", &["9790260000438"]),
    ("ITF14", &["15400141288763", "00012345678905"]),
    ("ITF6", &["123457"]),
    (
        "Interleaved2of5",
        &["1234567890", "12", "123456789012345678901234567890"],
    ),
    ("OPC", &["0207117219", "0204897136"]),
    ("ItalianPost25", &["123456789015"]),
    (
        "SwissPostParcel",
        &["983412345612345678", "RM999605013CH", "0327", "03270341"],
    ),
    (
        "AustralianPosteParcel",
        &[
            "(01)99312650999998(91)JDQ0123456",
            "(01)99312650999998(91)JDQ01(8008)141210093000",
        ],
    ),
    ("DeutschePostIdentcode", &["563102430313"]),
    ("DeutschePostLeitcode", &["21348075016401"]),
];

fn render_options() -> RenderOptions {
    RenderOptions {
        foreground: Color::parse("Black").unwrap(),
        background: Color::parse("White").unwrap(),
        resolution: 96.0,
        width: None,
        height: None,
        rotation: 0,
        text: TextLocation::None,
        module_ratio: 1.0,
    }
}

fn gray(symbol: &Symbol, options: &RenderOptions) -> Gray {
    let picture = Layout::new(symbol, options).unwrap().draw();
    Gray {
        width: picture.width(),
        height: picture.height(),
        pixels: picture.pixels().map(|pixel| pixel.0[1]).collect(),
    }
}

pub(super) fn draw(name: &str, value: &str) -> Result<Gray, String> {
    let symbology = Symbology::to_write(name).unwrap();
    let symbol =
        write(symbology, value, false, &Options::default()).map_err(|refusal| refusal.0)?;
    let mut options = render_options();
    if let Some(ratio) = symbology.module_ratio() {
        options.module_ratio = ratio;
    }
    if symbology.linear {
        options.text = TextLocation::Below;
    }
    Ok(gray(&symbol, &options))
}

pub(super) fn read_as(name: &str, picture: &Gray) -> Vec<(&'static str, String)> {
    let found = read(
        picture,
        |symbology| symbology.name == name,
        Effort::Normal,
        &Budget::none(),
    );
    found
        .into_iter()
        .map(|barcode| (barcode.name, barcode.value))
        .collect()
}

#[test]
fn every_type_is_read_back_equal() {
    for (name, values) in SAMPLES {
        for value in *values {
            let picture = draw(name, value).unwrap();
            assert_eq!(read_as(name, &picture), [(*name, (*value).to_owned())]);
        }
    }
}

#[test]
fn a_common_type_is_named_without_being_asked_for() {
    for (name, values) in SAMPLES {
        let common = Symbology::to_write(name).unwrap().common;
        for value in values.iter().filter(|_| common) {
            let found = read(
                &draw(name, value).unwrap(),
                |symbology| symbology.common,
                Effort::Normal,
                &Budget::none(),
            );
            let found: Vec<_> = found
                .iter()
                .map(|barcode| (barcode.name, &*barcode.value))
                .collect();
            assert_eq!(found, [(*name, *value)]);
        }
    }
}

#[test]
fn there_are_samples_of_every_type_that_is_written_and_read() {
    let names: Vec<_> = SAMPLES.iter().map(|(name, _)| *name).collect();
    // The samples of the second engine are in its own module.
    let by_default = Symbology::all().filter(|symbology| symbology.written_by != WrittenBy::Second);
    for symbology in by_default.filter(|symbology| symbology.is_read()) {
        assert!(names.contains(&symbology.name), "{}", symbology.name);
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
        for (standard, value) in [
            ("LIC", "+A123BJC5D6E71G"),
            ("PAS", "+/EU720060FF0/O523201W"),
        ] {
            let found = read(
                &draw(base, value).unwrap(),
                |symbology| symbology.name == format!("{asked}{standard}"),
                Effort::Normal,
                &Budget::none(),
            );
            let values: Vec<_> = found.iter().map(|barcode| &*barcode.value).collect();
            assert_eq!(values, [value], "{asked}{standard}");
        }
    }
}

#[test]
fn the_right_edge_of_a_pdf417_may_be_left_out() {
    let symbology = Symbology::to_write("Pdf417").unwrap();
    let options = Options {
        pdf417_truncate: true,
        ..Options::default()
    };
    let symbol = write(symbology, "Compact", false, &options).unwrap();
    let picture = gray(
        &symbol,
        &RenderOptions {
            module_ratio: 3.0,
            ..render_options()
        },
    );
    let found = read_as("CompactPdf417", &picture);
    assert_eq!(found, [("CompactPdf417", "Compact".to_owned())]);
}

#[test]
fn a_coupon_is_two_symbols_side_by_side() {
    let picture = draw("UpcaGs1Code128Coupon", "514141100906(8102)03").unwrap();
    let found = read(
        &picture,
        |symbology| symbology.common,
        Effort::Normal,
        &Budget::none(),
    );
    let mut found: Vec<_> = found
        .iter()
        .map(|barcode| (barcode.name, &*barcode.value))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [("GS1Code128", "(8102)03"), ("UPCA", "514141100906")]
    );
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
        let picture = draw(name, &value).unwrap();
        assert_eq!(read_as(name, &picture), [(name, value)]);
    }
}

/// Places pictures on one white page, side by side and below each other.
fn page(pictures: &[Gray], columns: usize) -> Gray {
    let (cell_width, cell_height) = (420, 160);
    let width = cell_width * columns;
    let height = cell_height * pictures.len().div_ceil(columns);
    let mut pixels = vec![255; width * height];
    for (index, picture) in pictures.iter().enumerate() {
        let (left, top) = (index % columns * cell_width, index / columns * cell_height);
        for (y, row) in picture.pixels.chunks(picture.width as usize).enumerate() {
            let start = (top + y) * width + left;
            pixels[start..start + row.len()].copy_from_slice(row);
        }
    }
    Gray {
        width: width as u32,
        height: height as u32,
        pixels,
    }
}

#[test]
fn all_barcodes_of_a_page_are_found_each_in_its_place() {
    let values = [
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
    let pictures: Vec<_> = values
        .iter()
        .map(|(name, value)| draw(name, value).unwrap())
        .collect();
    for page in [page(&pictures, 3), page(&pictures, 3).turned(90.0)] {
        let found = read(
            &page,
            |symbology| symbology.common,
            Effort::Normal,
            &Budget::none(),
        );
        let mut names: Vec<_> = found
            .iter()
            .map(|barcode| (barcode.name, &*barcode.value))
            .collect();
        names.sort_unstable();
        let mut expected = values.to_vec();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
    let found = read(
        &page(&pictures, 3),
        |symbology| symbology.common,
        Effort::Normal,
        &Budget::none(),
    );
    for barcode in &found {
        let cells = values
            .iter()
            .enumerate()
            .filter(|(_, (_, value))| *value == barcode.value);
        let (x, y) = barcode.region[0];
        let in_its_cell = cells.into_iter().any(|(index, _)| {
            // Each picture begins with a margin of six pixels.
            let (left, top) = (index as i32 % 3 * 420 + 6, index as i32 / 3 * 160 + 6);
            (x - left).abs() <= 1 && (y - top).abs() <= 1
        });
        let right = barcode.region[1].0;
        let picture = pictures[values
            .iter()
            .position(|(_, value)| *value == barcode.value)
            .unwrap()]
        .width;
        let width = picture as i32 - 13;
        assert!(
            in_its_cell && (right - x - width).abs() <= 1,
            "{barcode:?} {width}"
        );
    }
}

#[test]
fn more_effort_finds_what_is_turned_or_inverted() {
    for (name, value) in [
        ("Code128", "Test"),
        ("EAN13", "4006381333931"),
        ("Pdf417", "Test"),
    ] {
        let upright = page(&[draw(name, value).unwrap().doubled()], 1);
        for picture in [
            upright.inverted(),
            upright.turned(-45.0),
            upright.turned(30.0),
        ] {
            let found = read(
                &picture,
                |symbology| symbology.name == name,
                Effort::Excellent,
                &Budget::none(),
            );
            let values: Vec<_> = found.iter().map(|barcode| &*barcode.value).collect();
            assert_eq!(values, [value], "{name}");
        }
        assert!(
            read(
                &upright.turned(45.0),
                |symbology| symbology.name == name,
                Effort::Normal,
                &Budget::none()
            )
            .is_empty()
        );
    }
}

#[test]
fn the_region_follows_a_turn() {
    let upright = draw("Code128", "Test").unwrap().doubled();
    let turned = upright.turned(30.0);
    let found = read(
        &turned,
        |symbology| symbology.name == "Code128",
        Effort::Excellent,
        &Budget::none(),
    );
    let (x, y) = found[0].region.iter().fold((0.0, 0.0), |(x, y), corner| {
        (x + corner.0 as f32 / 4.0, y + corner.1 as f32 / 4.0)
    });
    let (x, y) = turned.before_turn(&upright, 30.0, x, y);
    assert!(
        (x - 170.0).abs() < 20.0 && (y - 62.0).abs() < 20.0,
        "{x} {y}"
    );
}

/// One line of pixels through the printed digits has the bars of another number.
#[test]
fn digits_below_the_bars_are_not_read_as_a_barcode() {
    let value = "9021020402742420046122213472";
    let picture = draw("Interleaved2of5", value).unwrap();
    let read = read_as("Interleaved2of5", &picture);
    assert_eq!(read, [("Interleaved2of5", value.to_owned())]);
}
