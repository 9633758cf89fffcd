//! Writes symbols with zint.

use barcode_engine_sys::{Mode, SymbolRequest, Symbology as Zint, write as zint};

use super::{Modules, WriteOptions};
use crate::symbology::{coupon_parts, gs1};
use crate::{Error, Symbology};

/// One pixel for each module.
const SQUARES_SCALE: f32 = 0.5;
/// zint draws a MaxiCode with hexagons that are five pixels wide. Smaller ones do not look like
/// hexagons.
const MAXICODE_SCALE: f32 = 0.5;
/// Dots of two pixels, the minimum.
const DOTS_SCALE: f32 = 1.0;
/// The document has no parameters for the parts of a file, so each symbol is in a file of its own.
const ONLY_PART: (u16, u16) = (1, 2);
/// The number of digits of the tracking code of Intelligent Mail.
const TRACKING: usize = 20;

/// The symbology of zint for a type.
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
        // A truncated symbol has the same bars, which are drawn less high.
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

/// Writes the modules of `content`, which is valid for the symbology.
pub(super) fn write(
    symbology: &Symbology,
    content: &str,
    options: &WriteOptions,
) -> Result<Modules, Error> {
    let unknown = || Error::Data("The engine does not write it.".to_owned());
    let zint = self::symbology(symbology.name, content).ok_or_else(unknown)?;
    if symbology.name == "UpcaGs1DatabarCoupon" {
        return coupon(content);
    }
    let (mode, data) = match options.binary && !symbology.gs1 {
        true => (Mode::Bytes, latin1(content)?),
        false => text(symbology, content),
    };
    let request = SymbolRequest {
        options: self::options(symbology.name, options),
        scale: match zint {
            Zint::MaxiCode => MAXICODE_SCALE,
            Zint::DotCode => DOTS_SCALE,
            _ => SQUARES_SCALE,
        },
        part: (symbology.name == "MacroPdf417").then_some(ONLY_PART),
        ..SymbolRequest::new(zint, mode, &data)
    };
    Ok(match modules(&request)? {
        // zint repeats each row to make modules higher than wide. Here, that is done when the
        // symbol is drawn.
        Modules::Grid(rows) => {
            let repeated = symbology.module_ratio() as usize;
            Modules::Grid(rows.into_iter().step_by(repeated).collect())
        }
        bars => bars,
    })
}

/// The bytes that the characters represent.
fn latin1(content: &str) -> Result<Vec<u8>, Error> {
    let bytes: Option<_> = content.chars().map(|letter| u8::try_from(letter).ok()).collect();
    bytes.ok_or_else(|| Error::Data("It takes bytes.".to_owned()))
}

/// The data in the form that zint expects, and the mode that says so.
fn text(symbology: &Symbology, content: &str) -> (Mode, Vec<u8>) {
    let text = match symbology.name {
        "AustraliaPost" => content.get(2..).unwrap_or_default().to_owned(),
        "OneCode" if content.len() > TRACKING => {
            let (tracking, zip) = content.split_at(TRACKING);
            format!("{tracking}-{zip}")
        }
        "DatabarExpanded" | "DatabarExpandedStacked" => return gs1_text(content),
        // The number without its identifier.
        name if name.starts_with("Databar") => {
            content.strip_prefix("01").unwrap_or(content).to_owned()
        }
        _ if symbology.gs1 => return gs1_text(content),
        _ => content.to_owned(),
    };
    (Mode::Text, text.into_bytes())
}

/// Element strings with square brackets, which no value can contain.
fn gs1_text(content: &str) -> (Mode, Vec<u8>) {
    let elements = gs1::elements(content).unwrap_or_default();
    let bracketed =
        elements.iter().map(|element| format!("[{}]{}", element.identifier, element.value));
    (Mode::Gs1, bracketed.collect::<String>().into_bytes())
}

/// Converts the options to zint's three numbers, whose meaning depends on the type.
fn options(name: &str, options: &WriteOptions) -> [i32; 3] {
    let number = |option: Option<u32>, none: i32| {
        option.and_then(|number| i32::try_from(number).ok()).unwrap_or(none)
    };
    match name {
        "MicroQR" => [qr_level(options), number(options.micro_qr_version, 0), 0],
        "RectMicroQR" => [qr_level(options), number(options.rect_micro_qr_version, 0), 0],
        "MacroPdf417" => [
            number(options.pdf417_error_level, -1),
            number(options.pdf417_columns, 0),
            number(options.pdf417_rows, 0),
        ],
        "MicroPdf417" => [-1, number(options.pdf417_columns, 0), 0],
        _ => [-1, 0, 0],
    }
}

fn qr_level(options: &WriteOptions) -> i32 {
    match options.qr_error_level {
        Some("L") => 1,
        Some("M") => 2,
        Some("Q") => 3,
        Some("H") => 4,
        _ => -1,
    }
}

/// Writes a UPC-A symbol and a GS1 DataBar symbol in one row.
fn coupon(content: &str) -> Result<Modules, Error> {
    let error = |problem: &str| Error::Data(problem.to_owned());
    let (number, elements) = coupon_parts(content);
    let upca = Symbology::named("UPCA").ok_or_else(|| error("There is no UPCA."))?;
    let number = super::write(upca, number, &WriteOptions::default())?.modules;
    let elements = gs1::parse(elements).map_err(Error::Data)?;
    let (mode, elements) = gs1_text(&gs1::join(&elements));
    let elements = modules(&SymbolRequest::new(Zint::DatabarExpanded, mode, &elements))?;
    Modules::side_by_side(number, elements)
        .ok_or_else(|| error("The elements are too long for one row."))
}

/// The modules without a margin. Equal rows become one row of bars.
fn modules(request: &SymbolRequest<'_>) -> Result<Modules, Error> {
    let rows =
        zint(request).map_err(|error| Error::Data(format!("The data does not fit: {error}.")))?;
    let has_dark = |row: &Vec<bool>| row.contains(&true);
    let columns = rows.iter().flat_map(|row| {
        let ends = [row.iter().position(|dark| *dark), row.iter().rposition(|dark| *dark)];
        ends.into_iter().flatten()
    });
    let left = columns.clone().min();
    let right = columns.max();
    let top = rows.iter().position(has_dark);
    let bottom = rows.iter().rposition(has_dark);
    let ((Some(left), Some(right)), (Some(top), Some(bottom))) = ((left, right), (top, bottom))
    else {
        return Err(Error::Data("The engine wrote an empty symbol.".to_owned()));
    };
    let rows: Vec<Vec<bool>> =
        rows[top..=bottom].iter().map(|row| row[left..=right].to_vec()).collect();
    match rows.first() {
        Some(first) if rows.iter().all(|row| row == first) => Ok(Modules::Bars(first.clone())),
        _ => Ok(Modules::Grid(rows)),
    }
}
