//! The bounds on the work of a read, and the result of a read that is ended early.

use std::time::Duration;

use image::{GrayImage, Luma};

use super::{draw, page, read_common, values};
use crate::read::{MAX_TILE_PIXELS, doubled};
use crate::{Budget, Effort, ReadOptions, Symbology, read_image};

fn drawn(side: u32, mut is_dark: impl FnMut(u32, u32) -> bool) -> GrayImage {
    GrayImage::from_fn(side, side, |x, y| Luma([if is_dark(x, y) { 0 } else { 255 }]))
}

/// A black dot every so many pixels.
fn dots(side: u32, step: u32) -> GrayImage {
    drawn(side, |x, y| x % step == 0 && y % step == 0)
}

/// Upright strokes of one to four pixels, which look like a linear barcode of any length.
fn stripes(side: u32) -> GrayImage {
    let mut random = fastrand::Rng::with_seed(1);
    let mut row = Vec::new();
    while row.len() < side as usize {
        let dark = row.last() == Some(&false);
        row.extend(vec![dark; random.usize(1..5)]);
    }
    drawn(side, |x, _| row[x as usize])
}

fn noise(side: u32) -> GrayImage {
    let mut random = fastrand::Rng::with_seed(1);
    drawn(side, |_, _| random.bool())
}

/// Searches for all types with the most effort.
fn everything() -> ReadOptions {
    ReadOptions { symbologies: Symbology::all().collect(), effort: Effort::Excellent }
}

fn work(image: &GrayImage) -> f64 {
    let budget = Budget::unlimited();
    read_image(image, &ReadOptions::default(), &budget);
    assert!(!budget.is_exhausted());
    budget.pixels() as f64
}

#[test]
fn the_work_grows_no_faster_than_the_image() {
    for (name, image) in [
        ("dots", (|side| dots(side, 24)) as fn(u32) -> GrayImage),
        ("close dots", |side| dots(side, 7)),
        ("stripes", stripes),
        ("noise", noise),
    ] {
        // Neither is enlarged, and both are one tile.
        let (small, large) = (work(&image(1100)), work(&image(2200)));
        assert!(large < 4.5 * small, "{name}: {small} {large}");
        // A thorough search passes over the image twelve times, and the quick ones six times. The
        // second engine adds one pass to each.
        let passes = if cfg!(feature = "all-symbologies") { 23.0 } else { 19.0 };
        assert!(large < passes * 2200.0 * 2200.0, "{name}: {large}");
    }
}

#[test]
fn a_read_ends_within_a_step_of_the_end_of_its_budget() {
    let image = noise(3000);
    for max in [0, 1, 1_000_000, 20_000_000] {
        let budget = Budget::of_pixels(max);
        read_image(&image, &everything(), &budget);
        assert!(budget.is_exhausted());
        let pixels = budget.pixels();
        assert!(pixels < max + MAX_TILE_PIXELS, "{max} {pixels}");
    }
}

#[test]
fn barcodes_found_before_the_end_of_the_budget_are_returned() {
    // Large enough for several tiles. In the first, everything is half as large.
    let mut image = noise(3000);
    let barcode = doubled(&doubled(&draw("QR", "Test").unwrap()));
    image::imageops::replace(&mut image, &barcode, 0, 0);
    let budget = Budget::of_pixels(1);
    let found = read_image(&image, &ReadOptions::default(), &budget);
    assert!(budget.is_exhausted());
    assert_eq!(values(&found), ["Test"]);
}

#[test]
fn nothing_is_read_after_the_deadline_or_once_cancelled() {
    let image = draw("QR", "Test").unwrap();
    for budget in
        [Budget::new(Duration::from_secs(3600), || true), Budget::new(Duration::ZERO, || false)]
    {
        assert!(read_image(&image, &everything(), &budget).is_empty());
        assert!(budget.is_exhausted());
        assert_eq!(budget.pixels(), 0);
    }
}

#[test]
fn a_small_barcode_in_a_large_image_is_found_at_full_scale() {
    let (qr, data_matrix) = (draw("QR", "near").unwrap(), draw("DataMatrix", "far").unwrap());
    let found = read_common(&page(3600, 3600, &[(3200, 100, &qr), (40, 3300, &data_matrix)]));
    assert_eq!(values(&found), ["near", "far"]);
    // A position that was found in the shrunk image is as exact as its pixels.
    for (barcode, (left, top)) in found.iter().zip([(3206, 106), (46, 3306)]) {
        let (x, y) = barcode.region[0];
        assert!((x - left).abs() <= 2 && (y - top).abs() <= 2, "{barcode:?}");
    }
}
