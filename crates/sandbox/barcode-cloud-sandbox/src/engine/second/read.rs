//! Reading by zxing-cpp.

use barcode_engine_sys::{Format, read as zxing};
use rxing::BarcodeFormat;

use super::super::area::Area;
use super::super::read::{Effort, Reading, enlarged, turned};
use super::super::symbology::Kind;
use super::super::{Budget, Gray};

/// In degrees. The reader finds a MaxiCode only where it is upright.
const RIGHT_ANGLES: [f32; 3] = [90.0, 180.0, 270.0];

/// What this engine reads better than rxing, which misses some DataBar symbols and does not tell where a MaxiCode
/// is.
pub(crate) fn instead_of(base: BarcodeFormat) -> Option<Format> {
    match base {
        BarcodeFormat::RSS_14 => Some(Format::Databar),
        BarcodeFormat::RSS_EXPANDED => Some(Format::DatabarExpanded),
        BarcodeFormat::MAXICODE => Some(Format::MaxiCode),
        _ => None,
    }
}

pub(crate) fn read(
    picture: &Gray,
    format: Format,
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let once = |it: &Gray| match budget.allows(it.pixels.len()) {
        true => read_once(it, format, effort),
        false => Vec::new(),
    };
    if effort == Effort::Fast {
        return once(picture);
    }
    // Of two pixels a module, the reader misses some symbols.
    let twice = |it: &Gray| match once(it) {
        found if found.is_empty() => enlarged(it, once),
        found => found,
    };
    match twice(picture) {
        found if found.is_empty() && format == Format::MaxiCode => {
            turned(picture, &RIGHT_ANGLES, twice, budget)
        }
        found => found,
    }
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
