//! Generate: encodes data into a barcode image.
//!
//! This module reads the parameters that all types have in common; `options.rs` reads those of some
//! types.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use barcode_engine::{
    Error, Family, ImageFormat, MAX_LINEAR, RenderOptions, Symbology, TextLocation, WriteOptions,
};
use http::header::{CONTENT_TYPE, HeaderValue};

use super::{color, from_base64, options};
use crate::contract::validate::Values;
use crate::http::Failure;
use crate::journal::LogEntryHandle;
use crate::state::State;

/// The default resolution in dots per inch, from the document.
const RESOLUTION: f64 = 96.0;

/// The maximum number of characters that a warning lists.
const MAX_LETTERS: usize = 10;

/// The maximum length of data, in bytes. It exceeds the capacity of every symbol, whatever the
/// `dataType`.
const MAX_DATA: usize = 64 * 1024;

/// Generates the barcode that `values` describe. If data is dropped, the log entry gets a warning.
pub(super) async fn run(
    state: &Arc<State>,
    values: Values,
    log_entry: Option<&LogEntryHandle>,
) -> Result<Response, Failure> {
    let request = GenerateRequest::read(&values, state.strict)?;
    if let (Some(log_entry), Some(warning)) = (log_entry, request.data.warning()) {
        log_entry.record_warning(&warning);
    }
    let (content_type, file) = state.workers.run(move || request.render()).await?;
    let content_type = HeaderValue::from_static(content_type);
    Ok(([(CONTENT_TYPE, content_type)], file).into_response())
}

/// The parsed parameters of a request.
struct GenerateRequest {
    symbology: &'static Symbology,
    data: Data,
    write_options: WriteOptions,
    render_options: RenderOptions,
    format: ImageFormat,
    content_type: &'static str,
}

impl GenerateRequest {
    fn read(values: &Values, strict: bool) -> Result<Self, Failure> {
        let name = values.text("barcodeType").unwrap_or_default();
        let symbology = Symbology::named(name)
            .filter(|symbology| symbology.can_write())
            .ok_or_else(|| Failure::unsupported("barcodeType", format_args!("writing {name}")))?;
        let (format, content_type) = match values.text("imageFormat") {
            Some("Jpeg") => (ImageFormat::Jpeg, "image/jpeg"),
            Some("Gif") => (ImageFormat::Gif, "image/gif"),
            Some("Tiff") => (ImageFormat::Tiff, "image/tiff"),
            Some("Svg") => (ImageFormat::Svg, "image/svg+xml"),
            _ => (ImageFormat::Png, "image/png"),
        };
        let mut data = Data::read(values)?;
        if symbology.name() == "Code39" && !strict {
            data.drop_beyond_code39();
        }
        Ok(Self {
            symbology,
            write_options: options::read(symbology, &data, values)?,
            data,
            render_options: render_options(symbology, values, strict)?,
            format,
            content_type,
        })
    }

    fn render(self) -> Result<(&'static str, Vec<u8>), Failure> {
        let options = WriteOptions { binary: self.data.binary, ..self.write_options };
        let failure = |error| failure(&error, &self.render_options);
        let mut symbol =
            barcode_engine::write(self.symbology, &self.data.value, &options).map_err(failure)?;
        if let Some(Shortened { whole, .. }) = self.data.shortened {
            symbol.text = whole;
        }
        let file = symbol.render(self.format, &self.render_options).map_err(failure)?;
        Ok((self.content_type, file))
    }
}

fn failure(error: &Error, options: &RenderOptions) -> Failure {
    let parameter = match error {
        Error::Data(_) => "data",
        Error::Width => "imageWidth",
        Error::Height => "imageHeight",
        Error::Size => {
            // Name the longer of the requested sides. Without one, the resolution determines the
            // size.
            let parameter = match (options.width, options.height) {
                (Some(width), Some(height)) if height > width => "imageHeight",
                (Some(_), _) => "imageWidth",
                (None, Some(_)) => "imageHeight",
                (None, None) => "resolution",
            };
            let what = "images of more than 30000 pixels on a side or 25 million in total";
            return Failure::unsupported(parameter, what);
        }
        error => return Failure::internal(error.to_string()),
    };
    Failure::field(parameter, error)
}

/// The data to encode.
pub(super) struct Data {
    value: String,
    /// Whether the characters represent bytes.
    binary: bool,
    /// Set if characters were dropped, as the service does.
    shortened: Option<Shortened>,
}

/// Data of which the symbology cannot encode some characters.
struct Shortened {
    /// The complete data, which is printed below or above the symbol.
    whole: String,
    /// The characters that are not in the symbol.
    dropped: String,
}

impl Data {
    fn read(values: &Values) -> Result<Self, Failure> {
        let text = values.text("data").unwrap_or_default();
        if text.len() > MAX_DATA {
            let problem = format!("The value must be at most {MAX_DATA} bytes long.");
            return Err(Failure::field("data", problem));
        }
        let bytes = match values.text("dataType") {
            Some("Base64Bytes") => from_base64("data", text)?,
            Some("HexBytes") => from_hex(text).ok_or_else(|| {
                Failure::field("data", "The value must consist of pairs of hexadecimal digits.")
            })?,
            _ => return Ok(Self::new(text.to_owned(), false)),
        };
        if bytes.is_empty() {
            return Err(Failure::field("data", "The Data field is required."));
        }
        // Bytes that are valid UTF-8 are treated as text.
        Ok(match String::from_utf8(bytes) {
            Ok(value) => Self::new(value, false),
            Err(error) => {
                let value = error.as_bytes().iter().copied().map(char::from).collect();
                Self::new(value, true)
            }
        })
    }

    fn new(value: String, binary: bool) -> Self {
        Self { value, binary, shortened: None }
    }

    /// Drops the characters that Code 39 cannot encode, as the service does: its published image of
    /// `Aspose` encodes `A`, with `Aspose` printed below.
    ///
    /// If no character would be left, or the data is too long, the data is kept and the engine
    /// rejects it. The behavior of the service is unknown for the former.
    fn drop_beyond_code39(&mut self) {
        if self.value.chars().count() > MAX_LINEAR {
            return;
        }
        let (kept, dropped) = barcode_engine::code39_parts(&self.value);
        if !kept.is_empty() && !dropped.is_empty() {
            let whole = std::mem::replace(&mut self.value, kept);
            self.shortened = Some(Shortened { whole, dropped });
        }
    }

    /// The warning about characters that were dropped, if there were any.
    fn warning(&self) -> Option<String> {
        let Shortened { dropped, .. } = self.shortened.as_ref()?;
        let mut letters: Vec<String> = Vec::new();
        for letter in dropped.chars() {
            let quoted = format!("'{letter}'");
            if letters.len() < MAX_LETTERS && !letters.contains(&quoted) {
                letters.push(quoted);
            }
        }
        Some(format!(
            "Code39 cannot encode {}: {} characters of the data were dropped, as the service does. Use \
             Code39FullASCII to encode all of ASCII. In strict mode, the sandbox rejects such data.",
            letters.join(", "),
            dropped.chars().count(),
        ))
    }

    /// Whether a QR code can encode the data in alphanumeric or numeric mode.
    pub(super) fn is_alphanumeric(&self) -> bool {
        let is_in_alphabet = |letter: char| {
            letter.is_ascii_digit() || letter.is_ascii_uppercase() || " $%*+-./:".contains(letter)
        };
        self.value.chars().all(is_in_alphabet)
    }
}

/// Decodes pairs of hexadecimal digits. White space is ignored.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|letter| !letter.is_ascii_whitespace())
        .map(|letter| letter.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    pairs.collect()
}

fn render_options(
    symbology: &Symbology,
    values: &Values,
    strict: bool,
) -> Result<RenderOptions, Failure> {
    let color = |parameter| {
        let text = values.text(parameter).unwrap_or_default();
        let invalid = || Failure::field(parameter, format!("The value '{text}' is not a color."));
        let color = if strict { color::parse(text) } else { color::parse_quoted(text) };
        color.ok_or_else(invalid)
    };
    let resolution = values.number("resolution").unwrap_or(RESOLUTION);
    let pixels_per_unit = match values.text("units") {
        Some("Point") => resolution / 72.0,
        Some("Inch") => resolution,
        Some("Millimeter") => resolution / 25.4,
        _ => 1.0,
    };
    let length = |parameter| match values.number(parameter) {
        Some(length) if length <= 0.0 => {
            Err(Failure::field(parameter, "The value must be greater than 0."))
        }
        length => Ok(length.map(|length| length * pixels_per_unit)),
    };
    let module_ratio = match symbology.family() {
        Family::Pdf417 | Family::MacroPdf417 | Family::MicroPdf417 => "pdf417AspectRatio",
        Family::Qr | Family::MicroQr | Family::RectMicroQr => "qrAspectRatio",
        _ => "",
    };
    Ok(RenderOptions {
        foreground: color("foregroundColor")?,
        background: color("backgroundColor")?,
        resolution,
        width: length("imageWidth")?,
        height: length("imageHeight")?,
        rotation: values.integer("rotationAngle").unwrap_or(0),
        text: match values.text("textLocation") {
            Some("Below") => Some(TextLocation::Below),
            Some("Above") => Some(TextLocation::Above),
            Some(_) => Some(TextLocation::None),
            None => None,
        },
        module_ratio: values.number(module_ratio),
    })
}
