//! Splits large pictures into pieces of bounded size, so that no step of a read is long.
//!
//! A picture is first searched as a whole, shrunk until it is small enough, then at each finer
//! scale in overlapping tiles, and finally in tiles at full scale.

use super::gray::Gray;

/// A reader is given no more pixels at a time than this. The slowest takes about a second for them.
pub(super) const MOST_PIXELS: usize = 6_000_000;
/// The longest side of a tile.
const TILE: usize = 2400;
/// How far neighbouring tiles overlap. A barcode of this size is whole in one of them; a larger one
/// is whole at a smaller scale.
const OVERLAP: usize = 400;

/// A part of a picture, possibly shrunk.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) picture: Gray,
    factor: usize,
    left: usize,
    top: usize,
}

impl Piece {
    /// The place in the whole picture of a place in this piece.
    pub(super) fn place(&self, x: f32, y: f32) -> (f32, f32) {
        let place = |at: f32, start: usize| (at + start as f32) * self.factor as f32;
        (place(x, self.left), place(y, self.top))
    }
}

/// The pieces of a picture, the coarsest first. A small picture is one piece.
pub(super) fn pieces(picture: &Gray) -> impl Iterator<Item = Piece> {
    factors(picture).flat_map(|factor| {
        let level = picture.shrunk(factor);
        let columns = spans(&level, level.width as usize);
        let rows = spans(&level, level.height as usize);
        let places = rows.into_iter().flat_map(move |row| {
            columns
                .clone()
                .into_iter()
                .map(move |column| (column, row.clone()))
        });
        places.map(move |(column, row)| Piece {
            picture: level.part(column.clone(), row.clone()),
            factor,
            left: column.start,
            top: row.start,
        })
    })
}

/// The factors by which a picture is shrunk: that which makes it small enough, halved until it is
/// 1.
fn factors(picture: &Gray) -> impl Iterator<Item = usize> {
    let coarsest = coarsest(picture, MOST_PIXELS);
    std::iter::successors(Some(coarsest), |factor| (*factor > 1).then(|| factor / 2))
}

/// The least power of two such that the picture, shrunk by it, has no more than this many pixels.
pub(super) fn coarsest(picture: &Gray, most_pixels: usize) -> usize {
    let mut factor = 1;
    while picture.pixels.len() / (factor * factor) > most_pixels {
        factor *= 2;
    }
    factor
}

/// The columns or rows of the tiles of a picture whose side this is: equally long, and overlapping.
fn spans(level: &Gray, side: usize) -> Vec<std::ops::Range<usize>> {
    let count = match level.pixels.len() <= MOST_PIXELS || side <= TILE {
        true => 1,
        false => (side - OVERLAP).div_ceil(TILE - OVERLAP),
    };
    let step = side.saturating_sub(OVERLAP).div_ceil(count);
    let span = |index: usize| index * step..(index * step + step + OVERLAP).min(side);
    (0..count).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank(width: u32, height: u32) -> Gray {
        Gray {
            width,
            height,
            pixels: vec![255; width as usize * height as usize],
        }
    }

    #[test]
    fn a_small_picture_is_one_piece() {
        let pieces: Vec<_> = pieces(&blank(3000, 2000)).collect();
        assert_eq!(pieces.len(), 1);
        assert_eq!(pieces[0].place(10.0, 20.0), (10.0, 20.0));
    }

    #[test]
    fn every_piece_is_small_and_every_area_of_the_overlap_is_whole_in_one() {
        let picture = blank(9001, 2407);
        let pieces: Vec<_> = pieces(&picture).collect();
        assert!(
            pieces
                .iter()
                .all(|piece| piece.picture.pixels.len() <= MOST_PIXELS)
        );
        let finest = || pieces.iter().filter(|piece| piece.factor == 1);
        for left in (0..9001 - OVERLAP).step_by(50) {
            for top in (0..2407 - OVERLAP).step_by(50) {
                let has = |piece: &Piece| {
                    piece.left <= left
                        && piece.top <= top
                        && left + OVERLAP <= piece.left + piece.picture.width as usize
                        && top + OVERLAP <= piece.top + piece.picture.height as usize
                };
                assert!(finest().any(has), "{left} {top}");
            }
        }
        let total: usize = pieces.iter().map(|piece| piece.picture.pixels.len()).sum();
        assert!(total < 2 * picture.pixels.len(), "{total}");
    }
}
