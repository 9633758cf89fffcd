//! A part of the corpus of the benchmark `corpus`: most barcodes are read, and nothing else is.

#[path = "../benches/corpus/pictures.rs"]
mod pictures;

use barcode_engine::{Budget, GrayImage, ReadOptions, read_image};

use pictures::{DEGRADATIONS, SYMBOLS, empty_pictures, picture};

/// The number of barcodes that must be read of the pictures in this test.
const FLOOR: usize = 36;

fn values(image: &GrayImage) -> Vec<String> {
    let found = read_image(image, &ReadOptions::default(), &Budget::unlimited());
    found.into_iter().map(|barcode| barcode.value).collect()
}

#[test]
fn most_degraded_barcodes_are_read() {
    let mut read = 0;
    let mut missed = Vec::new();
    for index in (0..SYMBOLS.len() * DEGRADATIONS.len()).step_by(7) {
        // The degradations differ from symbol to symbol.
        let symbol = index % SYMBOLS.len();
        let degradation = index / SYMBOLS.len();
        let values = values(&picture(symbol, degradation));
        let (name, value) = SYMBOLS[symbol];
        assert!(values.iter().all(|found| found == value), "{name}: {values:?}");
        match values.is_empty() {
            true => missed.push((name, DEGRADATIONS[degradation].0)),
            false => read += 1,
        }
    }
    assert!(read >= FLOOR, "{read} read, missed: {missed:?}");
}

#[test]
fn nothing_is_read_in_pictures_without_a_barcode() {
    for (index, image) in empty_pictures(4, 4).enumerate() {
        assert_eq!(values(&image), [""; 0], "picture {index}");
    }
}
