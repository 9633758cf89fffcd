//! Generate: encodes data into a barcode image.
//!
//! This module reads the parameters that all types have in common; `options.rs` reads those of some
//! types.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};

use crate::answer::Failure;
use crate::engine::{self, Options, Symbology};
use crate::journal::LogEntryHandle;
use crate::operations::{from_base64, options};
use crate::picture::{self, Color, Format, Layout, LayoutError, RenderOptions, TextLocation};
use crate::server::State;
use crate::validate::Values;

/// The default resolution in dots per inch, from the document.
const RESOLUTION: f64 = 96.0;

/// The maximum number of characters that a warning lists.
const MOST_LETTERS: usize = 10;

/// The maximum length of data, in bytes. It exceeds the capacity of every symbol, whatever the
/// `dataType`.
const LONGEST_DATA: usize = 64 * 1024;

/// Generates the barcode that `values` describe. If data is dropped, the log entry gets a warning.
pub(crate) async fn run(
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
    symbol_options: Options,
    render_options: RenderOptions,
    /// `None` means SVG.
    format: Option<Format>,
    content_type: &'static str,
}

impl GenerateRequest {
    fn read(values: &Values, strict: bool) -> Result<Self, Failure> {
        let name = values.text("barcodeType").unwrap_or_default();
        let symbology = Symbology::to_write(name)
            .ok_or_else(|| Failure::unsupported("barcodeType", format_args!("writing {name}")))?;
        let (format, content_type) = match values.text("imageFormat") {
            Some("Jpeg") => (Some(Format::Jpeg), "image/jpeg"),
            Some("Gif") => (Some(Format::Gif), "image/gif"),
            Some("Tiff") => (Some(Format::Tiff), "image/tiff"),
            Some("Svg") => (None, "image/svg+xml"),
            _ => (Some(Format::Png), "image/png"),
        };
        let mut data = Data::read(values)?;
        if symbology.name == "Code39" && !strict {
            data.drop_beyond_code39();
        }
        Ok(Self {
            symbology,
            symbol_options: options::read(symbology, &data, values)?,
            data,
            render_options: render_options(symbology, values, strict)?,
            format,
            content_type,
        })
    }

    fn render(self) -> Result<(&'static str, Vec<u8>), Failure> {
        let Data {
            value,
            raw,
            shortened,
        } = self.data;
        let mut symbol = engine::write(self.symbology, &value, raw, &self.symbol_options)
            .map_err(|error| Failure::field("data", error.0))?;
        if let Some(Shortened { whole, .. }) = shortened {
            symbol.text = whole;
        }
        let layout = Layout::new(&symbol, &self.render_options)
            .map_err(|error| layout_failure(error, &self.render_options))?;
        let file = match self.format {
            None => layout.svg().into_bytes(),
            Some(format) => picture::encode(&layout.draw(), format, self.render_options.resolution)
                .map_err(|error| {
                    Failure::internal(format!("The image could not be encoded: {error}."))
                })?,
        };
        Ok((self.content_type, file))
    }
}

fn layout_failure(error: LayoutError, options: &RenderOptions) -> Failure {
    match error {
        LayoutError::Width => {
            Failure::field("imageWidth", "The barcode does not fit into this width.")
        }
        LayoutError::Height => {
            Failure::field("imageHeight", "The barcode does not fit into this height.")
        }
        LayoutError::Size => {
            // Name the longer of the requested sides. Without one, the resolution determines the
            // size.
            let parameter = match (options.width, options.height) {
                (Some(width), Some(height)) if height > width => "imageHeight",
                (Some(_), _) => "imageWidth",
                (None, Some(_)) => "imageHeight",
                (None, None) => "resolution",
            };
            let what = "images of more than 30000 pixels on a side or 25 million in total";
            Failure::unsupported(parameter, what)
        }
    }
}

/// The data to encode.
pub(super) struct Data {
    value: String,
    /// Whether the characters represent bytes.
    raw: bool,
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
        if text.len() > LONGEST_DATA {
            let problem = format!("The value must be at most {LONGEST_DATA} bytes long.");
            return Err(Failure::field("data", problem));
        }
        let bytes = match values.text("dataType") {
            Some("Base64Bytes") => from_base64("data", text)?,
            Some("HexBytes") => from_hex(text).ok_or_else(|| {
                Failure::field(
                    "data",
                    "The value must consist of pairs of hexadecimal digits.",
                )
            })?,
            _ => {
                return Ok(Self::new(text.to_owned(), false));
            }
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

    fn new(value: String, raw: bool) -> Self {
        Self {
            value,
            raw,
            shortened: None,
        }
    }

    /// Drops the characters that Code 39 cannot encode, as the service does: its published image of
    /// `Aspose` encodes `A`, with `Aspose` printed below.
    ///
    /// If no character would be left, or the data is too long, the data is kept and the engine
    /// rejects it. The behaviour of the service is unknown for the former.
    fn drop_beyond_code39(&mut self) {
        if self.value.chars().count() > engine::LONGEST_LINEAR {
            return;
        }
        let (kept, dropped) = engine::code39_parts(&self.value);
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
            if letters.len() < MOST_LETTERS && !letters.contains(&quoted) {
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
        let invalid = || Failure::field(parameter, format!("The value '{text}' is not a colour."));
        let color = if strict {
            Color::parse(text)
        } else {
            Color::parse_quoted(text)
        };
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
        Some(length) if length <= 0.0 => Err(Failure::field(
            parameter,
            "The value must be greater than 0.",
        )),
        length => Ok(length.map(|length| length * pixels_per_unit)),
    };
    let module_ratio = match symbology.module_ratio() {
        Some(ratio) => values.number("pdf417AspectRatio").unwrap_or(ratio),
        None if options::is_qr(symbology) => values.number("qrAspectRatio").unwrap_or(1.0),
        None => 1.0,
    };
    Ok(RenderOptions {
        foreground: color("foregroundColor")?,
        background: color("backgroundColor")?,
        resolution,
        width: length("imageWidth")?,
        height: length("imageHeight")?,
        rotation: values.integer("rotationAngle").unwrap_or(0),
        text: match values.text("textLocation") {
            Some("Below") => TextLocation::Below,
            Some("Above") => TextLocation::Above,
            Some(_) => TextLocation::None,
            None if symbology.linear => TextLocation::Below,
            None => TextLocation::None,
        },
        module_ratio,
    })
}
