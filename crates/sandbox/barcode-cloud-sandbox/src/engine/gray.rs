//! Pictures as the readers take them.

use std::ops::Range;

use super::area::Area;

/// The side of the squares in which islands are searched, in pixels.
const CELL: usize = 8;

/// One pixel in this many may be a stray one, such as a speck of dust. A barcode has more dark
/// pixels, even in a large picture.
const STRAY: usize = 10_000;
/// The minimum difference between dark and light shades for a barcode to be searched.
const LEAST_CONTRAST: u32 = 12;

/// A picture in shades of grey, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Gray {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

impl Gray {
    /// With a margin of white on each side.
    pub(crate) fn padded(&self, margin: u32) -> Self {
        let width = self.width + 2 * margin;
        let height = self.height + 2 * margin;
        let mut padded = Self {
            width,
            height,
            pixels: vec![255; width as usize * height as usize],
        };
        for (y, row) in self
            .pixels
            .chunks_exact(self.width.max(1) as usize)
            .enumerate()
        {
            let start = (y + margin as usize) * width as usize + margin as usize;
            padded.pixels[start..start + row.len()].copy_from_slice(row);
        }
        padded
    }

    /// The darkest and the lightest shade, apart from those of a few stray pixels.
    pub(crate) fn contrast(&self) -> (u8, u8) {
        let mut counts = [0_usize; 256];
        for pixel in &self.pixels {
            counts[usize::from(*pixel)] += 1;
        }
        let stray = self.pixels.len() / STRAY;
        let darkest = first_beyond(stray, 0..=u8::MAX, &counts);
        let lightest = first_beyond(stray, (0..=u8::MAX).rev(), &counts);
        (darkest.unwrap_or(0), lightest.unwrap_or(u8::MAX))
    }

    /// Spreads the shades between `darkest` and `lightest` over the whole range. Shades that are
    /// nearly equal are left as they are, because they contain only noise.
    pub(crate) fn stretch(&mut self, (darkest, lightest): (u8, u8)) {
        let range = u32::from(lightest.saturating_sub(darkest));
        if range < LEAST_CONTRAST || range == u32::from(u8::MAX) {
            return;
        }
        let spread = |shade: u8| {
            let above = u32::from(shade.saturating_sub(darkest)).min(range);
            (above * u32::from(u8::MAX) / range) as u8
        };
        let shades: Vec<u8> = (0..=u8::MAX).map(spread).collect();
        for pixel in &mut self.pixels {
            *pixel = shades[usize::from(*pixel)];
        }
    }

    /// Twice as wide and high.
    pub(crate) fn doubled(&self) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len() * 4);
        for row in self.pixels.chunks_exact(self.width.max(1) as usize) {
            let row: Vec<u8> = row.iter().flat_map(|pixel| [*pixel; 2]).collect();
            pixels.extend_from_slice(&row);
            pixels.extend_from_slice(&row);
        }
        Self {
            width: self.width * 2,
            height: self.height * 2,
            pixels,
        }
    }

    /// Light for dark.
    pub(crate) fn inverted(&self) -> Self {
        Self {
            pixels: self.pixels.iter().map(|pixel| !pixel).collect(),
            ..*self
        }
    }

    /// Rows for columns.
    pub(crate) fn transposed(&self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for x in 0..width {
            pixels.extend((0..height).map(|y| self.pixels[y * width + x]));
        }
        Self {
            width: self.height,
            height: self.width,
            pixels,
        }
    }

    /// Paints an area white.
    pub(crate) fn erase(&mut self, area: &Area) {
        let [left, top, right, bottom] = area.bounds().map(|bound| bound.max(0.0) as usize);
        let (width, height) = (self.width as usize, self.height as usize);
        for y in top..(bottom + 1).min(height) {
            let row = y * width;
            self.pixels[row + left.min(width)..row + (right + 1).min(width)].fill(255);
        }
    }

    /// A part of the picture.
    pub(crate) fn crop(&self, area: &Area) -> Self {
        let [left, top, right, bottom] = area.bounds().map(|bound| bound.max(0.0) as usize);
        self.part(left..right, top..bottom)
    }

    /// A part of the picture: these columns and rows, clipped to its size.
    pub(crate) fn part(&self, columns: Range<usize>, rows: Range<usize>) -> Self {
        let within = |range: Range<usize>, end: u32| {
            range.start.min(end as usize)..range.end.min(end as usize)
        };
        let (columns, rows) = (within(columns, self.width), within(rows, self.height));
        let (width, height) = (columns.len() as u32, rows.len() as u32);
        let row = |y: usize| &self.pixels[y * self.width as usize..][columns.clone()];
        Self {
            width,
            height,
            pixels: rows.flat_map(row).copied().collect(),
        }
    }

    /// Smaller by a factor: each pixel is the mean of a square of pixels.
    pub(crate) fn shrunk(&self, factor: usize) -> Self {
        if factor <= 1 {
            return self.clone();
        }
        let (width, height) = (self.width as usize / factor, self.height as usize / factor);
        let mut pixels = Vec::with_capacity(width * height);
        for band in self.pixels.chunks_exact(self.width as usize * factor) {
            let mut sums = vec![0_usize; width];
            for row in band.chunks_exact(self.width as usize) {
                for (sum, square) in sums.iter_mut().zip(row.chunks_exact(factor)) {
                    *sum += square.iter().copied().map(usize::from).sum::<usize>();
                }
            }
            pixels.extend(sums.iter().map(|sum| (sum / (factor * factor)) as u8));
        }
        Self {
            width: width as u32,
            height: height as u32,
            pixels,
        }
    }

    /// The islands at a coarse scale: areas with something dark that are surrounded by light.
    pub(crate) fn islands(&self) -> Vec<Area> {
        let (columns, rows) = (self.width as usize / CELL, self.height as usize / CELL);
        let mut dark = vec![false; columns * rows];
        for (y, row) in self
            .pixels
            .chunks_exact(self.width.max(1) as usize)
            .enumerate()
        {
            for (x, pixel) in row.iter().enumerate() {
                if *pixel < 128 && x / CELL < columns && y / CELL < rows {
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
            // A cell of margin all around.
            islands.push(Area::rectangle(
                left.saturating_sub(1) * CELL,
                top.saturating_sub(1) * CELL,
                (right + 1) * CELL,
                (bottom + 1) * CELL,
            ));
        }
        islands
    }

    /// Extends an area to the dark pixels around it, up to a light margin that separates them from
    /// the rest. Returns the area itself if it contains no dark pixels.
    pub(crate) fn island_at(&self, area: Area) -> Area {
        let islands = self.islands().into_iter();
        let island = islands
            .filter(|candidate| candidate.overlaps(&area))
            .reduce(|a, b| a.joined(&b));
        island
            .and_then(|island| self.dark_within(&island))
            .unwrap_or(area)
    }

    /// The bounding rectangle of the dark pixels in an area.
    pub(crate) fn dark_within(&self, area: &Area) -> Option<Area> {
        let [left, top, right, bottom] = area.bounds().map(|bound| bound as usize);
        let (right, bottom) = (
            right.min(self.width as usize),
            bottom.min(self.height as usize),
        );
        let is_dark = |x: usize, y: usize| self.pixels[y * self.width as usize + x] < 128;
        let row = |y: &usize| (left..right).any(|x| is_dark(x, *y));
        let column = |x: &usize| (top..bottom).any(|y| is_dark(*x, y));
        let (top, bottom) = ((top..bottom).find(row)?, (top..bottom).rev().find(row)?);
        let (left, right) = (
            (left..right).find(column)?,
            (left..right).rev().find(column)?,
        );
        Some(Area::rectangle(left, top, right + 1, bottom + 1))
    }

    /// Turns the picture clockwise and enlarges it so that nothing is cut off.
    /// [`before_turn`](Self::before_turn) maps coordinates of the turned picture to those of the
    /// original.
    pub(crate) fn turned(&self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (self.width as f32, self.height as f32);
        let turned_width = (width * cos.abs() + height * sin.abs()).ceil() as u32;
        let turned_height = (width * sin.abs() + height * cos.abs()).ceil() as u32;
        let mut turned = Self {
            width: turned_width,
            height: turned_height,
            pixels: Vec::new(),
        };
        let places = (0..turned_height).flat_map(|y| (0..turned_width).map(move |x| (x, y)));
        turned.pixels = places
            .map(|(x, y)| {
                let (x, y) = turned.before_turn(self, degrees, x as f32 + 0.5, y as f32 + 0.5);
                self.between(x - 0.5, y - 0.5)
            })
            .collect();
        turned
    }

    /// Interpolates the shade between four pixels. Outside the picture, it is white.
    fn between(&self, x: f32, y: f32) -> u8 {
        let at = |x: f32, y: f32| {
            let inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
            let index = || y as usize * self.width as usize + x as usize;
            if inside {
                f32::from(self.pixels[index()])
            } else {
                255.0
            }
        };
        let (left, top) = (x.floor(), y.floor());
        let row = |y: f32| at(left, y) + (at(left + 1.0, y) - at(left, y)) * (x - left);
        (row(top) + (row(top + 1.0) - row(top)) * (y - top)) as u8
    }

    /// Maps coordinates of this picture, which is `before` turned, to coordinates of `before`.
    pub(crate) fn before_turn(&self, before: &Self, degrees: f32, x: f32, y: f32) -> (f32, f32) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (dx, dy) = (x - self.width as f32 / 2.0, y - self.height as f32 / 2.0);
        let from_x = dx * cos + dy * sin + before.width as f32 / 2.0;
        let from_y = dy * cos - dx * sin + before.height as f32 / 2.0;
        (from_x, from_y)
    }
}

/// The first shade after those of the first `stray` pixels.
fn first_beyond(
    stray: usize,
    mut shades: impl Iterator<Item = u8>,
    counts: &[usize; 256],
) -> Option<u8> {
    let mut seen = 0;
    shades.find(|shade| {
        seen += counts[usize::from(*shade)];
        seen > stray
    })
}
