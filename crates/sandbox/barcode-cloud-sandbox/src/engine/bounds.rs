//! The bounds on the work of a read, and the result of a read that is ended early.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pieces::MOST_PIXELS;
use super::tests::draw;
use super::{Budget, Effort, Gray, read};

/// A black dot every so many pixels.
fn dots(side: usize, step: usize) -> Gray {
    drawn(side, |x, y| x % step == 0 && y % step == 0)
}

/// Upright strokes of one to four pixels, which look like a linear barcode of any length.
fn stripes(side: usize) -> Gray {
    let mut random = fastrand::Rng::with_seed(1);
    let mut row = Vec::new();
    while row.len() < side {
        let dark = row.last() == Some(&false);
        row.extend(vec![dark; random.usize(1..5)]);
    }
    drawn(side, |x, _| row[x])
}

fn noise(side: usize) -> Gray {
    let mut random = fastrand::Rng::with_seed(1);
    drawn(side, |_, _| random.bool())
}

fn drawn(side: usize, mut is_dark: impl FnMut(usize, usize) -> bool) -> Gray {
    let mut pixels = Vec::with_capacity(side * side);
    for y in 0..side {
        pixels.extend((0..side).map(|x| if is_dark(x, y) { 0 } else { 255 }));
    }
    Gray {
        width: side as u32,
        height: side as u32,
        pixels,
    }
}

fn work(picture: &Gray) -> f64 {
    let budget = Budget::none();
    read(
        picture,
        |symbology| symbology.common,
        Effort::Normal,
        &budget,
    );
    assert!(!budget.is_exhausted());
    budget.pixels() as f64
}

#[test]
fn the_work_grows_no_faster_than_the_picture() {
    for (name, picture) in [
        ("dots", (|side| dots(side, 24)) as fn(usize) -> Gray),
        ("close dots", |side| dots(side, 7)),
        ("stripes", stripes),
        ("noise", noise),
    ] {
        // Neither is enlarged, and both are one piece.
        let (small, large) = (work(&picture(1100)), work(&picture(2200)));
        assert!(large < 4.5 * small, "{name}: {small} {large}");
        assert!(large < 12.0 * 2200.0 * 2200.0, "{name}: {large}");
    }
}

#[test]
fn a_read_ends_within_a_step_of_the_end_of_its_budget() {
    let picture = noise(3000);
    for most in [0, 1, 1_000_000, 20_000_000] {
        let budget = Budget::of_pixels(most);
        read(&picture, |_| true, Effort::Excellent, &budget);
        assert!(budget.is_exhausted());
        assert!(
            budget.pixels() < most + MOST_PIXELS,
            "{most} {}",
            budget.pixels()
        );
    }
}

#[test]
fn what_was_found_before_the_end_of_the_budget_is_returned() {
    // Large enough for several pieces, in the first of which everything is half as large.
    let mut picture = noise(3000);
    let barcode = draw("QR", "Test").unwrap().doubled().doubled();
    for (y, row) in barcode.pixels.chunks(barcode.width as usize).enumerate() {
        picture.pixels[y * 3000..y * 3000 + row.len()].copy_from_slice(row);
    }
    let budget = Budget::of_pixels(1);
    let found = read(
        &picture,
        |symbology| symbology.common,
        Effort::Normal,
        &budget,
    );
    assert!(budget.is_exhausted());
    let values: Vec<_> = found.iter().map(|barcode| &*barcode.value).collect();
    assert_eq!(values, ["Test"]);
}

#[test]
fn nothing_is_read_after_the_deadline_or_once_cancelled() {
    let picture = draw("QR", "Test").unwrap();
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    for budget in [
        Budget::new(Duration::from_secs(3600), cancelled),
        Budget::new(Duration::ZERO, CancellationToken::new()),
    ] {
        assert!(read(&picture, |_| true, Effort::Excellent, &budget).is_empty());
        assert!(budget.is_exhausted());
        assert_eq!(budget.pixels(), 0);
    }
}

#[test]
fn a_small_barcode_in_a_large_picture_is_found_at_full_scale() {
    let mut picture = drawn(3600, |_, _| false);
    for (name, value, left, top) in [("QR", "near", 3200, 100), ("DataMatrix", "far", 40, 3300)] {
        let barcode = draw(name, value).unwrap();
        for (y, row) in barcode.pixels.chunks(barcode.width as usize).enumerate() {
            let start = (top + y) * 3600 + left;
            picture.pixels[start..start + row.len()].copy_from_slice(row);
        }
    }
    let found = read(
        &picture,
        |symbology| symbology.common,
        Effort::Normal,
        &Budget::none(),
    );
    let values: Vec<_> = found.iter().map(|barcode| &*barcode.value).collect();
    assert_eq!(values, ["near", "far"]);
    // A place that was found in the shrunk picture is as exact as its pixels.
    for (barcode, (left, top)) in found.iter().zip([(3206, 106), (46, 3306)]) {
        let (x, y) = barcode.region[0];
        assert!((x - left).abs() <= 2 && (y - top).abs() <= 2, "{barcode:?}");
    }
}
