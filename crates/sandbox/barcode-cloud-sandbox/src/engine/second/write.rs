//! Writing by libzint: from the text of a symbol to its modules.

use barcode_engine_sys::{Mode, Order, Symbology as Zint, write as zint};

use super::super::gs1;
use super::super::values::coupon_parts;
use super::super::write::{Options, Shape, WriteError, beside};
use super::super::{Symbology, table::SYMBOLOGIES as FIRST};

/// One pixel a module.
const SQUARES_SCALE: f32 = 0.5;
/// A MaxiCode is drawn of hexagons, each five pixels wide: fewer do not look like hexagons.
const MAXICODE_SCALE: f32 = 0.5;
/// Dots of two pixels, which is the least.
const DOTS_SCALE: f32 = 1.0;
/// The document has no parameters for the parts of a file, so each symbol is in a file of its own.
const ONLY_PART: (u16, u16) = (1, 2);
/// Digits of the tracking code of Intelligent Mail.
const TRACKING: usize = 20;

/// The symbology of libzint for a type.
fn symbology(name: &str, content: &str) -> Option<Zint> {
    Some(match name {
        "AustraliaPost" => match content.get(..2)? {
            "45" => Zint::AustraliaPostReply,
            "87" => Zint::AustraliaPostRouting,
            "92" => Zint::AustraliaPostRedirection,
            _ => Zint::AustraliaPost,
        },
        "GS1Aztec" => Zint::Aztec,
        "CodablockF" => Zint::CodablockF,
        "Code11" => Zint::Code11,
        "Code16K" => Zint::Code16K,
        "DatabarExpanded" | "UpcaGs1DatabarCoupon" => Zint::DatabarExpanded,
        "DatabarExpandedStacked" => Zint::DatabarExpandedStacked,
        "DatabarLimited" => Zint::DatabarLimited,
        // A truncated symbol is the same one, cut lower: that is up to the picture.
        "DatabarOmniDirectional" | "DatabarTruncated" => Zint::DatabarOmniDirectional,
        "DatabarStacked" => Zint::DatabarStacked,
        "DatabarStackedOmniDirectional" => Zint::DatabarStackedOmniDirectional,
        "DataLogic2of5" => Zint::DataLogic2of5,
        "DotCode" | "GS1DotCode" => Zint::DotCode,
        "DutchKIX" => Zint::DutchKix,
        "HanXin" => Zint::HanXin,
        "IATA2of5" => Zint::Iata2of5,
        "MacroPdf417" => Zint::Pdf417,
        "Mailmark" => Zint::Mailmark,
        "Matrix2of5" => Zint::Matrix2of5,
        "MaxiCode" => Zint::MaxiCode,
        "MicroPdf417" => Zint::MicroPdf417,
        "MicroQR" => Zint::MicroQr,
        "MSI" => Zint::Msi,
        "OneCode" => Zint::OneCode,
        "Pharmacode" => Zint::Pharmacode,
        "Planet" => Zint::Planet,
        "Postnet" => Zint::Postnet,
        "RectMicroQR" => Zint::RectMicroQr,
        "RM4SCC" | "SingaporePost" => Zint::RoyalMail,
        "Standard2of5" => Zint::Industrial2of5,
        _ => return None,
    })
}

pub(crate) fn writes(name: &str) -> bool {
    symbology(name, "11").is_some()
}

pub(crate) fn write(
    symbology: &Symbology,
    content: &str,
    raw: bool,
    options: &Options,
) -> Result<Shape, WriteError> {
    let unknown = || WriteError("The engine does not write it.".to_owned());
    let zint = self::symbology(symbology.name, content).ok_or_else(unknown)?;
    if symbology.name == "UpcaGs1DatabarCoupon" {
        return coupon(content);
    }
    let (mode, data) = match raw && !symbology.gs1 {
        true => (Mode::Bytes, latin(content)?),
        false => data(symbology, content),
    };
    let order = Order {
        options: self::options(symbology.name, options),
        scale: match zint {
            Zint::MaxiCode => MAXICODE_SCALE,
            Zint::DotCode => DOTS_SCALE,
            _ => SQUARES_SCALE,
        },
        part: (symbology.name == "MacroPdf417").then_some(ONLY_PART),
        ..Order::new(zint, mode, &data)
    };
    match (drawn(&order)?, symbology.module_ratio()) {
        // libzint draws rows as high as the default ratio asks; here the picture does.
        (Shape::Grid(rows), Some(ratio)) => Ok(Shape::Grid(
            rows.into_iter().step_by(ratio as usize).collect(),
        )),
        (shape, _) => Ok(shape),
    }
}

/// The bytes that the letters stand for.
fn latin(content: &str) -> Result<Vec<u8>, WriteError> {
    let bytes: Option<_> = content
        .chars()
        .map(|letter| u8::try_from(letter).ok())
        .collect();
    bytes.ok_or_else(|| WriteError("It takes bytes.".to_owned()))
}

/// As libzint takes it.
fn data(symbology: &Symbology, content: &str) -> (Mode, Vec<u8>) {
    let (mode, data) = text(symbology, content);
    (mode, data.into_bytes())
}

fn text(symbology: &Symbology, content: &str) -> (Mode, String) {
    match symbology.name {
        "AustraliaPost" => (Mode::Text, content.get(2..).unwrap_or_default().to_owned()),
        "OneCode" if content.len() > TRACKING => {
            let (tracking, zip) = content.split_at(TRACKING);
            (Mode::Text, format!("{tracking}-{zip}"))
        }
        "DatabarExpanded" | "DatabarExpandedStacked" => (Mode::Gs1, in_brackets(content)),
        // The number without its identifier.
        name if name.starts_with("Databar") => {
            let number = content.strip_prefix("01").unwrap_or(content);
            (Mode::Text, number.to_owned())
        }
        _ if symbology.gs1 => (Mode::Gs1, in_brackets(content)),
        _ => (Mode::Text, content.to_owned()),
    }
}

/// Element strings with the brackets that no value may hold.
fn in_brackets(content: &str) -> String {
    let elements = gs1::elements(content).unwrap_or_default();
    let bracketed = elements
        .iter()
        .map(|element| format!("[{}]{}", element.identifier, element.value));
    bracketed.collect()
}

/// Converts the options to libzint's three numbers, whose meaning depends on the type.
fn options(name: &str, options: &Options) -> [i32; 3] {
    let number = |option: Option<u32>, none: i32| {
        option
            .and_then(|number| i32::try_from(number).ok())
            .unwrap_or(none)
    };
    match name {
        "MicroQR" => [qr_level(options), number(options.micro_qr_version, 0), 0],
        "RectMicroQR" => [
            qr_level(options),
            number(options.rect_micro_qr_version, 0),
            0,
        ],
        "MacroPdf417" => [
            number(options.pdf417_error_level, -1),
            number(options.pdf417_columns, 0),
            number(options.pdf417_rows, 0),
        ],
        "MicroPdf417" => [-1, number(options.pdf417_columns, 0), 0],
        _ => [-1, 0, 0],
    }
}

fn qr_level(options: &Options) -> i32 {
    match options.qr_error_level {
        Some("L") => 1,
        Some("M") => 2,
        Some("Q") => 3,
        Some("H") => 4,
        _ => -1,
    }
}

fn coupon(content: &str) -> Result<Shape, WriteError> {
    let (number, elements) = coupon_parts(content);
    let upca = FIRST.iter().find(|symbology| symbology.name == "UPCA");
    let upca = upca.ok_or_else(|| WriteError("There is no UPCA.".to_owned()))?;
    let number = super::super::write(upca, number, false, &Options::default())?.shape;
    let elements = gs1::parse(elements).map_err(WriteError)?;
    let elements = in_brackets(&gs1::join(&elements));
    let elements = drawn(&Order::new(
        Zint::DatabarExpanded,
        Mode::Gs1,
        elements.as_bytes(),
    ))?;
    match (number, elements) {
        (Shape::Bars(number), Shape::Bars(elements)) => Ok(beside(number, elements)),
        _ => Err(WriteError(
            "The elements are too long for one row.".to_owned(),
        )),
    }
}

/// The picture without its margin: one row where all rows are equal.
fn drawn(order: &Order<'_>) -> Result<Shape, WriteError> {
    let rows =
        zint(order).map_err(|error| WriteError(format!("The data does not fit: {error}.")))?;
    let has_dark = |row: &Vec<bool>| row.contains(&true);
    let columns = rows.iter().flat_map(|row| {
        let ends = [
            row.iter().position(|dark| *dark),
            row.iter().rposition(|dark| *dark),
        ];
        ends.into_iter().flatten()
    });
    let left = columns.clone().min();
    let right = columns.max();
    let top = rows.iter().position(has_dark);
    let bottom = rows.iter().rposition(has_dark);
    let ((Some(left), Some(right)), (Some(top), Some(bottom))) = ((left, right), (top, bottom))
    else {
        return Err(WriteError("The engine drew nothing.".to_owned()));
    };
    let rows: Vec<Vec<bool>> = rows[top..=bottom]
        .iter()
        .map(|row| row[left..=right].to_vec())
        .collect();
    match rows.first() {
        Some(first) if rows.iter().all(|row| row == first) => Ok(Shape::Bars(first.clone())),
        _ => Ok(Shape::Grid(rows)),
    }
}
