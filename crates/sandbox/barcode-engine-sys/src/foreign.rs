//! Declarations of the types and functions in `shim/shim.cpp`.

use std::ffi::{c_char, c_uchar, c_void};

#[repr(C)]
pub(crate) struct SymbolRequest {
    pub(crate) symbology: u32,
    pub(crate) mode: i32,
    pub(crate) option1: i32,
    pub(crate) option2: i32,
    pub(crate) option3: i32,
    pub(crate) eci: i32,
    pub(crate) scale: f32,
    pub(crate) part: i32,
    pub(crate) parts: i32,
    pub(crate) primary: *const c_char,
    pub(crate) data: *const c_uchar,
    pub(crate) length: i32,
}

#[repr(C)]
pub(crate) struct Barcode {
    pub(crate) format: u32,
    pub(crate) gs1: u32,
    pub(crate) part: u32,
    pub(crate) eci: u32,
    pub(crate) length: u32,
    pub(crate) text: *const c_uchar,
    pub(crate) byte_length: u32,
    pub(crate) bytes: *const c_uchar,
    pub(crate) corners: [i32; 8],
}

pub(crate) type WriteCallback = extern "C" fn(*mut c_void, *const c_uchar, u32, u32);
pub(crate) type ErrorCallback = extern "C" fn(*mut c_void, *const c_char);
pub(crate) type ReadCallback = extern "C" fn(*mut c_void, *const Barcode);

#[allow(unsafe_code)]
// SAFETY: the signatures match those in `shim/shim.cpp`, which is compiled with this crate.
unsafe extern "C" {
    pub(crate) fn barcode_cloud_write(
        request: *const SymbolRequest,
        context: *mut c_void,
        written: WriteCallback,
        failed: ErrorCallback,
    );
    pub(crate) fn barcode_cloud_read(
        pixels: *const c_uchar,
        width: u32,
        height: u32,
        formats: *const u32,
        count: u32,
        thorough: u32,
        context: *mut c_void,
        report: ReadCallback,
    );
}
