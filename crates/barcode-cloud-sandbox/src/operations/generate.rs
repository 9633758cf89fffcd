//! Generate: data into a picture.
//!
//! A parameter that the engine cannot honour is refused by name. One of a group that the document
//! gives to other types (QR parameters for a Code 128) has no meaning there and is passed over.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use rxing::BarcodeFormat;
use rxing::common::CharacterSet;

use crate::answer::Failure;
use crate::engine::{self, Options, Symbology};
use crate::operations::from_base64;
use crate::picture::{self, Color, Format, Layout, Misfit, TextLocation, Wishes};
use crate::server::State;
use crate::validate::Values;

/// Dots per inch, as the document says.
const RESOLUTION: f64 = 96.0;
/// How much higher than wide a module of PDF417 is, at the least and by default (ISO/IEC 15438).
const PDF417_RATIO: f64 = 3.0;

/// More than any symbol holds, however it be written down, and little enough to look at.
const LONGEST_DATA: usize = 64 * 1024;

/// Draws what `values` ask for.
pub(crate) async fn run(state: &Arc<State>, values: Values) -> Result<Response, Failure> {
    let order = Order::read(&values)?;
    let (content_type, file) = state.workers.run(move || order.fulfil()).await?;
    let content_type = HeaderValue::from_static(content_type);
    Ok(([(CONTENT_TYPE, content_type)], file).into_response())
}

/// A picture to make.
struct Order {
    symbology: &'static Symbology,
    data: Data,
    options: Options,
    wishes: Wishes,
    /// `None` stands for SVG.
    format: Option<Format>,
    content_type: &'static str,
}

impl Order {
    fn read(values: &Values) -> Result<Self, Failure> {
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
        let data = Data::read(values)?;
        Ok(Self {
            symbology,
            options: options(symbology, &data, values)?,
            data,
            wishes: wishes(symbology, values)?,
            format,
            content_type,
        })
    }

    fn fulfil(self) -> Result<(&'static str, Vec<u8>), Failure> {
        let Data { value, raw } = &self.data;
        let symbol = engine::write(self.symbology, value, *raw, &self.options)
            .map_err(|refusal| Failure::field("data", refusal.0))?;
        let layout = Layout::new(&symbol, &self.wishes).map_err(misfit)?;
        let file = match self.format {
            None => layout.svg().into_bytes(),
            Some(format) => picture::encode(&layout.draw(), format, self.wishes.resolution)
                .map_err(|error| {
                    Failure::internal(format!("The picture was not made: {error}."))
                })?,
        };
        Ok((self.content_type, file))
    }
}

fn misfit(misfit: Misfit) -> Failure {
    match misfit {
        Misfit::Width => Failure::field("imageWidth", "The barcode does not fit into this width."),
        Misfit::Height => {
            Failure::field("imageHeight", "The barcode does not fit into this height.")
        }
        Misfit::Size => Failure::unsupported(
            "resolution",
            "pictures of more than 30000 pixels on a side or 25 million in all",
        ),
    }
}

/// What is to be encoded.
struct Data {
    value: String,
    /// The letters stand for bytes.
    raw: bool,
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
                return Ok(Self {
                    value: text.to_owned(),
                    raw: false,
                });
            }
        };
        if bytes.is_empty() {
            return Err(Failure::field("data", "The Data field is required."));
        }
        // Bytes that are UTF-8 are taken for the text that they are.
        Ok(match String::from_utf8(bytes) {
            Ok(value) => Self { value, raw: false },
            Err(error) => {
                let value = error.as_bytes().iter().copied().map(char::from).collect();
                Self { value, raw: true }
            }
        })
    }

    /// Whether a QR code would hold it in alphanumeric or numeric mode.
    fn is_alphanumeric(&self) -> bool {
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

fn options(symbology: &Symbology, data: &Data, values: &Values) -> Result<Options, Failure> {
    match symbology.base() {
        Some(BarcodeFormat::QR_CODE) => qr_options(data, values),
        Some(BarcodeFormat::PDF_417) => pdf417_options(values),
        Some(BarcodeFormat::CODE_128) => code128_options(values),
        _ => Ok(Options::default()),
    }
}

fn qr_options(data: &Data, values: &Values) -> Result<Options, Failure> {
    let character_set = character_set("qrECIEncoding", values)?;
    let character_set = match values.text("qrEncodeMode") {
        None | Some("Auto") => character_set,
        Some("ECI") => character_set.or(Some(CharacterSet::UTF8)),
        // The engine chooses bytes for all but the letters of the alphanumeric mode.
        Some("Binary") if !data.is_alphanumeric() => character_set,
        Some("Binary") => {
            let what = "the mode Binary for digits, capital letters and $%*+-./: alone";
            return Err(Failure::unsupported("qrEncodeMode", what));
        }
        Some(mode) => return Err(unsupported_mode("qrEncodeMode", mode)),
    };
    if values
        .number("qrAspectRatio")
        .is_some_and(|ratio| ratio != 1.0)
    {
        return Err(Failure::unsupported(
            "qrAspectRatio",
            "QR modules that are not square",
        ));
    }
    Ok(Options {
        qr_error_level: match values.text("qrErrorLevel") {
            Some("LevelL") => Some("L"),
            Some("LevelM") => Some("M"),
            Some("LevelQ") => Some("Q"),
            Some("LevelH") => Some("H"),
            _ => None,
        },
        qr_version: number_in(values.text("qrVersion"), "Version"),
        character_set,
        ..Options::default()
    })
}

fn pdf417_options(values: &Values) -> Result<Options, Failure> {
    for (parameter, what) in [
        (
            "pdf417IsReaderInitialization",
            "PDF417 symbols for reader initialization",
        ),
        ("pdf417IsLinked", "linked PDF417 symbols"),
        (
            "pdf417IsCode128Emulation",
            "PDF417 symbols that emulate Code 128",
        ),
    ] {
        if values.boolean(parameter) == Some(true) {
            return Err(Failure::unsupported(parameter, what));
        }
    }
    if let Some(macro_characters @ ("Macro05" | "Macro06")) = values.text("pdf417MacroCharacters") {
        return Err(unsupported_mode("pdf417MacroCharacters", macro_characters));
    }
    let character_set = character_set("pdf417ECIEncoding", values)?;
    let (character_set, pdf417_bytes) = match values.text("pdf417EncodeMode") {
        None | Some("Auto") => (character_set, false),
        Some("Binary") => (character_set, true),
        Some("ECI") => (character_set.or(Some(CharacterSet::UTF8)), false),
        Some(mode) => return Err(unsupported_mode("pdf417EncodeMode", mode)),
    };
    // Zero stands for "as the engine sees fit".
    let count = |name| {
        values
            .integer(name)
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| *count > 0)
    };
    let (pdf417_columns, pdf417_rows) = (count("pdf417Columns"), count("pdf417Rows"));
    if pdf417_columns
        .zip(pdf417_rows)
        .is_some_and(|(columns, rows)| columns * rows > 928)
    {
        let problem = "A PDF417 symbol has at most 928 codewords, which is rows times columns.";
        return Err(Failure::field("pdf417Columns", problem));
    }
    if pdf417_rows.is_some_and(|rows| rows < 3) {
        return Err(Failure::field(
            "pdf417Rows",
            "A PDF417 symbol has at least 3 rows.",
        ));
    }
    Ok(Options {
        pdf417_error_level: number_in(values.text("pdf417ErrorLevel"), "Level"),
        pdf417_columns,
        pdf417_rows,
        pdf417_truncate: values.boolean("pdf417Truncate") == Some(true),
        pdf417_bytes,
        character_set,
        ..Options::default()
    })
}

fn code128_options(values: &Values) -> Result<Options, Failure> {
    let code128_set = match values.text("code128EncodeMode") {
        None | Some("Auto") => None,
        Some("CodeA") => Some("A"),
        Some("CodeB") => Some("B"),
        Some("CodeC") => Some("C"),
        Some(mode) => return Err(unsupported_mode("code128EncodeMode", mode)),
    };
    Ok(Options {
        code128_set,
        ..Options::default()
    })
}

fn unsupported_mode(parameter: &str, mode: &str) -> Failure {
    Failure::unsupported(parameter, format_args!("the mode {mode}"))
}

/// `Version07` is 7, `Auto` is none.
fn number_in(text: Option<&str>, prefix: &str) -> Option<u32> {
    text?.strip_prefix(prefix)?.parse().ok()
}

fn character_set(parameter: &str, values: &Values) -> Result<Option<CharacterSet>, Failure> {
    let name = match values.text(parameter) {
        None | Some("NONE") => return Ok(None),
        Some(name) => name,
    };
    // The document's names, as the engine writes them.
    let label = match (name.strip_prefix("Win"), name.strip_prefix("UTF")) {
        (Some(page), _) => format!("windows-{page}"),
        (_, Some(form)) => format!("utf-{form}"),
        _ if name == "Shift_JIS" => name.to_owned(),
        _ => name.replace('_', "-"),
    };
    CharacterSet::get_character_set_by_name(&label)
        .filter(|known| *known != CharacterSet::Binary)
        .map(Some)
        .ok_or_else(|| Failure::unsupported(parameter, format_args!("the character set {name}")))
}

fn wishes(symbology: &Symbology, values: &Values) -> Result<Wishes, Failure> {
    let color = |parameter| {
        let text = values.text(parameter).unwrap_or_default();
        let not_known =
            || Failure::field(parameter, format!("The value '{text}' is not a colour."));
        Color::parse(text).ok_or_else(not_known)
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
    let module_ratio = match symbology.base() {
        Some(BarcodeFormat::PDF_417) => values.number("pdf417AspectRatio").unwrap_or(PDF417_RATIO),
        _ => 1.0,
    };
    Ok(Wishes {
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
