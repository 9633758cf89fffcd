//! Pages of plain text contain no barcode, although strokes of letters look like short ones.

use image::{GrayImage, Luma};

use crate::draw::{Line, draw_text};
use crate::{Budget, ReadOptions, Symbology, read_image};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 1600;

/// A page of words of random letters. `size` is the height of a line in pixels.
fn text_page(size: f32, seed: u64) -> GrayImage {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut page = GrayImage::from_pixel(WIDTH, HEIGHT, Luma([255]));
    let mut baseline = size * 2.0;
    while baseline < HEIGHT as f32 - size {
        let mut text = String::new();
        while text.len() as f32 * size * 0.5 < WIDTH as f32 * 0.85 {
            text.extend((0..random.usize(1..11)).map(|_| random.lowercase()));
            text.push(' ');
        }
        let line = Line { text: &text, size, middle: WIDTH as f32 / 2.0, baseline };
        draw_text(&line, |x, y, coverage| {
            if let Some(Luma([shade])) = page.get_pixel_mut_checked(x, y) {
                *shade = (*shade).min((255.0 * (1.0 - coverage)) as u8);
            }
        });
        baseline += size * 1.3;
    }
    page
}

#[test]
fn a_page_of_text_contains_no_barcode() {
    let options = ReadOptions {
        symbologies: Symbology::all().filter(|symbology| symbology.linear).collect(),
        ..ReadOptions::default()
    };
    // In some of these pages a single line of pixels is read as a UPC-E or an EAN-8.
    for (size, seed) in
        [(12.0, 1), (16.0, 2), (20.0, 3), (30.0, 4), (42.0, 1), (42.0, 3), (60.0, 5)]
    {
        let found = read_image(&text_page(size, seed), &options, &Budget::unlimited());
        assert_eq!(found, [], "size {size}, seed {seed}");
    }
}
