//! The types that only the second engine has, one entry each.

use super::super::symbology::{Kind, Symbology, WrittenBy};
use super::super::values::{any, coupon, databar, gs1_write, read_databar, same};
use super::{Format, postal, values};

const fn entry(
    name: &'static str,
    kind: Kind,
    linear: bool,
    write: fn(&str) -> Result<String, String>,
    read: fn(&str) -> Option<String>,
) -> Symbology {
    Symbology {
        name,
        kind,
        linear,
        gs1: false,
        common: false,
        written_by: WrittenBy::Second,
        write,
        read,
    }
}

const fn bars(name: &'static str, write: fn(&str) -> Result<String, String>) -> Symbology {
    entry(name, Kind::Unread, true, write, same)
}

const fn grid(name: &'static str, write: fn(&str) -> Result<String, String>) -> Symbology {
    entry(name, Kind::Unread, false, write, same)
}

/// The engine rejects data that is too long, because it knows the limit of each symbology.
pub(crate) static SYMBOLOGIES: &[Symbology] = &[
    bars("AustraliaPost", postal::australia),
    grid("CodablockF", any),
    bars("Code11", values::code11),
    grid("Code16K", any),
    bars("DataLogic2of5", values::some_digits),
    entry(
        "DatabarLimited",
        Kind::Second(Format::DatabarLimited),
        true,
        databar,
        read_databar,
    ),
    grid("DotCode", any),
    Symbology {
        gs1: true,
        read: super::super::gs1::bracketed,
        ..grid("GS1DotCode", gs1_write)
    },
    bars("DutchKIX", any),
    grid("HanXin", any),
    bars("IATA2of5", values::some_digits),
    // The symbol is one part of a file; the other parts are not needed to read it.
    entry(
        "MacroPdf417",
        Kind::Second(Format::Pdf417),
        false,
        any,
        same,
    ),
    bars("Mailmark", any),
    bars("Matrix2of5", values::some_digits),
    entry(
        "MicroPdf417",
        Kind::Second(Format::MicroPdf417),
        false,
        any,
        same,
    ),
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
