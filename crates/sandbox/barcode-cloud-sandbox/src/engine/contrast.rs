//! Barcodes of little contrast are read.

use super::Gray;
use super::tests::{draw, read_as};

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

/// With the shades between `dark` and `light` in the place of those between black and white.
fn faded(picture: &Gray, dark: u8, light: u8) -> Gray {
    let range = u32::from(light - dark);
    let fade = |shade: &u8| dark + (u32::from(*shade) * range / 255) as u8;
    Gray {
        pixels: picture.pixels.iter().map(fade).collect(),
        ..*picture
    }
}

/// A picture as a label on a page of white paper.
fn on_paper(label: &Gray) -> Gray {
    let mut paper = Gray {
        width: 800,
        height: 600,
        pixels: vec![255; 800 * 600],
    };
    for (y, row) in label.pixels.chunks(label.width as usize).enumerate() {
        let start = (200 + y) * 800 + 150;
        paper.pixels[start..start + row.len()].copy_from_slice(row);
    }
    paper
}

#[test]
fn barcodes_of_little_contrast_are_read() {
    let mut missed = Vec::new();
    for (dark, light) in [(110, 150), (5, 60), (200, 250), (100, 120)] {
        for (name, value) in SAMPLES {
            let faded = faded(&draw(name, value).unwrap(), dark, light);
            for (place, picture) in [("alone", faded.clone()), ("on paper", on_paper(&faded))] {
                if read_as(name, &picture) != [(name, value.to_owned())] {
                    missed.push((dark, light, name, place));
                }
            }
        }
    }
    assert_eq!(missed, []);
}

/// Specks of black and white do not hide that everything else is grey.
#[test]
fn stray_pixels_do_not_spoil_the_contrast() {
    let label = faded(
        &draw("Code128", "Test").unwrap().doubled().doubled(),
        110,
        130,
    );
    let mut picture = label.clone();
    picture.pixels[1] = 0;
    picture.pixels[3] = 255;
    assert_eq!(picture.contrast(), label.contrast());
    assert_eq!(
        read_as("Code128", &picture),
        [("Code128", "Test".to_owned())]
    );
}

#[test]
fn nearly_equal_shades_are_left_as_they_are() {
    let mut noise = faded(&draw("Code128", "Test").unwrap(), 120, 130);
    let before = noise.pixels.clone();
    noise.stretch(noise.contrast());
    assert_eq!(noise.pixels, before);
}
