//! Reading: shades of grey into texts, by zxing-cpp.

use std::ffi::c_void;

use crate::{Format, foreign};

/// No barcode has so much of it; the library counts in 16 bits in places.
const LONGEST_SIDE: u32 = 32_767;

/// A barcode in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// One of those that were asked for.
    pub format: Format,
    /// The text, with group separators for FNC1. Bytes of which the symbol does not name the character set are taken for UTF-8
    /// if they are that, for ISO 8859-1 otherwise.
    pub text: String,
    /// Whether the symbol says that its text is one of GS1.
    pub gs1: bool,
    /// Whether the symbol is one of several.
    pub part: bool,
    /// Four corners in pixels: those at the top left, top right, bottom right, bottom left of the barcode
    /// itself, however it stands.
    pub corners: [(i32, i32); 4],
}

/// All barcodes of these formats in a picture of `width` times `height` shades, row by row. A picture that is
/// empty, larger than 32,767 on a side, or of another number of shades holds none.
///
/// `thorough` takes more time, and looks for light bars on dark too.
pub fn read(
    pixels: &[u8],
    width: u32,
    height: u32,
    formats: &[Format],
    thorough: bool,
) -> Vec<Found> {
    let sides = (width as usize).checked_mul(height as usize);
    let possible = (1..=LONGEST_SIDE).contains(&width) && (1..=LONGEST_SIDE).contains(&height);
    if !possible || sides != Some(pixels.len()) {
        return Vec::new();
    }
    let formats: Vec<u32> = formats.iter().map(|it| *it as u32).collect();
    let Ok(count) = u32::try_from(formats.len()) else {
        return Vec::new();
    };
    let mut all: Vec<Found> = Vec::new();
    let thorough = u32::from(thorough);
    #[allow(unsafe_code)]
    // SAFETY: `pixels` has width times height bytes, as was just seen, `formats` has `count` numbers, and both are only
    // read. The context is the vector that the callback takes it for, and nothing else holds it during the call.
    unsafe {
        let context = (&raw mut all).cast();
        foreign::barcode_cloud_read(
            pixels.as_ptr(),
            width,
            height,
            formats.as_ptr(),
            count,
            thorough,
            context,
            seen,
        );
    }
    all
}

extern "C" fn seen(context: *mut c_void, found: *const foreign::Found) {
    #[allow(unsafe_code)]
    // SAFETY: `read` gives its own vector as the context; the shim gives a `Found`, which lives until the callback has
    // returned.
    let (all, found) = unsafe { (&mut *context.cast::<Vec<Found>>(), &*found) };
    #[allow(unsafe_code)]
    // SAFETY: the text has `length` bytes at a pointer that is not null, and lives as long as the `Found`.
    let text = unsafe { std::slice::from_raw_parts(found.text, found.length as usize) };
    let bytes = match found.bytes.is_null() {
        true => &[],
        #[allow(unsafe_code)]
        // SAFETY: the pointer is not null, there are `byte_length` bytes at it, and they live as long as the `Found`.
        false => unsafe { std::slice::from_raw_parts(found.bytes, found.byte_length as usize) },
    };
    let Some(format) = Format::at(found.format) else {
        return;
    };
    let [a, b, c, d, e, f, g, h] = found.corners;
    let text = match std::str::from_utf8(bytes) {
        // The bytes of a UPC-E are those of the UPC-A that it abbreviates.
        Ok(utf8) if found.eci == 0 && format != Format::UpcE => utf8.to_owned(),
        _ => String::from_utf8_lossy(text).into_owned(),
    };
    all.push(Found {
        format,
        text,
        gs1: found.gs1 != 0,
        part: found.part != 0,
        corners: [(a, b), (c, d), (e, f), (g, h)],
    });
}
