//! Requests whose image is read on this machine before it is returned.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use barcode_cloud_client::types::{
    BarcodeImageFormat, MacroCharacter, Pdf417EncodeMode, QrEncodeMode,
};
use barcode_engine::{Budget, Effort, ReadOptions, Symbology, decode, read_image};
use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::call_options::awaitable;
use super::print::Print;
use super::{Data, Generate};
use crate::error::{
    Error, FoundBarcode, InvalidInput, Mismatch, PrintWarning, ResponseHead, VerificationError,
};
use crate::image::print::Direction;
use crate::image::{Image, SavedImage, save};

/// The time after which no further step of the search begins.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A request to generate a barcode whose image is read before it is returned. Returned by
/// [`Generate::verified`].
#[must_use = "nothing is sent before `send`"]
#[derive(Debug, Clone)]
pub struct VerifiedGenerate {
    request: Generate,
    print: Option<Print>,
    is_strict: bool,
}

impl Generate {
    /// Reads the generated image on this machine, and fails with [`Error::Verification`] if it does
    /// not contain the requested data. Reading it is not billed. Requires the feature `verify`.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
    /// use barcode_cloud::{EncodeBarcodeType, Error};
    ///
    /// let label = client.generate(EncodeBarcodeType::Ean13, "4006381333931");
    /// match label.verified().save("label.png").await {
    ///     Err(Error::Verification(error)) => {
    ///         eprintln!("{error}: {} is {:?}", error.expected(), error.found());
    ///     }
    ///     result => drop(result?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The value that is read must be equal to the requested one. Forms that the symbology does not
    /// distinguish are equal: with or without a check digit that can be left out, the hyphens of an
    /// ISBN, or the start and stop letters `A` of Codabar. The image must contain no other barcode
    /// of the type.
    ///
    /// These images cannot be verified. Requests for them fail with [`Error::InvalidInput`] before
    /// anything is sent:
    ///
    /// - SVG images;
    /// - types that the [reader](https://docs.rs/rxing) does not support, such as postal codes;
    /// - bytes that are not UTF-8, and data with control codes (the `Extended` modes, and the macro
    ///   characters, links, emulation and reader initialization of PDF417).
    ///
    /// Select a character set with an `eci_encoding` for text that is not ASCII. Without one, the
    /// reader has to guess it, as all readers do, and a wrong guess fails the request.
    ///
    /// The [image cache](crate::ClientBuilder::image_cache) is not used. The whole image is held in
    /// memory. There is no `stream`, because a stream returns its first chunk before the whole
    /// image can be checked.
    ///
    /// Reading usually takes milliseconds, and runs on a thread for blocking work. The deadlines of
    /// the call do not include it, and the span of the call does not record its result. A search
    /// that has not ended after ten seconds fails the request.
    pub fn verified(self) -> VerifiedGenerate {
        // A cache does not know whether an image was verified.
        #[cfg(feature = "image-cache")]
        let request = self.skip_cache();
        #[cfg(not(feature = "image-cache"))]
        let request = self;
        VerifiedGenerate { request, print: None, is_strict: false }
    }
}

impl VerifiedGenerate {
    /// Requests an image for a printer whose pixels are dots, such as a thermal printer for labels,
    /// in which each module of the barcode is a whole number of dots wide.
    ///
    /// - `dpi` is the resolution of the printer in dots per inch, such as 203 or 300.
    /// - `module_width_mm` is the width of a module, the narrowest bar or space, in millimeters. It
    ///   is rounded to whole dots: 0.33 mm are 3 dots (0.375 mm) at 203 dpi, and 4 dots (0.339 mm)
    ///   at 300 dpi.
    ///
    /// The image must be printed without scaling. This sets the options
    /// [`resolution`](crate::RenderOptions::resolution), [`width`](crate::RenderOptions::width) and
    /// [`units`](crate::RenderOptions::units), so they cannot be set too, and
    /// [`rotation`](crate::RenderOptions::rotation) must be a multiple of 90.
    ///
    /// The width depends on how many modules the symbol has. They are counted in a symbol that is
    /// written on this machine. The service may arrange the modules in another way, so they are
    /// measured in the returned image: [`Image::warnings`] says if they are not as wide as
    /// requested, differ in width, or are narrower than the type
    /// [needs](crate::rules::minimum_module_width). Options that determine the number of modules,
    /// such as the version of a QR code or the columns of a PDF417, make a difference less likely.
    ///
    /// Quiet zones are not checked: leave free space around the image. MaxiCode, which has
    /// hexagonal modules, fails with [`Error::InvalidInput`].
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
    /// use barcode_cloud::EncodeBarcodeType;
    ///
    /// let label = client.generate(EncodeBarcodeType::Ean13, "4006381333931").verified();
    /// for warning in label.for_print(203.0, 0.33).send().await?.warnings() {
    ///     eprintln!("{warning}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_print(mut self, dpi: f32, module_width_mm: f32) -> Self {
        self.print = Some(Print { dpi, module_width_mm, is_strict: false });
        self
    }

    /// Fails with [`Error::Verification`] instead of returning an image with
    /// [warnings](Image::warnings), and with [`Error::InvalidInput`] before anything is sent if the
    /// width of a module in [`for_print`](Self::for_print) is less than the type needs.
    ///
    /// Without [`for_print`](Self::for_print), this has no effect.
    pub fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    /// Checks the request as [`Generate::check`] does, and whether its image can be verified.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`], whose field is `verified` if the image cannot be verified, and
    /// `for_print` if its modules cannot be a whole number of dots.
    pub fn check(&self) -> Result<(), Error> {
        self.clone().prepare().map(drop)
    }

    /// Sends the request and returns the whole image after it has been verified. The service bills
    /// the request.
    ///
    /// # Errors
    ///
    /// - the errors of [`Generate::send`];
    /// - [`Error::InvalidInput`] if the image cannot be verified: see [`check`](Self::check);
    /// - [`Error::Verification`] if the image does not contain the requested data, or, with
    ///   [`strict`](Self::strict), if it has warnings.
    pub async fn send(self) -> Result<Image, Error> {
        let (request, expectation) = self.prepare()?;
        let image = request.send().await?;
        expectation.verify(image).await
    }

    /// Sends the request and writes the image to `path` after it has been verified, as
    /// [`Image::save`] does. The service bills the request.
    ///
    /// If no file can be created at `path`, no request is sent. An existing file is not changed if
    /// the image does not contain the requested data.
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send), and [`Error::File`] if the file cannot be written.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<SavedImage, Error> {
        let path = path.as_ref();
        save::check(path).await?;
        let image = self.send().await?;
        image.save(path).await?;
        Ok(image.into())
    }

    /// Checks the request. Returns it with the barcode that its image must contain.
    fn prepare(mut self) -> Result<(Generate, Expectation), Error> {
        let mut expectation = self.expectation()?;
        if let Some(mut print) = self.print {
            print.is_strict = self.is_strict;
            self.request =
                print.prepare(self.request, expectation.symbology, &expectation.value)?;
            self.request.check()?;
            let render = self.request.render.clone().unwrap_or_default().0;
            let direction = match render.rotation_angle.unwrap_or(0) % 180 {
                0 => Direction::Horizontal,
                _ => Direction::Vertical,
            };
            expectation.print = Some((print, direction));
        }
        Ok((self.request, expectation))
    }

    /// Returns the barcode that the image must contain.
    fn expectation(&self) -> Result<Expectation, Error> {
        self.request.check()?;
        let barcode_type = self.request.barcode_type;
        let symbology = Symbology::named(&barcode_type.to_string())
            .filter(|symbology| symbology.can_read())
            .ok_or_else(|| unverifiable(format!("the reader does not support {barcode_type}")))?;
        if let Some(option) = self.unreadable_option() {
            return Err(unverifiable(format!("the reader does not support {option}")).into());
        }
        let text = text(&self.request.data)
            .ok_or_else(|| unverifiable("the reader returns text, and the data is not UTF-8"))?;
        let value = symbology.normalized(&text).map_err(|_| {
            unverifiable(format!("the reader does not support this value of {barcode_type}"))
        })?;
        Ok(Expectation { symbology, value, print: None })
    }

    /// Returns an option with which the value that is read differs from the data, or the format if
    /// it cannot be decoded.
    fn unreadable_option(&self) -> Option<&'static str> {
        let request = &self.request;
        let render = request.render.clone().unwrap_or_default().0;
        let qr = request.qr.clone().unwrap_or_default().0;
        let pdf417 = request.pdf417.clone().unwrap_or_default().0;
        let format = request.format.or(render.image_format);
        let macro_characters = pdf417.pdf417_macro_characters.unwrap_or(MacroCharacter::None);
        let options = [
            ("SVG images", format == Some(BarcodeImageFormat::Svg)),
            ("`qr.encode_mode` Extended", qr.qr_encode_mode == Some(QrEncodeMode::Extended)),
            (
                "`pdf417.encode_mode` Extended",
                pdf417.pdf417_encode_mode == Some(Pdf417EncodeMode::Extended),
            ),
            ("`pdf417.macro_characters`", macro_characters != MacroCharacter::None),
            (
                "`pdf417.reader_initialization`",
                pdf417.pdf417_is_reader_initialization == Some(true),
            ),
            ("`pdf417.linked`", pdf417.pdf417_is_linked == Some(true)),
            ("`pdf417.code128_emulation`", pdf417.pdf417_is_code128_emulation == Some(true)),
        ];
        let mut options = options.into_iter();
        options.find_map(|(name, is_unreadable)| is_unreadable.then_some(name))
    }
}

awaitable!(VerifiedGenerate => Image);

fn unverifiable(reason: impl std::fmt::Display) -> InvalidInput {
    let advice = "send the request without `verified`, and check the image yourself";
    InvalidInput::new("verified", format!("{reason}; {advice}"))
}

/// Returns the text that the data represents, or `None` if it is not UTF-8.
fn text(data: &Data) -> Option<String> {
    match data {
        Data::Text(text) => Some(text.clone()),
        Data::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
        Data::Hex(digits) => {
            let pairs = digits.as_bytes().chunks(2);
            let byte = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
            String::from_utf8(pairs.map(byte).collect::<Option<_>>()?).ok()
        }
    }
}

/// The barcode that an image must contain.
struct Expectation {
    symbology: &'static Symbology,
    value: String,
    print: Option<(Print, Direction)>,
}

impl Expectation {
    /// Returns the image if it contains this barcode. If the future is dropped, the search ends.
    async fn verify(self, image: Image) -> Result<Image, Error> {
        let caller = Arc::new(());
        let waiting = Arc::downgrade(&caller);
        let file = image.bytes().clone();
        let expected = self.value.clone();
        let search = spawn_blocking(move || {
            let budget = Budget::new(TIME_LIMIT, move || waiting.strong_count() == 0);
            self.search(&file, &budget)
        });
        let outcome = search.await;
        drop(caller);
        // The runtime is shutting down, or the decoder panicked. Its message may contain data.
        let failed = |_| Err(Mismatch::Unreadable("the reader failed".to_owned()));
        match outcome.unwrap_or_else(failed) {
            Ok(warnings) => Ok(image.with_warnings(warnings)),
            Err(mismatch) => {
                let metadata = image.metadata();
                let head = ResponseHead::new(metadata.status(), metadata.headers());
                let file = image.into_bytes();
                Err(VerificationError::new(mismatch, expected, file, head).into())
            }
        }
    }

    /// Searches an image file, which must contain this barcode and no other of its type. Returns
    /// the warnings about printing it.
    fn search(&self, file: &Bytes, budget: &Budget) -> Result<Vec<PrintWarning>, Mismatch> {
        let image = decode(file).map_err(|error| Mismatch::Unreadable(error.to_string()))?;
        let is_expected = |barcode: &barcode_engine::Barcode| {
            barcode.name == self.symbology.name() && barcode.value == self.value
        };
        let barcodes = read_image(&image, &ReadOptions::expecting(self.symbology), budget);
        if let Some(barcode) = barcodes.first().filter(|_| barcodes.iter().all(is_expected)) {
            let Some((print, direction)) = self.print else {
                return Ok(Vec::new());
            };
            return print.require_printable(self.symbology, &image, barcode.region, direction);
        }
        let different = barcodes.into_iter().find(|barcode| !is_expected(barcode));
        let different = different.or_else(|| {
            let common = ReadOptions { effort: Effort::Excellent, ..ReadOptions::default() };
            read_image(&image, &common, budget).into_iter().next()
        });
        Err(match different {
            Some(barcode) => {
                Mismatch::Different(FoundBarcode { type_name: barcode.name, value: barcode.value })
            }
            None if budget.is_exhausted() => Mismatch::TimedOut,
            None => Mismatch::NothingFound,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use barcode_engine::{Budget, ImageFormat, RenderOptions, Symbology, WriteOptions, write};

    use super::{Expectation, Mismatch, TIME_LIMIT};

    #[test]
    fn a_search_that_is_cancelled_or_takes_too_long_finds_no_mismatch_of_values() {
        let symbology = Symbology::named("QR").unwrap();
        let symbol = write(symbology, "Test", &WriteOptions::default()).unwrap();
        let image = symbol.render(ImageFormat::Png, &RenderOptions::default());
        let image = image.unwrap().into();
        let expectation = Expectation { symbology, value: "Test".to_owned(), print: None };
        let late = Budget::new(Duration::ZERO, || false);
        let cancelled = Budget::new(TIME_LIMIT, || true);
        for budget in [late, cancelled] {
            let mismatch = expectation.search(&image, &budget);
            assert!(matches!(mismatch, Err(Mismatch::TimedOut)));
        }
        assert!(expectation.search(&image, &Budget::unlimited()).is_ok());
    }
}
