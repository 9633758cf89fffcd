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
use super::{Data, Generate};
use crate::error::{Error, FoundBarcode, InvalidInput, Mismatch, VerificationError};
use crate::image::Image;
use crate::image::save::NewFile;

/// The time after which no further step of the search begins.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A request to generate a barcode whose image is read before it is returned. Returned by
/// [`Generate::verified`].
#[must_use = "nothing is sent before `send`"]
#[derive(Debug, Clone)]
pub struct VerifiedGenerate {
    request: Generate,
}

impl Generate {
    /// Reads the generated image on this machine, and fails with [`Error::Verification`] if it does
    /// not contain the requested data. Nothing is billed for that. Requires the feature `verify`.
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
    /// What cannot be verified fails with [`Error::InvalidInput`] before anything is sent:
    ///
    /// - SVG images;
    /// - types that the [reader](https://docs.rs/rxing) does not support, such as postal codes;
    /// - bytes that are not UTF-8, and data with control codes (the `Extended` modes, and the macro
    ///   characters, links, emulation and reader initialization of PDF417).
    ///
    /// Select a character set with an `eci_encoding` for text that is not ASCII. Without one, the
    /// reader has to guess it, as all readers do, and a wrong guess fails the request.
    ///
    /// The image is held in memory; a stream would return its first part before the last one could
    /// be checked, so there is no `stream`. Reading usually takes milliseconds, on a thread for
    /// blocking work. Its time is not part of the deadlines of the call. After ten seconds the
    /// search ends, and fails the request.
    pub fn verified(self) -> VerifiedGenerate {
        VerifiedGenerate { request: self }
    }
}

impl VerifiedGenerate {
    /// Checks the request as [`Generate::check`] does, and whether its image can be verified.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`], whose field is `verified` if the image cannot be verified.
    pub fn check(&self) -> Result<(), Error> {
        self.expectation().map(drop)
    }

    /// Sends the request and returns the whole image after it has been verified. The service bills
    /// the request.
    ///
    /// # Errors
    ///
    /// - the errors of [`Generate::send`];
    /// - [`Error::InvalidInput`] if the image cannot be verified: see [`check`](Self::check);
    /// - [`Error::Verification`] if the image does not contain the requested data.
    pub async fn send(self) -> Result<Image, Error> {
        let expectation = self.expectation()?;
        let image = self.request.send().await?;
        expectation.verify(image).await
    }

    /// Sends the request and writes the image to `path` after it has been verified, as
    /// [`Image::save`] does. Returns the number of bytes written. The service bills the request.
    ///
    /// If no file can be created at `path`, no request is sent. An existing file is not changed if
    /// the image does not contain the requested data.
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send), and [`Error::File`] if the file cannot be written.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        // Reports a path that cannot be written to before the request is billed.
        drop(NewFile::create(path).await?);
        let image = self.send().await?;
        image.save(path).await?;
        Ok(image.bytes().len() as u64)
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
            unverifiable(format!(
                "the reader does not support this value of {barcode_type}"
            ))
        })?;
        Ok(Expectation { symbology, value })
    }

    /// Returns an option with which the value that is read differs from the data, or the format if
    /// it cannot be decoded.
    fn unreadable_option(&self) -> Option<&'static str> {
        let request = &self.request;
        let render = request.render.as_ref();
        let format = request
            .format
            .or(render.and_then(|options| options.0.image_format));
        let qr = request.qr.as_ref().map(|options| &options.0);
        let pdf417 = request.pdf417.as_ref().map(|options| &options.0);
        let is_set = |option: Option<bool>| option == Some(true);
        let options = [
            ("SVG images", format == Some(BarcodeImageFormat::Svg)),
            (
                "`qr.encode_mode` Extended",
                qr.is_some_and(|qr| qr.qr_encode_mode == Some(QrEncodeMode::Extended)),
            ),
            (
                "`pdf417.encode_mode` Extended",
                pdf417.is_some_and(|pdf417| {
                    pdf417.pdf417_encode_mode == Some(Pdf417EncodeMode::Extended)
                }),
            ),
            (
                "`pdf417.macro_characters`",
                pdf417.is_some_and(|pdf417| {
                    let characters = pdf417.pdf417_macro_characters;
                    characters.is_some_and(|characters| characters != MacroCharacter::None)
                }),
            ),
            (
                "`pdf417.reader_initialization`",
                pdf417.is_some_and(|pdf417| is_set(pdf417.pdf417_is_reader_initialization)),
            ),
            (
                "`pdf417.linked`",
                pdf417.is_some_and(|pdf417| is_set(pdf417.pdf417_is_linked)),
            ),
            (
                "`pdf417.code128_emulation`",
                pdf417.is_some_and(|pdf417| is_set(pdf417.pdf417_is_code128_emulation)),
            ),
        ];
        let mut unreadable = options
            .into_iter()
            .filter(|(_, is_unreadable)| *is_unreadable);
        unreadable.next().map(|(name, _)| name)
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
            self.mismatch(&file, &budget)
        });
        let outcome = search.await;
        drop(caller);
        // The runtime is shutting down, or the decoder panicked. Its message may contain data.
        let failed = |_| Some(Mismatch::Unreadable("the reader failed".to_owned()));
        match outcome.unwrap_or_else(failed) {
            None => Ok(image),
            Some(mismatch) => Err(VerificationError::new(mismatch, expected, image).into()),
        }
    }

    /// Searches an image file. Returns `None` if it contains this barcode and no other of its type.
    fn mismatch(&self, file: &Bytes, budget: &Budget) -> Option<Mismatch> {
        let image = match decode(file) {
            Ok(image) => image,
            Err(error) => return Some(Mismatch::Unreadable(error.to_string())),
        };
        let is_expected = |barcode: &barcode_engine::Barcode| {
            barcode.name == self.symbology.name() && barcode.value == self.value
        };
        let barcodes = read_image(&image, &ReadOptions::expecting(self.symbology), budget);
        if !barcodes.is_empty() && barcodes.iter().all(is_expected) {
            return None;
        }
        let different = barcodes.into_iter().find(|barcode| !is_expected(barcode));
        let different = different.or_else(|| {
            let common = ReadOptions {
                effort: Effort::Excellent,
                ..ReadOptions::default()
            };
            read_image(&image, &common, budget).into_iter().next()
        });
        Some(match different {
            Some(barcode) => Mismatch::Different(FoundBarcode {
                type_name: barcode.name,
                value: barcode.value,
            }),
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
        let expectation = Expectation {
            symbology,
            value: "Test".to_owned(),
        };
        let late = Budget::new(Duration::ZERO, || false);
        let cancelled = Budget::new(TIME_LIMIT, || true);
        for budget in [late, cancelled] {
            let mismatch = expectation.mismatch(&image, &budget);
            assert!(matches!(mismatch, Some(Mismatch::TimedOut)));
        }
        assert!(expectation.mismatch(&image, &Budget::unlimited()).is_none());
    }
}
