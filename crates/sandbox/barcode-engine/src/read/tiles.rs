//! Splits large images into tiles of bounded size, so that no step of a read is long.
//!
//! An image is first searched as a whole, shrunk until it is small enough, then at each finer scale
//! in overlapping tiles, and finally in tiles at full scale.

use std::ops::Range;

use image::GrayImage;

use super::gray;

/// The maximum number of pixels that a reader is given at a time. The slowest takes about a second
/// for them.
pub(crate) const MAX_TILE_PIXELS: usize = 6_000_000;
/// The longest side of a tile.
const MAX_SIDE: usize = 2400;
/// How far neighboring tiles overlap. A barcode of this size is complete in one of them; a larger
/// one is complete at a smaller scale.
const OVERLAP: usize = 400;

/// A part of an image, possibly shrunk.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) image: GrayImage,
    factor: usize,
    left: usize,
    top: usize,
}

impl Tile {
    /// Maps a point of this tile to the whole image.
    pub(super) fn source(&self, x: f32, y: f32) -> (f32, f32) {
        let source = |at: f32, start: usize| (at + start as f32) * self.factor as f32;
        (source(x, self.left), source(y, self.top))
    }
}

/// The tiles of an image, the coarsest first. A small image is one tile.
pub(super) fn tiles(image: &GrayImage) -> impl Iterator<Item = Tile> {
    factors(image).flat_map(|factor| {
        let level = gray::shrunk(image, factor);
        let columns = spans(&level, level.width() as usize);
        let rows = spans(&level, level.height() as usize);
        let places = rows.into_iter().flat_map(move |row| {
            columns.clone().into_iter().map(move |column| (column, row.clone()))
        });
        places.map(move |(column, row)| Tile {
            image: gray::part(&level, column.clone(), row.clone()),
            factor,
            left: column.start,
            top: row.start,
        })
    })
}

/// The factors by which an image is shrunk: the one that makes it small enough, halved until it is
/// 1.
fn factors(image: &GrayImage) -> impl Iterator<Item = usize> {
    let coarsest = coarsest(image, MAX_TILE_PIXELS);
    std::iter::successors(Some(coarsest), |factor| (*factor > 1).then(|| factor / 2))
}

/// The least power of two such that the image, shrunk by it, has no more than this many pixels.
pub(super) fn coarsest(image: &GrayImage, max_pixels: usize) -> usize {
    let mut factor = 1;
    while image.len() / (factor * factor) > max_pixels {
        factor *= 2;
    }
    factor
}

/// The columns or rows of the tiles of an image with a side of this length: equally long, and
/// overlapping.
fn spans(level: &GrayImage, side: usize) -> Vec<Range<usize>> {
    let count = match level.len() <= MAX_TILE_PIXELS || side <= MAX_SIDE {
        true => 1,
        false => (side - OVERLAP).div_ceil(MAX_SIDE - OVERLAP),
    };
    let step = side.saturating_sub(OVERLAP).div_ceil(count);
    let span = |index: usize| index * step..(index * step + step + OVERLAP).min(side);
    (0..count).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank(width: u32, height: u32) -> GrayImage {
        GrayImage::from_pixel(width, height, gray::WHITE)
    }

    #[test]
    fn a_small_image_is_one_tile() {
        let tiles: Vec<_> = tiles(&blank(3000, 2000)).collect();
        assert_eq!(tiles.len(), 1);
        assert_eq!(tiles[0].source(10.0, 20.0), (10.0, 20.0));
    }

    #[test]
    fn every_tile_is_small_and_every_area_of_the_overlap_is_complete_in_one() {
        let image = blank(9001, 2407);
        let tiles: Vec<_> = tiles(&image).collect();
        assert!(tiles.iter().all(|tile| tile.image.len() <= MAX_TILE_PIXELS));
        let finest = || tiles.iter().filter(|tile| tile.factor == 1);
        for left in (0..9001 - OVERLAP).step_by(50) {
            for top in (0..2407 - OVERLAP).step_by(50) {
                let has = |tile: &Tile| {
                    tile.left <= left
                        && tile.top <= top
                        && left + OVERLAP <= tile.left + tile.image.width() as usize
                        && top + OVERLAP <= tile.top + tile.image.height() as usize
                };
                assert!(finest().any(has), "{left} {top}");
            }
        }
        let total: usize = tiles.iter().map(|tile| tile.image.len()).sum();
        assert!(total < 2 * image.len(), "{total}");
    }
}
