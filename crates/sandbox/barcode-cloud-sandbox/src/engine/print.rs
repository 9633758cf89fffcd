//! Pages of plain text hold no barcode: strokes of letters look like short ones.

use super::symbology::Kind;
use super::{Budget, Effort, Gray, read};
use crate::picture::{Line, draw_text};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 1600;

/// A page of words of random letters. `size` is the height of a line in pixels.
fn page(size: f32, seed: u64) -> Gray {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut pixels = vec![255; (WIDTH * HEIGHT) as usize];
    let mut baseline = size * 2.0;
    while baseline < HEIGHT as f32 - size {
        let mut text = String::new();
        while text.len() as f32 * size * 0.5 < WIDTH as f32 * 0.85 {
            text.extend((0..random.usize(1..11)).map(|_| random.lowercase()));
            text.push(' ');
        }
        let line = Line {
            text: &text,
            size,
            middle: WIDTH as f32 / 2.0,
            baseline,
        };
        draw_text(&line, |x, y, coverage| {
            if x < WIDTH && y < HEIGHT {
                let pixel: &mut u8 = &mut pixels[(y * WIDTH + x) as usize];
                *pixel = (*pixel).min((255.0 * (1.0 - coverage)) as u8);
            }
        });
        baseline += size * 1.3;
    }
    Gray {
        width: WIDTH,
        height: HEIGHT,
        pixels,
    }
}

#[test]
fn a_page_of_text_holds_no_barcode() {
    // In some of these pages a single line of pixels passes for a UPC-E or an EAN-8.
    for (size, seed) in [
        (12.0, 1),
        (16.0, 2),
        (20.0, 3),
        (30.0, 4),
        (42.0, 1),
        (42.0, 3),
        (60.0, 5),
    ] {
        let is_read =
            |symbology: &super::Symbology| symbology.linear && symbology.kind != Kind::Unread;
        let found = read(&page(size, seed), is_read, Effort::Normal, &Budget::none());
        assert_eq!(found, [], "size {size}, seed {seed}");
    }
}
