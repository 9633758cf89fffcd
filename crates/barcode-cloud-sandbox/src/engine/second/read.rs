//! Reading by zxing-cpp.

use barcode_cloud_engine_sys::{Format, read as zxing};

use super::super::Gray;
use super::super::area::Area;
use super::super::read::{Effort, Reading};
use super::super::symbology::Kind;

/// Of two pixels a module, the reader misses some symbols: pictures of fewer pixels than this get a second
/// look, enlarged.
const ENLARGED_BELOW: usize = 1_000_000;

pub(crate) fn read(picture: &Gray, format: Format, effort: Effort) -> Vec<Reading> {
    let found = read_once(picture, format, effort);
    if !found.is_empty() || effort == Effort::Fast || picture.pixels.len() > ENLARGED_BELOW {
        return found;
    }
    let found = read_once(&picture.doubled(), format, effort).into_iter();
    found
        .map(|it| it.placed(|x, y| (x / 2.0, y / 2.0)))
        .collect()
}

fn read_once(picture: &Gray, format: Format, effort: Effort) -> Vec<Reading> {
    let thorough = effort > Effort::Fast;
    let found = zxing(
        &picture.pixels,
        picture.width,
        picture.height,
        format,
        thorough,
    );
    // Only parts of a file are asked for by this format: others are rxing's.
    let is_asked = |part: bool| format != Format::Pdf417 || part;
    let found = found.into_iter().filter(|it| is_asked(it.part));
    let readings = found.filter_map(|it| {
        let corners = it.corners.map(|(x, y)| (x as f32, y as f32));
        Some(Reading {
            kind: Kind::Second(format),
            text: it.text,
            gs1: it.gs1,
            area: Area::around(&corners)?,
        })
    });
    readings.collect()
}
