//! JPEG: segments from `SOI` to `EOI`. Segments are skipped by their length, so that the `EOI` of
//! an embedded thumbnail is ignored. The compressed pixels have no length and are searched for the
//! next marker.

use super::walk::{Fields, Next};

const START_OF_IMAGE: &[u8] = &[0xff, 0xd8];
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// The first byte of a marker. It may be repeated.
const FILL: u8 = 0xff;

#[derive(Debug, Default)]
pub(super) enum Jpeg {
    #[default]
    Start,
    /// Between two segments.
    Fill,
    Marker,
    Length {
        is_scan: bool,
    },
    /// The byte after an `FF` in the compressed pixels.
    Pixels,
}

impl Fields for Jpeg {
    const FIRST: Next = Next::Field { skip: 0, length: START_OF_IMAGE.len() };

    fn read(&mut self, field: &[u8]) -> Next {
        match (&*self, field) {
            (Self::Start, START_OF_IMAGE) => self.segment(),
            (Self::Fill, [FILL]) => {
                *self = Self::Marker;
                Next::field(1)
            }
            (Self::Marker, [marker]) => self.marker(*marker),
            (Self::Length { is_scan }, &[high, low]) => {
                let is_scan = *is_scan;
                self.skip_segment(u16::from_be_bytes([high, low]), is_scan)
            }
            // An escaped `FF` or a restart marker: the compressed pixels continue.
            (Self::Pixels, [0 | 0xd0..=0xd7]) => Next::After { skip: 0, byte: FILL },
            (Self::Pixels, [marker]) => self.marker(*marker),
            _ => Next::Invalid,
        }
    }
}

impl Jpeg {
    /// Reads the next segment.
    fn segment(&mut self) -> Next {
        *self = Self::Fill;
        Next::field(1)
    }

    fn marker(&mut self, marker: u8) -> Next {
        match marker {
            FILL => Next::field(1),
            END_OF_IMAGE => Next::End,
            // Markers without a length.
            0x01 | 0xd0..=0xd7 => self.segment(),
            0 | 0xd8 => Next::Invalid,
            _ => {
                *self = Self::Length { is_scan: marker == START_OF_SCAN };
                Next::field(2)
            }
        }
    }

    /// Skips a segment. Its length includes the two bytes of the length itself.
    fn skip_segment(&mut self, length: u16, is_scan: bool) -> Next {
        let Some(skip) = u64::from(length).checked_sub(2) else {
            return Next::Invalid;
        };
        if is_scan {
            *self = Self::Pixels;
            return Next::After { skip, byte: FILL };
        }
        *self = Self::Fill;
        Next::Field { skip, length: 1 }
    }
}
