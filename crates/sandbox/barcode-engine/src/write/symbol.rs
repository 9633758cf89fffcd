//! An encoded symbol, before it is drawn.

use crate::Symbology;

/// The space between the two symbols of a coupon, in modules: the quiet zones of both.
const COUPON_GAP: usize = 19;

/// An encoded symbol, without a size and colors. [`render`](Self::render) draws it.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// The text to print above or below the symbol.
    pub text: String,
    pub(crate) modules: Modules,
    pub(crate) symbology: &'static Symbology,
}

/// The modules of a symbol; `true` is dark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Modules {
    /// One row of bars, to be drawn at any height.
    Bars(Vec<bool>),
    /// Rows of equal length. In PDF417, a module is higher than wide.
    Grid(Vec<Vec<bool>>),
}

impl Symbol {
    /// The width of the symbol in modules, without a quiet zone.
    pub fn columns(&self) -> usize {
        match &self.modules {
            Modules::Bars(bars) => bars.len(),
            Modules::Grid(rows) => rows.first().map_or(0, Vec::len),
        }
    }
}

impl Modules {
    /// Places two rows of bars side by side, as in a coupon. Returns `None` if one of them is a
    /// grid.
    pub(super) fn side_by_side(left: Self, right: Self) -> Option<Self> {
        match (left, right) {
            (Self::Bars(left), Self::Bars(right)) => {
                Some(Self::Bars([left, vec![false; COUPON_GAP], right].concat()))
            }
            _ => None,
        }
    }
}
