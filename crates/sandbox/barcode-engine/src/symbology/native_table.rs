//! The types that only zint and zxing-cpp support, one entry each.

use barcode_engine_sys::Format;

use super::values::{any, coupon, databar, gs1_write, read_databar};
use super::{Decode, Kind, Symbology, WrittenBy, gs1, native_values as values, postal};

type Encode = fn(&str) -> Result<String, String>;

const fn grid(name: &'static str, encode: Encode) -> Symbology {
    Symbology {
        name,
        kind: Kind::Unreadable,
        linear: false,
        gs1: false,
        common: false,
        written_by: WrittenBy::Zint,
        encode,
        decode: Decode::Text,
    }
}

const fn bars(name: &'static str, encode: Encode) -> Symbology {
    Symbology { linear: true, ..grid(name, encode) }
}

const fn readable(format: Format, symbology: Symbology) -> Symbology {
    Symbology { kind: Kind::ZxingCpp(format), ..symbology }
}

/// zint rejects data that is too long, because it knows the limit of each symbology.
pub(super) static SYMBOLOGIES: &[Symbology] = &[
    bars("AustraliaPost", postal::australia),
    grid("CodablockF", any),
    bars("Code11", values::code11),
    grid("Code16K", any),
    bars("DataLogic2of5", values::some_digits),
    Symbology {
        decode: Decode::With(read_databar),
        ..readable(Format::DatabarLimited, bars("DatabarLimited", databar))
    },
    grid("DotCode", any),
    Symbology { gs1: true, decode: Decode::With(gs1::bracketed), ..grid("GS1DotCode", gs1_write) },
    bars("DutchKIX", any),
    grid("HanXin", any),
    bars("IATA2of5", values::some_digits),
    // The symbol is one part of a file; the other parts are not needed to read it.
    readable(Format::Pdf417, grid("MacroPdf417", any)),
    bars("Mailmark", any),
    bars("Matrix2of5", values::some_digits),
    readable(Format::MicroPdf417, grid("MicroPdf417", any)),
    bars("MSI", values::some_digits),
    bars("OneCode", postal::one_code),
    bars("Pharmacode", values::pharmacode),
    bars("Planet", postal::planet),
    bars("Postnet", postal::postnet),
    bars("RM4SCC", any),
    bars("SingaporePost", postal::singapore),
    bars("Standard2of5", values::some_digits),
    bars("UpcaGs1DatabarCoupon", coupon),
];
