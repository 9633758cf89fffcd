//! Conditions on requests: they select the requests that a script of faults affects, and those of
//! the log that are counted.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::Error;
use crate::contract::OperationNames;
use crate::http::query;
use crate::journal::LoggedRequest;

/// The maximum number of conditions of one kind.
const MAX_CONDITIONS: usize = 32;
/// The maximum length of a JSON path, in bytes.
const MAX_PATH: usize = 256;

/// Conditions on a request. It matches if all of them are true. Without a condition, every request
/// matches.
///
/// ```
/// use barcode_cloud_sandbox::{Fault, RequestMatcher, Script};
///
/// // The third request with this data gets 503.
/// let matcher = RequestMatcher::new().operation("GenerateBody").json("$.encodeData.data", "x");
/// Script::from(Fault::status(503)).matching(matcher).nth(3);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestMatcher {
    operation: Option<String>,
    method: Option<String>,
    headers: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
    json: BTreeMap<String, Value>,
}

impl RequestMatcher {
    /// Returns a matcher without a condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// The request calls this operation: its `operationId` in the document, in any case and with or
    /// without underscores (`ScanBase64`, `scan_base64`), or `token` for the token endpoint.
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// The request has this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// The request has a header with this name, in any case, and this value.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The request has a query parameter with this name and this value.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.insert(name.into(), value.into());
        self
    }

    /// The body is JSON with this value at `path`, which is a JSON path (RFC 9535) to a single
    /// value, such as `$.encodeData.data` or `$.barcodeTypes[0]`. The body must have at most 1 MiB
    /// and no content encoding.
    #[must_use]
    pub fn json(mut self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.json.insert(path.into(), value.into());
        self
    }

    pub(crate) fn operation_name(&self) -> Option<&str> {
        self.operation.as_deref()
    }

    /// Checks the conditions, and spells the operation as the document does.
    pub(crate) fn compile(mut self, names: &OperationNames) -> Result<CompiledMatcher, Error> {
        if let Some(operation) = self.operation.take() {
            self.operation = Some(names.known(&operation).map_err(Error::Matcher)?);
        }
        let Self { headers, query, json, .. } = &self;
        if [headers.len(), query.len(), json.len()].into_iter().any(|count| count > MAX_CONDITIONS)
        {
            let problem =
                format!("a request can have at most {MAX_CONDITIONS} conditions of a kind");
            return Err(Error::Matcher(problem));
        }
        let paths = json.iter().map(|(path, value)| Ok((json_path(path)?, value.clone())));
        let paths = paths.collect::<Result<_, Error>>()?;
        Ok(CompiledMatcher { matcher: self, paths })
    }
}

/// Parses a path to a single value. Other paths are rejected, because evaluating them can take very
/// long, and nested ones would exhaust the stack of the parser.
fn json_path(text: &str) -> Result<JsonPath, Error> {
    let invalid = |problem: &dyn std::fmt::Display| {
        Error::Matcher(format!("{text:.100} is not a JSON path to a single value: {problem}"))
    };
    if text.len() > MAX_PATH {
        return Err(invalid(&format_args!("it is longer than {MAX_PATH} bytes")));
    }
    if text.contains(['?', '*', ',', ':']) || text.contains("..") {
        return Err(invalid(&"it has a filter, a wildcard, a slice or several selectors"));
    }
    JsonPath::parse(text).map_err(|error| invalid(&error))
}

/// A matcher whose conditions were checked.
#[derive(Debug, Clone)]
pub(crate) struct CompiledMatcher {
    pub(crate) matcher: RequestMatcher,
    paths: Vec<(JsonPath, Value)>,
}

impl CompiledMatcher {
    /// Whether the body of a request has to be read.
    pub(crate) fn compares_body(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether a request of the log matches, from which secrets were removed.
    pub(crate) fn matches_logged(&self, entry: &LoggedRequest) -> bool {
        let text = entry.body.text.as_deref().filter(|_| self.compares_body());
        self.matches(&ComparedRequest {
            operation: entry.operation.as_deref(),
            method: &entry.method,
            query: Cow::Borrowed(&entry.query),
            headers: Cow::Borrowed(&entry.headers),
            json: text.and_then(|text| serde_json::from_str(text).ok()),
        })
    }

    pub(crate) fn matches(&self, request: &ComparedRequest<'_>) -> bool {
        let RequestMatcher { operation, method, headers, query, .. } = &self.matcher;
        let has_pair = |pairs: &[(String, String)], name: &str, value: &str| {
            pairs.iter().any(|pair| pair.0 == name && pair.1 == value)
        };
        operation.as_deref().is_none_or(|operation| request.operation == Some(operation))
            && method.as_deref().is_none_or(|method| request.method.eq_ignore_ascii_case(method))
            && headers
                .iter()
                .all(|(name, value)| has_pair(&request.headers, &name.to_ascii_lowercase(), value))
            && query.iter().all(|(name, value)| has_pair(&request.query, name, value))
            && self.paths.iter().all(|(path, value)| {
                let json = request.json.as_ref();
                json.is_some_and(|json| path.query(json).iter().any(|found| *found == value))
            })
    }

    /// The approximate size in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let RequestMatcher { headers, query, json, .. } = &self.matcher;
        let pairs = headers.iter().chain(query).map(|(name, value)| name.len() + value.len());
        // Each value is stored twice, and a path is stored as text and parsed.
        let json = json.iter().map(|(path, value)| 8 * path.len() + 2 * value.to_string().len());
        size_of::<Self>() + pairs.chain(json).map(|bytes| bytes + 128).sum::<usize>()
    }
}

/// What a matcher compares of a request.
pub(crate) struct ComparedRequest<'a> {
    pub(crate) operation: Option<&'a str>,
    method: &'a str,
    query: Cow<'a, [(String, String)]>,
    /// The names are in lower case.
    headers: Cow<'a, [(String, String)]>,
    json: Option<Value>,
}

impl<'a> ComparedRequest<'a> {
    /// A request that has arrived. `body` is its body, if that is compared.
    pub(crate) fn arrived(operation: &'a str, parts: &'a Parts, body: Option<&[u8]>) -> Self {
        let headers = parts.headers.iter().map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Self {
            operation: Some(operation),
            method: parts.method.as_str(),
            query: query::lossy_pairs(parts.uri.query().unwrap_or_default()).collect(),
            headers: headers.collect(),
            json: body.and_then(|body| serde_json::from_slice(body).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Document;

    fn compiled(matcher: RequestMatcher) -> Result<CompiledMatcher, Error> {
        matcher.compile(&OperationNames::of(&Document::embedded().unwrap()))
    }

    #[test]
    fn a_request_matches_if_all_conditions_are_true() {
        let request = http::Request::post("/x?data=a+b&data=c").header("X-Test", "1");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let body = br#"{"a": {"b": [1, "two"]}}"#;
        let any = RequestMatcher::new;
        for (matcher, expected) in [
            (any(), true),
            (any().operation("scan_base64").method("post"), true),
            (any().operation("Scan"), false),
            (any().method("GET"), false),
            (any().header("X-TEST", "1"), true),
            (any().header("x-test", "2"), false),
            (any().query("data", "a b").query("data", "c"), true),
            (any().query("data", "a"), false),
            (any().query("other", ""), false),
            (any().json("$.a.b[1]", "two").json("$['a'].b[0]", 1), true),
            (any().json("$.a.b[1]", "two").json("$.a.b[0]", "1"), false),
            (any().json("$.a.c", Value::Null), false),
            (any().header("x-test", "1").query("data", "d"), false),
        ] {
            let compiled = compiled(matcher.clone()).unwrap();
            let request = ComparedRequest::arrived("ScanBase64", &parts, Some(body));
            assert_eq!(compiled.matches(&request), expected, "{matcher:?}");
        }
        let without_body = ComparedRequest::arrived("ScanBase64", &parts, None);
        assert!(!compiled(any().json("$", 1)).unwrap().matches(&without_body));
    }

    #[test]
    fn a_matcher_that_is_invalid_or_too_large_is_rejected_with_the_reason() {
        let any = RequestMatcher::new;
        let many =
            |prefix: &str| (0..33).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
        let deep = format!("${}", "[?@.a".repeat(40));
        for (matcher, reason) in [
            (any().operation("Explode"), "is not an operation"),
            (any().json("a.b", 1), "JSON path"),
            (any().json("$.*", 1), "wildcard"),
            (any().json("$..a", 1), "several selectors"),
            (any().json(deep, 1), "filter"),
            (any().json(format!("$.{}", "a".repeat(300)), 1), "256 bytes"),
            (many("x").iter().fold(any(), |matcher, name| matcher.query(name, "")), "at most 32"),
        ] {
            let error = compiled(matcher).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
