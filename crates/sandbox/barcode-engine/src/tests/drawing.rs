//! How symbols are drawn.

use image::GrayImage;

use super::{draw, named};
use crate::*;

/// The number of rows of pixels down to the last one with ink in these columns.
fn height_of_ink(image: &GrayImage, columns: std::ops::Range<u32>) -> u32 {
    let is_dark = |y: &u32| columns.clone().any(|x| image.get_pixel(x, *y).0[0] < 128);
    (0..image.height()).rev().find(is_dark).map_or(0, |bottom| bottom + 1)
}

/// Modules are 2 pixels wide. The bars begin after a margin of 6 pixels and 9 modules.
#[test]
fn the_guard_bars_of_goods_are_longer_than_the_others() {
    for (name, value, guards) in [
        ("EAN13", "4006381333931", [0..3, 45..50, 92..95]),
        ("UPCA", "036000291452", [0..10, 45..50, 85..95]),
    ] {
        let options = RenderOptions { text: Some(TextLocation::Below), ..Default::default() };
        let symbol = write(named(name), value, &WriteOptions::default()).unwrap();
        let image = symbol.draw_gray(&options);
        let plain = RenderOptions { text: Some(TextLocation::None), ..Default::default() };
        let plain = symbol.draw_gray(&plain);
        let bars = height_of_ink(&plain, 0..plain.width());
        for guard in guards {
            let columns = 24 + guard.start * 2..24 + guard.end * 2;
            assert_eq!(height_of_ink(&image, columns), bars + 10, "{name} {guard:?}");
        }
        // Digits are below the other bars.
        assert!(height_of_ink(&image, 24 + 20..24 + 90) > bars);
    }
}

#[test]
fn digits_next_to_the_bars_do_not_make_the_bars_narrower() {
    let symbol = write(named("EAN13"), "4006381333931", &WriteOptions::default()).unwrap();
    // The bars alone have 95 modules, and 104 with the first digit. The margins have 13 pixels.
    for (width, left) in [(95 * 4 + 13, 6), (104 * 4 + 13, 6 + 9 * 4)] {
        let options = RenderOptions { width: Some(f64::from(width)), ..Default::default() };
        let image = symbol.draw_gray(&options);
        let first = (0..width).find(|x| image.get_pixel(*x, 20).0[0] < 128);
        assert_eq!(first, Some(left), "{width}");
        // The first bar and the gap next to it are both 4 pixels wide.
        let dark: Vec<_> = (left..left + 9).map(|x| image.get_pixel(x, 20).0[0] < 128).collect();
        assert_eq!(dark, [true, true, true, true, false, false, false, false, true], "{width}");
    }
}

#[test]
fn other_bars_and_texts_are_drawn_as_before() {
    for (name, value) in [("EAN8", "96385074"), ("Code128", "4006381333931")] {
        let image = draw(name, value).unwrap();
        let symbol = write(named(name), value, &WriteOptions::default()).unwrap();
        assert_eq!(image.width() as usize, symbol.columns() * 2 + 13, "{name}");
    }
    let mut symbol = write(named("EAN13"), "4006381333931", &WriteOptions::default()).unwrap();
    symbol.text = "not a number".to_owned();
    assert_eq!(symbol.draw_gray(&RenderOptions::default()).width(), 95 * 2 + 13);
}

/// The sizes of pictures that the service published.
#[test]
fn the_published_sizes_are_drawn_if_they_are_requested() {
    for (name, value, width, height) in
        [("Code128", "Hello world!", 523, 159), ("Pdf417", "Sample", 185, 151)]
    {
        let options = RenderOptions {
            width: Some(f64::from(width)),
            height: Some(f64::from(height)),
            ..Default::default()
        };
        let symbol = write(named(name), value, &WriteOptions::default()).unwrap();
        let image = symbol.draw_gray(&options);
        assert_eq!(image.dimensions(), (width, height));
        assert_eq!(super::read_as(name, &image), [(name, value.to_owned())]);
    }
}

/// The service reported this region, whose corners are not exactly those of a square.
#[test]
fn the_region_of_a_qr_code_is_the_published_one_within_a_pixel() {
    let found = super::search("QR", &draw("QR", "Test").unwrap(), Effort::Normal);
    let published = [(7, 6), (49, 6), (48, 48), (6, 49)];
    for ((x, y), (published_x, published_y)) in found[0].region.into_iter().zip(published) {
        assert!(x.abs_diff(published_x) <= 1 && y.abs_diff(published_y) <= 1, "{found:?}");
    }
}
