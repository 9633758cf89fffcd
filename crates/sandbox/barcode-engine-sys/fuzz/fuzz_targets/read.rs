//! Reads arbitrary images. The first byte is the width. A bit of the second one decides whether
//! each bit of the rest is a pixel, or each byte.

#![no_main]

use barcode_engine_sys::{Format, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [width, flags, rest @ ..] = bytes else { return };
    let (thorough, gray) = (flags & 1 == 1, flags & 2 == 2);
    let pixel = |bit: bool| if bit { 0 } else { 255 };
    let bits = |byte: &u8| (0..8).map(move |index| byte >> index & 1 == 1).collect::<Vec<_>>();
    let pixels: Vec<u8> = match gray {
        true => rest.to_vec(),
        false => rest.iter().flat_map(bits).map(pixel).collect(),
    };
    let width = usize::from(*width).max(1);
    let height = pixels.len() / width;
    read(&pixels[..width * height], width as u32, height as u32, &Format::ALL, thorough);
});
