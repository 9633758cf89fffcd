//! Barcodes of low contrast are read.

use image::{GrayImage, Luma};

use super::{draw, page, read_as};
use crate::read::{contrast, doubled, stretch};

const SAMPLES: [(&str, &str); 12] = [
    ("QR", "Test"),
    ("Aztec", "Test"),
    ("DataMatrix", "Test"),
    ("Pdf417", "Test"),
    ("Code128", "Test"),
    ("Code39", "TEST"),
    ("Code93", "TEST"),
    ("Codabar", "A12345A"),
    ("EAN13", "4006381333931"),
    ("EAN8", "96385074"),
    ("UPCE", "04252614"),
    ("ITF14", "15400141288763"),
];

/// Replaces black by `dark`, white by `light`, and shades between them accordingly.
fn faded(mut image: GrayImage, dark: u8, light: u8) -> GrayImage {
    let range = u32::from(light - dark);
    for shade in image.iter_mut() {
        *shade = dark + (u32::from(*shade) * range / 255) as u8;
    }
    image
}

#[test]
fn barcodes_of_low_contrast_are_read() {
    let mut missed = Vec::new();
    for (dark, light) in [(110, 150), (5, 60), (200, 250), (100, 120)] {
        for (name, value) in SAMPLES {
            let label = faded(draw(name, value).unwrap(), dark, light);
            let on_paper = page(800, 600, &[(150, 200, &label)]);
            for (place, image) in [("alone", label), ("on paper", on_paper)] {
                if read_as(name, &image) != [(name, value.to_owned())] {
                    missed.push((dark, light, name, place));
                }
            }
        }
    }
    assert_eq!(missed, []);
}

/// Although specks of black and white make the contrast of the whole image high.
#[test]
fn stray_pixels_do_not_hide_a_low_contrast() {
    let label = faded(doubled(&doubled(&draw("Code128", "Test").unwrap())), 110, 130);
    let mut image = label.clone();
    image.put_pixel(1, 0, Luma([0]));
    image.put_pixel(3, 0, Luma([255]));
    assert_eq!(contrast(&image), contrast(&label));
    let found = read_as("Code128", &image);
    assert_eq!(found, [("Code128", "Test".to_owned())]);
}

#[test]
fn nearly_equal_shades_are_left_as_they_are() {
    let before = faded(draw("Code128", "Test").unwrap(), 120, 130);
    let mut after = before.clone();
    stretch(&mut after, contrast(&before));
    assert_eq!(after, before);
}
