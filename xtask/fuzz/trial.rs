//! Runs the generator on random documents and overlays, for the fuzz targets and for an ordinary
//! test over the seeds. The result must be a client or an error. A panic is a finding.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xtask::{Error, Generated, generate_from, overlay};

/// A document and its overlay, which may be null. In JSON, an array of both.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) document: Value,
    pub(crate) overlay: Value,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json!([self.document, self.overlay]).fmt(f)
    }
}

impl Input {
    /// Parses an array of a document and an overlay, or a document without an overlay. Returns
    /// `None` if `bytes` are not JSON.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let value = serde_json::from_slice(bytes).ok()?;
        Some(match value {
            Value::Array(pair) if pair.len() == 2 => {
                Self { document: pair[0].clone(), overlay: pair[1].clone() }
            }
            document => Self { document, overlay: Value::Null },
        })
    }

    /// One of the `seeds` with a few changes. The `bytes` determine the seed and the changes.
    pub(crate) fn mutated(seeds: &[Self], bytes: &[u8]) -> Self {
        let mut choices = Choices(bytes);
        let seed = &seeds[choices.below(seeds.len())];
        let mut pair = json!([seed.document, seed.overlay]);
        for _ in 0..CHANGES {
            if !choices.0.is_empty() {
                mutate(&mut pair, &mut choices);
            }
        }
        Self { document: pair[0].take(), overlay: pair[1].take() }
    }

    pub(crate) fn run(self) -> Result<Generated, Error> {
        let actions = match &self.overlay {
            Value::Null => Vec::new(),
            overlay => overlay::parse(overlay)?,
        };
        generate_from(self.document, &actions)
    }
}

/// The top of the repository. This file is part of both xtask and its fuzz targets, which are in
/// different folders.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().find(|folder| folder.join("openapi").is_dir());
    root.unwrap_or(here).to_owned()
}

/// The seed files of the fuzz targets, and our own document and overlay.
pub(crate) fn seed_files() -> Vec<PathBuf> {
    let folders = [root().join("xtask/fuzz/seeds"), root().join("openapi")];
    let entries = folders.iter().flat_map(std::fs::read_dir).flatten();
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// The seeds of the fuzz targets that are JSON.
pub(crate) fn seeds() -> Vec<Input> {
    let small = seed_files().into_iter().filter(|path| path.starts_with(root().join("xtask")));
    let texts = small.filter_map(|path| std::fs::read(path).ok());
    texts.filter_map(|text| Input::parse(&text)).collect()
}

/// Our own document and overlay. `None` if a file is missing.
pub(crate) fn ours() -> Option<Input> {
    let read = |name: &str| {
        let text = std::fs::read(root().join("openapi").join(name)).ok()?;
        serde_json::from_slice(&text).ok()
    };
    Some(Input { document: read("barcode-v4.json")?, overlay: read("overlay.json")? })
}

/// Makes choices from bytes. When the bytes are used up, every choice is the first.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        let (taken, rest) = self.0.split_at(self.0.len().min(2));
        self.0 = rest;
        let number = taken.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
        number % limit.max(1)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// The maximum number of changes to a seed. It is small because copying a value can double the
/// document.
const CHANGES: usize = 12;

/// Names with a meaning in OpenAPI or Rust, and names without one.
const NAMES: [&str; 44] = [
    "$ref",
    "type",
    "format",
    "enum",
    "nullable",
    "properties",
    "required",
    "items",
    "allOf",
    "additionalProperties",
    "minimum",
    "maximum",
    "minLength",
    "maxItems",
    "description",
    "default",
    "example",
    "schema",
    "content",
    "encoding",
    "parameters",
    "requestBody",
    "responses",
    "headers",
    "operationId",
    "in",
    "name",
    "style",
    "application/json",
    "multipart/form-data",
    "image/png",
    "default",
    "200",
    "404",
    "get",
    "trace",
    "FilePart",
    "self",
    "Self",
    "1",
    "",
    "-",
    "é ü",
    "r#fn",
];

/// Changes one place of `document`: removes or renames it, or replaces it by an unusual value or a
/// copy of another place.
fn mutate(document: &mut Value, choices: &mut Choices<'_>) {
    let mut all = Vec::new();
    places(document, &mut String::new(), &mut all);
    let place = choices.one_of(&all).clone();
    let change = choices.below(6);
    let value = match change {
        0 | 1 => Value::Null,
        2 | 3 => odd(choices),
        _ => {
            let other = choices.one_of(&all);
            document.pointer(other).cloned().unwrap_or_default()
        }
    };
    let name = choices.one_of(&NAMES);
    match (change, document.pointer_mut(&place)) {
        (0, _) => drop(take(document, &place)),
        (1, _) => rename(document, &place, name),
        (2 | 4, Some(node)) => *node = value,
        (_, Some(Value::Object(map))) => drop(map.insert((*name).to_owned(), value)),
        (_, Some(Value::Array(items))) => items.push(value),
        (_, Some(node)) => *node = value,
        (_, None) => {}
    }
}

fn odd(choices: &mut Choices<'_>) -> Value {
    let name = *choices.one_of(&NAMES);
    choices
        .one_of(&[
            Value::Null,
            json!(true),
            json!(false),
            json!(-1),
            json!(1e300),
            json!([]),
            json!({}),
            json!(name),
            json!([name]),
            json!({name: name}),
            json!({"type": name}),
            json!("a b/{c}"),
            json!("#/components/schemas/Thing"),
            json!({"$ref": "#/components/schemas/Thing"}),
            json!("$..*"),
        ])
        .clone()
}

/// Collects the places of all values below `node`, whose place is `at`.
fn places(node: &Value, at: &mut String, found: &mut Vec<String>) {
    let mut each = |key: &str, value: &Value| {
        let length = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        found.push(at.clone());
        places(value, at, found);
        at.truncate(length);
    };
    match node {
        Value::Object(map) => map.iter().for_each(|(key, value)| each(key, value)),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| each(&index.to_string(), value));
        }
        _ => {}
    }
}

/// Removes the value at `place`. The document and the overlay themselves are not removed.
fn take(document: &mut Value, place: &str) -> Option<Value> {
    let (parent, key) = place.rsplit_once('/').filter(|(parent, _)| !parent.is_empty())?;
    match document.pointer_mut(parent)? {
        Value::Object(map) => map.shift_remove(&key.replace("~1", "/").replace("~0", "~")),
        Value::Array(items) => Some(items.remove(key.parse().ok()?)),
        _ => None,
    }
}

fn rename(document: &mut Value, place: &str, name: &str) {
    let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    if let Some(value) = take(document, place)
        && let Some(Value::Object(map)) = document.pointer_mut(parent)
    {
        map.insert(name.to_owned(), value);
    }
}
