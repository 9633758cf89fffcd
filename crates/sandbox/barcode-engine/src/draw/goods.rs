//! How EAN-13 and UPC-A symbols are printed on goods: the guard bars are longer than the others,
//! and the digits are in groups between and next to them.

use std::ops::Range;

use rxing::BarcodeFormat;

use crate::Symbol;

/// The columns, in modules, are those of a symbol with light modules next to its bars.
#[derive(Debug)]
pub(super) struct GoodsLabel {
    /// The light modules to the left and to the right of the bars.
    margins: (usize, usize),
    /// The columns of the long bars.
    guards: [Range<usize>; 3],
    /// Groups of digits, and the columns in the middle of which they are printed.
    groups: &'static [(Range<usize>, Range<usize>)],
}

/// The first digit is next to the bars.
static EAN13: GoodsLabel = GoodsLabel {
    margins: (9, 0),
    guards: [9..12, 54..59, 101..104],
    groups: &[(0..1, 0..9), (1..7, 12..54), (7..13, 59..101)],
};

/// The first and the last digit are next to the bars, and their own bars are long.
static UPCA: GoodsLabel = GoodsLabel {
    margins: (9, 9),
    guards: [9..19, 54..59, 94..104],
    groups: &[(0..1, 0..9), (1..6, 19..54), (6..11, 59..94), (11..12, 104..113)],
};

impl GoodsLabel {
    /// The label of an EAN-13 or UPC-A symbol with its number as text. All others have none.
    pub(super) fn of(symbol: &Symbol) -> Option<&'static Self> {
        let is_ean13 = symbol.symbology.rxing_format() == Some(BarcodeFormat::EAN_13);
        let is_number = symbol.text.bytes().all(|letter| letter.is_ascii_digit());
        match symbol.text.len() {
            13 if is_ean13 && is_number => Some(&EAN13),
            12 if is_ean13 && is_number => Some(&UPCA),
            _ => None,
        }
    }

    /// The number of light modules next to the bars.
    pub(super) fn columns(&self) -> usize {
        self.margins.0 + self.margins.1
    }

    /// The bars with light modules next to them.
    pub(super) fn spaced(&self, bars: &[bool]) -> Vec<bool> {
        [&vec![false; self.margins.0], bars, &vec![false; self.margins.1]].concat()
    }

    /// Makes the guard bars longer by this number of pixels. `column` determines the column, in
    /// modules, of a left edge.
    pub(super) fn lengthen_guards(
        &self,
        bars: &mut [[u32; 4]],
        longer: u32,
        column: impl Fn(u32) -> u32,
    ) {
        for [left, _, _, height] in bars {
            let column = column(*left) as usize;
            if self.guards.iter().any(|guard| guard.contains(&column)) {
                *height += longer;
            }
        }
    }

    /// Each group of digits with its left edge and its width in pixels.
    pub(super) fn parts<'a>(
        &self,
        number: &'a str,
        left: f64,
        module: f64,
    ) -> Vec<(&'a str, f64, f64)> {
        let parts = self.groups.iter().map(|(digits, columns)| {
            let (start, width) = (columns.start as f64, columns.len() as f64);
            (&number[digits.clone()], left + start * module, width * module)
        });
        parts.collect()
    }
}
