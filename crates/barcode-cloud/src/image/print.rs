//! Measures the modules of a barcode in an image: its narrowest bars and spaces.

use std::collections::BTreeSet;

use barcode_engine::GrayImage;

/// The direction of the rows of a symbol in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Horizontal,
    Vertical,
}

/// Returns the width of the modules in dots, or `None` if it is not uniform.
///
/// The middle half of the `corners` is measured from end to end, where the image contains nothing
/// but the symbol and its quiet zones. The width is the greatest common divisor of the widths of
/// all bars and spaces, or, of a symbol with two widths, the lesser of them.
pub(crate) fn module_width(
    image: &GrayImage,
    corners: [(i32, i32); 4],
    direction: Direction,
    has_two_widths: bool,
) -> Option<u32> {
    let is_horizontal = direction == Direction::Horizontal;
    let (length, count) = match is_horizontal {
        true => image.dimensions(),
        false => (image.height(), image.width()),
    };
    let across = corners.map(|(x, y)| if is_horizontal { y } else { x }.max(0) as u32);
    let [first, last] = [across.iter().min()?, across.iter().max()?].map(|line| *line.min(&count));
    let margin = (last - first) / 4;
    let mut widths = BTreeSet::new();
    for line in first + margin..(last - margin).max(first + margin + 1).min(count) {
        let shades = (0..length).map(|at| match is_horizontal {
            true => image.get_pixel(at, line).0[0],
            false => image.get_pixel(line, at).0[0],
        });
        widths.extend(inner_runs(&shades.collect::<Vec<_>>()));
    }
    let narrowest = *widths.first()?;
    if has_two_widths {
        return (widths.len() <= 2).then_some(narrowest);
    }
    let divisor = widths.iter().fold(0, |divisor, width| gcd(divisor, *width));
    // Every symbol has bars or spaces that are one module wide.
    (divisor == narrowest).then_some(divisor)
}

/// Returns the lengths of the runs of dark and light pixels, without the first and the last one,
/// which are quiet zones.
fn inner_runs(shades: &[u8]) -> Vec<u32> {
    let darkest = shades.iter().copied().min().unwrap_or_default();
    let lightest = shades.iter().copied().max().unwrap_or_default();
    let middle = darkest.midpoint(lightest);
    let runs = shades.chunk_by(|one, other| (*one > middle) == (*other > middle));
    let lengths: Vec<u32> = runs.map(|run| run.len() as u32).collect();
    match &*lengths {
        [_, inner @ .., _] => inner.to_vec(),
        _ => Vec::new(),
    }
}

fn gcd(one: u32, other: u32) -> u32 {
    match other {
        0 => one,
        _ => gcd(other, one % other),
    }
}
