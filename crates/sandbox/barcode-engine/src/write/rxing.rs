//! Writes symbols with rxing.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::aztec::AztecWriter;
use rxing::common::{BitMatrix, CharacterSet};
use rxing::datamatrix::DataMatrixWriter;
use rxing::pdf417::encoder::{Compaction, PDF417};
use rxing::qrcode::QRCodeWriter;
use rxing::qrcode::encoder::qrcode_encoder::getAlphanumericCode;
use rxing::{BarcodeFormat, EncodeHintValue, EncodeHints, Exceptions, MultiFormatWriter, Writer};

use super::{Modules, WriteOptions, code128, data_matrix};
use crate::symbology::coupon_parts;
use crate::symbology::gs1::{self, SEPARATOR};
use crate::{Error, Symbology};

/// The character for FNC1 in the input of rxing's Code 128 writer.
const CODE128_FNC1: &str = "\u{f1}";
/// The default of rxing.
const PDF417_ERROR_LEVEL: u32 = 2;

/// Texts of at most this length always fit a DataMatrix symbol. rxing's writer panics if a text
/// does not fit.
const LONG_DATA_MATRIX: usize = 1000;

/// The maximum number of codewords of a PDF417 symbol. rxing may choose a larger size for long
/// texts, on which it panics.
const PDF417_CODEWORDS: u32 = 928;
const LONG_PDF417: usize = 500;

/// Rejects data that is longer than the capacity of the largest symbol, before it is processed.
pub(super) fn check_length(symbology: &Symbology, value: &str) -> Result<(), Error> {
    let max = match symbology.rxing_format() {
        Some(BarcodeFormat::QR_CODE) => 7089,
        Some(BarcodeFormat::AZTEC) => 3832,
        Some(BarcodeFormat::DATA_MATRIX) => 3116,
        Some(BarcodeFormat::PDF_417) => 2710,
        _ => return Ok(()),
    };
    if value.chars().count() > max {
        return Err(Error::Data(format!("It takes at most {max} characters.")));
    }
    Ok(())
}

/// Writes the modules of `content`, which is valid for the symbology.
pub(super) fn write(
    symbology: &Symbology,
    content: &str,
    options: &WriteOptions,
) -> Result<Modules, Error> {
    let character_set = match options.character_set {
        Some(set) => Some(set.0),
        None if content.is_ascii() => None,
        None if options.binary => Some(CharacterSet::ISO8859_1),
        None => Some(CharacterSet::UTF8),
    };
    guarded(|| modules(symbology, content, character_set, options))
}

/// Writes a UPC-A symbol and a GS1-128 symbol in one row.
pub(super) fn coupon(content: &str) -> Result<Modules, Error> {
    let hints = EncodeHints::default()
        .with(EncodeHintValue::Margin("0".to_owned()))
        .with(EncodeHintValue::Code128Compact(true));
    let (number, elements) = coupon_parts(content);
    let elements = gs1::parse(elements).map_err(Error::Data)?;
    let elements = gs1_128(&gs1::join(&elements));
    guarded(|| {
        let number = bars(&format!("0{number}"), &BarcodeFormat::EAN_13, &hints)?;
        let elements = bars(&elements, &BarcodeFormat::CODE_128, &hints)?;
        Modules::side_by_side(number, elements).ok_or(Exceptions::WRITER)
    })
}

fn guarded(write: impl FnOnce() -> Result<Modules, Exceptions>) -> Result<Modules, Error> {
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(Ok(shape)) => Ok(shape),
        Ok(Err(error)) => Err(Error::Data(format!("The data does not fit this symbol ({error})."))),
        // rxing panics on some data that is too long for its symbol.
        Err(_) => Err(Error::Data("The engine cannot write this data.".to_owned())),
    }
}

fn modules(
    symbology: &Symbology,
    content: &str,
    character_set: Option<CharacterSet>,
    options: &WriteOptions,
) -> Result<Modules, Exceptions> {
    let mut hints = EncodeHints::default().with(EncodeHintValue::Margin("0".to_owned()));
    hints.CharacterSet = character_set.map(|set| set.get_charset_name().to_owned());
    hints.Gs1Format = symbology.gs1.then_some(true);
    let base = &symbology.rxing_format().ok_or(Exceptions::WRITER)?;
    match base {
        BarcodeFormat::QR_CODE => {
            let content = qr_content(symbology, content);
            hints.ErrorCorrection = options.qr_error_level.map(str::to_owned);
            hints.QrVersion = options.qr_version.map(|version| version.to_string());
            grid(&QRCodeWriter.encode_with_hints(&content, base, 0, 0, &hints)?)
        }
        BarcodeFormat::AZTEC => grid(&AztecWriter.encode_with_hints(content, base, 0, 0, &hints)?),
        BarcodeFormat::DATA_MATRIX => data_matrix(symbology, content, character_set, &hints),
        BarcodeFormat::PDF_417 => pdf417(content, character_set, options),
        BarcodeFormat::CODE_128 if options.code128_set == Some("B") && content.contains(' ') => {
            code128::set_b(content).map(Modules::Bars)
        }
        BarcodeFormat::CODE_128 => {
            hints.ForceCodeSet = options.code128_set.map(str::to_owned);
            hints.Code128Compact = options.code128_set.is_none().then_some(true);
            match symbology.gs1 {
                true => bars(&gs1_128(content), base, &hints),
                false => bars(content, base, &hints),
            }
        }
        _ => bars(content, base, &hints),
    }
}

/// Replaces separators by the character for FNC1 in the input of rxing's writer.
fn gs1_128(content: &str) -> String {
    format!("{CODE128_FNC1}{}", content.replace(SEPARATOR, CODE128_FNC1))
}

fn data_matrix(
    symbology: &Symbology,
    content: &str,
    character_set: Option<CharacterSet>,
    hints: &EncodeHints,
) -> Result<Modules, Exceptions> {
    let rows = match character_set {
        _ if symbology.gs1 => data_matrix::write_gs1(content)?,
        // The symbol does not name UTF-8: rxing's reader ignores that, and `read` detects it.
        Some(set) => data_matrix::write_bytes(&set.encode(content)?)?,
        None if content.len() > LONG_DATA_MATRIX => data_matrix::write_long(content)?,
        None => {
            let base = &BarcodeFormat::DATA_MATRIX;
            return grid(&DataMatrixWriter.encode_with_hints(content, base, 0, 0, hints)?);
        }
    };
    Ok(Modules::Grid(rows))
}

/// Adds a separator to GS1 data with `%` if it would be encoded in alphanumeric mode.
///
/// In that mode, `%` encodes a separator and `%%` a percent sign (ISO/IEC 18004, 7.4.8.2), which
/// rxing does not support. The mode has no character for the separator, so rxing writes bytes
/// instead. At the end of the data, the separator has no meaning.
fn qr_content<'a>(symbology: &Symbology, content: &'a str) -> Cow<'a, str> {
    let is_alphanumeric = content.chars().all(|letter| getAlphanumericCode(letter.into()) >= 0);
    if symbology.gs1 && is_alphanumeric && content.contains('%') {
        format!("{content}{SEPARATOR}").into()
    } else {
        content.into()
    }
}

fn bars(content: &str, base: &BarcodeFormat, hints: &EncodeHints) -> Result<Modules, Exceptions> {
    let matrix = MultiFormatWriter.encode_with_hints(content, base, 0, 1, hints)?;
    let row: Vec<bool> = (0..matrix.getWidth()).map(|x| matrix.get(x, 0)).collect();
    // Some writers leave a margin of their own.
    let first = row.iter().position(|dark| *dark);
    let last = row.iter().rposition(|dark| *dark);
    match (first, last) {
        (Some(first), Some(last)) => Ok(Modules::Bars(row[first..=last].to_vec())),
        _ => Err(Exceptions::WRITER),
    }
}

fn grid(matrix: &BitMatrix) -> Result<Modules, Exceptions> {
    let row = |y| (0..matrix.getWidth()).map(|x| matrix.get(x, y)).collect();
    Ok(Modules::Grid((0..matrix.getHeight()).map(row).collect()))
}

/// Uses the encoder instead of `PDF417Writer`, which rotates symbols that are higher than wide.
fn pdf417(
    content: &str,
    character_set: Option<CharacterSet>,
    options: &WriteOptions,
) -> Result<Modules, Exceptions> {
    let mut encoder = PDF417::new();
    encoder.setCompact(options.pdf417_truncate);
    encoder.setEncoding(character_set);
    if options.pdf417_bytes {
        encoder.setCompaction(Compaction::BYTE);
    }
    let long = content.len() > LONG_PDF417;
    let (columns, rows) = match (options.pdf417_columns, options.pdf417_rows) {
        (Some(columns), Some(rows)) => ((columns, columns), (rows, rows)),
        (Some(columns), None) => ((columns, columns), ((PDF417_CODEWORDS / columns).min(90), 3)),
        (None, Some(rows)) => (((PDF417_CODEWORDS / rows).min(30), 1), (rows, rows)),
        (None, None) if long => ((29, 29), (32, 3)),
        (None, None) => ((30, 1), (90, 3)),
    };
    encoder.setDimensions(columns.0, columns.1, rows.0, rows.1);
    let level = options.pdf417_error_level.unwrap_or(PDF417_ERROR_LEVEL);
    encoder.generateBarcodeLogicWithAutoECI(content, level, false)?;
    let matrix = encoder.getBarcodeMatrix().as_ref().ok_or(Exceptions::ILLEGAL_STATE)?;
    let dark = |row: &Vec<u8>| row.iter().map(|module| *module == 1).collect();
    // The rows of the encoder are in reverse order; rxing's writer reverses them too.
    Ok(Modules::Grid(matrix.getScaledMatrix(1, 1).iter().rev().map(dark).collect()))
}
