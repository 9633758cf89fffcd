//! Known values of each type.

use std::collections::BTreeSet;

use crate::{Problem, check, rule, rules};

/// Values from standards, brochures of the issuers, and the service's documentation.
const VALID: &[(&str, &[&str])] = &[
    ("QR", &["Hello", "Привет", "\0", "日本語"]),
    (
        "AustraliaPost",
        &[
            "1159628792",
            "5912345678ABCde",
            "6201234567ASPOSE",
            "6201234567END",
            "620123456701234",
            "12345678",
        ],
    ),
    (
        "AustralianPosteParcel",
        &["99712345678901234567890103456", "(01)99312650999998(91)JDQ123456701009910010"],
    ),
    ("Aztec", &["Hello", "日本語"]),
    ("Codabar", &["A123456B", "40156", "D$-:/.+D", "A1B"]),
    ("CodablockF", &["Some text", "ünïcode"]),
    ("Code11", &["123-4552", "-"]),
    ("Code128", &["Hello world!", "\u{7f}\0", "ÿ"]),
    ("Code16K", &["ab0123456789"]),
    ("Code32", &["012345676", "01234567", "A012345676"]),
    ("Code39", &["CODE 39", "A-Z.$/+%"]),
    ("Code39FullASCII", &["Code 39\0", "*~"]),
    ("Code93", &["Code 93", "\u{7f}"]),
    ("DataLogic2of5", &["1", "123456"]),
    ("DataMatrix", &["Hello", "日本語"]),
    ("DatabarExpanded", &["(01)90012345678908(3103)001750", "(10)A"]),
    ("DatabarExpandedStacked", &["(01)98898765432106(3202)012345(15)991231"]),
    ("DatabarLimited", &["(01)15012345678907", "1501234567890", "(01)08888888888888"]),
    ("DatabarOmniDirectional", &["(01)20012345678909", "20012345678909", "(01)12345678901231"]),
    ("DatabarStacked", &["(01)00012345678905"]),
    ("DatabarStackedOmniDirectional", &["0003456789012"]),
    ("DatabarTruncated", &["(01)00012345678905"]),
    ("DeutschePostIdentcode", &["563102430313", "56310243031", "56.310 243.031"]),
    ("DeutschePostLeitcode", &["21348075016401", "2134807501640"]),
    ("DotCode", &["Hello"]),
    ("DutchKIX", &["2500GG30250", "1231FZ13XHS"]),
    ("EAN13", &["4006381333931", "590123412345", "6291041500213"]),
    ("EAN14", &["(01)09501101530003", "0950110153000"]),
    ("EAN8", &["96385074", "9638507"]),
    ("GS1Aztec", &["(01)09501101530003(10)ABC"]),
    ("GS1CodablockF", &["(01)09501101530003(10)ABC"]),
    (
        "GS1Code128",
        &[
            "(01)12345678901231(21)ASPOSE(30)9876",
            "(00)376104250021234569",
            "(21)a(b)c",
            "(8013)1987654Ad4X4bL5ttr2310c2K",
            "(3999)1",
        ],
    ),
    ("GS1DataMatrix", &["(01)09501101530003(17)250500(10)A-1"]),
    ("GS1DotCode", &["(253)9501101530003ABC"]),
    ("GS1HanXin", &["(01)09501101530003"]),
    ("GS1MicroPdf417", &["(01)09501101530003"]),
    ("GS1QR", &["(01)09501101530003(8200)http://example.com"]),
    ("HanXin", &["汉信码"]),
    ("IATA2of5", &["12345678901"]),
    (
        "ISBN",
        &["978-0-306-40615-7", "978155615484", "0-306-40615-2", "080442957X", "9791034567898"],
    ),
    ("ISMN", &["9790260000438", "979-0-2600-0043"]),
    ("ISSN", &["9770317847001", "977031784700", "0317-8471", "2434-561X"]),
    ("ITF14", &["15400141288763", "1540014128876", "(01)15400141288763"]),
    ("ITF6", &["123457", "12345"]),
    ("Interleaved2of5", &["1", "1234"]),
    ("ItalianPost25", &["12345678901", "123456789012"]),
    ("MSI", &["80523"]),
    ("MacroPdf417", &["Hello"]),
    (
        "Mailmark",
        &[
            "1100000000000XY11     ",
            "1100000000000XY11",
            "21B2254800659JW5O9QA6Y",
            "41038422416563762EF61AH8T ",
        ],
    ),
    ("Matrix2of5", &["1234"]),
    (
        "MaxiCode",
        &[
            "THIS IS A 93 CHARACTER CODE SET A MESSAGE THAT FILLS A MODE 4, UNAPPENDED, MAXICODE SYMBOL...",
        ],
    ),
    ("MicroPdf417", &["Hello"]),
    ("MicroQR", &["12345", "ABC", "日本"]),
    ("OPC", &["0207117219", "020711721", "0204897136"]),
    (
        "OneCode",
        &[
            "01234567094987654321",
            "01234567094987654321-01234",
            "0123456709498765432101234567891",
            "12345678901234567890",
        ],
    ),
    ("PZN", &["27580899", "2758089", "-27580899", "123456"]),
    ("PatchCode", &["Patch I", "Patch II", "Patch III", "Patch IV", "Patch T", "Patch VI"]),
    ("Pdf417", &["Hello"]),
    ("Pharmacode", &["3", "1234", "131070", "0003"]),
    ("Planet", &["01234567890", "123456"]),
    ("Postnet", &["12345", "123456789", "12345678901"]),
    ("RM4SCC", &["BX11LT1A", "AB12C3"]),
    ("RectMicroQR", &["Hello"]),
    ("SCC14", &["(01)09501101530003", "0950110153000"]),
    ("SSCC18", &["(00)376104250021234569", "37610425002123456"]),
    ("SingaporePost", &["018989"]),
    ("Standard2of5", &["1234567"]),
    (
        "SwissPostParcel",
        &["98.34.123456.12345678", "989967121212121212", "RM999605013CH", "0327", "123456789012"],
    ),
    ("UPCA", &["036000291452", "03600029145"]),
    ("UPCE", &["04252614", "0425261", "425261"]),
    ("UpcaGs1Code128Coupon", &["514141100906(8102)03"]),
    (
        "UpcaGs1DatabarCoupon",
        &["123456789012(8110)ASPOSE", "12345678901(8110)106141416543213150110120"],
    ),
    ("VIN", &["1M8GDM9AXKP042788", "11111111111111111"]),
];

/// Type, value, the position of the problem if it has one, and a part of the message.
#[rustfmt::skip]
const INVALID: &[(&str, &str, Option<usize>, &str)] = &[
    ("Code39", "Aspose", Some(2), "cannot hold 's'"),
    ("Code39", "*A*", Some(1), "'*'"),
    ("Code39FullASCII", "naïve", Some(3), "'ï'"),
    ("Code93", "€", Some(1), "ASCII"),
    ("Code128", "10 €", Some(4), "ISO 8859-1"),
    ("Code11", "12A", Some(3), "digits and hyphens"),
    ("Code16K", "a123456789b123456789c123456789d123456789e123456789f123456789g123456789h123456789i123456789j123456789k123456789l123456789m123456789n123456789o", None, "77 others"),
    ("Codabar", "A123", Some(4), "'3'"),
    ("Codabar", "12X4", Some(3), "'X'"),
    ("Codabar", "1A2", Some(2), "'A'"),
    ("Codabar", "AB", Some(2), "'B'"),
    ("Code32", "012345677", Some(9), "must be \"6\""),
    ("EAN13", "4006381333932", Some(13), "is \"2\" and must be \"1\""),
    ("EAN13", "1234567890123", Some(13), "must be \"8\""),
    ("EAN13", "40063813339", None, "use 12 or 13 digits"),
    ("EAN13", "400638133393100", None, "15 characters"),
    ("EAN13", "40063813339a1", Some(12), "'a'"),
    ("EAN13", "６２９１０４１５００２１３", Some(1), "cannot hold"),
    ("EAN8", "96385075", Some(8), "\"4\""),
    ("EAN14", "(01)09501101530004", Some(18), "\"3\""),
    ("EAN14", "(02)09501101530003", Some(1), "'('"),
    ("UPCA", "036000291453", Some(12), "\"2\""),
    ("UPCE", "04252615", Some(8), "\"4\""),
    ("UPCE", "24252614", Some(1), "0 or 1"),
    ("UPCE", "12345", None, "6 digits; or 7 or 8"),
    ("ISBN", "978-0-306-40615-8", Some(17), "\"7\""),
    ("ISBN", "0-306-40615-3", Some(13), "\"2\""),
    ("ISBN", "9771234567898", Some(1), "978 or 979"),
    ("ISSN", "0317-8472", Some(9), "\"1\""),
    ("ISMN", "9780306406157", Some(1), "9790"),
    ("ITF14", "15400141288764", Some(14), "\"3\""),
    ("ITF6", "123456", Some(6), "\"7\""),
    ("Interleaved2of5", "12-4", Some(3), "'-'"),
    ("Standard2of5", "R674", Some(1), "'R'"),
    ("Matrix2of5", "4534S", Some(5), "'S'"),
    ("IATA2of5", "", None, "needs data"),
    ("DataLogic2of5", "1 2", Some(2), "' '"),
    ("ItalianPost25", "1234", None, "11 or 12"),
    ("MSI", "XZ435", Some(1), "'X'"),
    ("OPC", "0207117210", Some(10), "\"9\""),
    ("PZN", "27580898", Some(8), "\"9\""),
    ("PZN", "00000780", Some(8), "not in use"),
    ("PZN", "Z45", Some(1), "'Z'"),
    ("Pharmacode", "2", None, "3 to 131070"),
    ("Pharmacode", "999999", None, "131070"),
    ("Pharmacode", "99999X9", Some(6), "'X'"),
    ("Pharmacode", "1310700", None, "7 characters"),
    ("PatchCode", "Patch V", None, "`Patch IV`"),
    ("VIN", "1M8GDM9AXKP04278O", Some(17), "'O'"),
    ("VIN", "1M8GDM9AXKP04278", None, "17"),
    ("AustraliaPost", "1059628792", Some(1), "11, 45"),
    ("AustraliaPost", "1159628792A", Some(1), "after 59 and 62 only"),
    ("AustraliaPost", "5912345678ABCdef", Some(1), "5 or 10 characters"),
    ("AustraliaPost", "59123X5678", Some(6), "'X'"),
    ("AustralianPosteParcel", "(01)09501101530004", Some(18), "(01) in AustralianPosteParcel"),
    ("DeutschePostIdentcode", "563102430314", Some(12), "\"3\""),
    ("DeutschePostLeitcode", "21348075016402", Some(14), "\"1\""),
    ("DutchKIX", "2500GG30250XA12345B", None, "1 to 18"),
    ("DutchKIX", "2500gg", Some(5), "'g'"),
    ("Mailmark", "5100000000000XY11     ", Some(1), "0 to 4"),
    ("Mailmark", "21B2254800659JW5O9CA6Y", Some(19), "'C'"),
    ("Mailmark", "21B2254800659JW5O9", None, "18 characters"),
    ("OneCode", "05234567094987654321", Some(2), "0, 1, 2, 3 or 4"),
    ("OneCode", "1234567890", None, "10 characters"),
    ("Planet", "12A", Some(3), "'A'"),
    ("Postnet", "1234-5", Some(5), "'-'"),
    ("RM4SCC", "BX1 1LT", Some(4), "' '"),
    ("SingaporePost", "01898", None, "6 digits"),
    ("SwissPostParcel", "RM999605017CH", Some(11), "is \"7\" and must be \"3\""),
    ("SwissPostParcel", "98.34.123456.1234567", None, ""),
    ("DatabarLimited", "(01)20012345678909", Some(5), "0 or 1"),
    ("DatabarOmniDirectional", "(01)01234567890123", Some(18), "\"8\""),
    ("SSCC18", "(00)376104250021234568", Some(22), "\"9\""),
    ("GS1Code128", "0109501101530003", Some(1), "application identifier in parentheses"),
    ("GS1Code128", "(01)", None, "(01) in GS1Code128 cannot hold 0"),
    ("GS1Code128", "(05)1", Some(1), "application identifier"),
    ("GS1Code128", "(10)Ж", Some(5), "(10) in GS1Code128 cannot hold 'Ж'"),
    ("GS1Code128", "(17)251301", Some(5), "a date as YYMMDD"),
    ("GS1Code128", "(11)250230", Some(5), "a date"),
    ("GS1Code128", "(10)123456789012345678901", None, "21 characters: use 1 to 20"),
    ("GS1Code128", "(8003)195011015300038", Some(7), "use 0, then 13 digits"),
    ("GS1DataMatrix", "(8013)1987654Ad4X4bL5ttr2310c2L", Some(30), "\"2K\""),
    ("GS1QR", "(01)09501101530003(21)ab€", Some(25), "'€'"),
    ("GS1QR", "(421)1", None, "(421)"),
    ("UpcaGs1Code128Coupon", "514141100907(8102)03", Some(12), "\"6\""),
    ("UpcaGs1DatabarCoupon", "514141100906", None, "application identifier"),
    ("MicroQR", "123456789012345678901234567890123456", None, "35 digits"),
];

#[test]
fn each_type_of_the_document_has_a_rule() {
    let document: serde_json::Value =
        serde_json::from_str(barcode_cloud_openapi::DOCUMENT).unwrap();
    let names = &document["components"]["schemas"]["EncodeBarcodeType"]["enum"];
    let names: Vec<&str> =
        names.as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    let ours: Vec<&str> = rules().map(|rule| rule.type_name()).collect();
    assert_eq!(ours, names);
}

#[test]
fn known_values_are_accepted() {
    for (type_name, values) in VALID {
        for value in *values {
            assert_eq!(check(type_name, value), Ok(()), "{type_name} {value}");
        }
    }
    let tried: BTreeSet<&str> = VALID.iter().map(|(type_name, _)| *type_name).collect();
    assert!(rules().all(|rule| tried.contains(rule.type_name())));
}

#[test]
fn invalid_values_are_refused_with_a_position_and_a_rule() {
    for (type_name, value, position, message) in INVALID {
        let violation = check(type_name, value).expect_err(value);
        assert!(violation.to_string().contains(message), "{type_name} {value}: {violation}");
        assert_eq!(violation.position(), *position, "{type_name} {value}: {violation}");
        assert_eq!(violation.type_name(), *type_name);
    }
}

#[test]
fn every_type_needs_data_and_unknown_types_are_not_checked() {
    for rule in rules() {
        assert_eq!(rule.check("").unwrap_err().problem(), &Problem::Empty);
    }
    assert!(rule("Ean13").is_none());
    assert_eq!(check("Ean13", "x"), Ok(()));
}

#[test]
fn the_largest_symbols_are_the_limit() {
    for (type_name, text, limit) in [
        ("QR", "1", 7089),
        ("QR", "A", 4296),
        ("QR", "a", 2953),
        ("DataMatrix", "1", 3116),
        ("Pdf417", "a", 1850),
        ("Pdf417", "ü", 1108),
        ("MicroQR", "1", 35),
        ("MicroQR", "A", 21),
        ("MicroQR", "a", 15),
        ("RectMicroQR", "A", 219),
        ("Code16K", "a", 77),
        ("HanXin", "1", 7827),
    ] {
        assert_eq!(check(type_name, &text.repeat(limit)), Ok(()), "{type_name} {text}");
        let violation = check(type_name, &text.repeat(limit + 1)).unwrap_err();
        assert_eq!(violation.problem(), &Problem::Capacity(limit + 1));
    }
}

#[test]
fn each_rule_describes_itself_and_names_its_source() {
    for rule in rules() {
        assert!(!rule.to_string().is_empty() && !rule.source().is_empty());
        let text = rule.to_string();
        let is_open = text == "1 or more characters" || text.starts_with("1 or more characters,");
        assert!(!is_open || !rule.note().is_empty(), "{}", rule.type_name());
    }
    assert_eq!(
        rule("ITF6").unwrap().to_string(),
        "5 or 6 digits, of which number 6 is a check digit"
    );
}
