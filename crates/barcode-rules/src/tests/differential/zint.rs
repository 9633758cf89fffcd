//! The comparison with libzint.

use barcode_engine_sys::{Mode, SymbolRequest, Symbology, WriteError, write};

use super::Accepted::{Here, There};
use super::{Known, compare_all, known};
use crate::form::Form;
use crate::rule;

/// libzint has no symbology for Singapore Post: it is Royal Mail's with six digits.
const TYPES: &[(&str, Symbology)] = &[
    ("AustraliaPost", Symbology::AustraliaPost),
    ("Aztec", Symbology::Aztec),
    ("CodablockF", Symbology::CodablockF),
    ("Code11", Symbology::Code11),
    ("Code16K", Symbology::Code16K),
    ("DataLogic2of5", Symbology::DataLogic2of5),
    ("DatabarExpanded", Symbology::DatabarExpanded),
    ("DatabarExpandedStacked", Symbology::DatabarExpandedStacked),
    ("DatabarLimited", Symbology::DatabarLimited),
    ("DatabarOmniDirectional", Symbology::DatabarOmniDirectional),
    ("DatabarStacked", Symbology::DatabarStacked),
    ("DatabarStackedOmniDirectional", Symbology::DatabarStackedOmniDirectional),
    ("DatabarTruncated", Symbology::DatabarOmniDirectional),
    ("DotCode", Symbology::DotCode),
    ("DutchKIX", Symbology::DutchKix),
    ("GS1Aztec", Symbology::Aztec),
    ("GS1DotCode", Symbology::DotCode),
    ("HanXin", Symbology::HanXin),
    ("IATA2of5", Symbology::Iata2of5),
    ("MSI", Symbology::Msi),
    ("MacroPdf417", Symbology::Pdf417),
    ("Mailmark", Symbology::Mailmark),
    ("Matrix2of5", Symbology::Matrix2of5),
    ("MaxiCode", Symbology::MaxiCode),
    ("MicroPdf417", Symbology::MicroPdf417),
    ("MicroQR", Symbology::MicroQr),
    ("OneCode", Symbology::OneCode),
    ("Pdf417", Symbology::Pdf417),
    ("Pharmacode", Symbology::Pharmacode),
    ("Planet", Symbology::Planet),
    ("Postnet", Symbology::Postnet),
    ("RM4SCC", Symbology::RoyalMail),
    ("RectMicroQR", Symbology::RectMicroQr),
    ("Standard2of5", Symbology::Industrial2of5),
];

const ELEMENTS: &[&str] = &["DatabarExpanded", "DatabarExpandedStacked", "GS1Aztec", "GS1DotCode"];

const KNOWN: &[Known] = &[
    known(ELEMENTS, Here, "Invalid AI", "identifiers that are not assigned yet are accepted"),
    known(ELEMENTS, There, "Some(", "libzint only warns about the content of a value"),
    known(ELEMENTS, There, "ApplicationIdentifier", "libzint reads (030) as (30)")
        .about(|value| value.contains("(0")),
    known(
        ELEMENTS,
        Here,
        "Invalid data length for AI",
        "the structure of bank accounts and others is not checked",
    ),
    known(
        &["DatabarExpanded", "DatabarExpandedStacked"],
        Here,
        "too long",
        "the room that a value takes depends on its characters; only the limit of 77 is checked",
    ),
    known(
        &["DatabarExpanded", "DatabarExpandedStacked"],
        Here,
        "Invalid character in General Field",
        "DataBar has no #, which (8010) allows",
    )
    .about(|value| value.contains('#')),
    known(
        &[
            "DatabarLimited",
            "DatabarOmniDirectional",
            "DatabarStacked",
            "DatabarStackedOmniDirectional",
            "DatabarTruncated",
        ],
        There,
        "Length(",
        "libzint puts zeros before a short number; an identifier (01) needs all digits",
    ),
    known(
        &["AustraliaPost"],
        Here,
        "no symbology for this code and length",
        "the service fills customer information that is too short",
    ),
    known(
        &["DutchKIX", "Mailmark", "RM4SCC"],
        There,
        "Character(",
        "libzint converts small letters, which the symbology does not have",
    )
    .about(|value| value.contains(|c: char| c.is_ascii_lowercase())),
    known(
        &["Mailmark"],
        Here,
        "Invalid",
        "libzint takes a barcode L without the spaces at its end for a barcode C",
    )
    .about(|value| value.len() <= 22),
    known(
        &["MicroQR"],
        Here,
        "Invalid character",
        "a Micro QR symbol declares no character set, but the service may write other bytes",
    )
    .about(|value| value.contains(|c: char| c > '\u{7e}')),
    known(&["MicroQR"], Here, "too long", "the room that changes of the mode take is not counted"),
    known(
        &["Aztec", "CodablockF", "Code16K", "MacroPdf417", "MaxiCode", "Pdf417"],
        Here,
        "too long",
        "the limit is an upper bound: see the notes of the rules",
    ),
];

#[test]
fn rules_and_libzint_agree() {
    compare_all(TYPES, KNOWN, |type_name, symbology, value| {
        let (symbology, mode, data) = adapt(type_name, symbology, value)?;
        let order = SymbolRequest {
            part: (type_name == "MacroPdf417").then_some((1, 2)),
            ..SymbolRequest::new(symbology, mode, &data)
        };
        write(&order).map(|_| ()).map_err(|WriteError(reason)| reason)
    });
}

/// The value in the notation of libzint.
fn adapt(
    type_name: &str,
    symbology: Symbology,
    value: &str,
) -> Result<(Symbology, Mode, Vec<u8>), String> {
    let text = match (type_name, rule(type_name).map(|rule| &rule.form)) {
        ("AustraliaPost", _) => return australia_post(value),
        ("OneCode", _) => one_code(value),
        // The text mode has no control characters above 127.
        ("CodablockF" | "Code16K", _) => {
            let bytes: Result<_, _> = value.chars().map(u8::try_from).collect();
            return Ok((symbology, Mode::Bytes, bytes.map_err(|_| "not a byte")?));
        }
        (_, Some(Form::Elements)) => {
            return Ok((symbology, Mode::Gs1, in_brackets(value).into_bytes()));
        }
        (_, Some(Form::Prefixed(prefix, _))) => {
            value.strip_prefix(prefix).unwrap_or(value).to_owned()
        }
        _ => value.to_owned(),
    };
    Ok((symbology, Mode::Text, text.into_bytes()))
}

/// libzint derives the format control code from the symbology and the length.
fn australia_post(value: &str) -> Result<(Symbology, Mode, Vec<u8>), String> {
    let (code, rest) = match value.len() {
        8 => ("11", value),
        _ => value.split_at_checked(2).unwrap_or_default(),
    };
    let symbology = match (code, rest.len()) {
        ("11", 8) | ("59", 13 | 16) | ("62", 18 | 23) => Symbology::AustraliaPost,
        ("45", 8) => Symbology::AustraliaPostReply,
        ("87", 8) => Symbology::AustraliaPostRouting,
        ("92", 8) => Symbology::AustraliaPostRedirection,
        _ => return Err("no symbology for this code and length".to_owned()),
    };
    Ok((symbology, Mode::Text, rest.into()))
}

/// A hyphen separates the ZIP code.
fn one_code(value: &str) -> String {
    let mut plain = value.replace('-', "");
    if plain.len() > 20 && plain.is_char_boundary(20) {
        plain.insert(20, '-');
    }
    plain
}

/// Replaces the parentheses of identifiers by brackets, which no value can have.
fn in_brackets(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let identifier = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let is_identifier = |digits: &str| {
            (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        match identifier {
            Some((digits, after)) if is_identifier(digits) => {
                text += &format!("[{digits}]");
                rest = after;
            }
            _ => {
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    text
}
