//! Parses enumeration values from the command line, ignoring case, and suggests similar names on an
//! error.

use std::fmt::Display;
use std::str::FromStr;

use anyhow::bail;

/// Parses `text` as one of `all`. `argument` is the name of the argument in the error message.
pub(crate) fn parse<T: FromStr + Display>(
    argument: &str,
    text: &str,
    all: &[T],
) -> anyhow::Result<T> {
    match text.parse() {
        Ok(value) => Ok(value),
        Err(_) => bail!(
            "{argument}: `{}` is not one of the {} known values; did you mean {}?",
            text.escape_debug(),
            all.len(),
            nearest(text, all)
        ),
    }
}

/// Returns the three names that are most similar to `text`.
fn nearest<T: Display>(text: &str, all: &[T]) -> String {
    let text = text.to_lowercase();
    let mut names: Vec<_> = all
        .iter()
        .map(ToString::to_string)
        .map(|name| (strsim::jaro_winkler(&text, &name.to_lowercase()), name))
        .collect();
    names.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let names: Vec<_> = names.into_iter().take(3).map(|(_, name)| name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use barcode_cloud::EncodeBarcodeType;

    use super::parse;

    #[test]
    fn case_is_ignored_and_a_typo_gets_suggestions() {
        let all = EncodeBarcodeType::ALL;
        assert_eq!(
            parse("TYPE", "code128", all).unwrap(),
            EncodeBarcodeType::Code128
        );
        let error = parse("TYPE", "Code182", all).unwrap_err().to_string();
        assert!(
            error.starts_with(
                "TYPE: `Code182` is not one of the 73 known values; did you mean Code1"
            ),
            "{error}"
        );
    }
}
