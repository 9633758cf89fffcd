//! The rules of all types, one entry each.
//!
//! Where it is not known what the service accepts, a rule accepts the value: refusing a value that
//! the service can print is worse than sending one that it cannot. The notes give the reasons.

use crate::check_digit::Check;
use crate::form::{Field, Form, field, field_of};
use crate::rule::{Capacity, Rule};
use crate::set::*;

const MANY: usize = usize::MAX;

const ANY_TEXT: Form = Form::Fields(&[field(&ANY, 1, MANY)]);
const ANY_DIGITS: Form = Form::Fields(&[field(&DIGITS, 1, MANY)]);
const ANY_ASCII: Form = Form::Fields(&[field(&ASCII, 1, MANY)]);
/// ASCII, and the upper half of ISO 8859-1 with FNC4.
const CODE_128: Form = Form::Fields(&[field(&LATIN1, 1, MANY)]);

/// Digits with a check digit, which can be missing. The service adds it.
const fn number(lengths: &'static [usize], check: Check) -> Field {
    field_of(&DIGITS, lengths).check(check)
}

const GTIN_14: Form = Form::Prefixed("(01)", &Form::Fields(&[number(&[13, 14], Check::Gs1)]));

const COUPON: Form = Form::Pair(
    |chars| chars.iter().position(|(_, c)| *c == '(').unwrap_or(chars.len()),
    &Form::Fields(&[number(&[11, 12], Check::Gs1)]),
    &Form::Elements,
);

const fn digits(length: usize) -> Field {
    field(&DIGITS, length, length)
}

// The parts of a British postcode with a delivery point suffix, by Royal Mail's letters.
const A: Field = field(&CAPITALS, 1, 1);
const L: Field = field(&INWARD_LETTERS, 1, 1);
const N: Field = digits(1);
const S: Field = field(&SPACES, 0, 1);

const MAILMARK: Form = Form::Described(
    "format (0 to 4), version (1 to 4), class (0 to 9 or A to E), supply chain (2 or 6 digits), item (8 digits), and \
     postcode with delivery point suffix (such as JW5O9QA6Y) or XY11, with or without spaces up to 22 or 26 characters",
    &MAILMARK_PARTS,
);

const MAILMARK_PARTS: Form = Form::Pair(
    // The postcode begins at the first letter after the class.
    |chars| {
        let is_postcode = |index: &usize| !chars[*index].1.is_ascii_digit();
        (3..chars.len()).find(is_postcode).unwrap_or(chars.len())
    },
    // Format, version, class, supply chain (two digits in barcode C, six in barcode L) and item.
    &Form::Fields(&[
        digits(1).starts_with(&["0", "1", "2", "3", "4"]),
        digits(1).starts_with(&["1", "2", "3", "4"]),
        field(&MAILMARK_CLASS, 1, 1),
        field_of(&DIGITS, &[2, 6]),
        digits(8),
    ]),
    &Form::OneOf(&[
        Form::Fields(&[A, N, A, N, L, L, N, L, S]),
        Form::Fields(&[A, A, N, N, L, L, N, L, S]),
        Form::Fields(&[A, A, N, N, N, L, L, N, L]),
        Form::Fields(&[A, A, N, A, N, L, L, N, L]),
        Form::Fields(&[A, N, N, L, L, N, L, S, S]),
        Form::Fields(&[A, N, N, N, L, L, N, L, S]),
        Form::Fields(&[
            field(&CAPITALS, 2, 2).starts_with(&["XY"]),
            digits(2).starts_with(&["11"]),
            field(&SPACES, 0, 5),
        ]),
    ]),
);

/// Format control code, sorting code, and customer information of the code's length at most.
const AUSTRALIA_POST_FORM: Form = Form::Described(
    "a format control code (11, 45, 59, 62, 87 or 92), a sorting code of 8 digits, and, after 59 and 62 only, customer \
     information of up to 5 or 10 characters (letters, digits, spaces and #) or 8 or 15 digits",
    &AUSTRALIA_POST_CODES,
);

const AUSTRALIA_POST_CODES: Form = Form::OneOf(&[
    Form::Fields(&[digits(8)]),
    Form::Fields(&[digits(10).starts_with(&["11", "45", "59", "62", "87", "92"])]),
    Form::Fields(&[digits(10).starts_with(&["59"]), field(&AUSTRALIA_POST, 0, 5)]),
    Form::Fields(&[digits(10).starts_with(&["59"]), field(&DIGITS, 0, 8)]),
    Form::Fields(&[digits(10).starts_with(&["62"]), field(&AUSTRALIA_POST, 0, 10)]),
    Form::Fields(&[digits(10).starts_with(&["62"]), field(&DIGITS, 0, 15)]),
]);

const SWISS_POST: Form = Form::Ignoring(
    ". ",
    &Form::OneOf(&[
        Form::Fields(&[digits(18).starts_with(&["98", "99"])]),
        Form::Fields(&[
            field(&CAPITALS, 2, 2),
            digits(9).check(Check::S10),
            field(&CAPITALS, 2, 2).starts_with(&["CH"]),
        ]),
        Form::Fields(&[field_of(&DIGITS, &[4, 8, 12, 16, 20, 24, 28, 32, 36, 40])]),
    ]),
);

const CODABAR_FORM: Form = Form::OneOf(&[
    Form::Fields(&[field(&CODABAR, 1, MANY)]),
    Form::Fields(&[
        field(&CODABAR_GUARDS, 1, 1),
        field(&CODABAR, 1, MANY),
        field(&CODABAR_GUARDS, 1, 1),
    ]),
]);

const ISBN_FORM: Form = Form::Ignoring(
    "- ",
    &Form::OneOf(&[
        Form::Fields(&[number(&[12, 13], Check::Gs1).starts_with(&["978", "979"])]),
        Form::Fields(&[field_of(&DIGITS_AND_X, &[9, 10]).check(Check::Mod11)]),
    ]),
);

const ISSN_FORM: Form = Form::Ignoring(
    "- ",
    &Form::OneOf(&[
        Form::Fields(&[number(&[12, 13], Check::Gs1).starts_with(&["977"])]),
        Form::Fields(&[field_of(&DIGITS_AND_X, &[7, 8]).check(Check::Mod11)]),
    ]),
);

const ISMN_FORM: Form =
    Form::Ignoring("- ", &Form::Fields(&[number(&[12, 13], Check::Gs1).starts_with(&["9790"])]));

const UPC_E: Form = Form::OneOf(&[
    Form::Fields(&[digits(6)]),
    Form::Fields(&[number(&[7, 8], Check::UpcE).starts_with(&["0", "1"])]),
]);

/// The second digit of the barcode identifier is 0 to 4. A ZIP code of 0, 5, 9 or 11 digits is at
/// the end.
const ONE_CODE: Form = Form::Ignoring(
    "-",
    &Form::Fields(&[
        digits(1),
        digits(1).starts_with(&["0", "1", "2", "3", "4"]),
        field_of(&DIGITS, &[18, 23, 27, 29]),
    ]),
);

const PATCH_CODE: Form =
    Form::Words(&["Patch I", "Patch II", "Patch III", "Patch IV", "Patch T", "Patch VI"]);

const PARCEL: Form =
    Form::OneOf(&[Form::Elements, Form::Fields(&[field(&CAPITALS_AND_DIGITS, 1, MANY)])]);

/// The most digits, characters of a compact mode, and other characters that fit.
const fn capacity(digits: u32, compact: u32, compact_set: &'static Set, other: u32) -> Capacity {
    Capacity { digits, compact, compact_set, other }
}

const PDF417: Capacity = capacity(2710, 1850, &ASCII, 1108);

const DEPENDS_ON_OPTIONS: &str = "Any text. The capacity is that of the largest symbol with the least error \
     correction; options of the request can make it smaller.";
const NO_LIMIT: &str = "The symbology has no limit of length.";
const CHECK_DIGIT_ADDED: &str = "The service adds a missing check digit. The vendor's library replaces a wrong one \
     without an error, so a wrong one is refused here.";
const CHECK_DIGIT_OPTIONAL: &str = "It is not known whether the service adds a missing check digit, so a number \
     without it is accepted.";
const NOT_CHECKED: &str = "Codes of countries, currencies and others are not checked, and identifiers that are not \
     assigned yet are accepted.";

const GENSPECS: &str = "GS1 General Specifications, release 25";

const fn gs1(type_name: &'static str) -> Rule {
    Rule::new(type_name, Form::Elements, GENSPECS).noted(NOT_CHECKED)
}

pub(crate) static RULES: &[Rule] = &[
    Rule::new("QR", ANY_TEXT, "ISO/IEC 18004")
        .up_to(capacity(7089, 4296, &QR_ALPHANUMERIC, 2953))
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("AustraliaPost", AUSTRALIA_POST_FORM, "Australia Post, Customer Barcoding Technical Specifications")
        .noted("The service fills customer information that is too short. A sorting code alone is accepted, because the vendor's \
               library used to take the format control code as an option."),
    Rule::new("AustralianPosteParcel", PARCEL, "Australia Post, eParcel labels; GS1 General Specifications")
        .noted("The default value of the vendor's library is 29 digits without application identifiers."),
    Rule::new("Aztec", ANY_TEXT, "ISO/IEC 24778")
        .up_to(capacity(4992, 4992, &ASCII, 2496))
        .noted("Any text. The capacity is that of 32 layers without error correction, which no symbol reaches."),
    Rule::new("Codabar", CODABAR_FORM, "EN 798")
        .noted("The service puts A at both ends of a value without start and stop letters."),
    Rule::new("CodablockF", CODE_128, "AIM Europe, Codablock F")
        .up_to(capacity(5456, 2728, &LATIN1, 2728)),
    Rule::new("Code11", Form::Fields(&[field(&CODE11, 1, MANY)]), "Intermec, Code 11")
        .noted("Check digits are part of the value, or the service adds them. Both are accepted."),
    Rule::new("Code128", CODE_128, "ISO/IEC 15417").noted(NO_LIMIT),
    Rule::new("Code16K", CODE_128, "EN 12323").up_to(capacity(154, 77, &LATIN1, 77)),
    Rule::new(
        "Code32",
        Form::Prefixed("A", &Form::Fields(&[number(&[8, 9], Check::Code32)])),
        "Italian Ministry of Health, code of medicinal products",
    )
    .noted("The letter A is printed before the number, but is not part of the symbol."),
    Rule::new("Code39", Form::Fields(&[field(&CODE39, 1, MANY)]), "ISO/IEC 16388")
        .noted("The service drops other characters without an error: its picture of `Aspose` reads as `A`."),
    Rule::new("Code39FullASCII", ANY_ASCII, "ISO/IEC 16388, annex A").noted(NO_LIMIT),
    Rule::new("Code93", ANY_ASCII, "ANSI/AIM BC5").noted(NO_LIMIT),
    Rule::new("DataLogic2of5", ANY_DIGITS, "Datalogic, 2 of 5").noted(NO_LIMIT),
    Rule::new("DataMatrix", ANY_TEXT, "ISO/IEC 16022")
        .up_to(capacity(3116, 2335, &ASCII, 1555))
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("DatabarExpanded", Form::Elements, "ISO/IEC 24724; GS1 General Specifications, release 25")
        .up_to(capacity(77, 77, &GS1_82, 77))
        .noted(NOT_CHECKED),
    Rule::new("DatabarExpandedStacked", Form::Elements, "ISO/IEC 24724; GS1 General Specifications, release 25")
        .up_to(capacity(77, 77, &GS1_82, 77))
        .noted(NOT_CHECKED),
    Rule::new(
        "DatabarLimited",
        Form::Prefixed("(01)", &Form::Fields(&[number(&[13, 14], Check::Gs1).starts_with(&["0", "1"])])),
        "ISO/IEC 24724",
    )
    .noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("DatabarOmniDirectional", GTIN_14, "ISO/IEC 24724").noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("DatabarStacked", GTIN_14, "ISO/IEC 24724").noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("DatabarStackedOmniDirectional", GTIN_14, "ISO/IEC 24724").noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("DatabarTruncated", GTIN_14, "ISO/IEC 24724").noted(CHECK_DIGIT_OPTIONAL),
    Rule::new(
        "DeutschePostIdentcode",
        Form::Ignoring(". ", &Form::Fields(&[number(&[11, 12], Check::DeutschePost)])),
        "Deutsche Post, Identcode",
    )
    .noted(CHECK_DIGIT_OPTIONAL),
    Rule::new(
        "DeutschePostLeitcode",
        Form::Ignoring(". ", &Form::Fields(&[number(&[13, 14], Check::DeutschePost)])),
        "Deutsche Post, Leitcode",
    )
    .noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("DotCode", ANY_TEXT, "AIM, DotCode").noted("No closed rule: a symbol can have any size."),
    Rule::new("DutchKIX", Form::Fields(&[field(&CAPITALS_AND_DIGITS, 1, 18)]), "PostNL, KIX code")
        .noted("Postcode (6), number (5), X and an addition (6). The parts are not checked."),
    Rule::new("EAN13", Form::Fields(&[number(&[12, 13], Check::Gs1)]), "ISO/IEC 15420").noted(CHECK_DIGIT_ADDED),
    Rule::new("EAN14", GTIN_14, GENSPECS).noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("EAN8", Form::Fields(&[number(&[7, 8], Check::Gs1)]), "ISO/IEC 15420").noted(CHECK_DIGIT_ADDED),
    gs1("GS1Aztec"),
    gs1("GS1CodablockF"),
    gs1("GS1Code128"),
    gs1("GS1DataMatrix"),
    gs1("GS1DotCode"),
    gs1("GS1HanXin"),
    gs1("GS1MicroPdf417"),
    gs1("GS1QR"),
    Rule::new("HanXin", ANY_TEXT, "ISO/IEC 20830")
        .up_to(capacity(7827, 4350, &ASCII, 3261))
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("IATA2of5", ANY_DIGITS, "IATA, resolution 606")
        .noted("Air waybill numbers have 11 digits and a package number of 5, but the symbology takes any number."),
    Rule::new("ISBN", ISBN_FORM, "ISO 2108; ISO/IEC 15420")
        .noted("It is not known whether the service takes the form of ten characters, so it is accepted."),
    Rule::new("ISMN", ISMN_FORM, "ISO 10957; ISO/IEC 15420").noted(CHECK_DIGIT_ADDED),
    Rule::new("ISSN", ISSN_FORM, "ISO 3297; ISO/IEC 15420")
        .noted("It is not known whether the service takes the form of eight characters, so it is accepted."),
    Rule::new("ITF14", GTIN_14, "ISO/IEC 16390; GS1 General Specifications").noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("ITF6", Form::Fields(&[number(&[5, 6], Check::Gs1)]), "ISO/IEC 16390; JIS X 0502")
        .noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("Interleaved2of5", ANY_DIGITS, "ISO/IEC 16390")
        .noted("The symbology encodes pairs of digits. An odd number is accepted, because generators put a zero before it."),
    Rule::new("ItalianPost25", Form::Fields(&[field_of(&DIGITS, &[11, 12])]), "Poste Italiane")
        .noted("The algorithm of the check digit is not published, so it is not checked."),
    Rule::new("MSI", ANY_DIGITS, "MSI Data").noted("Check digits are part of the value, or the service adds them. Both are accepted."),
    Rule::new("MacroPdf417", ANY_TEXT, "ISO/IEC 15438")
        .up_to(PDF417)
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("Mailmark", MAILMARK, "Royal Mail, Mailmark barcode definition").noted(
        "It is not known whether the service adds missing spaces at the end, so a value without them is accepted.",
    ),
    Rule::new("Matrix2of5", ANY_DIGITS, "Nieaf, Matrix 2 of 5").noted(NO_LIMIT),
    Rule::new("MaxiCode", ANY_TEXT, "ISO/IEC 16023")
        .up_to(capacity(150, 100, &ANY, 100))
        .noted("The standard names 138 digits or 93 characters. Modes with a carrier message hold a little more."),
    Rule::new("MicroPdf417", ANY_TEXT, "ISO/IEC 24728")
        .up_to(capacity(366, 250, &ASCII, 150))
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("MicroQR", ANY_TEXT, "ISO/IEC 18004")
        .up_to(capacity(35, 21, &QR_ALPHANUMERIC, 15))
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("OPC", Form::Fields(&[number(&[9, 10], Check::Luhn)]), "Vision Council, Optical Product Code")
        .noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("OneCode", ONE_CODE, "USPS-B-3200"),
    Rule::new(
        "PZN",
        Form::Prefixed("-", &Form::Fields(&[number(&[6, 7, 8], Check::Pzn)])),
        "IFA, technical information on PZN8",
    )
    .noted("Seven digits are a PZN7, or a PZN8 without its check digit. Only that of eight digits is checked."),
    Rule::new("PatchCode", PATCH_CODE, "Kodak, patch codes")
        .noted("The vendor's library draws these six patterns."),
    Rule::new("Pdf417", ANY_TEXT, "ISO/IEC 15438")
        .up_to(PDF417)
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("Pharmacode", Form::Number(3, 131_070), "Laetus, Pharmacode guide")
        .noted("The vendor's library raises no error for a number that is too large."),
    Rule::new("Planet", ANY_DIGITS, "United States Postal Service, PLANET code")
        .noted("USPS defines 11 and 13 digits, but the vendor's documentation has an example of six."),
    Rule::new("Postnet", ANY_DIGITS, "United States Postal Service, Domestic Mail Manual 708.4")
        .noted("USPS defines 5, 9 and 11 digits. Other numbers are accepted, as for Planet."),
    Rule::new("RM4SCC", Form::Fields(&[field(&CAPITALS_AND_DIGITS, 1, MANY)]), "Royal Mail, 4-state customer code")
        .noted("The parts of the postcode are not checked: other countries use the symbology too."),
    Rule::new("RectMicroQR", ANY_TEXT, "ISO/IEC 23941")
        .up_to(capacity(361, 219, &QR_ALPHANUMERIC, 150))
        .noted(DEPENDS_ON_OPTIONS),
    Rule::new("SCC14", GTIN_14, GENSPECS).noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("SSCC18", Form::Prefixed("(00)", &Form::Fields(&[number(&[17, 18], Check::Gs1)])), GENSPECS)
        .noted(CHECK_DIGIT_OPTIONAL),
    Rule::new("SingaporePost", Form::Fields(&[digits(6)]), "Singapore Post, postal code"),
    Rule::new("Standard2of5", ANY_DIGITS, "Identicon, Standard 2 of 5").noted(NO_LIMIT),
    Rule::new("SwissPostParcel", SWISS_POST, "Swiss Post, barcodes for parcels; UPU S10")
        .noted("Domestic parcels, registered items abroad, or one to ten service codes. The vendor's library \
               replaces a wrong check digit without an error."),
    Rule::new("UPCA", Form::Fields(&[number(&[11, 12], Check::Gs1)]), "ISO/IEC 15420").noted(CHECK_DIGIT_ADDED),
    Rule::new("UPCE", UPC_E, "ISO/IEC 15420").noted("The vendor's examples have six, seven and eight digits."),
    Rule::new("UpcaGs1Code128Coupon", COUPON, GENSPECS).noted(NOT_CHECKED),
    Rule::new("UpcaGs1DatabarCoupon", COUPON, GENSPECS).noted(NOT_CHECKED),
    Rule::new("VIN", Form::Fields(&[field(&VIN, 17, 17)]), "ISO 3779")
        .noted("The check digit is not checked, because only North America uses it."),
];
