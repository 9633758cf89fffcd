//! Writes DataMatrix symbols that rxing's own writer does not support correctly:
//!
//! - GS1 texts: rxing's encoder panics on some and encodes others incorrectly.
//! - Long texts: it panics on those that do not fit.
//! - Bytes beyond ASCII: rxing's reader decodes mixed encodations incorrectly.
//!
//! This module generates the codewords (ISO/IEC 16022); rxing adds the error correction and places
//! the modules.

use rxing::Exceptions;
use rxing::datamatrix::encoder::{DefaultPlacement, SymbolInfoLookup, error_correction};

use crate::symbology::gs1::SEPARATOR;

const BASE_256: u8 = 231;
const FNC1: u8 = 232;
const PAD: u8 = 129;
/// The codeword of the pair 00.
const PAIRS: u8 = 130;

/// The modules of a GS1 text, which is ASCII.
pub(crate) fn write_gs1(text: &str) -> Result<Vec<Vec<bool>>, Exceptions> {
    let codewords = ascii_codewords(text).into_iter();
    // FNC1 is encoded instead of the separator.
    let separator = SEPARATOR as u8 + 1;
    let codewords = codewords.map(|codeword| if codeword == separator { FNC1 } else { codeword });
    modules(std::iter::once(FNC1).chain(codewords).collect())
}

/// The modules of a long ASCII text.
pub(crate) fn write_long(text: &str) -> Result<Vec<Vec<bool>>, Exceptions> {
    let pairs = ascii_codewords(text);
    let bytes = byte_codewords(text.as_bytes());
    modules(if pairs.len() < bytes.len() { pairs } else { bytes })
}

/// The modules of bytes, in one segment.
pub(crate) fn write_bytes(bytes: &[u8]) -> Result<Vec<Vec<bool>>, Exceptions> {
    modules(byte_codewords(bytes))
}

fn modules(mut codewords: Vec<u8>) -> Result<Vec<Vec<bool>>, Exceptions> {
    let count = u32::try_from(codewords.len()).map_err(|_| Exceptions::WRITER)?;
    let symbol = SymbolInfoLookup::new().lookup(count)?.ok_or(Exceptions::WRITER)?;
    pad(&mut codewords, symbol.getDataCapacity() as usize);
    let codewords: String = codewords.into_iter().map(char::from).collect();
    let codewords = error_correction::encodeECC200(&codewords, symbol)?;
    let data = (symbol.getSymbolDataWidth()? as usize, symbol.getSymbolDataHeight()? as usize);
    let whole = (symbol.getSymbolWidth()? as usize, symbol.getSymbolHeight()? as usize);
    let mut placement = DefaultPlacement::new(codewords, data.0, data.1);
    placement.place()?;
    // Each region of data has a frame: dark on the left and below, alternating above and on the
    // right.
    let region = |whole: usize, data: usize| data / ((whole - data) / 2) + 2;
    let (width, height) = (region(whole.0, data.0), region(whole.1, data.1));
    let is_dark = |x: usize, y: usize| {
        let (in_x, in_y) = (x % width, y % height);
        if in_x == 0 || in_y == height - 1 {
            true
        } else if in_y == 0 {
            in_x % 2 == 0
        } else if in_x == width - 1 {
            in_y % 2 == 1
        } else {
            let column = x / width * (width - 2) + in_x - 1;
            let row = y / height * (height - 2) + in_y - 1;
            placement.getBit(column, row)
        }
    };
    let row = |y| (0..whole.0).map(|x| is_dark(x, y)).collect();
    Ok((0..whole.1).map(row).collect())
}

/// ASCII encodation (section 5.2.4).
fn ascii_codewords(text: &str) -> Vec<u8> {
    let mut codewords = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return codewords,
            [a, b, after @ ..] if a.is_ascii_digit() && b.is_ascii_digit() => {
                codewords.push(PAIRS + (a - b'0') * 10 + (b - b'0'));
                after
            }
            [byte, after @ ..] => {
                codewords.push(byte + 1);
                after
            }
        };
    }
}

/// Base 256 encodation (section 5.2.9).
fn byte_codewords(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    // The length is one byte up to 249, two above.
    let length = match (length / 250, length % 250) {
        (0, rest) => vec![rest],
        (times, rest) => vec![249 + times, rest],
    };
    let plain = length.into_iter().chain(bytes.iter().copied().map(usize::from));
    // Scrambled by position, which counts from 1 and begins after the latch (annex B.2.1).
    let scrambled =
        plain.zip(2..).map(|(value, position)| (value + 149 * position % 255 + 1) % 256);
    let scrambled = scrambled.map(|value| u8::try_from(value).unwrap_or_default());
    std::iter::once(BASE_256).chain(scrambled).collect()
}

/// The first pad codeword is plain, those after it are scrambled by their position (annex B.1.1).
fn pad(codewords: &mut Vec<u8>, capacity: usize) {
    if codewords.len() < capacity {
        codewords.push(PAD);
    }
    while codewords.len() < capacity {
        let position = codewords.len() + 1;
        let scrambled = usize::from(PAD) + 149 * position % 253 + 1;
        let wrapped = if scrambled > 254 { scrambled - 254 } else { scrambled };
        codewords.push(u8::try_from(wrapped).unwrap_or(PAD));
    }
}
