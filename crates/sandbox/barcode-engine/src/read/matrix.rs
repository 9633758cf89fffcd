//! Finds matrix codes and DataBar symbols with rxing's readers, which take a whole image instead of
//! a line.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::GrayImage;
use rxing::aztec::AztecReader;
use rxing::datamatrix::DataMatrixReader;
use rxing::maxicode::MaxiCodeReader;
use rxing::multi::MultipleBarcodeReader;
use rxing::oned::rss::RSS14Reader;
use rxing::oned::rss::expanded::RSSExpandedReader;
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Exceptions, RXingResult, Reader};

use super::detection::{Detection, mapped};
use super::page::Page;
use super::search::{Search, enlarged};
use super::tiles::Tile;
use super::{Effort, gray, islands};
use crate::symbology::Kind;

/// The maximum number of searches of an image for further barcodes of one format.
const MAX_OF_A_FORMAT: usize = 32;

/// The formats that are read in a whole image. They include DataBar, because a symbol may span
/// several lines.
const FORMATS: [BarcodeFormat; 9] = [
    BarcodeFormat::QR_CODE,
    BarcodeFormat::MICRO_QR_CODE,
    BarcodeFormat::RECTANGULAR_MICRO_QR_CODE,
    BarcodeFormat::DATA_MATRIX,
    BarcodeFormat::AZTEC,
    BarcodeFormat::MAXICODE,
    BarcodeFormat::PDF_417,
    BarcodeFormat::RSS_14,
    BarcodeFormat::RSS_EXPANDED,
];

impl Search<'_> {
    /// The codes of all formats in a tile, in the coordinates of the whole image.
    pub(super) fn matrix_codes(&self, tile: &Tile) -> Vec<Detection> {
        let mut found = Vec::new();
        let mut page = Page::new(&tile.image);
        for format in FORMATS {
            if self.kinds.contains(&Kind::Rxing(format)) {
                let codes = self.codes_of(&mut page, format);
                let codes = match codes.is_empty() && self.effort > Effort::Fast {
                    true => self.look_closer(&tile.image, format),
                    false => codes,
                };
                found.extend(codes);
            }
        }
        mapped(found, |x, y| tile.source(x, y))
    }

    /// Searches the enlarged image. For Aztec, whose reader starts from the middle of the image,
    /// also searches each part that is surrounded by light.
    fn look_closer(&self, image: &GrayImage, format: BarcodeFormat) -> Vec<Detection> {
        let search = |image: &GrayImage| self.codes_of(&mut Page::new(image), format);
        let codes = enlarged(image, search);
        if !codes.is_empty() || format != BarcodeFormat::AZTEC {
            return codes;
        }
        // The readers ask the budget for the pixels of each part. This check saves the work of
        // cutting out the remaining parts.
        let islands = islands::large_islands(image).take_while(|_| self.budget.allows(0));
        let codes = islands.flat_map(|island| {
            let part = gray::crop(image, &island);
            let [left, top, ..] = island.bounds();
            let mut codes = search(&part);
            if codes.is_empty() {
                codes = enlarged(&part, search);
            }
            mapped(codes, |x, y| (x + left, y + top))
        });
        codes.collect()
    }

    /// All codes of one format. A reader that returns a single code is called again, with that code
    /// erased.
    fn codes_of(&self, page: &mut Page<'_>, format: BarcodeFormat) -> Vec<Detection> {
        let mut found = self.decoded(page, format);
        if found.is_empty() || format == BarcodeFormat::QR_CODE {
            return found;
        }
        let mut rest = page.image.clone();
        let mut new = found.clone();
        while !new.is_empty() && found.len() < MAX_OF_A_FORMAT {
            new.iter().for_each(|code| gray::erase(&mut rest, &code.area));
            new = self.decoded(&mut Page::new(&rest), format);
            new.retain(|code| !found.iter().any(|known| known.area.overlaps(&code.area)));
            found.extend(new.clone());
        }
        found
    }

    fn decoded(&self, page: &mut Page<'_>, format: BarcodeFormat) -> Vec<Detection> {
        if !self.budget.allows(page.image.len()) {
            return Vec::new();
        }
        let results = decode(page, format, self.effort);
        results.iter().map(|result| Detection::new(result, format, page.image)).collect()
    }
}

fn decode(page: &mut Page<'_>, format: BarcodeFormat, effort: Effort) -> Vec<RXingResult> {
    let Some(bitmap) = &mut page.bitmap else {
        return Vec::new();
    };
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([format])),
        TryHarder: Some(effort > Effort::Fast),
        ..DecodeHints::default()
    };
    // If a reader panics on an image, it has found nothing.
    catch_unwind(AssertUnwindSafe(|| {
        match format {
            BarcodeFormat::QR_CODE
            | BarcodeFormat::MICRO_QR_CODE
            | BarcodeFormat::RECTANGULAR_MICRO_QR_CODE => {
                QrReader.decode_multiple_with_hints(bitmap, &hints)
            }
            BarcodeFormat::PDF_417 => PDF417Reader.decode_multiple_with_hints(bitmap, &hints),
            format => decode_one(format, bitmap, &hints).map(|result| vec![result]),
        }
        .unwrap_or_default()
    }))
    .unwrap_or_default()
}

fn decode_one<B: Binarizer>(
    format: BarcodeFormat,
    bitmap: &mut BinaryBitmap<B>,
    hints: &DecodeHints,
) -> Result<RXingResult, Exceptions> {
    match format {
        BarcodeFormat::AZTEC => AztecReader.decode_with_hints(bitmap, hints),
        BarcodeFormat::MAXICODE => MaxiCodeReader::default().decode_with_hints(bitmap, hints),
        BarcodeFormat::RSS_14 => RSS14Reader::default().decode_with_hints(bitmap, hints),
        BarcodeFormat::RSS_EXPANDED => RSSExpandedReader::new().decode_with_hints(bitmap, hints),
        _ => DataMatrixReader.decode_with_hints(bitmap, hints),
    }
}
