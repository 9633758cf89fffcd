//! The options of a drawing, grouped as the document groups them: typed setters over the generated parameters.

use barcode_cloud_client::types::{
    BarcodeImageFormat, BarcodeImageParams, Code128EncodeMode, Code128Params, CodeLocation,
    EciEncodings, GraphicsUnit, MacroCharacter, MicroQrVersion, Pdf417EncodeMode, Pdf417ErrorLevel,
    Pdf417Params, QrEncodeMode, QrErrorLevel, QrParams, QrVersion, RectMicroQrVersion,
};

use crate::Color;

macro_rules! options {
    (
        $(#[$docs:meta])*
        $name:ident($params:ident) {
            $($(#[$option_docs:meta])* $option:ident: $field:ident = $type:ty;)+
        }
    ) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Default)]
        pub struct $name(pub(crate) $params);

        impl $name {
            /// No option set: the service's own choice for each.
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

        /// The parameters of the generated client, as they are.
        impl From<$params> for $name {
            fn from(params: $params) -> Self {
                Self(params)
            }
        }
    };
}

options! {
    /// How to draw a barcode, whatever its type: format, size, colours, text.
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
    RenderOptions(BarcodeImageParams) {
        /// File format of the picture. PNG unless set.
        format: image_format = BarcodeImageFormat;
        /// Where the data is printed as readable text. Unless set: below linear types, nowhere with 2D types.
        text: text_location = CodeLocation;
        /// Colour of bars and text. Black unless set.
        foreground: foreground_color = Color;
        /// Colour behind the barcode. White unless set.
        background: background_color = Color;
        /// Unit of [`width`](Self::width) and [`height`](Self::height). Pixels unless set.
        units: units = GraphicsUnit;
        /// Dots per inch, 1 to 100,000. 96 unless set.
        resolution: resolution = f32;
        /// Height of the picture in [`units`](Self::units). Follows from the barcode unless set.
        height: image_height = f32;
        /// Width of the picture in [`units`](Self::units). Follows from the barcode unless set.
        width: image_width = f32;
        /// Degrees to turn the picture by. 0 unless set; multiples of 90 stay easy to read.
        rotation: rotation_angle = i32;
    }
}

options! {
    /// Options of `QR`, `GS1QR`, `MicroQR` and `RectMicroQR`.
    QrOptions(QrParams) {
        /// How text becomes bits.
        encode_mode: qr_encode_mode = QrEncodeMode;
        /// How much damage the symbol can take and still be read.
        error_level: qr_error_level = QrErrorLevel;
        /// Size of a `QR` or `GS1QR` symbol. The smallest that holds the data unless set.
        version: qr_version = QrVersion;
        /// Character set of the text, announced to the reader.
        eci_encoding: qr_eci_encoding = EciEncodings;
        /// Height of a module divided by its width, 0.001 to 1.
        aspect_ratio: qr_aspect_ratio = f32;
        /// Size of a `MicroQR` symbol.
        micro_version: micro_qr_version = MicroQrVersion;
        /// Size of a `RectMicroQR` symbol.
        rect_micro_version: rect_micro_qr_version = RectMicroQrVersion;
    }
}

options! {
    /// Options of `Code128`.
    Code128Options(Code128Params) {
        /// Code sets that the symbol may draw on.
        encode_mode: code128_encode_mode = Code128EncodeMode;
    }
}

options! {
    /// Options of `Pdf417`, `MacroPdf417`, `MicroPdf417` and `GS1MicroPdf417`.
    Pdf417Options(Pdf417Params) {
        /// How text becomes codewords.
        encode_mode: pdf417_encode_mode = Pdf417EncodeMode;
        /// How much damage the symbol can take and still be read.
        error_level: pdf417_error_level = Pdf417ErrorLevel;
        /// Whether to leave the stop pattern out: narrower, but less robust.
        truncate: pdf417_truncate = bool;
        /// Data columns, 1 to 30; with 0 the service chooses.
        columns: pdf417_columns = i32;
        /// Rows, 3 to 90; with 0 the service chooses.
        rows: pdf417_rows = i32;
        /// Height of a module divided by its width, 2 to 10; the standard asks for 3 to 5, micro types 2 to 5.
        aspect_ratio: pdf417_aspect_ratio = f32;
        /// Character set of the text, announced to the reader.
        eci_encoding: pdf417_eci_encoding = EciEncodings;
        /// Whether the symbol sets up the scanner rather than carrying data.
        reader_initialization: pdf417_is_reader_initialization = bool;
        /// Industry header and trailer to fold into one codeword in front of the data.
        macro_characters: pdf417_macro_characters = MacroCharacter;
        /// Whether a `MicroPdf417` or `GS1MicroPdf417` symbol is linked to a linear barcode beside it.
        linked: pdf417_is_linked = bool;
        /// Whether a `MicroPdf417` or `GS1MicroPdf417` symbol reads as if it were Code 128.
        code128_emulation: pdf417_is_code128_emulation = bool;
    }
}
