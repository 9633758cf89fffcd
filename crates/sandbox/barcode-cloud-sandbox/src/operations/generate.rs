//! Generate: data into a picture.
//!
//! What all types have in common is read here, the groups of some types in `options.rs`.

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

/// Dots per inch, as the document says.
const RESOLUTION: f64 = 96.0;

/// The most characters that a warning names.
const MOST_LETTERS: usize = 10;

/// More than any symbol holds, however it be written down, and little enough to look at.
const LONGEST_DATA: usize = 64 * 1024;

/// Draws what `values` ask for. Data that is lost is noted in the log as a warning.
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

/// A picture to make.
struct GenerateRequest {
    symbology: &'static Symbology,
    data: Data,
    symbol_options: Options,
    render_options: RenderOptions,
    /// `None` stands for SVG.
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
                    Failure::internal(format!("The picture was not made: {error}."))
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
            // The longer of the two sides that were asked for; without one, the resolution sets the size.
            let parameter = match (options.width, options.height) {
                (Some(width), Some(height)) if height > width => "imageHeight",
                (Some(_), _) => "imageWidth",
                (None, Some(_)) => "imageHeight",
                (None, None) => "resolution",
            };
            let what = "pictures of more than 30000 pixels on a side or 25 million in all";
            Failure::unsupported(parameter, what)
        }
    }
}

/// What is to be encoded.
pub(super) struct Data {
    value: String,
    /// The letters stand for bytes.
    raw: bool,
    /// Set where the service encodes less than it was given.
    shortened: Option<Shortened>,
}

/// What became of data that a symbology cannot hold in full.
struct Shortened {
    /// The data as it was sent, which is printed below or above the symbol.
    whole: String,
    /// The characters that are not in the symbol.
    dropped: String,
}

impl Data {
    fn read(values: &Values) -> Result<Self, Failure> {
        let text = values.text("data").unwrap_or_default();
        if text.len() > LONGEST_DATA {
            let problem = format!("It takes at most {LONGEST_DATA} bytes.");
            return Err(Failure::field("data", problem));
        }
        let bytes = match values.text("dataType") {
            Some("Base64Bytes") => from_base64("data", text)?,
            Some("HexBytes") => from_hex(text).ok_or_else(|| {
                Failure::field("data", "The value is not pairs of hexadecimal digits.")
            })?,
            _ => {
                return Ok(Self::new(text.to_owned(), false));
            }
        };
        if bytes.is_empty() {
            return Err(Failure::field("data", "The Data field is required."));
        }
        // Bytes that are UTF-8 are taken for the text that they are.
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

    /// Drops what Code 39 has no character for, as the service does: its published picture of
    /// `Aspose` reads `A`, with `Aspose` printed below. Where nothing would be left, what the service
    /// does is unknown, and the engine refuses the data. It also refuses data that is too long.
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

    /// What to tell the user about data that is not in the symbol.
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
            "Code39 cannot encode {}: {} characters of the data are not in the symbol, as with the \
             service. Code39FullASCII encodes all of ASCII; in strict mode the sandbox refuses such \
             data.",
            letters.join(", "),
            dropped.chars().count(),
        ))
    }

    /// Whether a QR code would hold it in alphanumeric or numeric mode.
    pub(super) fn is_alphanumeric(&self) -> bool {
        let is_one =
            |it: char| it.is_ascii_digit() || it.is_ascii_uppercase() || " $%*+-./:".contains(it);
        self.value.chars().all(is_one)
    }
}

/// Pairs of digits, with or without blanks between them.
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
        let not_known =
            || Failure::field(parameter, format!("The value '{text}' is not a colour."));
        let color = if strict {
            Color::parse(text)
        } else {
            Color::parse_quoted(text)
        };
        color.ok_or_else(not_known)
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
