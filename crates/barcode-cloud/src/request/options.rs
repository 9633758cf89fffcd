//! The options of generated barcodes: typed setters for the generated parameters, grouped as in the
//! API document.

use barcode_cloud_client::types::{
    BarcodeImageFormat, BarcodeImageParams, Code128EncodeMode, Code128Params, CodeLocation,
    EciEncodings, GraphicsUnit, MacroCharacter, MicroQrVersion, Pdf417EncodeMode, Pdf417ErrorLevel,
    Pdf417Params, QrEncodeMode, QrErrorLevel, QrParams, QrVersion, RectMicroQrVersion,
};
use serde::{Deserialize, Serialize};

use super::Color;

macro_rules! options {
    (
        $(#[$attributes:meta])*
        $group:literal $name:ident($params:ident) {
            $($(#[$option_docs:meta])* $option:ident: $field:ident = $type:ty;)+
        }
    ) => {
        $(#[$attributes])*
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub(crate) $params);

        impl $name {
            /// The fields of the generated type, and the setters with the name of their group.
            const SETTERS: &[(&str, &str)] = &[
                $((stringify!($field), concat!($group, ".", stringify!($option))),)+
            ];

            /// Creates options that are all unset, so that the service's defaults apply.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$option_docs])*
                #[must_use]
                pub fn $option(mut self, value: $type) -> Self {
                    self.0.$field = Some(value.into());
                    self
                }
            )+
        }

        /// Uses the parameters of the generated client without changes.
        impl From<$params> for $name {
            fn from(params: $params) -> Self {
                Self(params)
            }
        }
    };
}

/// Returns the setter of a parameter, such as `qr.aspect_ratio`, given the parameter's name in the
/// document, such as `qrAspectRatio`.
pub(crate) fn setter(parameter: &str) -> Option<&'static str> {
    let groups = [("qrParams", "qr"), ("code128Params", "code128"), ("pdf417Params", "pdf417")];
    let options = [
        RenderOptions::SETTERS,
        QrOptions::SETTERS,
        Code128Options::SETTERS,
        Pdf417Options::SETTERS,
    ];
    let mut all = groups.iter().chain(options.into_iter().flatten());
    let found = all.find(|(field, _)| field.replace('_', "").eq_ignore_ascii_case(parameter));
    found.map(|(_, setter)| *setter)
}

options! {
    /// The options that apply to all barcode types: format, size, colors, text.
    ///
    /// ```
    /// use barcode_cloud::{BarcodeImageFormat, Color, GraphicsUnit, RenderOptions};
    ///
    /// let label = RenderOptions::new()
    ///     .format(BarcodeImageFormat::Tiff)
    ///     .resolution(300.0)
    ///     .units(GraphicsUnit::Millimeter)
    ///     .width(50.0)
    ///     .foreground(Color::rgb(0, 0, 0x80));
    /// ```
    #[doc(alias = "BarcodeImageParams")]
    "render" RenderOptions(BarcodeImageParams) {
        /// Sets the file format of the image. PNG by default.
        format: image_format = BarcodeImageFormat;
        /// Sets where the data is printed as human-readable text. By default below linear barcodes,
        /// and not at all for 2D barcodes.
        text: text_location = CodeLocation;
        /// Sets the color of the bars and the text. Black by default.
        foreground: foreground_color = Color;
        /// Sets the color of the background. White by default.
        background: background_color = Color;
        /// Sets the unit of [`width`](Self::width) and [`height`](Self::height). Pixels by default.
        units: units = GraphicsUnit;
        /// Sets the resolution in dots per inch, from 1 to 100,000. 96 by default.
        resolution: resolution = f32;
        /// Sets the height of the image in [`units`](Self::units). By default the barcode
        /// determines it.
        height: image_height = f32;
        /// Sets the width of the image in [`units`](Self::units). By default the barcode determines
        /// it.
        width: image_width = f32;
        /// Sets the angle in degrees by which the image is rotated. 0 by default. Multiples of 90
        /// keep the barcode easy to read.
        rotation: rotation_angle = i32;
    }
}

options! {
    /// The options of `QR`, `GS1QR`, `MicroQR` and `RectMicroQR`.
    ///
    /// ```
    /// use barcode_cloud::{EciEncodings, QrErrorLevel, QrOptions};
    ///
    /// let ticket = QrOptions::new()
    ///     .error_level(QrErrorLevel::LevelQ)
    ///     .eci_encoding(EciEncodings::Utf8);
    /// ```
    #[doc(alias = "QrParams")]
    "qr" QrOptions(QrParams) {
        /// Sets how the data is encoded.
        encode_mode: qr_encode_mode = QrEncodeMode;
        /// Sets the error correction level: how much damage a reader can correct.
        error_level: qr_error_level = QrErrorLevel;
        /// Sets the version (size) of a `QR` or `GS1QR` symbol. By default the smallest that can
        /// hold the data.
        version: qr_version = QrVersion;
        /// Sets the character set of the text. The symbol declares it with an ECI.
        eci_encoding: qr_eci_encoding = EciEncodings;
        /// Sets the height of a module divided by its width, from 0.001 to 1.
        aspect_ratio: qr_aspect_ratio = f32;
        /// Sets the version (size) of a `MicroQR` symbol.
        micro_version: micro_qr_version = MicroQrVersion;
        /// Sets the version (size) of a `RectMicroQR` symbol.
        rect_micro_version: rect_micro_qr_version = RectMicroQrVersion;
    }
}

options! {
    /// The options of `Code128`.
    ///
    /// ```
    /// use barcode_cloud::{Code128EncodeMode, Code128Options};
    ///
    /// let digits_only = Code128Options::new().encode_mode(Code128EncodeMode::CodeC);
    /// ```
    #[doc(alias = "Code128Params")]
    "code128" Code128Options(Code128Params) {
        /// Sets the code sets that the symbol may use.
        encode_mode: code128_encode_mode = Code128EncodeMode;
    }
}

options! {
    /// The options of `Pdf417`, `MacroPdf417`, `MicroPdf417` and `GS1MicroPdf417`.
    ///
    /// ```
    /// use barcode_cloud::{Pdf417ErrorLevel, Pdf417Options};
    ///
    /// let ticket = Pdf417Options::new().error_level(Pdf417ErrorLevel::Level5).columns(6);
    /// ```
    #[doc(alias = "Pdf417Params")]
    "pdf417" Pdf417Options(Pdf417Params) {
        /// Sets how the data is encoded into codewords.
        encode_mode: pdf417_encode_mode = Pdf417EncodeMode;
        /// Sets the error correction level: how much damage a reader can correct.
        error_level: pdf417_error_level = Pdf417ErrorLevel;
        /// Sets whether to omit the stop pattern, which makes the symbol narrower but less robust.
        truncate: pdf417_truncate = bool;
        /// Sets the number of data columns, from 1 to 30. With 0 the service chooses.
        columns: pdf417_columns = i32;
        /// Sets the number of rows, from 3 to 90. With 0 the service chooses.
        rows: pdf417_rows = i32;
        /// Sets the height of a module divided by its width, from 2 to 10. The standard requires 3
        /// to 5, and 2 to 5 for the micro types.
        aspect_ratio: pdf417_aspect_ratio = f32;
        /// Sets the character set of the text. The symbol declares it with an ECI.
        eci_encoding: pdf417_eci_encoding = EciEncodings;
        /// Sets whether the symbol configures the reader instead of carrying data.
        reader_initialization: pdf417_is_reader_initialization = bool;
        /// Sets the industry header and trailer that a single codeword before the data represents.
        macro_characters: pdf417_macro_characters = MacroCharacter;
        /// Sets whether a `MicroPdf417` or `GS1MicroPdf417` symbol is linked to an adjacent linear
        /// barcode.
        linked: pdf417_is_linked = bool;
        /// Sets whether readers treat a `MicroPdf417` or `GS1MicroPdf417` symbol as Code 128.
        code128_emulation: pdf417_is_code128_emulation = bool;
    }
}

#[cfg(test)]
mod tests {
    use super::setter;

    #[test]
    fn parameters_have_the_names_of_their_setters() {
        for (parameter, expected) in [
            ("imageWidth", Some("render.width")),
            ("resolution", Some("render.resolution")),
            ("qrECIEncoding", Some("qr.eci_encoding")),
            ("microQRVersion", Some("qr.micro_version")),
            ("pdf417IsLinked", Some("pdf417.linked")),
            ("qrParams", Some("qr")),
            ("fileUrl", None),
        ] {
            assert_eq!(setter(parameter), expected);
        }
    }
}
