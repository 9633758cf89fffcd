//! Writing: encodes a value into the modules of a symbol, with rxing's writers or the second
//! engine.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::aztec::AztecWriter;
use rxing::common::{BitMatrix, CharacterSet};
use rxing::datamatrix::DataMatrixWriter;
use rxing::pdf417::encoder::{Compaction, PDF417};
use rxing::qrcode::QRCodeWriter;
use rxing::qrcode::encoder::qrcode_encoder::getAlphanumericCode;
use rxing::{BarcodeFormat, EncodeHintValue, EncodeHints, MultiFormatWriter, Writer};

use super::gs1::{self, SEPARATOR};
use super::symbology::WrittenBy;
use super::{Symbology, code128, data_matrix, second, values};

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

/// The space between the two symbols of a coupon, in modules: the quiet zones of both.
const COUPON_GAP: usize = 19;

/// The options of a symbol. By default, the engine chooses each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// `L`, `M`, `Q` or `H`.
    pub(crate) qr_error_level: Option<&'static str>,
    /// 1 to 40.
    pub(crate) qr_version: Option<u32>,
    /// The character set of QR and PDF417, which the symbol also names.
    pub(crate) character_set: Option<CharacterSet>,
    /// `A`, `B` or `C`.
    pub(crate) code128_set: Option<&'static str>,
    /// 0 to 8.
    pub(crate) pdf417_error_level: Option<u32>,
    pub(crate) pdf417_columns: Option<u32>,
    pub(crate) pdf417_rows: Option<u32>,
    pub(crate) pdf417_truncate: bool,
    pub(crate) pdf417_bytes: bool,
    /// 1 to 4. Only the second engine writes the two types below.
    #[cfg_attr(not(feature = "all-symbologies"), expect(dead_code))]
    pub(crate) micro_qr_version: Option<u32>,
    /// 1 to 32, in the order of the standard.
    #[cfg_attr(not(feature = "all-symbologies"), expect(dead_code))]
    pub(crate) rect_micro_qr_version: Option<u32>,
}

/// A symbol without size and colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) shape: Shape,
    /// The text to print above or below the symbol.
    pub(crate) text: String,
}

/// The modules of a symbol; `true` is dark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One row of bars, to be drawn at any height.
    Bars(Vec<bool>),
    /// Rows of equal length. In PDF417, a module is higher than wide.
    Grid(Vec<Vec<bool>>),
}

/// Why the data cannot be encoded: a message for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteError(pub(crate) String);

/// Writes `value`. With `raw`, its characters represent bytes (U+0000 to U+00FF) instead of text.
pub(crate) fn write(
    symbology: &Symbology,
    value: &str,
    raw: bool,
    options: &Options,
) -> Result<Symbol, WriteError> {
    if let Some(longest) =
        longest(symbology.base()).filter(|longest| value.chars().count() > *longest)
    {
        return Err(WriteError(format!(
            "It takes at most {longest} characters."
        )));
    }
    let content = symbology.content(value).map_err(WriteError)?;
    let text = symbology
        .value(&content)
        .unwrap_or_else(|| value.to_owned());
    let shape = match symbology.written_by {
        WrittenBy::Rxing => {
            let character_set = options.character_set.or(match content.is_ascii() {
                true => None,
                false if raw => Some(CharacterSet::ISO8859_1),
                false => Some(CharacterSet::UTF8),
            });
            guarded(|| modules(symbology, &content, character_set, options))
        }
        WrittenBy::Coupon => guarded(|| coupon(&content)),
        WrittenBy::Second => second::write(symbology, &content, raw, options),
    };
    Ok(Symbol {
        shape: shape?,
        text,
    })
}

fn guarded(write: impl FnOnce() -> Result<Shape, rxing::Exceptions>) -> Result<Shape, WriteError> {
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(Ok(shape)) => Ok(shape),
        Ok(Err(error)) => Err(WriteError(format!(
            "The data does not fit this symbol ({error})."
        ))),
        // rxing panics on some data that is too long for its symbol.
        Err(_) => Err(WriteError("The engine cannot write this data.".to_owned())),
    }
}

/// The capacity of the largest symbol, in digits. Longer data is rejected before it is processed.
fn longest(base: Option<BarcodeFormat>) -> Option<usize> {
    match base? {
        BarcodeFormat::QR_CODE => Some(7089),
        BarcodeFormat::AZTEC => Some(3832),
        BarcodeFormat::DATA_MATRIX => Some(3116),
        BarcodeFormat::PDF_417 => Some(2710),
        _ => None,
    }
}

fn modules(
    symbology: &Symbology,
    content: &str,
    character_set: Option<CharacterSet>,
    options: &Options,
) -> Result<Shape, rxing::Exceptions> {
    let mut hints = EncodeHints::default().with(EncodeHintValue::Margin("0".to_owned()));
    hints.CharacterSet = character_set.map(|set| set.get_charset_name().to_owned());
    hints.Gs1Format = symbology.gs1.then_some(true);
    let base = &symbology.base().ok_or(rxing::Exceptions::WRITER)?;
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
            code128::set_b(content).map(Shape::Bars)
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

/// A UPC-A symbol and a GS1-128 one in one row.
fn coupon(content: &str) -> Result<Shape, rxing::Exceptions> {
    let hints = EncodeHints::default()
        .with(EncodeHintValue::Margin("0".to_owned()))
        .with(EncodeHintValue::Code128Compact(true));
    let (number, elements) = values::coupon_parts(content);
    let elements = gs1::parse(elements).map_err(|_| rxing::Exceptions::WRITER)?;
    let number = bars(&format!("0{number}"), &BarcodeFormat::EAN_13, &hints)?;
    let elements = gs1_128(&gs1::join(&elements));
    let elements = bars(&elements, &BarcodeFormat::CODE_128, &hints)?;
    match (number, elements) {
        (Shape::Bars(number), Shape::Bars(elements)) => Ok(beside(number, elements)),
        _ => Err(rxing::Exceptions::WRITER),
    }
}

/// The row of a coupon.
pub(super) fn beside(number: Vec<bool>, elements: Vec<bool>) -> Shape {
    Shape::Bars([number, vec![false; COUPON_GAP], elements].concat())
}

fn data_matrix(
    symbology: &Symbology,
    content: &str,
    character_set: Option<CharacterSet>,
    hints: &EncodeHints,
) -> Result<Shape, rxing::Exceptions> {
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
    Ok(Shape::Grid(rows))
}

/// In alphanumeric mode after FNC1, `%` stands for a separator and `%%` for itself (ISO/IEC 18004,
/// 7.4.8.2), which rxing's writer does not write and its reader does not read. A separator at the
/// end, which says nothing there, is no letter of that mode: so bytes are written.
fn qr_content<'a>(symbology: &Symbology, content: &'a str) -> Cow<'a, str> {
    let is_alphanumeric = content
        .chars()
        .all(|letter| getAlphanumericCode(letter.into()) >= 0);
    if symbology.gs1 && is_alphanumeric && content.contains('%') {
        format!("{content}{SEPARATOR}").into()
    } else {
        content.into()
    }
}

fn bars(
    content: &str,
    base: &BarcodeFormat,
    hints: &EncodeHints,
) -> Result<Shape, rxing::Exceptions> {
    let matrix = MultiFormatWriter.encode_with_hints(content, base, 0, 1, hints)?;
    let row: Vec<bool> = (0..matrix.getWidth()).map(|x| matrix.get(x, 0)).collect();
    // Some writers leave a margin of their own.
    let first = row.iter().position(|dark| *dark);
    let last = row.iter().rposition(|dark| *dark);
    match (first, last) {
        (Some(first), Some(last)) => Ok(Shape::Bars(row[first..=last].to_vec())),
        _ => Err(rxing::Exceptions::WRITER),
    }
}

fn grid(matrix: &BitMatrix) -> Result<Shape, rxing::Exceptions> {
    let row = |y| (0..matrix.getWidth()).map(|x| matrix.get(x, y)).collect();
    Ok(Shape::Grid((0..matrix.getHeight()).map(row).collect()))
}

/// Uses the encoder instead of `PDF417Writer`, which rotates symbols that are higher than wide.
fn pdf417(
    content: &str,
    character_set: Option<CharacterSet>,
    options: &Options,
) -> Result<Shape, rxing::Exceptions> {
    let mut encoder = PDF417::new();
    encoder.setCompact(options.pdf417_truncate);
    encoder.setEncoding(character_set);
    if options.pdf417_bytes {
        encoder.setCompaction(Compaction::BYTE);
    }
    let long = content.len() > LONG_PDF417;
    let (columns, rows) = match (options.pdf417_columns, options.pdf417_rows) {
        (Some(columns), Some(rows)) => ((columns, columns), (rows, rows)),
        (Some(columns), None) => (
            (columns, columns),
            ((PDF417_CODEWORDS / columns).min(90), 3),
        ),
        (None, Some(rows)) => (((PDF417_CODEWORDS / rows).min(30), 1), (rows, rows)),
        (None, None) if long => ((29, 29), (32, 3)),
        (None, None) => ((30, 1), (90, 3)),
    };
    encoder.setDimensions(columns.0, columns.1, rows.0, rows.1);
    let level = options.pdf417_error_level.unwrap_or(PDF417_ERROR_LEVEL);
    encoder.generateBarcodeLogicWithAutoECI(content, level, false)?;
    let matrix = encoder
        .getBarcodeMatrix()
        .as_ref()
        .ok_or(rxing::Exceptions::ILLEGAL_STATE)?;
    let dark = |row: &Vec<u8>| row.iter().map(|module| *module == 1).collect();
    // The rows of the encoder are in reverse order; rxing's writer reverses them too.
    Ok(Shape::Grid(
        matrix
            .getScaledMatrix(1, 1)
            .iter()
            .rev()
            .map(dark)
            .collect(),
    ))
}
