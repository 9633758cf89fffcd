//! A fact about the service: a request, and what the response must be.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use barcode_cloud_sandbox::FACTS;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) evidence: Evidence,
    /// Where the fact comes from.
    pub(super) source: String,
    #[serde(default)]
    pub(super) request: Request,
    pub(super) response: Expected,
}

/// How certain a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Evidence {
    /// The service did so.
    Observed,
    /// The vendor says so.
    Documented,
    /// It is a plausible guess.
    Assumed,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Observed => "observed",
            Self::Documented => "documented",
            Self::Assumed => "assumed",
        })
    }
}

/// A request. In the values of the form, `{client_id}`, `{client_secret}` and `{random}` are
/// replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Request {
    /// The default is POST with a form or an upload, and GET without.
    pub(super) method: Option<String>,
    /// The path below the base URL. `None` for the token endpoint.
    pub(super) path: Option<String>,
    /// Whether a request to an operation has an access token.
    pub(super) authorized: bool,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) form: BTreeMap<String, String>,
    /// The image of a multipart form.
    pub(super) upload: Option<Upload>,
    /// How many times the request is sent. The last response counts.
    pub(super) repeat: u32,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: None,
            path: None,
            authorized: true,
            query: BTreeMap::new(),
            headers: BTreeMap::new(),
            form: BTreeMap::new(),
            upload: None,
            repeat: 1,
        }
    }
}

impl Request {
    /// The number of calls of operations that the request needs.
    pub(super) fn calls(&self) -> u32 {
        match (&self.path, &self.upload) {
            (None, _) => 0,
            (Some(_), Some(Upload::Barcode { .. })) => self.repeat + 1,
            (Some(_), _) => self.repeat,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Upload {
    /// A white image.
    Blank,
    /// A barcode that the server generates.
    Barcode {
        #[serde(rename = "type")]
        barcode_type: String,
        data: String,
    },
}

/// What the response must be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) status: u16,
    /// The values of headers, without parameters.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// The values at JSON pointers (RFC 6901).
    #[serde(default)]
    pub(super) json: BTreeMap<String, Value>,
    /// By how much each number in `json` may differ.
    #[serde(default)]
    pub(super) tolerance: f64,
    /// The JSON pointers at which there must be a value.
    #[serde(default)]
    pub(super) present: Vec<String>,
    /// A text that the body contains, in any case.
    pub(super) text: Option<String>,
    /// The width and the height of the image, in pixels.
    pub(super) size: Option<(u32, u32)>,
}

/// Returns all facts.
pub(super) fn facts() -> anyhow::Result<Vec<Fact>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        fact: Vec<Fact>,
    }
    let mut facts = Vec::new();
    for (name, text) in FACTS {
        facts.extend(toml::from_str::<File>(text).with_context(|| name)?.fact);
    }
    Ok(facts)
}
