//! Writing: data into rows of modules, by libzint.

use std::ffi::{CStr, CString, c_char, c_uchar, c_void};
use std::fmt;

use crate::{Symbology, foreign};

/// libzint's own limit.
const LONGEST: usize = 17_400;
/// `primary` of `struct zint_symbol`, with its NUL.
const LONGEST_PRIMARY: usize = 127;

/// How libzint is to take the data: the numbers of its `input_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(i32)]
pub enum Mode {
    /// Bytes as they are.
    Bytes = 0,
    /// UTF-8 text.
    #[default]
    Text = 1,
    /// GS1 element strings with identifiers in square brackets.
    Gs1 = 2,
}

/// A symbol to write.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Which symbol.
    pub symbology: Symbology,
    /// What the data is.
    pub mode: Mode,
    /// The data.
    pub data: &'a [u8],
    /// libzint's `option_1` to `option_3`; what they mean is told by its manual for each symbology.
    pub options: [i32; 3],
    /// The character set to name in the symbol; 0 for none.
    pub eci: i32,
    /// The primary message of a MaxiCode.
    pub primary: &'a str,
    /// This symbol's place in a file of several and their number, both counted from 1.
    pub part: Option<(u16, u16)>,
    /// Modules are drawn as squares of one pixel at 0.5, the least. Symbols of other shapes need more.
    pub scale: f32,
}

impl<'a> Order<'a> {
    /// With everything else as libzint sees fit.
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

/// Why there is no symbol, in the words of the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// The symbol as rows of pixels of equal length, `true` for dark.
///
/// # Errors
///
/// [`Refusal`] if the data is empty, longer than 17,400 bytes, or not of the symbology.
pub fn write(order: &Order<'_>) -> Result<Vec<Vec<bool>>, Refusal> {
    // libzint takes a length of 0 for "up to the NUL", and there is none.
    if order.data.is_empty() {
        return Err(Refusal("There is nothing to write.".to_owned()));
    }
    let length = i32::try_from(order.data.len()).ok();
    let length = length.filter(|_| order.data.len() <= LONGEST);
    let length = length.ok_or_else(|| Refusal(format!("It takes at most {LONGEST} bytes.")))?;
    let primary = CString::new(order.primary).ok();
    let primary = primary.filter(|it| it.count_bytes() <= LONGEST_PRIMARY);
    let primary = primary.ok_or_else(|| Refusal("The primary message is too long.".to_owned()))?;
    let (part, parts) = order.part.unwrap_or_default();
    let [option1, option2, option3] = order.options;
    let foreign = foreign::Order {
        symbology: order.symbology as u32,
        mode: order.mode as i32,
        option1,
        option2,
        option3,
        eci: order.eci,
        scale: order.scale,
        part: part.into(),
        parts: parts.into(),
        primary: primary.as_ptr(),
        data: order.data.as_ptr(),
        length,
    };
    let mut outcome: Outcome = None;
    #[allow(unsafe_code)]
    // SAFETY: `foreign` and what it points to live until the call returns: `primary` ends in NUL, `data`
    // has `length` bytes, of which there is at least one. The context is the `Outcome` that both callbacks
    // take it for, and nothing else holds it during the call.
    unsafe {
        foreign::barcode_cloud_write(&foreign, (&raw mut outcome).cast(), written, refused);
    }
    outcome.unwrap_or_else(|| Err(Refusal("The library gave no answer.".to_owned())))
}

type Outcome = Option<Result<Vec<Vec<bool>>, Refusal>>;

extern "C" fn written(context: *mut c_void, pixels: *const c_uchar, width: u32, height: u32) {
    let (width, height) = (width as usize, height as usize);
    #[allow(unsafe_code)]
    // SAFETY: `write` gives its own `Outcome` as the context, and the shim gives a bitmap of width times
    // height bytes, both of them at least 1, which libzint keeps until the callback has returned.
    let (outcome, pixels) = unsafe {
        (
            &mut *context.cast::<Outcome>(),
            std::slice::from_raw_parts(pixels, width * height),
        )
    };
    let rows = pixels.chunks_exact(width);
    let rows = rows.map(|row| row.iter().map(|pixel| *pixel == b'1').collect());
    *outcome = Some(Ok(rows.collect()));
}

extern "C" fn refused(context: *mut c_void, reason: *const c_char) {
    #[allow(unsafe_code)]
    // SAFETY: `write` gives its own `Outcome` as the context, and the shim gives a text that ends in NUL.
    let (outcome, reason) = unsafe {
        (
            &mut *context.cast::<Outcome>(),
            CStr::from_ptr(reason).to_string_lossy(),
        )
    };
    // The library begins with a number of its own: "Error 321: ".
    let reason = match reason.split_once(": ") {
        Some((number, rest)) if number.starts_with("Error") => rest,
        _ => &reason,
    };
    *outcome = Some(Err(Refusal(reason.to_owned())));
}
