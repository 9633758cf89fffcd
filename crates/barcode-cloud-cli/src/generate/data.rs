//! Reads the data of a barcode from the command line, from standard input or from a file.

use anyhow::Context as _;
use barcode_cloud::Data;
use tokio::io::AsyncReadExt as _;

/// Returns the data that the argument stands for: `-` is standard input without a trailing newline,
/// `@FILE` is the content of a file, and `@@` at the beginning is a single `@`.
pub(super) async fn read(argument: &str) -> anyhow::Result<Data> {
    if argument == "-" {
        let mut bytes = Vec::new();
        let read = tokio::io::stdin().read_to_end(&mut bytes).await;
        read.context("cannot read standard input")?;
        return Ok(data(without_newline(bytes)));
    }
    match argument.strip_prefix('@') {
        None => Ok(argument.into()),
        Some(text) if text.starts_with('@') => Ok(text.into()),
        Some(path) => {
            let bytes = tokio::fs::read(path).await.with_context(|| {
                format!("cannot read `{path}`; write `@@` for data that begins with `@`")
            })?;
            Ok(data(bytes))
        }
    }
}

/// Bytes that are not UTF-8 are sent as bytes. The encoded data is the same in both cases.
fn data(bytes: Vec<u8>) -> Data {
    String::from_utf8(bytes).map_or_else(|error| error.into_bytes().into(), Data::from)
}

fn without_newline(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.pop_if(|byte| *byte == b'\n').is_some() {
        bytes.pop_if(|byte| *byte == b'\r');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::without_newline;

    #[test]
    fn one_newline_is_removed() {
        for (text, expected) in
            [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("\n", ""), ("", "")]
        {
            assert_eq!(without_newline(text.into()), expected.as_bytes());
        }
    }
}
