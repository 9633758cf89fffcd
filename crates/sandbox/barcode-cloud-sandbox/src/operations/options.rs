//! The parameters that apply to some types only: QR, Code 128 and PDF417.
//!
//! A parameter that the engine does not support is rejected by name. Parameters that the document
//! defines for other types have no effect.

use barcode_engine::{CharacterSet, Family, Symbology, WriteOptions};

use super::generate::Data;
use crate::contract::validate::Values;
use crate::http::Failure;

/// The numbers of rows and columns of rectangular Micro QR symbols, in the order of ISO/IEC 23941.
const RECT_SIZES: [(u32, &[u32]); 6] = [
    (7, &[43, 59, 77, 99, 139]),
    (9, &[43, 59, 77, 99, 139]),
    (11, &[27, 43, 59, 77, 99, 139]),
    (13, &[27, 43, 59, 77, 99, 139]),
    (15, &[43, 59, 77, 99, 139]),
    (17, &[43, 59, 77, 99, 139]),
];

/// Reads the options of a symbol of this type.
pub(super) fn read(
    symbology: &Symbology,
    data: &Data,
    values: &Values,
) -> Result<WriteOptions, Failure> {
    match symbology.family() {
        Family::Qr => qr_options(data, values),
        Family::MicroQr => micro_qr_options(values),
        Family::RectMicroQr => rect_micro_qr_options(values),
        Family::Pdf417 => pdf417_options(values),
        Family::MacroPdf417 => macro_pdf417_options(values),
        Family::MicroPdf417 => micro_pdf417_options(values),
        Family::Code128 => code128_options(values),
        _ => Ok(WriteOptions::default()),
    }
}

fn qr_options(data: &Data, values: &Values) -> Result<WriteOptions, Failure> {
    let character_set = character_set("qrECIEncoding", values)?;
    let character_set = match values.text("qrEncodeMode") {
        None | Some("Auto") => character_set,
        Some("ECI") => character_set.or(Some(CharacterSet::UTF8)),
        // The engine chooses the byte mode for all data that is not alphanumeric.
        Some("Binary") if !data.is_alphanumeric() => character_set,
        Some("Binary") => {
            let what =
                "the mode Binary for data that consists of digits, capital letters and $%*+-./:";
            return Err(Failure::unsupported("qrEncodeMode", what));
        }
        Some(mode) => return Err(unsupported_mode("qrEncodeMode", mode)),
    };
    Ok(WriteOptions {
        qr_error_level: qr_error_level(values),
        qr_version: number_in(values.text("qrVersion"), "Version"),
        character_set,
        ..WriteOptions::default()
    })
}

fn micro_qr_options(values: &Values) -> Result<WriteOptions, Failure> {
    small_qr(values, "MicroQR", &["L", "M", "Q"])?;
    Ok(WriteOptions {
        qr_error_level: qr_error_level(values),
        micro_qr_version: number_in(values.text("microQRVersion"), "M"),
        ..WriteOptions::default()
    })
}

fn rect_micro_qr_options(values: &Values) -> Result<WriteOptions, Failure> {
    small_qr(values, "RectMicroQR", &["M", "H"])?;
    Ok(WriteOptions {
        qr_error_level: qr_error_level(values),
        rect_micro_qr_version: values.text("rectMicroQrVersion").and_then(rect_version),
        ..WriteOptions::default()
    })
}

/// Parses a version: `R7x43` is 1, `Auto` is `None`.
fn rect_version(text: &str) -> Option<u32> {
    let (height, width) = text.strip_prefix('R')?.split_once('x')?;
    let requested = (height.parse().ok()?, width.parse().ok()?);
    let sizes = RECT_SIZES.iter();
    let mut sizes = sizes.flat_map(|(height, widths)| widths.iter().map(|width| (*height, *width)));
    let index = sizes.position(|size| size == requested)?;
    u32::try_from(index + 1).ok()
}

/// Rejects parameters that the small QR symbols do not have, or that the engine does not support.
fn small_qr(values: &Values, kind: &str, levels: &[&str]) -> Result<(), Failure> {
    only_values(values, kind, &[("qrEncodeMode", "Auto"), ("qrECIEncoding", "NONE")])?;
    match qr_error_level(values) {
        Some(level) if !levels.contains(&level) => {
            let levels: Vec<_> = levels.iter().map(|level| format!("Level{level}")).collect();
            let problem = format!("A {kind} symbol supports only {}.", levels.join(", "));
            Err(Failure::field("qrErrorLevel", problem))
        }
        _ => Ok(()),
    }
}

fn qr_error_level(values: &Values) -> Option<&'static str> {
    match values.text("qrErrorLevel") {
        Some("LevelL") => Some("L"),
        Some("LevelM") => Some("M"),
        Some("LevelQ") => Some("Q"),
        Some("LevelH") => Some("H"),
        _ => None,
    }
}

/// Rejects all but one value of each parameter.
fn only_values(values: &Values, kind: &str, only: &[(&str, &str)]) -> Result<(), Failure> {
    for (parameter, only) in only {
        if let Some(other) = values.text(parameter).filter(|value| value != only) {
            let what = format_args!("{other} for {kind}");
            return Err(Failure::unsupported(parameter, what));
        }
    }
    Ok(())
}

fn macro_pdf417_options(values: &Values) -> Result<WriteOptions, Failure> {
    plain_pdf417(values, "MacroPdf417")?;
    pdf417_options(values)
}

fn micro_pdf417_options(values: &Values) -> Result<WriteOptions, Failure> {
    plain_pdf417(values, "MicroPdf417")?;
    let options = pdf417_options(values)?;
    if options.pdf417_error_level.is_some() {
        let problem =
            "A MicroPdf417 symbol has no error level: its size determines the error correction.";
        return Err(Failure::field("pdf417ErrorLevel", problem));
    }
    if options.pdf417_columns.is_some_and(|columns| columns > 4) {
        let problem = "A MicroPdf417 symbol has at most 4 columns.";
        return Err(Failure::field("pdf417Columns", problem));
    }
    if options.pdf417_rows.is_some() {
        let what = "a number of rows for MicroPdf417";
        return Err(Failure::unsupported("pdf417Rows", what));
    }
    Ok(options)
}

/// Rejects parameters that zint does not support for its PDF417 types.
fn plain_pdf417(values: &Values, kind: &str) -> Result<(), Failure> {
    let modes = [("pdf417EncodeMode", "Auto"), ("pdf417ECIEncoding", "NONE")];
    only_values(values, kind, &modes)?;
    if values.is_true("pdf417Truncate") {
        let what = format_args!("a truncated {kind}");
        return Err(Failure::unsupported("pdf417Truncate", what));
    }
    Ok(())
}

fn pdf417_options(values: &Values) -> Result<WriteOptions, Failure> {
    reject_unsupported_pdf417(values)?;
    let character_set = character_set("pdf417ECIEncoding", values)?;
    let (character_set, pdf417_bytes) = match values.text("pdf417EncodeMode") {
        None | Some("Auto") => (character_set, false),
        Some("Binary") => (character_set, true),
        Some("ECI") => (character_set.or(Some(CharacterSet::UTF8)), false),
        Some(mode) => return Err(unsupported_mode("pdf417EncodeMode", mode)),
    };
    let (pdf417_columns, pdf417_rows) = pdf417_size(values)?;
    Ok(WriteOptions {
        pdf417_error_level: number_in(values.text("pdf417ErrorLevel"), "Level"),
        pdf417_columns,
        pdf417_rows,
        pdf417_truncate: values.is_true("pdf417Truncate"),
        pdf417_bytes,
        character_set,
        ..WriteOptions::default()
    })
}

/// Rejects parameters that neither engine supports.
fn reject_unsupported_pdf417(values: &Values) -> Result<(), Failure> {
    for (parameter, kind) in [
        ("pdf417IsReaderInitialization", "for reader initialization"),
        ("pdf417IsLinked", "that are linked"),
        ("pdf417IsCode128Emulation", "that emulate Code 128"),
    ] {
        if values.is_true(parameter) {
            let what = format_args!("PDF417 symbols {kind}");
            return Err(Failure::unsupported(parameter, what));
        }
    }
    match values.text("pdf417MacroCharacters") {
        Some(characters @ ("Macro05" | "Macro06")) => {
            Err(unsupported_mode("pdf417MacroCharacters", characters))
        }
        _ => Ok(()),
    }
}

/// Reads the columns and rows. Zero means that the engine chooses.
fn pdf417_size(values: &Values) -> Result<(Option<u32>, Option<u32>), Failure> {
    let count = |name| {
        values.integer(name).and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0)
    };
    let (columns, rows) = (count("pdf417Columns"), count("pdf417Rows"));
    let product = columns.zip(rows).map(|(columns, rows)| columns * rows);
    if product.is_some_and(|codewords| codewords > 928) {
        let problem = "A PDF417 symbol has at most 928 codewords, which is rows times columns.";
        return Err(Failure::field("pdf417Columns", problem));
    }
    if rows.is_some_and(|rows| rows < 3) {
        let problem = "A PDF417 symbol has at least 3 rows.";
        return Err(Failure::field("pdf417Rows", problem));
    }
    Ok((columns, rows))
}

fn code128_options(values: &Values) -> Result<WriteOptions, Failure> {
    let code128_set = match values.text("code128EncodeMode") {
        None | Some("Auto") => None,
        Some("CodeA") => Some("A"),
        Some("CodeB") => Some("B"),
        Some("CodeC") => Some("C"),
        Some(mode) => return Err(unsupported_mode("code128EncodeMode", mode)),
    };
    Ok(WriteOptions { code128_set, ..WriteOptions::default() })
}

fn unsupported_mode(parameter: &str, mode: &str) -> Failure {
    Failure::unsupported(parameter, format_args!("the mode {mode}"))
}

/// Parses the number after a prefix: `Version07` is 7, `Auto` is `None`.
fn number_in(text: Option<&str>, prefix: &str) -> Option<u32> {
    text?.strip_prefix(prefix)?.parse().ok()
}

fn character_set(parameter: &str, values: &Values) -> Result<Option<CharacterSet>, Failure> {
    let name = match values.text(parameter) {
        None | Some("NONE") => return Ok(None),
        Some(name) => name,
    };
    // Convert the document's names to those of the engine.
    let label = match (name.strip_prefix("Win"), name.strip_prefix("UTF")) {
        (Some(page), _) => format!("windows-{page}"),
        (_, Some(form)) => format!("utf-{form}"),
        _ if name == "Shift_JIS" => name.to_owned(),
        _ => name.replace('_', "-"),
    };
    CharacterSet::named(&label)
        .map(Some)
        .ok_or_else(|| Failure::unsupported(parameter, format_args!("the character set {name}")))
}
