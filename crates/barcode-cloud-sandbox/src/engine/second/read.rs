//! Reading by zxing-cpp.

use barcode_cloud_engine_sys::{Format, read as zxing};
use rxing::BarcodeFormat;

use super::super::Gray;
use super::super::area::Area;
use super::super::read::{Effort, Reading, TURNED_BELOW};
use super::super::symbology::Kind;

/// Of two pixels a module, the reader misses some symbols: pictures of fewer pixels than this get a second
/// look, enlarged.
const ENLARGED_BELOW: usize = 1_000_000;
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

pub(crate) fn read(picture: &Gray, format: Format, effort: Effort) -> Vec<Reading> {
    let found = read_small(picture, format, effort);
    let turns = format == Format::MaxiCode && effort > Effort::Fast;
    if !found.is_empty() || !turns || picture.pixels.len() > TURNED_BELOW {
        return found;
    }
    RIGHT_ANGLES
        .into_iter()
        .map(|degrees| read_turned(picture, degrees, format, effort))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn read_turned(picture: &Gray, degrees: f32, format: Format, effort: Effort) -> Vec<Reading> {
    let turned = picture.turned(degrees);
    let found = read_small(&turned, format, effort).into_iter();
    found
        .map(|it| it.placed(|x, y| turned.before_turn(picture, degrees, x, y)))
        .collect()
}

fn read_small(picture: &Gray, format: Format, effort: Effort) -> Vec<Reading> {
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
