//! The size of an image whose modules are a whole number of a printer's dots, and the check of the
//! returned image.

use barcode_cloud_client::types::{Code128EncodeMode, GraphicsUnit, QrErrorLevel};
use barcode_engine::{GrayImage, Symbology, WriteOptions, write};
use barcode_rules::minimum_module_width;

use super::Generate;
use crate::error::{InvalidInput, Mismatch, PrintWarning};
use crate::image::print::{Direction, module_width};

const MM_PER_INCH: f64 = 25.4;

/// The margins of the service's images, on both sides together, in points. It is not documented: at
/// 96 dpi they are 13 pixels. If it is wrong, the measured width of the modules differs.
const MARGINS: f64 = 10.0;
const POINTS_PER_INCH: f64 = 72.0;

/// The printer that an image is requested for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print {
    pub(super) dpi: f32,
    pub(super) module_width_mm: f32,
    pub(super) is_strict: bool,
}

impl Print {
    /// Sets the resolution and the width of the image.
    pub(super) fn prepare(
        &self,
        mut request: Generate,
        symbology: &'static Symbology,
        value: &str,
    ) -> Result<Generate, InvalidInput> {
        self.validate(&request)?;
        if symbology.name() == "MaxiCode" {
            return Err(invalid("does not apply to MaxiCode, whose modules are hexagons; omit it"));
        }
        if self.is_strict
            && let Some(warning) = self.narrow_modules(symbology, self.dots())
        {
            return Err(invalid(&warning.to_string()));
        }
        let symbol = write(symbology, value, &write_options(&request)).map_err(|_| {
            invalid("needs a symbol that can be written on this machine; omit it for this type and value")
        })?;
        let margins = (MARGINS / POINTS_PER_INCH * f64::from(self.dpi)).floor();
        let width = symbol.columns() as f64 * f64::from(self.dots()) + margins;
        let render = &mut request.render.get_or_insert_default().0;
        render.resolution = Some(self.dpi);
        render.units = Some(GraphicsUnit::Pixel);
        render.image_width = Some(width as f32);
        Ok(request)
    }

    fn validate(&self, request: &Generate) -> Result<(), InvalidInput> {
        let is_positive = |number: f32| number.is_finite() && number > 0.0;
        if !is_positive(self.dpi) || !is_positive(self.module_width_mm) {
            return Err(invalid("needs a resolution and a width that are greater than 0"));
        }
        let render = request.render.clone().unwrap_or_default().0;
        if render.resolution.is_some() || render.image_width.is_some() || render.units.is_some() {
            return Err(invalid(
                "sets `render.resolution`, `render.width` and `render.units`; omit these options",
            ));
        }
        match render.rotation_angle.unwrap_or(0) % 90 {
            0 => Ok(()),
            _ => Err(invalid("needs a `render.rotation` that is a multiple of 90")),
        }
    }

    /// The width of a module in dots.
    fn dots(&self) -> u32 {
        let dots = f64::from(self.module_width_mm) / MM_PER_INCH * f64::from(self.dpi);
        dots.round().max(1.0) as u32
    }

    /// Returns the warnings about an image with a barcode at these corners, or fails if there are
    /// any and none are accepted.
    pub(super) fn require_printable(
        &self,
        symbology: &Symbology,
        image: &GrayImage,
        corners: [(i32, i32); 4],
        direction: Direction,
    ) -> Result<Vec<PrintWarning>, Mismatch> {
        let found = module_width(image, corners, direction, symbology.has_two_widths());
        let requested = self.dots();
        let mut warnings = Vec::new();
        match found {
            None => warnings.push(PrintWarning::UnevenModules),
            Some(found) => {
                if found != requested {
                    warnings.push(PrintWarning::OtherModuleWidth { requested, found });
                }
                warnings.extend(self.narrow_modules(symbology, found));
            }
        }
        match self.is_strict && !warnings.is_empty() {
            true => Err(Mismatch::Unprintable(warnings)),
            false => Ok(warnings),
        }
    }

    fn narrow_modules(&self, symbology: &Symbology, dots: u32) -> Option<PrintWarning> {
        let minimum = minimum_module_width(symbology.name())?;
        let found_mm = f64::from(dots) * MM_PER_INCH / f64::from(self.dpi);
        (found_mm < minimum.millimeters).then_some(PrintWarning::NarrowModules {
            found_mm,
            minimum_mm: minimum.millimeters,
            standard: minimum.source,
        })
    }
}

fn invalid(reason: &str) -> InvalidInput {
    InvalidInput::new("for_print", reason)
}

/// Converts the options of the request that change the number of columns.
fn write_options(request: &Generate) -> WriteOptions {
    let qr = request.qr.clone().unwrap_or_default().0;
    let code128 = request.code128.clone().unwrap_or_default().0;
    let pdf417 = request.pdf417.clone().unwrap_or_default().0;
    // Zero means that the service chooses.
    let count = |number: Option<i32>| number?.try_into().ok().filter(|number| *number > 0);
    WriteOptions {
        qr_error_level: match qr.qr_error_level {
            Some(QrErrorLevel::LevelL) => Some("L"),
            Some(QrErrorLevel::LevelM) => Some("M"),
            Some(QrErrorLevel::LevelQ) => Some("Q"),
            Some(QrErrorLevel::LevelH) => Some("H"),
            _ => None,
        },
        qr_version: qr.qr_version.and_then(number_in),
        code128_set: match code128.code128_encode_mode {
            Some(Code128EncodeMode::CodeA) => Some("A"),
            Some(Code128EncodeMode::CodeB) => Some("B"),
            Some(Code128EncodeMode::CodeC) => Some("C"),
            _ => None,
        },
        pdf417_error_level: pdf417.pdf417_error_level.and_then(number_in),
        pdf417_columns: count(pdf417.pdf417_columns),
        pdf417_rows: count(pdf417.pdf417_rows),
        pdf417_truncate: pdf417.pdf417_truncate == Some(true),
        ..WriteOptions::default()
    }
}

/// Parses the number at the end of a name: `Version07` is 7, `Auto` is `None`.
fn number_in(name: impl ToString) -> Option<u32> {
    let name = name.to_string();
    let number = name.trim_start_matches(|letter: char| letter.is_alphabetic());
    number.parse().ok()
}
