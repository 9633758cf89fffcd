//! Parses enumeration values from the command line in any usual spelling, and suggests a similar
//! name on an error.

use std::fmt::Display;

use anyhow::{anyhow, bail};

/// Common names that differ from those of the API, as [`simplified`] returns them.
const SYNONYMS: &[(&str, &str)] = &[
    ("gs1128", "gs1code128"),
    ("i2of5", "interleaved2of5"),
    ("itf", "interleaved2of5"),
    ("jpg", "jpeg"),
    ("rmqr", "rectmicroqr"),
    ("tif", "tiff"),
    ("usps4cb", "onecode"),
];

/// The longest list of values that an error message shows.
const MAX_LISTED: usize = 8;

/// Parses `text` as one of `all`. `argument` is the name of the argument in the error message.
pub(crate) fn parse<T: Copy + Display>(argument: &str, text: &str, all: &[T]) -> anyhow::Result<T> {
    find(text, all).map_err(|error| anyhow!("{argument}: {error}"))
}

/// Parses `text` as one of `all`. Case, spaces and punctuation are ignored, and numbered values may
/// be written as the number or the letter alone: `5` is `Version05`, and `H` is `LevelH`.
pub(crate) fn find<T: Copy + Display>(text: &str, all: &[T]) -> anyhow::Result<T> {
    let name = simplified(text);
    let name = SYNONYMS
        .iter()
        .find(|(synonym, _)| *synonym == name)
        .map_or(name.as_str(), |(_, name)| name);
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    let wanted = number(name).unwrap_or_else(|| without_zeros(name));
    let is_same = |known: &&String| {
        let known = simplified(known);
        known == name || number(&known) == Some(wanted)
    };
    if let Some(index) = names.iter().position(|known| is_same(&known)) {
        return Ok(all[index]);
    }
    let text = text.escape_debug();
    match nearest(name, &names) {
        Some(nearest) => bail!("`{text}` is unknown; did you mean {nearest}?"),
        None if names.len() <= MAX_LISTED => {
            bail!("`{text}` is unknown; use {}", names.join(", "))
        }
        None => bail!(
            "`{text}` is not one of the {} known values, which `barcode types` and `--help` list",
            names.len()
        ),
    }
}

/// Returns the name in lower case, without spaces and punctuation.
pub(crate) fn simplified(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Returns the number or letter of a value such as `version05` or `levelh`, without leading zeros.
fn number(name: &str) -> Option<&str> {
    let number = name.strip_prefix("version");
    number.or_else(|| name.strip_prefix("level")).map(without_zeros)
}

fn without_zeros(number: &str) -> &str {
    match number.trim_start_matches('0') {
        "" => &number[number.len().saturating_sub(1)..],
        trimmed => trimmed,
    }
}

/// Returns the name that is most similar to `text`, if at most a third of its characters differ.
fn nearest<'a>(text: &str, names: &'a [String]) -> Option<&'a String> {
    let distance = |name: &&String| strsim::osa_distance(text, &simplified(name));
    let nearest = names.iter().min_by_key(distance)?;
    (distance(&nearest) * 3 <= text.chars().count()).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use barcode_cloud::{
        BarcodeImageFormat, EncodeBarcodeType as Type, Pdf417ErrorLevel, QrErrorLevel, QrVersion,
    };

    use super::{find, parse};

    #[test]
    fn every_value_is_found_by_its_name() {
        for barcode_type in Type::ALL {
            let name = barcode_type.to_string();
            assert_eq!(find(&name, Type::ALL).unwrap(), *barcode_type);
        }
        for version in QrVersion::ALL {
            assert_eq!(find(&version.to_string(), QrVersion::ALL).unwrap(), *version);
        }
    }

    #[test]
    fn usual_spellings_are_found() {
        for (text, expected) in [
            ("qr", Type::Qr),
            ("code128", Type::Code128),
            ("code-128", Type::Code128),
            ("GS1-128", Type::Gs1Code128),
            ("gs1 qr", Type::Gs1qr),
            ("ean_13", Type::Ean13),
            ("ITF", Type::Interleaved2of5),
        ] {
            assert_eq!(find(text, Type::ALL).unwrap(), expected, "{text}");
        }
        let format = find("JPG", BarcodeImageFormat::ALL).unwrap();
        assert_eq!(format, BarcodeImageFormat::Jpeg);
        assert_eq!(find("h", QrErrorLevel::ALL).unwrap(), QrErrorLevel::LevelH);
        for text in ["5", "05", "version 5"] {
            let version = find(text, QrVersion::ALL).unwrap();
            assert_eq!(version, QrVersion::Version05, "{text}");
        }
        let level = find("0", Pdf417ErrorLevel::ALL).unwrap();
        assert_eq!(level, Pdf417ErrorLevel::Level0);
    }

    #[test]
    fn a_typo_gets_one_suggestion_or_none() {
        for (text, ending) in [
            ("Code182", "did you mean Code128?"),
            ("aztek", "did you mean Aztec?"),
            ("xyz", "is not one of the 73 known values, which `barcode types` and `--help` list"),
        ] {
            let error = parse("TYPE", text, Type::ALL).unwrap_err().to_string();
            assert!(error.starts_with(&format!("TYPE: `{text}` is ")), "{error}");
            assert!(error.ends_with(ending), "{error}");
        }
        let error = find("webp", BarcodeImageFormat::ALL).unwrap_err();
        let expected = "`webp` is unknown; use Png, Jpeg, Svg, Tiff, Gif";
        assert_eq!(error.to_string(), expected);
    }
}
