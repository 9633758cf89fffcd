//! Finds islands in an image: areas with something dark that are surrounded by light.

use image::GrayImage;

use super::area::Area;
use super::detection::Detection;
use super::gray;

/// The side of the squares that islands consist of, in pixels.
const CELL: usize = 8;
/// The minimum length of the shorter side of a large island, in pixels. An Aztec code is no
/// smaller.
const MIN_SIDE: f32 = 15.0;
/// The maximum number of large islands that are searched.
const MAX_ISLANDS: usize = 64;
/// The minimum sum of the differences between neighboring pixels in a cell with many edges, apart
/// from noise.
const MIN_EDGES: u32 = 1200;
/// The minimum side of an area with many edges that may be a barcode, in pixels. It includes a
/// margin of one cell on each side.
const MIN_BUSY_SIDE: f32 = 4.0 * CELL as f32;

/// The first islands that are large enough to contain a barcode.
pub(super) fn large_islands(image: &GrayImage) -> impl Iterator<Item = Area> {
    let islands = islands(image).into_iter().filter(|island| {
        let (width, height) = island.size();
        width.min(height) >= MIN_SIDE
    });
    islands.take(MAX_ISLANDS)
}

/// All islands, each with a margin of one cell.
fn islands(image: &GrayImage) -> Vec<Area> {
    let mut dark = Cells::new(image);
    for (y, row) in image.chunks_exact(image.width().max(1) as usize).enumerate() {
        for (x, shade) in row.iter().enumerate() {
            if *shade < 128 {
                dark.mark(x, y);
            }
        }
    }
    dark.connected()
}

/// Whether something else in an image could be a barcode: a large area with many edges, apart from
/// the barcodes that were `found` and the text around them.
pub(super) fn has_others(image: &GrayImage, found: &[Detection]) -> bool {
    // The mean of four pixels has less noise.
    let half = gray::shrunk(image, 2);
    let mut busy = busy_cells(&half);
    for code in found {
        busy.clear(&code.area.with_text().mapped(|x, y| (x / 2.0, y / 2.0)));
    }
    let mut areas = busy.connected().into_iter();
    areas.any(|area| area.size().0.min(area.size().1) >= MIN_BUSY_SIDE)
}

/// The cells with more edges than the emptiest cells have from noise.
fn busy_cells(image: &GrayImage) -> Cells {
    let mut busy = Cells::new(image);
    let edges: Vec<u32> = (0..busy.rows)
        .flat_map(|row| (0..busy.columns).map(move |column| (column, row)))
        .map(|(column, row)| edges(image, column * CELL, row * CELL))
        .collect();
    let mut sorted = edges.clone();
    let noise = match sorted.len() / 10 {
        0 => 0,
        tenth => *sorted.select_nth_unstable(tenth).1,
    };
    let least = MIN_EDGES + noise + noise / 2;
    busy.is_marked = edges.into_iter().map(|edges| edges >= least).collect();
    busy
}

/// The sum of the differences between neighboring pixels in the cell that begins at this pixel.
fn edges(image: &GrayImage, left: usize, top: usize) -> u32 {
    let width = image.width() as usize;
    let row = |y: usize| &image.as_raw()[y * width + left..][..CELL];
    let lines = top..top + CELL;
    let across: u32 = lines.clone().map(|y| differences(row(y), &row(y)[1..])).sum();
    across + lines.skip(1).map(|y| differences(row(y - 1), row(y))).sum::<u32>()
}

fn differences(one: &[u8], other: &[u8]) -> u32 {
    one.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(*other))).sum()
}

/// Squares of an image, some of which are marked.
struct Cells {
    columns: usize,
    rows: usize,
    is_marked: Vec<bool>,
}

impl Cells {
    fn new(image: &GrayImage) -> Self {
        let (columns, rows) = (image.width() as usize / CELL, image.height() as usize / CELL);
        Self { columns, rows, is_marked: vec![false; columns * rows] }
    }

    /// Marks the cell of a pixel.
    fn mark(&mut self, x: usize, y: usize) {
        let (x, y) = (x / CELL, y / CELL);
        if x < self.columns && y < self.rows {
            self.is_marked[y * self.columns + x] = true;
        }
    }

    /// Removes the marks of all cells that are in an area, wholly or in part.
    fn clear(&mut self, area: &Area) {
        let cell = |bound: f32| (bound.max(0.0) as usize) / CELL;
        let [left, top, right, bottom] = area.bounds().map(cell);
        for row in self.is_marked.chunks_exact_mut(self.columns.max(1)).take(bottom + 1).skip(top) {
            let (left, right) = (left.min(row.len()), (right + 1).min(row.len()));
            row[left..right].fill(false);
        }
    }

    /// The areas of marked cells that touch each other, each with a margin of one cell.
    fn connected(mut self) -> Vec<Area> {
        let starts = 0..self.is_marked.len();
        starts.filter_map(|start| self.take_connected(start)).collect()
    }

    fn take_connected(&mut self, start: usize) -> Option<Area> {
        if !std::mem::take(&mut self.is_marked[start]) {
            return None;
        }
        let mut open = vec![start];
        let [mut left, mut top, mut right, mut bottom] = [self.columns, self.rows, 0, 0];
        while let Some(cell) = open.pop() {
            let (x, y) = (cell % self.columns, cell / self.columns);
            [left, top] = [left.min(x), top.min(y)];
            [right, bottom] = [right.max(x + 1), bottom.max(y + 1)];
            for near_y in y.saturating_sub(1)..(y + 2).min(self.rows) {
                for near_x in x.saturating_sub(1)..(x + 2).min(self.columns) {
                    let near = near_y * self.columns + near_x;
                    if std::mem::take(&mut self.is_marked[near]) {
                        open.push(near);
                    }
                }
            }
        }
        let [left, top] = [left, top].map(|cell| cell.saturating_sub(1) * CELL);
        Some(Area::rectangle(left, top, (right + 1) * CELL, (bottom + 1) * CELL))
    }
}

/// Extends an area to the dark pixels around it, up to a light margin that separates them from the
/// rest. Returns the area itself if it contains no dark pixels.
pub(super) fn island_at(image: &GrayImage, area: Area) -> Area {
    let islands = islands(image).into_iter();
    let island = islands
        .filter(|candidate| candidate.overlaps(&area))
        .reduce(|one, other| one.joined(&other));
    let island = island.and_then(|island| dark_within(image, &island));
    island.unwrap_or(area)
}

/// The bounding rectangle of the dark pixels in an area.
pub(super) fn dark_within(image: &GrayImage, area: &Area) -> Option<Area> {
    let [left, top, right, bottom] = area.bounds().map(|bound| bound as usize);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (right, bottom) = (right.min(width), bottom.min(height));
    let is_dark = |x: usize, y: usize| image.get_pixel(x as u32, y as u32).0[0] < 128;
    let row = |y: &usize| (left..right).any(|x| is_dark(x, *y));
    let column = |x: &usize| (top..bottom).any(|y| is_dark(*x, y));
    let (top, bottom) = ((top..bottom).find(row)?, (top..bottom).rev().find(row)?);
    let (left, right) = ((left..right).find(column)?, (left..right).rev().find(column)?);
    Some(Area::rectangle(left, top, right + 1, bottom + 1))
}

#[cfg(test)]
mod tests {
    use image::{Luma, imageops};
    use rxing::BarcodeFormat;

    use super::*;
    use crate::symbology::Kind;

    /// A page with something like a barcode at each of these positions, 90 pixels wide and 60 high,
    /// and noise of at most so many shades.
    fn page(barcodes: &[(u32, u32)], noise: u8) -> GrayImage {
        let mut random = fastrand::Rng::with_seed(1);
        let mut page = GrayImage::from_pixel(600, 400, gray::WHITE);
        let bars = GrayImage::from_fn(90, 60, |x, _| Luma([if x / 3 % 2 == 0 { 0 } else { 255 }]));
        for (left, top) in barcodes {
            imageops::replace(&mut page, &bars, i64::from(*left), i64::from(*top));
        }
        page.iter_mut().for_each(|shade| *shade = shade.saturating_sub(random.u8(0..=noise)));
        page
    }

    fn found_at((left, top): (usize, usize)) -> Detection {
        Detection {
            kind: Kind::Rxing(BarcodeFormat::CODE_128),
            text: String::new(),
            gs1: false,
            area: Area::rectangle(left, top, left + 90, top + 60),
        }
    }

    #[test]
    fn what_looks_like_another_barcode_is_noticed() {
        for noise in [0, 20, 90] {
            let alone = page(&[(100, 100)], noise);
            assert!(!has_others(&alone, &[found_at((100, 100))]), "{noise}");
            assert!(has_others(&alone, &[]), "{noise}");
            let two = page(&[(100, 100), (400, 300)], noise);
            assert!(has_others(&two, &[found_at((100, 100))]), "{noise}");
            assert!(!has_others(&two, &[found_at((100, 100)), found_at((400, 300))]), "{noise}");
        }
    }

    #[test]
    fn text_below_a_barcode_is_not_another_one() {
        let mut image = page(&[(100, 100)], 0);
        let text = imageops::crop_imm(&image, 100, 100, 90, 20).to_image();
        imageops::replace(&mut image, &text, 100, 164);
        assert!(!has_others(&image, &[found_at((100, 100))]));
        imageops::replace(&mut image, &text, 100, 250);
        assert!(has_others(&image, &[found_at((100, 100))]));
    }
}
