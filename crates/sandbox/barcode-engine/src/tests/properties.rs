//! Property tests: random values of each type are written and read back, and random bytes are read
//! as images.

use proptest::prelude::*;

use super::{draw, read_as};
use crate::symbology::{CODE39, digits};
use crate::{Budget, Effort, GrayImage, ReadOptions, Symbology, WriteOptions, read_image, write};

/// Few cases, so that the suite is quick; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        None => ProptestConfig { cases: 48, ..default },
    }
}

fn round_trip(name: &str, value: &str) -> Result<(), TestCaseError> {
    let image = draw(name, value).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let found = read_as(name, &image);
    prop_assert_eq!(found, vec![(name, value.to_owned())]);
    Ok(())
}

/// `length` digits with the check digit of the type.
fn number(digits: &[u32], check: impl Fn(&[u32]) -> u32) -> String {
    let all = digits.iter().copied().chain([check(digits)]);
    all.filter_map(|digit| char::from_digit(digit, 10)).collect()
}

fn some_digits(count: usize) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..10_u32, count)
}

/// All kinds of text: plain, other scripts, control characters.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,60}",
        "[0-9]{1,60}",
        "[A-Z0-9 $%*+./:-]{1,60}",
        "[a-zäöüß ]{1,40}",
        "[а-яА-Я0-9 ]{1,40}",
        prop::collection::vec(any::<char>(), 1..20).prop_map(String::from_iter),
    ]
}

/// Element strings of variable and of fixed length.
fn elements() -> impl Strategy<Value = String> {
    let gtin = some_digits(13).prop_map(|item| format!("(01){}", number(&item, digits::gs1)));
    let weight = "[0-9]{6}".prop_map(|grams| format!("(3103){grams}"));
    let free = |identifier: &'static str| {
        "[A-Za-z0-9!%&*+./:;=?_-]{1,12}".prop_map(move |value| format!("({identifier}){value}"))
    };
    let element = prop_oneof![gtin, weight, free("10"), free("21"), free("240"), free("8020")];
    prop::collection::vec(element, 1..4).prop_map(|elements| elements.concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn matrix_codes_take_any_text(
        name in prop::sample::select(vec!["QR", "Aztec", "DataMatrix", "Pdf417"]),
        value in text(),
    ) {
        // The byte order mark is lost in rxing's decoding of UTF-8.
        prop_assume!(!value.starts_with('\u{feff}'));
        round_trip(name, &value)?;
    }

    #[test]
    fn gs1_symbols_take_element_strings(
        name in prop::sample::select(vec!["GS1Code128", "GS1QR", "GS1DataMatrix"]),
        value in elements(),
    ) {
        round_trip(name, &value)?;
    }

    #[test]
    fn ascii_codes_take_all_of_ascii(
        name in prop::sample::select(vec!["Code128", "Code93"]),
        value in prop_oneof!["[ -~]{1,30}", "[0-9]{1,40}", "[\\x00-\\x7f]{1,20}"],
    ) {
        round_trip(name, &value)?;
    }

    #[test]
    fn code39_takes_its_letters(
        value in prop::collection::vec(prop::sample::select(CODE39.as_bytes()), 1..25)
    ) {
        let value: String = value.into_iter().map(char::from).collect();
        round_trip("Code39", &value)?;
    }

    #[test]
    fn code39_full_ascii_takes_all_of_ascii(value in "[\\x00-\\x7f]{1,20}") {
        round_trip("Code39FullASCII", &value)?;
    }

    #[test]
    fn codabar_takes_its_letters(value in "[A-D][0-9$:/.+-]{2,25}[A-D]") {
        round_trip("Codabar", &value)?;
    }

    #[test]
    fn interleaved_takes_pairs_of_digits(value in "([0-9]{2}){1,20}") {
        round_trip("Interleaved2of5", &value)?;
    }

    #[test]
    fn numbers_with_a_check_digit_are_read_back(
        (name, length, prefix) in prop::sample::select(vec![
            ("EAN13", 12, ""), ("EAN8", 7, ""), ("UPCA", 11, ""), ("ITF14", 13, ""), ("ITF6", 5, ""),
            ("ISBN", 12, "978"), ("ISSN", 12, "977"), ("ISMN", 12, "9790"),
        ]),
        digits in some_digits(13),
    ) {
        let prefix = digits::of(prefix).unwrap();
        let digits: Vec<_> = prefix.into_iter().chain(digits).take(length).collect();
        round_trip(name, &number(&digits, digits::gs1))?;
    }

    #[test]
    fn upce_numbers_are_read_back(system in 0..2_u32, digits in some_digits(6)) {
        let digits: Vec<_> = [system].into_iter().chain(digits).collect();
        let expanded = digits::expand_upce(&digits).unwrap();
        round_trip("UPCE", &number(&digits, |_| digits::gs1(&expanded)))?;
    }

    #[test]
    fn postal_and_pharmacy_numbers_are_read_back(digits in some_digits(13)) {
        round_trip("DeutschePostIdentcode", &number(&digits[..11], digits::deutsche_post))?;
        round_trip("DeutschePostLeitcode", &number(&digits, digits::deutsche_post))?;
        round_trip("Code32", &number(&digits[..8], digits::code32))?;
        if let Some(check) = digits::pzn(&digits[..7]) {
            round_trip("PZN", &number(&digits[..7], |_| check))?;
        }
    }

    #[test]
    fn keys_are_read_back_with_their_identifier(digits in some_digits(17)) {
        round_trip("SSCC18", &format!("(00){}", number(&digits, digits::gs1)))?;
        round_trip("EAN14", &format!("(01){}", number(&digits[..13], digits::gs1)))?;
        round_trip("SCC14", &format!("(01){}", number(&digits[..13], digits::gs1)))?;
    }

    #[test]
    fn vehicle_numbers_are_read_back(value in "[A-HJ-NPR-Z0-9]{17}") {
        round_trip("VIN", &value)?;
    }

    #[test]
    fn any_text_is_written_or_rejected_without_a_panic(
        symbology in prop::sample::select(Symbology::all().collect::<Vec<_>>()),
        value in prop::collection::vec(any::<char>(), 0..200).prop_map(String::from_iter),
        binary in any::<bool>(),
    ) {
        let _ = write(symbology, &value, &WriteOptions { binary, ..WriteOptions::default() });
    }

    #[test]
    fn noise_is_read_without_a_panic(
        width in 1..60_u32,
        height in 1..60_u32,
        seed in prop::collection::vec(any::<u8>(), 1..500),
    ) {
        let pixels = seed.iter().copied().cycle().take((width * height) as usize).collect();
        let image = GrayImage::from_vec(width, height, pixels).unwrap();
        let options = ReadOptions {
            symbologies: Symbology::all().collect(),
            effort: Effort::Excellent,
        };
        read_image(&image, &options, &Budget::unlimited());
    }
}
