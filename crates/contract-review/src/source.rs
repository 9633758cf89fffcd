//! Reads a document from a file, a git revision or a URL, with a limit on its size. It can be JSON
//! or YAML, and compressed with gzip.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use reqwest::Url;
use serde_json::Value;

use crate::Error;

/// The maximum size of a document in bytes. The published document has about 98,000.
const LIMIT: u64 = 20 * 1024 * 1024;

/// The timeout of a whole download.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The location of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A file in a git revision, written `git:REV:PATH`.
    Git {
        /// Anything that `git show` accepts: a branch, a tag or a commit.
        revision: String,
        /// The path relative to the top of the repository.
        path: String,
    },
    /// An `http` or `https` URL.
    Url(Url),
}

impl Source {
    /// Parses a command line argument: `git:REV:PATH`, an `http` or `https` URL, or else the path
    /// of a file.
    ///
    /// # Errors
    ///
    /// [`Error::Document`] when `text` starts with `git:`, `http://` or `https://` but the rest is
    /// invalid, or when the URL contains credentials.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if let Some(rest) = text.strip_prefix("git:") {
            return git_source(text, rest);
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return match Url::parse(text) {
                Ok(address) if address.username().is_empty() && address.password().is_none() => {
                    Ok(Self::Url(address))
                }
                Ok(_) => {
                    Err(Error::document("the URL", "contains a user name or password; remove them"))
                }
                Err(e) => Err(Error::document(text, format!("is not a valid URL: {e}"))),
            };
        }
        Ok(Self::File(text.into()))
    }

    /// Reads and parses the document. `root` is the folder in which `git` runs.
    ///
    /// # Errors
    ///
    /// Those of [`Source::bytes`] and [`parse`].
    pub fn read(&self, root: &Path) -> Result<Value, Error> {
        parse(&self.to_string(), &self.bytes(root)?)
    }

    /// Reads the document, decompressed if it is compressed with gzip. `root` is the folder in
    /// which `git` runs.
    ///
    /// # Errors
    ///
    /// [`Error::Document`] when the document cannot be read or is larger than 20 MiB.
    pub fn bytes(&self, root: &Path) -> Result<Vec<u8>, Error> {
        let bytes = match self {
            Self::File(path) => file_bytes(path),
            Self::Git { revision, path } => git_bytes(root, revision, path),
            Self::Url(address) => download(address),
        };
        bytes.and_then(decompressed).map_err(|reason| Error::document(self, reason))
    }
}

/// Parses a document in JSON or YAML and keeps the order of its keys. `name` identifies it in
/// errors.
///
/// # Errors
///
/// [`Error::Document`] when the document is neither, or has more nodes, aliases or levels than any
/// OpenAPI document.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Value, Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let document = match bytes.trim_ascii_start().first() {
        None => Err("is empty".into()),
        Some(b'<') => Err(
            "is not JSON or YAML but looks like HTML or XML; use the URL of the document itself"
                .into(),
        ),
        Some(b'{' | b'[') => parse_json(bytes),
        Some(_) => parse_yaml(bytes),
    };
    document.map_err(|reason| Error::document(name, reason))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Git { revision, path } => write!(f, "git:{revision}:{path}"),
            Self::Url(address) => address.fmt(f),
        }
    }
}

fn git_source(text: &str, rest: &str) -> Result<Source, Error> {
    match rest.split_once(':') {
        Some((revision, path)) if !revision.is_empty() && !path.is_empty() => {
            Ok(Source::Git { revision: revision.into(), path: path.into() })
        }
        _ => Err(Error::document(
            text,
            "must be git:REV:PATH, for example git:main:openapi/barcode-v4.json",
        )),
    }
}

fn file_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|e| format!("cannot be read: {e}"))?;
    within_limit(file)
}

/// Runs `git show` without a shell. After `--end-of-options`, git does not interpret a revision as
/// an option.
fn git_bytes(root: &Path, revision: &str, path: &str) -> Result<Vec<u8>, String> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["show", "--no-textconv", "--end-of-options"])
        .arg(format!("{revision}:{path}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("git cannot be run: {e}"))?;
    let bytes = match child.stdout.take() {
        Some(stdout) => within_limit(stdout),
        None => Err("git has no output".into()),
    };
    let output = child.wait_with_output().map_err(|e| format!("waiting for git failed: {e}"))?;
    // When the document is too large, the pipe is closed early and git fails too. Report the size,
    // not git's error.
    let bytes = bytes?;
    if output.status.success() {
        Ok(bytes)
    } else {
        let message = String::from_utf8_lossy(&output.stderr);
        Err(format!("git show failed: {}", message.trim()))
    }
}

fn download(address: &Url) -> Result<Vec<u8>, String> {
    let client = reqwest::blocking::Client::builder()
        .timeout(TIMEOUT)
        .build()
        .map_err(|e| format!("cannot create the HTTP client: {}", causes(&e)))?;
    let response = client
        .get(address.clone())
        .header("accept", "application/json, application/yaml;q=0.9, */*;q=0.5")
        .send()
        .and_then(reqwest::blocking::Response::error_for_status)
        .map_err(|e| format!("cannot be downloaded: {}", causes(&e.without_url())))?;
    within_limit(response)
}

/// The error and its chain of sources. The messages of reqwest do not include their causes.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn within_limit(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!(
            "is larger than {} MiB, the limit for an OpenAPI document",
            LIMIT / 1024 / 1024
        ));
    }
    Ok(bytes)
}

/// Decompresses `bytes` if they start like a gzip file, which no text does.
fn decompressed(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    match bytes.starts_with(b"\x1f\x8b") {
        true => within_limit(MultiGzDecoder::new(bytes.as_slice())),
        false => Ok(bytes),
    }
}

fn parse_json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|e| {
        if e.to_string().contains("recursion limit") {
            let (line, column) = (e.line(), e.column());
            format!("is nested deeper than 128 levels, line {line} column {column}")
        } else {
            format!("is not a JSON document: {e}")
        }
    })
}

/// Parses YAML 1.2. The parser limits the number of nodes, also those that aliases repeat.
fn parse_yaml(bytes: &[u8]) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 1_000_000, max_events: 4_000_000 },
        // `no` is a country, not a truth value.
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_slice_with_options(bytes, options)
        .map_err(|e| format!("is not a YAML document: {e}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::path::Path;

    use flate2::Compression;
    use flate2::read::GzEncoder;

    use super::{Source, decompressed, parse, within_limit};

    #[test]
    fn files_git_revisions_and_urls_are_recognized_and_print_as_written() {
        for text in [
            "openapi/barcode-v4.json",
            "git:main:openapi/barcode-v4.json",
            "https://example.com/a.json",
        ] {
            assert_eq!(Source::parse(text).unwrap().to_string(), text);
        }
        assert!(matches!(
            Source::parse("git:v1:a:b"),
            Ok(Source::Git { path, .. }) if path == "a:b"
        ));
    }

    #[test]
    fn incomplete_git_sources_and_passwords_are_rejected() {
        for text in ["git:", "git:main", "git::path", "git:main:"] {
            let error = Source::parse(text).unwrap_err().to_string();
            assert!(error.contains("git:REV:PATH"), "{error}");
        }
        let error = Source::parse("https://me:hidden@example.com/").unwrap_err().to_string();
        assert!(error.contains("password") && !error.contains("hidden"), "{error}");
    }

    #[test]
    fn a_revision_is_never_interpreted_as_an_option() {
        let source = Source::parse("git:--output=/tmp/never:x").unwrap();
        let error = source.read(Path::new(".")).unwrap_err().to_string();
        assert!(error.contains("git show failed"), "{error}");
    }

    #[test]
    fn json_and_yaml_are_parsed_in_their_order() {
        let yaml = "---\nb: 1 # a comment\n'200': &ok {d: no}\n404: *ok\na: [~, yes, 2026-07-01]\n";
        let json = r#"{"b":1,"200":{"d":"no"},"404":{"d":"no"},"a":[null,"yes","2026-07-01"]}"#;
        let json_with_mark = format!("\u{feff} {json}");
        for text in [yaml, json, &json_with_mark] {
            assert_eq!(parse("name", text.as_bytes()).unwrap().to_string(), json);
        }
    }

    #[test]
    fn what_is_not_a_document_is_named_in_the_error() {
        let levels = "[".repeat(100_000);
        let yaml_levels = format!("a: {levels}");
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let inner = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
        }
        for (text, expected) in [
            ("<!doctype html>", "looks like HTML"),
            ("{", "is not a JSON document: EOF"),
            (" ", "is empty"),
            ("a: 1\na: 2", "is not a YAML document: duplicate mapping key: a"),
            ("a: 1\n---\nb: 2", "is not a YAML document: multiple YAML documents"),
            (&levels, "deeper than 128 levels"),
            (&yaml_levels, "is not a YAML document: "),
            (&bomb, "alias replay limit exceeded"),
        ] {
            let error = parse("name", text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("name: ") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn gzip_is_decompressed_within_the_limit() {
        let compressed = |bytes: &mut dyn Read| {
            let mut encoder = GzEncoder::new(bytes, Compression::fast());
            let mut compressed = Vec::new();
            encoder.read_to_end(&mut compressed).unwrap();
            compressed
        };
        assert_eq!(decompressed(b"{}".to_vec()).unwrap(), b"{}");
        let mut two = compressed(&mut b"{".as_slice());
        two.extend(compressed(&mut b"}".as_slice()));
        assert_eq!(decompressed(two).unwrap(), b"{}");
        let bomb = compressed(&mut std::io::repeat(b'[').take(super::LIMIT + 1));
        let error = decompressed(bomb).unwrap_err();
        assert!(error.contains("larger than 20 MiB"), "{error}");
        let cut = &compressed(&mut b"{}".as_slice())[..12];
        let error = decompressed(cut.to_vec()).unwrap_err();
        assert!(error.starts_with("cannot be read: "), "{error}");
    }

    #[test]
    fn a_huge_document_is_rejected_before_it_is_read_completely() {
        let error = within_limit(std::io::repeat(b'[')).unwrap_err();
        assert!(error.contains("larger than 20 MiB"), "{error}");
    }
}
