//! Writes arbitrary data with arbitrary options. A symbol that is written is also read.

#![no_main]

use barcode_engine_sys::{Format, Mode, SymbolRequest, Symbology, read, write};
use libfuzzer_sys::fuzz_target;

/// Most options are small numbers.
fn number(byte: u8) -> i32 {
    match byte as i8 {
        i8::MIN => i32::MIN,
        i8::MAX => i32::MAX,
        number => number.into(),
    }
}

fn scale(byte: u8) -> f32 {
    match byte as i8 {
        i8::MIN => f32::NAN,
        i8::MAX => f32::INFINITY,
        number => f32::from(number) / 16.0,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [symbology, mode, options @ ..] = bytes else { return };
    let [option1, option2, option3, eci, factor, part, parts, primary, rest @ ..] = options else {
        return;
    };
    let (primary, data) = rest.split_at(rest.len().min((*primary).into()));
    let primary = String::from_utf8_lossy(primary);
    let request = SymbolRequest {
        symbology: Symbology::ALL[usize::from(*symbology) % Symbology::ALL.len()],
        mode: [Mode::Bytes, Mode::Text, Mode::Gs1][usize::from(*mode % 3)],
        data,
        options: [*option1, *option2, *option3].map(number),
        eci: number(*eci),
        primary: &primary,
        part: (*parts > 0).then_some(((*part).into(), (*parts).into())),
        scale: scale(*factor),
    };
    let Ok(rows) = write(&request) else { return };
    let (width, height) = (rows[0].len() as u32, rows.len() as u32);
    let pixels: Vec<u8> = rows.concat().iter().map(|dark| if *dark { 0 } else { 255 }).collect();
    read(&pixels, width, height, &Format::ALL, false);
});
