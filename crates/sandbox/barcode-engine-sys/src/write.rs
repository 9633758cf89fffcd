//! Writes data as rows of modules with libzint.

use std::ffi::{CStr, CString, c_char, c_uchar, c_void};
use std::fmt;
use std::ops::RangeInclusive;

use crate::{Symbology, foreign};

/// The maximum length of the data in bytes, a limit of libzint.
const MAX_DATA: usize = 17_400;
/// The maximum length of the primary message, which is the size of `primary` in
/// `struct zint_symbol` without the NUL.
const MAX_PRIMARY: usize = 127;
/// The scales that are accepted. libzint converts a scale that is not a number to an arbitrary
/// size.
const SCALES: RangeInclusive<f32> = 0.5..=10.0;

/// How libzint interprets the data. The values are those of its `input_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(i32)]
pub enum Mode {
    /// Raw bytes.
    Bytes = 0,
    /// UTF-8 text.
    #[default]
    Text = 1,
    /// GS1 element strings with application identifiers in square brackets.
    Gs1 = 2,
}

/// A symbol to write.
#[derive(Debug, Clone, Copy)]
pub struct SymbolRequest<'a> {
    /// The symbology.
    pub symbology: Symbology,
    /// How the data is interpreted.
    pub mode: Mode,
    /// The data.
    pub data: &'a [u8],
    /// `option_1` to `option_3` of libzint. Its manual describes their meaning for each symbology.
    pub options: [i32; 3],
    /// The ECI number of the character set to declare in the symbol, or 0 for none.
    pub eci: i32,
    /// The primary message of a MaxiCode.
    pub primary: &'a str,
    /// The position of this symbol in a file of several symbols, counted from 1, and their number.
    pub part: Option<(u16, u16)>,
    /// The scale of the drawing, from 0.5 to 10. At 0.5, each module is one pixel. Symbols with
    /// modules that are not square need a larger scale.
    pub scale: f32,
}

impl<'a> SymbolRequest<'a> {
    /// Creates a request with the defaults of libzint for everything else.
    pub fn new(symbology: Symbology, mode: Mode, data: &'a [u8]) -> Self {
        Self {
            symbology,
            mode,
            data,
            options: [-1, 0, 0],
            eci: 0,
            primary: "",
            part: None,
            scale: 0.5,
        }
    }
}

/// The reason why the symbol could not be written, in most cases as reported by libzint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError(pub String);

impl fmt::Display for WriteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WriteError {}

/// Writes the symbol as rows of pixels of equal length, where `true` is dark.
///
/// # Errors
///
/// [`WriteError`] if the data is empty, longer than 17,400 bytes, or invalid for the symbology, or
/// if the scale is out of range.
pub fn write(request: &SymbolRequest<'_>) -> Result<Vec<Vec<bool>>, WriteError> {
    // libzint interprets a length of 0 as a string that ends in NUL, but the data has no NUL.
    if request.data.is_empty() {
        return Err(WriteError("The data is empty.".to_owned()));
    }
    let length = i32::try_from(request.data.len()).ok();
    let length = length.filter(|_| request.data.len() <= MAX_DATA);
    let length =
        length.ok_or_else(|| WriteError(format!("The data is longer than {MAX_DATA} bytes.")))?;
    if !SCALES.contains(&request.scale) {
        return Err(WriteError("The scale is not between 0.5 and 10.".to_owned()));
    }
    let primary = CString::new(request.primary).ok();
    let primary = primary.filter(|message| message.count_bytes() <= MAX_PRIMARY);
    let primary = primary.ok_or_else(|| {
        WriteError("The primary message is too long or contains a NUL.".to_owned())
    })?;
    let (part, parts) = request.part.unwrap_or_default();
    let [option1, option2, option3] = request.options;
    let foreign = foreign::SymbolRequest {
        symbology: request.symbology as u32,
        mode: request.mode as i32,
        option1,
        option2,
        option3,
        eci: request.eci,
        scale: request.scale,
        part: part.into(),
        parts: parts.into(),
        primary: primary.as_ptr(),
        data: request.data.as_ptr(),
        length,
    };
    let mut outcome: Outcome = None;
    #[allow(unsafe_code)]
    // SAFETY: `foreign` and the data it points to live until the call returns. `primary` ends in
    // NUL, and `data` has `length` bytes, at least one. The context is an `Outcome`, as both
    // callbacks expect, and there is no other reference to it during the call.
    unsafe {
        foreign::barcode_cloud_write(&foreign, (&raw mut outcome).cast(), written, failed);
    }
    outcome.unwrap_or_else(|| Err(WriteError("The library returned no result.".to_owned())))
}

type Outcome = Option<Result<Vec<Vec<bool>>, WriteError>>;

extern "C" fn written(context: *mut c_void, pixels: *const c_uchar, width: u32, height: u32) {
    let (width, height) = (width as usize, height as usize);
    #[allow(unsafe_code)]
    // SAFETY: `write` passes its `Outcome` as the context. The shim passes a bitmap of width times
    // height bytes, both at least 1, which libzint keeps until the callback returns.
    let (outcome, pixels) = unsafe {
        (&mut *context.cast::<Outcome>(), std::slice::from_raw_parts(pixels, width * height))
    };
    let rows = pixels.chunks_exact(width);
    let rows = rows.map(|row| row.iter().map(|pixel| *pixel == b'1').collect());
    *outcome = Some(Ok(rows.collect()));
}

extern "C" fn failed(context: *mut c_void, reason: *const c_char) {
    #[allow(unsafe_code)]
    // SAFETY: `write` passes its `Outcome` as the context, and the shim passes a text that ends in
    // NUL.
    let (outcome, reason) =
        unsafe { (&mut *context.cast::<Outcome>(), CStr::from_ptr(reason).to_string_lossy()) };
    // The messages of the library start with an error number, such as "Error 321: ".
    let reason = match reason.split_once(": ") {
        Some((number, rest)) if number.starts_with("Error") => rest,
        _ => &reason,
    };
    *outcome = Some(Err(WriteError(reason.to_owned())));
}
