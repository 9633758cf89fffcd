//! Names of the document's enumerations as people type them: in any case, with a hint for what was meant.

use std::fmt::Display;
use std::str::FromStr;

use anyhow::bail;

/// Reads `text` as one of `all`; `what` names the argument in the error.
pub(crate) fn parse<T: FromStr + Display>(what: &str, text: &str, all: &[T]) -> anyhow::Result<T> {
    match text.parse() {
        Ok(value) => Ok(value),
        Err(_) => bail!(
            "{what}: `{}` is none of the {} known ones; did you mean {}?",
            text.escape_debug(),
            all.len(),
            nearest(text, all)
        ),
    }
}

/// The three names that are most like `text`.
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
    fn any_case_is_read_and_a_slip_gets_a_hint() {
        let all = EncodeBarcodeType::ALL;
        assert_eq!(
            parse("TYPE", "code128", all).unwrap(),
            EncodeBarcodeType::Code128
        );
        let error = parse("TYPE", "Code182", all).unwrap_err().to_string();
        assert!(
            error.starts_with("TYPE: `Code182` is none of the 73 known ones; did you mean Code1"),
            "{error}"
        );
    }
}
