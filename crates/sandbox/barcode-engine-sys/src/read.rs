//! Reading: shades of grey into texts, by zxing-cpp.

use std::ffi::c_void;

use crate::{Format, foreign};

/// No barcode has so much of it; the library counts in 16 bits in places.
const LONGEST_SIDE: u32 = 32_767;

/// A barcode in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// As it was asked for.
    pub format: Format,
    /// The text, with group separators for FNC1.
    pub text: String,
    /// Whether the symbol says that its text is one of GS1.
    pub gs1: bool,
    /// Whether the symbol is one of several.
    pub part: bool,
    /// Four corners in pixels: those at the top left, top right, bottom right, bottom left of the barcode
    /// itself, however it stands.
    pub corners: [(i32, i32); 4],
}

/// All barcodes of one format in a picture of `width` times `height` shades, row by row. A picture that is
/// empty, larger than 32,767 on a side, or of another number of shades holds none.
///
/// `thorough` takes more time, and looks for light bars on dark too.
pub fn read(pixels: &[u8], width: u32, height: u32, format: Format, thorough: bool) -> Vec<Found> {
    let sides = (width as usize).checked_mul(height as usize);
    let possible = (1..=LONGEST_SIDE).contains(&width) && (1..=LONGEST_SIDE).contains(&height);
    if !possible || sides != Some(pixels.len()) {
        return Vec::new();
    }
    let mut all = Seen {
        format,
        found: Vec::new(),
    };
    let thorough = u32::from(thorough);
    #[allow(unsafe_code)]
    // SAFETY: `pixels` has width times height bytes, as was just seen, and is only read. The context is the
    // `Seen` that the callback takes it for, and nothing else holds it during the call.
    unsafe {
        let context = (&raw mut all).cast();
        let format = format as u32;
        foreign::barcode_cloud_read(
            pixels.as_ptr(),
            width,
            height,
            format,
            thorough,
            context,
            seen,
        );
    }
    all.found
}

struct Seen {
    format: Format,
    found: Vec<Found>,
}

extern "C" fn seen(context: *mut c_void, found: *const foreign::Found) {
    #[allow(unsafe_code)]
    // SAFETY: `read` gives its own `Seen` as the context; the shim gives a `Found` whose text has `length`
    // bytes at a pointer that is not null, all of which live until the callback has returned.
    let (all, found, text) = unsafe {
        let found = &*found;
        let text = std::slice::from_raw_parts(found.text, found.length as usize);
        (&mut *context.cast::<Seen>(), found, text)
    };
    let [a, b, c, d, e, f, g, h] = found.corners;
    all.found.push(Found {
        format: all.format,
        text: String::from_utf8_lossy(text).into_owned(),
        gs1: found.gs1 != 0,
        part: found.part != 0,
        corners: [(a, b), (c, d), (e, f), (g, h)],
    });
}
