//! Finds islands in an image: areas with something dark that are surrounded by light.

use image::GrayImage;

use super::area::Area;

/// The side of the squares that islands consist of, in pixels.
const CELL: usize = 8;
/// The minimum length of the shorter side of a large island, in pixels. An Aztec code is no
/// smaller.
const MIN_SIDE: f32 = 15.0;
/// The maximum number of large islands that are searched.
const MAX_ISLANDS: usize = 64;

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
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (columns, rows) = (width / CELL, height / CELL);
    let mut dark = vec![false; columns * rows];
    for (y, row) in image.chunks_exact(width.max(1)).enumerate().take(rows * CELL) {
        for (x, shade) in row.iter().enumerate().take(columns * CELL) {
            if *shade < 128 {
                dark[y / CELL * columns + x / CELL] = true;
            }
        }
    }
    let mut islands = Vec::new();
    for start in 0..dark.len() {
        if !std::mem::take(&mut dark[start]) {
            continue;
        }
        let mut open = vec![start];
        let [mut left, mut top, mut right, mut bottom] = [columns, rows, 0, 0];
        while let Some(cell) = open.pop() {
            let (x, y) = (cell % columns, cell / columns);
            [left, top] = [left.min(x), top.min(y)];
            [right, bottom] = [right.max(x + 1), bottom.max(y + 1)];
            for near_y in y.saturating_sub(1)..(y + 2).min(rows) {
                for near_x in x.saturating_sub(1)..(x + 2).min(columns) {
                    let near = near_y * columns + near_x;
                    if std::mem::take(&mut dark[near]) {
                        open.push(near);
                    }
                }
            }
        }
        let [left, top] = [left, top].map(|cell| cell.saturating_sub(1) * CELL);
        islands.push(Area::rectangle(left, top, (right + 1) * CELL, (bottom + 1) * CELL));
    }
    islands
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
