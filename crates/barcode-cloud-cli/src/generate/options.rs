//! The options of a barcode. Each is a flag, and a column of a batch with the name of the flag.
//!
//! The table below has every option of the API's document, which a test compares with it. A flag is
//! named after the setter of the facade, so that an error of the facade can name the flag.

use anyhow::{Context as _, anyhow, bail};
use barcode_cloud::api::types::{
    BarcodeImageParams, Code128Params, EncodeDataType, Pdf417Params, QrParams,
};
use barcode_cloud::{
    BarcodeImageFormat, Client, Code128EncodeMode, CodeLocation, Color, Data, EciEncodings,
    EncodeBarcodeType, Error, Generate, GraphicsUnit, MacroCharacter, MicroQrVersion,
    Pdf417EncodeMode, Pdf417ErrorLevel, QrEncodeMode, QrErrorLevel, QrVersion, RectMicroQrVersion,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::names;

/// An option of a barcode.
pub(super) struct BarcodeOption {
    /// The name of its flag, without `--`.
    pub(super) flag: &'static str,
    heading: &'static str,
    value_name: &'static str,
    help: &'static str,
    /// The names of the values, if they are enumerated.
    values: fn() -> Vec<String>,
    is_switch: bool,
    /// Parses a value and sets it.
    pub(super) set: fn(&mut BarcodeOptions, &str) -> anyhow::Result<()>,
}

macro_rules! options {
    ($($heading:literal $group:ident: $params:ident {
        $($flag:literal $value_name:literal $field:ident: $type:ty = $help:literal;)+
    })+) => {
        /// The options that were set.
        #[derive(Clone, Default)]
        pub(crate) struct BarcodeOptions {
            pub(super) data_type: Option<EncodeDataType>,
            $(pub(super) $group: Option<$params>,)+
        }

        /// All options, in the order of the help.
        pub(super) const OPTIONS: &[BarcodeOption] = &[
            BarcodeOption {
                flag: "data-type",
                heading: "Data",
                value_name: "TYPE",
                help: "How DATA is written: as text, in base64, or in hexadecimal digits. Text by default",
                values: EncodeDataType::names,
                is_switch: false,
                set: |options, text| {
                    options.data_type = Some(EncodeDataType::parse(text)?);
                    Ok(())
                },
            },
            $($(BarcodeOption {
                flag: $flag,
                heading: $heading,
                value_name: $value_name,
                help: $help,
                values: <$type>::names,
                is_switch: <$type>::IS_SWITCH,
                set: |options, text| {
                    let value = <$type as Value>::parse(text)?;
                    options.$group.get_or_insert_default().$field = Some(value.into());
                    Ok(())
                },
            },)+)+
        ];
    };
}

options! {
    "Image" barcode_image_params: BarcodeImageParams {
        "format" "FORMAT" image_format: BarcodeImageFormat =
            "Image format. By default that of FILE's extension, or else Png";
        "text" "POSITION" text_location: CodeLocation =
            "Position of the human-readable text. By default below linear types only";
        "foreground" "COLOR" foreground_color: Color =
            "Color of the bars: a name, #RRGGBB or #AARRGGBB. Black by default";
        "background" "COLOR" background_color: Color =
            "Color of the background, such as Transparent. White by default";
        "width" "NUMBER" image_width: f32 = "Width of the image in units";
        "height" "NUMBER" image_height: f32 = "Height of the image in units";
        "units" "UNIT" units: GraphicsUnit = "Unit of the width and the height. Pixels by default";
        "resolution" "DPI" resolution: f32 =
            "Resolution in dots per inch, from 1 to 100000. 96 by default";
        "rotation" "DEGREES" rotation_angle: i32 = "Angle by which to rotate the image";
    }
    "QR, GS1QR, MicroQR and RectMicroQR" qr_params: QrParams {
        "qr-error-level" "LEVEL" qr_error_level: QrErrorLevel =
            "Error correction, from L (7 %) to H (30 %)";
        "qr-version" "VERSION" qr_version: QrVersion = "Size of a QR or GS1QR symbol: 1 to 40";
        "qr-micro-version" "VERSION" micro_qr_version: MicroQrVersion =
            "Size of a MicroQR symbol";
        "qr-rect-micro-version" "VERSION" rect_micro_qr_version: RectMicroQrVersion =
            "Size of a RectMicroQR symbol";
        "qr-encode-mode" "MODE" qr_encode_mode: QrEncodeMode = "How the data is encoded";
        "qr-eci-encoding" "CHARSET" qr_eci_encoding: EciEncodings =
            "Character set of the text, which the symbol declares";
        "qr-aspect-ratio" "RATIO" qr_aspect_ratio: f32 =
            "Height of a module divided by its width, from 0.001 to 1";
    }
    "Code128" code128_params: Code128Params {
        "code128-encode-mode" "MODE" code128_encode_mode: Code128EncodeMode =
            "Code sets that the symbol may use";
    }
    "Pdf417, MacroPdf417, MicroPdf417 and GS1MicroPdf417" pdf417_params: Pdf417Params {
        "pdf417-error-level" "LEVEL" pdf417_error_level: Pdf417ErrorLevel =
            "Error correction, from 0 to 8";
        "pdf417-columns" "NUMBER" pdf417_columns: i32 = "Number of data columns, from 1 to 30";
        "pdf417-rows" "NUMBER" pdf417_rows: i32 = "Number of rows, from 3 to 90";
        "pdf417-aspect-ratio" "RATIO" pdf417_aspect_ratio: f32 =
            "Height of a module divided by its width, from 2 to 10";
        "pdf417-truncate" "BOOL" pdf417_truncate: bool =
            "Omit the stop pattern, which makes the symbol narrower but less robust";
        "pdf417-encode-mode" "MODE" pdf417_encode_mode: Pdf417EncodeMode =
            "How the data is encoded";
        "pdf417-eci-encoding" "CHARSET" pdf417_eci_encoding: EciEncodings =
            "Character set of the text, which the symbol declares";
        "pdf417-macro-characters" "MACRO" pdf417_macro_characters: MacroCharacter =
            "Industry header and trailer to shorten to one codeword";
        "pdf417-reader-initialization" "BOOL" pdf417_is_reader_initialization: bool =
            "Make a symbol that configures the reader instead of carrying data";
        "pdf417-linked" "BOOL" pdf417_is_linked: bool =
            "Link a micro symbol to an adjacent linear barcode";
        "pdf417-code128-emulation" "BOOL" pdf417_is_code128_emulation: bool =
            "Let readers treat a micro symbol as Code 128";
    }
}

/// The value of an option.
trait Value: Sized {
    /// Whether the flag may be given without a value, which means `true`.
    const IS_SWITCH: bool = false;

    fn parse(text: &str) -> anyhow::Result<Self>;

    fn names() -> Vec<String> {
        Vec::new()
    }
}

macro_rules! enumerated {
    ($($type:ident)+) => {
        $(impl Value for $type {
            fn parse(text: &str) -> anyhow::Result<Self> {
                names::find(text, Self::ALL)
            }

            fn names() -> Vec<String> {
                Self::ALL.iter().map(ToString::to_string).collect()
            }
        })+
    };
}

enumerated! {
    BarcodeImageFormat Code128EncodeMode CodeLocation EciEncodings EncodeDataType GraphicsUnit
    MacroCharacter MicroQrVersion Pdf417EncodeMode Pdf417ErrorLevel QrEncodeMode QrErrorLevel
    QrVersion RectMicroQrVersion
}

impl Value for Color {
    fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(text.parse()?)
    }
}

impl Value for f32 {
    fn parse(text: &str) -> anyhow::Result<Self> {
        text.parse().context("is not a number")
    }
}

impl Value for i32 {
    fn parse(text: &str) -> anyhow::Result<Self> {
        text.parse().context("is not a whole number")
    }
}

impl Value for bool {
    const IS_SWITCH: bool = true;

    fn parse(text: &str) -> anyhow::Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(true),
            "false" | "no" | "0" => Ok(false),
            _ => bail!("is not `true` or `false`"),
        }
    }
}

impl BarcodeOption {
    fn arg(&'static self) -> Arg {
        let values = (self.values)();
        let (help, long_help) = match values.len() {
            0 => (self.help.to_owned(), self.help.to_owned()),
            1..=9 => {
                let help = format!("{} [{}]", self.help, values.join(", "));
                (help.clone(), help)
            }
            _ => {
                let help = format!("{} [see --help]", self.help);
                (help, format!("{} [{}]", self.help, values.join(", ")))
            }
        };
        // Parses the value only to check it, so that clap reports an error.
        let check = move |text: &str| {
            (self.set)(&mut BarcodeOptions::default(), text).map(|()| text.to_owned())
        };
        let arg = Arg::new(self.flag)
            .long(self.flag)
            .value_name(self.value_name)
            .value_parser(check)
            .allow_negative_numbers(true)
            .help_heading(self.heading)
            .help(help)
            .long_help(long_help);
        if !self.is_switch {
            return arg;
        }
        arg.num_args(0..=1).require_equals(true).default_missing_value("true")
    }
}

impl Args for BarcodeOptions {
    fn augment_args(command: Command) -> Command {
        command.args(OPTIONS.iter().map(BarcodeOption::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for BarcodeOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for option in OPTIONS {
            if let Some(text) = matches.get_one::<String>(option.flag) {
                (option.set)(self, text).map_err(|error| {
                    clap::Error::raw(clap::error::ErrorKind::ValueValidation, error)
                })?;
            }
        }
        Ok(())
    }
}

impl BarcodeOptions {
    /// Returns the format that was set.
    pub(super) fn format(&self) -> Option<BarcodeImageFormat> {
        self.barcode_image_params.as_ref()?.image_format
    }

    /// Returns a request with these options.
    pub(super) fn request(
        self,
        client: &Client,
        barcode_type: EncodeBarcodeType,
        data: Data,
    ) -> anyhow::Result<Generate> {
        let mut request = client.generate(barcode_type, self.data(data)?);
        if let Some(image) = self.barcode_image_params {
            request = request.render(image);
        }
        if let Some(qr) = self.qr_params {
            request = request.qr(qr);
        }
        if let Some(code128) = self.code128_params {
            request = request.code128(code128);
        }
        if let Some(pdf417) = self.pdf417_params {
            request = request.pdf417(pdf417);
        }
        Ok(request)
    }

    /// Converts text that stands for bytes.
    fn data(&self, data: Data) -> anyhow::Result<Data> {
        match (self.data_type, data) {
            (None | Some(EncodeDataType::StringData), data) => Ok(data),
            (Some(EncodeDataType::HexBytes), Data::Text(digits)) => Ok(Data::hex(digits)),
            (Some(EncodeDataType::Base64Bytes), Data::Text(text)) => {
                let bytes = STANDARD.decode(text);
                Ok(bytes.context("data: is not valid base64")?.into())
            }
            (Some(data_type), _) => bail!("data: is not text, which {data_type} requires"),
        }
    }
}

/// Adds the name of the flag to an error of the facade.
pub(super) fn in_flags(error: Error) -> anyhow::Error {
    let Error::InvalidInput(invalid) = &error else {
        return error.into();
    };
    let setter = invalid.field();
    let flag = setter.trim_start_matches("render.").replace(['.', '_'], "-");
    let reason = &invalid.to_string()[setter.len()..];
    // The facade names a whole group if none of its options applies to the type.
    let group = format!("{flag}-");
    if OPTIONS.iter().any(|option| option.flag == flag) {
        anyhow!("--{flag}{reason}")
    } else if setter != "data" && OPTIONS.iter().any(|option| option.flag.starts_with(&group)) {
        anyhow!("--{group}*{reason}")
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use barcode_cloud::auth::TokenSource;
    use barcode_cloud::{Client, EncodeBarcodeType};
    use serde_json::Value;

    use super::{BarcodeOptions, OPTIONS, in_flags};

    fn client() -> Client {
        let token = TokenSource::static_token("token").build().unwrap();
        Client::builder().token_source(token).build().unwrap()
    }

    fn options(values: &[(&str, &str)]) -> anyhow::Result<BarcodeOptions> {
        let mut options = BarcodeOptions::default();
        for (flag, text) in values {
            let option = OPTIONS.iter().find(|option| option.flag == *flag).unwrap();
            (option.set)(&mut options, text)?;
        }
        Ok(options)
    }

    #[test]
    fn every_option_of_the_document_has_a_flag() {
        let document: Value = serde_json::from_str(barcode_cloud_openapi::DOCUMENT).unwrap();
        let schemas = &document["components"]["schemas"];
        let mut all = BarcodeOptions::default();
        for option in OPTIONS {
            let values = (option.values)();
            let mut values = values.iter().map(String::as_str).chain(["1", "black"]);
            assert!(values.any(|value| (option.set)(&mut all, value).is_ok()), "{}", option.flag);
        }
        let groups = serde_json::json!({
            "barcodeImageParams": all.barcode_image_params,
            "qrParams": all.qr_params,
            "code128Params": all.code128_params,
            "pdf417Params": all.pdf417_params,
        });
        let names =
            |object: &Value| object.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let mut expected = names(&schemas["GenerateParams"]["properties"]);
        expected.retain(|name| name != "barcodeType" && name != "encodeData");
        assert_eq!(names(&groups), expected);
        for (group, options) in groups.as_object().unwrap() {
            let schema = group[..1].to_uppercase() + &group[1..];
            assert_eq!(names(options), names(&schemas[&schema]["properties"]), "{group}");
        }
        let data = names(&schemas["EncodeData"]["properties"]);
        assert_eq!(data, ["data", "dataType"].map(str::to_owned).into());
    }

    #[test]
    fn every_enumerated_value_is_accepted() {
        for option in OPTIONS {
            for name in (option.values)() {
                options(&[(option.flag, &name)]).unwrap();
            }
        }
    }

    #[test]
    fn a_wrong_value_is_rejected() {
        for (flag, text, expected) in [
            ("foreground", "nocolor", "color: `nocolor` is not a color"),
            ("format", "bmp", "`bmp` is unknown; use Png, Jpeg, Svg, Tiff, Gif"),
            ("width", "wide", "is not a number"),
            ("rotation", "1.5", "is not a whole number"),
            ("pdf417-truncate", "maybe", "is not `true` or `false`"),
        ] {
            let error = options(&[(flag, text)]).err().unwrap().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn errors_of_the_facade_name_the_flag() {
        for (barcode_type, values, expected) in [
            (EncodeBarcodeType::Qr, &[("width", "-1")][..], "--width: is not a valid size"),
            (EncodeBarcodeType::Qr, &[("resolution", "0")], "--resolution: "),
            (EncodeBarcodeType::MicroQr, &[("qr-version", "5")], "--qr-version: does not apply"),
            (EncodeBarcodeType::Aztec, &[("qr-version", "5")], "--qr-*: does not apply"),
            (EncodeBarcodeType::Pdf417, &[("pdf417-rows", "91")], "--pdf417-rows: "),
            (EncodeBarcodeType::Pdf417, &[("pdf417-linked", "yes")], "--pdf417-linked: "),
            (EncodeBarcodeType::Qr, &[("data-type", "hex-bytes")], "data: "),
        ] {
            let request = options(values).unwrap();
            let request = request.request(&client(), barcode_type, "x".into()).unwrap();
            let error = in_flags(request.check().unwrap_err()).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn base64_must_be_valid() {
        let options = options(&[("data-type", "base64bytes")]).unwrap();
        let request = |text: &str| {
            let options = options.clone();
            options.request(&client(), EncodeBarcodeType::Qr, text.into())
        };
        assert!(request("SGVsbG8=").unwrap().check().is_ok());
        let error = request("Hello!").unwrap_err().to_string();
        assert_eq!(error, "data: is not valid base64");
    }
}
