//! Reads barcodes from gray values with zxing-cpp.

use std::ffi::c_void;

use crate::{Format, foreign};

/// The maximum width and height of an image in pixels. The library uses 16-bit numbers in some
/// places.
const MAX_SIDE: u32 = 32_767;

/// A barcode in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barcode {
    /// One of the formats that were passed to [`read`].
    pub format: Format,
    /// The text, with group separators for FNC1. If the symbol declares no character set, its bytes
    /// are decoded as UTF-8, or as ISO 8859-1 if they are not valid UTF-8.
    pub text: String,
    /// Whether the symbol declares that its text is GS1 data.
    pub gs1: bool,
    /// Whether the symbol is one of several that contain one text.
    pub part: bool,
    /// The corners in pixels: top left, top right, bottom right, bottom left. They are relative to
    /// the barcode, whatever its rotation in the image.
    pub corners: [(i32, i32); 4],
}

/// Returns all barcodes of the given formats in an image.
///
/// `pixels` are `width` times `height` gray values, row by row. If their number is different, or if
/// the image is empty or has a side longer than 32,767 pixels, the result is empty.
///
/// With `thorough`, the search takes longer and also finds light bars on a dark background.
pub fn read(
    pixels: &[u8],
    width: u32,
    height: u32,
    formats: &[Format],
    thorough: bool,
) -> Vec<Barcode> {
    let sides = (width as usize).checked_mul(height as usize);
    let possible = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height);
    if !possible || sides != Some(pixels.len()) {
        return Vec::new();
    }
    let formats: Vec<u32> = formats.iter().map(|format| *format as u32).collect();
    let Ok(count) = u32::try_from(formats.len()) else {
        return Vec::new();
    };
    let mut results: Vec<Barcode> = Vec::new();
    let thorough = u32::from(thorough);
    #[allow(unsafe_code)]
    // SAFETY: `pixels` has width times height bytes, which was checked above, `formats` has `count`
    // numbers, and both are only read. The context is a `Vec<Barcode>`, as the callback expects,
    // and there is no other reference to it during the call.
    unsafe {
        let context = (&raw mut results).cast();
        foreign::barcode_cloud_read(
            pixels.as_ptr(),
            width,
            height,
            formats.as_ptr(),
            count,
            thorough,
            context,
            report,
        );
    }
    results
}

extern "C" fn report(context: *mut c_void, found: *const foreign::Barcode) {
    #[allow(unsafe_code)]
    // SAFETY: `read` passes its vector as the context. The shim passes a `Barcode` that lives until
    // the callback returns.
    let (results, found) = unsafe { (&mut *context.cast::<Vec<Barcode>>(), &*found) };
    #[allow(unsafe_code)]
    // SAFETY: the text is a non-null pointer to `length` bytes that live as long as the `Barcode`.
    let text = unsafe { std::slice::from_raw_parts(found.text, found.length as usize) };
    let bytes = match found.bytes.is_null() {
        true => &[],
        #[allow(unsafe_code)]
        // SAFETY: the pointer is not null, and its `byte_length` bytes live as long as the
        // `Barcode`.
        false => unsafe { std::slice::from_raw_parts(found.bytes, found.byte_length as usize) },
    };
    let Some(format) = Format::at(found.format) else {
        return;
    };
    let [a, b, c, d, e, f, g, h] = found.corners;
    let text = match std::str::from_utf8(bytes) {
        // The bytes of a UPC-E symbol contain its UPC-A form.
        Ok(utf8) if found.eci == 0 && format != Format::UpcE => utf8.to_owned(),
        _ => String::from_utf8_lossy(text).into_owned(),
    };
    results.push(Barcode {
        format,
        text,
        gs1: found.gs1 != 0,
        part: found.part != 0,
        corners: [(a, b), (c, d), (e, f), (g, h)],
    });
}
