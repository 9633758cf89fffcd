//! Draws a barcode in the terminal, large and clear enough for a phone to read it from the screen.
//!
//! A character shows two modules: one above the other for a 2D symbol, whose modules are square,
//! and side by side for a linear symbol, of which only the widths matter. Black and white are taken
//! from the part of the 256-color palette that themes do not change, so the drawing is the same on
//! a dark and on a light terminal.

use std::fmt::Write as _;
use std::iter::repeat_n;

use anyhow::{Context as _, bail};
use barcode_engine::{GrayImage, decode};

/// Black text on white.
const COLORS: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";
/// The quiet zone of QR codes, which is the widest of the 2D types, in modules.
const QUIET_ZONE: usize = 4;
/// The quiet zone of EAN-13, which is the widest of the linear types, in modules.
const LINEAR_QUIET_ZONE: usize = 11;
/// The height of a linear symbol in lines.
const LINEAR_LINES: usize = 8;

/// Draws the barcode in `image`, which is a file, for a terminal with this number of columns.
///
/// Without colors, light modules are drawn as blocks, which is right on a dark terminal.
pub(super) fn draw(image: &[u8], columns: usize, colored: bool) -> anyhow::Result<String> {
    let image = decode(image).context("cannot draw the image that the service returned")?;
    let modules = Modules::of(&image).context("the image that the service returned is empty")?;
    let cells = modules.cells(columns);
    let width = cells[0].len();
    if width > columns {
        bail!(
            "the barcode needs {width} columns, but the terminal has {columns}; \
             use -o FILE, or a wider terminal"
        );
    }
    let glyphs = match modules.is_linear() {
        true => [' ', '▐', '▌', '█'],
        false => [' ', '▄', '▀', '█'],
    };
    let mut drawing = String::new();
    for line in cells {
        let line: String = line
            .into_iter()
            .map(|(first, second)| {
                let is_ink = |dark: bool| usize::from(dark == colored);
                glyphs[is_ink(first) * 2 + is_ink(second)]
            })
            .collect();
        let written = match colored {
            true => writeln!(drawing, "{COLORS}{line}{RESET}"),
            false => writeln!(drawing, "{line}"),
        };
        written?;
    }
    Ok(drawing)
}

/// The modules of a symbol.
struct Modules {
    /// Which modules of each row are dark.
    rows: Vec<Vec<bool>>,
    /// The height of a module divided by its width.
    ratio: usize,
}

impl Modules {
    /// Finds the modules in an image that is not rotated. Returns `None` if nothing is dark.
    fn of(image: &GrayImage) -> Option<Self> {
        let is_dark = |x: u32, y: u32| image.get_pixel(x, y)[0] < 128;
        let dark: Vec<(u32, u32)> = image
            .enumerate_pixels()
            .filter(|(x, y, _)| is_dark(*x, *y))
            .map(|(x, y, _)| (x, y))
            .collect();
        let left = dark.iter().map(|(x, _)| *x).min()?;
        let right = dark.iter().map(|(x, _)| *x).max()?;
        let (top, bottom) = (dark.first()?.1, dark.last()?.1);
        let width = module_size(left, right, |x| {
            (top..=bottom).any(|y| is_dark(x, y) != is_dark(x - 1, y))
        });
        let height = module_size(top, bottom, |y| {
            (left..=right).any(|x| is_dark(x, y) != is_dark(x, y - 1))
        });
        let row = |y| (left..=right).step_by(width as usize).map(|x| is_dark(x, y)).collect();
        Some(Self {
            rows: (top..=bottom).step_by(height as usize).map(row).collect(),
            ratio: ((height + width / 2) / width).max(1) as usize,
        })
    }

    fn is_linear(&self) -> bool {
        self.rows.len() == 1
    }

    /// Returns the lines of characters, each with its first and its second module.
    fn cells(&self, columns: usize) -> Vec<Vec<(bool, bool)>> {
        if self.is_linear() {
            let modules = padded(&self.rows[0], LINEAR_QUIET_ZONE);
            // A module is as wide as a character if there is room, which is easier to read.
            let line = match modules.len() <= columns {
                true => modules.iter().map(|dark| (*dark, *dark)).collect(),
                false => modules
                    .chunks(2)
                    .map(|pair| (pair[0], pair.get(1).is_some_and(|dark| *dark)))
                    .collect(),
            };
            return vec![line; LINEAR_LINES];
        }
        let light = vec![false; self.rows[0].len() + 2 * QUIET_ZONE];
        let margin = || repeat_n(light.clone(), QUIET_ZONE);
        let rows = self.rows.iter();
        let symbol = rows.flat_map(|row| repeat_n(padded(row, QUIET_ZONE), self.ratio));
        let rows: Vec<_> = margin().chain(symbol).chain(margin()).collect();
        rows.chunks(2)
            .map(|pair| {
                let below = pair.get(1).unwrap_or(&light);
                pair[0].iter().copied().zip(below.iter().copied()).collect()
            })
            .collect()
    }
}

/// Returns the size of a module in pixels: the largest that divides the distances between all
/// edges of an image, which begins at `first` and ends with `last`.
fn module_size(first: u32, last: u32, is_edge: impl Fn(u32) -> bool) -> u32 {
    (first + 1..=last)
        .filter(|position| is_edge(*position))
        .map(|position| position - first)
        .fold(last + 1 - first, greatest_common_divisor)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Returns a row with light modules at both ends.
fn padded(row: &[bool], margin: usize) -> Vec<bool> {
    let light = || repeat_n(false, margin);
    light().chain(row.iter().copied()).chain(light()).collect()
}

#[cfg(test)]
mod tests {
    use barcode_engine::{
        Budget, Effort, GrayImage, ImageFormat, ReadOptions, RenderOptions, Symbology,
        TextLocation, WriteOptions, read_image, write,
    };

    use super::draw;

    /// The size of a character in pixels.
    const WIDTH: u32 = 4;
    const HEIGHT: u32 = 8;

    fn image(type_name: &str, value: &str) -> Vec<u8> {
        let symbology = Symbology::named(type_name).unwrap();
        let symbol = write(symbology, value, &WriteOptions::default()).unwrap();
        let options = RenderOptions { text: Some(TextLocation::None), ..RenderOptions::default() };
        symbol.render(ImageFormat::Png, &options).unwrap()
    }

    /// Returns the pixels of a drawing as a terminal shows them. `ink` and `paper` are the shades
    /// of the text and of the background.
    fn pixels(drawing: &str, ink: u8, paper: u8) -> GrayImage {
        let lines: Vec<&str> = drawing
            .lines()
            .map(|line| line.trim_start_matches(super::COLORS).trim_end_matches(super::RESET))
            .collect();
        let columns = lines[0].chars().count();
        let size = (columns as u32 * WIDTH, lines.len() as u32 * HEIGHT);
        GrayImage::from_fn(size.0, size.1, |x, y| {
            let line = lines[(y / HEIGHT) as usize];
            assert_eq!(line.chars().count(), columns, "{line:?}");
            let (is_left, is_top) = (x % WIDTH < WIDTH / 2, y % HEIGHT < HEIGHT / 2);
            let is_ink = match line.chars().nth((x / WIDTH) as usize).unwrap() {
                ' ' => false,
                '█' => true,
                '▀' => is_top,
                '▄' => !is_top,
                '▌' => is_left,
                '▐' => !is_left,
                other => panic!("{other:?}"),
            };
            [if is_ink { ink } else { paper }].into()
        })
    }

    fn read(type_name: &str, image: &GrayImage) -> Vec<String> {
        let options = ReadOptions {
            symbologies: vec![Symbology::named(type_name).unwrap()],
            effort: Effort::Normal,
        };
        let barcodes = read_image(image, &options, &Budget::unlimited());
        barcodes.into_iter().map(|barcode| barcode.value).collect()
    }

    #[test]
    fn drawings_can_be_read_from_the_screen() {
        for (type_name, value, columns) in [
            ("QR", "https://example.com/tickets/0042", 80),
            ("GS1QR", "(01)09501101530003(10)ABC", 80),
            ("Aztec", "Hello", 80),
            ("DataMatrix", "Hello, world", 40),
            ("Pdf417", "Hello", 160),
            ("EAN13", "4006381333931", 60),
            ("EAN13", "4006381333931", 200),
            ("EAN8", "96385074", 80),
            ("UPCE", "01234565", 80),
            ("Code128", "PARCEL-0042", 200),
            ("Code128", "PARCEL", 80),
            ("Code39", "CODE 39", 120),
            ("ITF14", "15400141288763", 80),
        ] {
            let image = image(type_name, value);
            let drawing = draw(&image, columns, true).unwrap();
            let widest = drawing.lines().map(|line| line.chars().count()).max();
            assert!(widest.unwrap() - super::COLORS.len() - super::RESET.len() <= columns);
            // The colors do not depend on the theme. Without them, the theme must be dark.
            let plain = draw(&image, columns, false).unwrap();
            for pixels in [pixels(&drawing, 0, 255), pixels(&plain, 255, 0)] {
                assert_eq!(read(type_name, &pixels), [value], "{type_name}\n{plain}");
            }
        }
    }

    #[test]
    fn a_barcode_that_is_too_wide_is_rejected() {
        let image = image("Code128", "PARCEL-0042");
        let error = draw(&image, 80, true).unwrap_err().to_string();
        assert!(error.contains("but the terminal has 80; use -o FILE"), "{error}");
    }

    #[test]
    fn an_image_without_a_symbol_is_an_error() {
        assert!(draw(b"not an image", 80, true).is_err());
        let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0".to_vec();
        file.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;");
        let error = draw(&file, 80, true).unwrap_err().to_string();
        assert_eq!(error, "the image that the service returned is empty");
    }
}
