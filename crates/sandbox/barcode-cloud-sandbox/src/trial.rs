//! What the fuzz targets try: whatever a body holds, it is read or refused, and nothing panics. The unit test here is
//! their smoke run, over the seeds and over random changes to them.

use std::fmt::Debug;

use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;

use crate::document::{Document, Input, Object};
use crate::picture;
use crate::request::{form_values, json_values, xml_values};
use crate::xml::Vocabulary;

/// The document, and a runtime to read forms in.
pub struct FuzzHarness {
    document: Document,
    vocabulary: Vocabulary,
    runtime: tokio::runtime::Runtime,
}

impl FuzzHarness {
    /// `None` where there is no document or no runtime, which is no matter of what is tried.
    #[must_use]
    pub fn new() -> Option<Self> {
        let document = Document::embedded().ok()?;
        let vocabulary = Vocabulary::new(document.root.clone(), document.error.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
        Some(Self {
            document,
            vocabulary,
            runtime,
        })
    }

    /// Reads `body` as the forms that draw and read; says for each whether it was one.
    pub fn multipart(&self, body: &[u8]) -> Vec<bool> {
        let media_type = HeaderValue::from_static("multipart/form-data; boundary=X");
        let body = Bytes::copy_from_slice(body);
        self.each(|schema, _| {
            let values = form_values(schema, &media_type, body.clone());
            self.runtime.block_on(values).is_ok()
        })
    }

    /// Reads `body` as each operation's XML; says for each whether it was that.
    pub fn xml(&self, body: &[u8]) -> Vec<bool> {
        self.each(|schema, published| xml_values(&self.vocabulary, schema, published, body).is_ok())
    }

    /// Reads `body` as each operation's JSON; says for each whether it was that.
    pub fn json(&self, body: &[u8]) -> Vec<bool> {
        self.each(|schema, _| json_values(schema, body).is_ok())
    }

    /// Reads `file` as a picture; says whether it was one.
    pub fn picture(&self, file: &[u8]) -> bool {
        picture::decode(file).is_ok()
    }

    fn each(&self, reads: impl Fn(&Object, &Value) -> bool) -> Vec<bool> {
        let inputs = self.document.operations.iter().map(|it| &it.input);
        inputs
            .filter_map(|input| match input {
                Input::Body {
                    schema, published, ..
                } => Some(reads(schema, published)),
                Input::Parameters(_) => None,
            })
            .collect()
    }
}

impl Debug for FuzzHarness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FuzzHarness").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::FuzzHarness;

    /// Random changes to each seed, more by `MUTATIONS=20000 cargo test -p barcode-cloud-sandbox trial`.
    fn rounds() -> u64 {
        std::env::var("MUTATIONS").map_or(200, |rounds| rounds.parse().unwrap())
    }

    /// Tries the seeds of a target, and changes to them; each seed must be read by `reads`.
    fn smoke(target: &str, reads: impl Fn(&[u8]) -> bool) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/seeds")
            .join(target);
        let mut seeds = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let seed = std::fs::read(&path).unwrap();
            let good = !path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("bad");
            assert_eq!(reads(&seed), good, "{}", path.display());
            seeds += 1;
            for round in 0..rounds() {
                reads(&changed(&seed, round));
            }
        }
        assert!(seeds > 0);
    }

    /// A byte flipped, a piece left out, a piece said twice.
    fn changed(seed: &[u8], round: u64) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(round);
        let mut bytes = seed.to_vec();
        for _ in 0..random.usize(1..5) {
            let from = random.usize(..bytes.len().max(1));
            let to = (from + random.usize(..40)).min(bytes.len());
            match random.u8(..3) {
                0 if from < bytes.len() => bytes[from] ^= 1 << random.u8(..8),
                1 => drop(bytes.drain(from.min(to)..to)),
                _ => {
                    let piece = bytes[from.min(to)..to].to_vec();
                    bytes.splice(from.min(to)..from.min(to), piece);
                }
            }
        }
        bytes
    }

    #[test]
    fn a_changed_form_is_read_or_refused() {
        let harness = FuzzHarness::new().unwrap();
        smoke("multipart", |body| harness.multipart(body).contains(&true));
    }

    #[test]
    fn changed_xml_is_read_or_refused() {
        let harness = FuzzHarness::new().unwrap();
        smoke("xml", |body| harness.xml(body).contains(&true));
    }

    #[test]
    fn changed_json_is_read_or_refused() {
        let harness = FuzzHarness::new().unwrap();
        smoke("json", |body| harness.json(body).contains(&true));
    }

    #[test]
    fn a_changed_picture_is_read_or_refused() {
        let harness = FuzzHarness::new().unwrap();
        smoke("picture", |file| harness.picture(file));
    }
}
