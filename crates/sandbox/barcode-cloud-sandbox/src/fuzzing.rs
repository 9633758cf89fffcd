//! The entry points of the fuzz targets: every body is parsed or rejected, without a panic. The
//! unit tests run them with the seeds and with random mutations of the seeds.

use std::fmt::Debug;

use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;

use crate::contract::{Document, Input, Object};
use crate::http::xml::Vocabulary;
use crate::operations::request::{form_values, json_values, xml_values};

/// The document, and a runtime that parses forms.
pub struct FuzzHarness {
    document: Document,
    vocabulary: Vocabulary,
    runtime: tokio::runtime::Runtime,
}

impl FuzzHarness {
    /// Returns `None` if the document or the runtime is not available, which is not an error of the
    /// parsers.
    #[must_use]
    pub fn new() -> Option<Self> {
        let document = Document::embedded().ok()?;
        let vocabulary = Vocabulary::new(document.root.clone(), document.error.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
        Some(Self { document, vocabulary, runtime })
    }

    /// Parses `body` as the multipart form of each operation. Returns for each whether it was
    /// valid.
    pub fn multipart(&self, body: &[u8]) -> Vec<bool> {
        let media_type = HeaderValue::from_static("multipart/form-data; boundary=X");
        let body = Bytes::copy_from_slice(body);
        self.each(|schema, _| {
            let values = form_values(schema, &media_type, body.clone());
            self.runtime.block_on(values).is_ok()
        })
    }

    /// Parses `body` as the XML body of each operation. Returns for each whether it was valid.
    pub fn xml(&self, body: &[u8]) -> Vec<bool> {
        self.each(|schema, published| xml_values(&self.vocabulary, schema, published, body).is_ok())
    }

    /// Parses `body` as the JSON body of each operation. Returns for each whether it was valid.
    pub fn json(&self, body: &[u8]) -> Vec<bool> {
        self.each(|schema, _| json_values(schema, body).is_ok())
    }

    fn each(&self, is_valid: impl Fn(&Object, &Value) -> bool) -> Vec<bool> {
        let operations = self.document.operations.iter();
        let results = operations.filter_map(|operation| match &operation.input {
            Input::Body { schema, published, .. } => Some(is_valid(schema, published)),
            Input::Parameters(_) => None,
        });
        results.collect()
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

    /// The number of mutations of each seed.
    /// `MUTATIONS=20000 cargo test -p barcode-cloud-sandbox fuzzing` runs more.
    fn rounds() -> u64 {
        std::env::var("MUTATIONS").map_or(200, |rounds| rounds.parse().unwrap())
    }

    /// Runs a target with its seeds and with mutations of them. Seeds are valid unless their names
    /// begin with `bad`.
    fn smoke(target: &str, is_valid: impl Fn(&[u8]) -> bool) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
        let mut seeds = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let seed = std::fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            let good = !name.starts_with("bad");
            assert_eq!(is_valid(&seed), good, "{}", path.display());
            seeds += 1;
            for round in 0..rounds() {
                is_valid(&mutated(&seed, round));
            }
        }
        assert!(seeds > 0);
    }

    /// Flips a bit, removes a piece or duplicates a piece, a few times.
    fn mutated(seed: &[u8], round: u64) -> Vec<u8> {
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
    fn mutated_bodies_are_parsed_or_rejected() {
        let harness = FuzzHarness::new().unwrap();
        smoke("multipart", |body| harness.multipart(body).contains(&true));
        smoke("xml", |body| harness.xml(body).contains(&true));
        smoke("json", |body| harness.json(body).contains(&true));
    }
}
