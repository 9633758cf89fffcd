//! Reads a JSON document from a file, a git revision or a URL, with a limit on its size.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

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
                Ok(_) => Err(Error::document(
                    "the URL",
                    "contains a user name or password; remove them",
                )),
                Err(e) => Err(Error::document(text, format!("is not a valid URL: {e}"))),
            };
        }
        Ok(Self::File(text.into()))
    }

    /// Reads the document as JSON and keeps the order of its keys. `root` is the folder in which
    /// `git` runs.
    ///
    /// # Errors
    ///
    /// [`Error::Document`] when the document cannot be read, is larger than 20 MiB, or is not JSON.
    pub fn read(&self, root: &Path) -> Result<Value, Error> {
        let bytes = match self {
            Self::File(path) => file_bytes(path),
            Self::Git { revision, path } => git_bytes(root, revision, path),
            Self::Url(address) => download(address),
        };
        parse_json(&bytes.map_err(|reason| Error::document(self, reason))?)
            .map_err(|reason| Error::document(self, reason))
    }
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
        Some((revision, path)) if !revision.is_empty() && !path.is_empty() => Ok(Source::Git {
            revision: revision.into(),
            path: path.into(),
        }),
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
    let output = child
        .wait_with_output()
        .map_err(|e| format!("waiting for git failed: {e}"))?;
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
        .header("accept", "application/json")
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
    reader
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!(
            "is larger than {} MiB, the limit for an OpenAPI document",
            LIMIT / 1024 / 1024
        ));
    }
    Ok(bytes)
}

fn parse_json(bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| {
        let first = bytes.trim_ascii_start();
        if e.to_string().contains("recursion limit") {
            format!(
                "is nested deeper than 128 levels, line {} column {}",
                e.line(),
                e.column()
            )
        } else if first.starts_with(b"openapi:") || first.starts_with(b"---") {
            "is YAML; convert it to JSON first".into()
        } else if first.starts_with(b"<") {
            "is not JSON but looks like HTML or XML; use the URL of the document itself".into()
        } else {
            format!("is not a JSON document: {e}")
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Source, parse_json, within_limit};

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
        let error = Source::parse("https://me:hidden@example.com/")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("password") && !error.contains("hidden"),
            "{error}"
        );
    }

    #[test]
    fn a_revision_is_never_interpreted_as_an_option() {
        let source = Source::parse("git:--output=/tmp/never:x").unwrap();
        let error = source.read(Path::new(".")).unwrap_err().to_string();
        assert!(error.contains("git show failed"), "{error}");
    }

    #[test]
    fn other_formats_than_json_are_named_in_the_error() {
        for (bytes, expected) in [
            ("openapi: 3.1.0\n", "is YAML"),
            ("---\nopenapi: 3.1.0\n", "is YAML"),
            ("<!doctype html>", "looks like HTML"),
            ("{", "is not a JSON document: EOF"),
            ("", "is not a JSON document: EOF"),
        ] {
            let error = parse_json(bytes.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let deep = "[".repeat(100_000);
        let error = parse_json(deep.as_bytes()).unwrap_err();
        assert!(error.contains("deeper than 128 levels"), "{error}");
        assert!(parse_json(b"\xEF\xBB\xBF{}").is_ok());
    }

    #[test]
    fn a_huge_document_is_rejected_before_it_is_read_completely() {
        let error = within_limit(std::io::repeat(b'[')).unwrap_err();
        assert!(error.contains("larger than 20 MiB"), "{error}");
    }
}
