//! Matches the parameters of a request in the generated mocks.

use httpmock::When;
use progenitor_client::RequestBuilderExt as _;
use regex::Regex;
use serde::Serialize;

use crate::{Operation, request};

/// Matches the method and the path of `operation`, with any path parameters.
pub(crate) fn operation(when: When, operation: &Operation) -> When {
    let when = when.method(operation.method);
    when.path_matches(path_regex(operation.path, "", ""))
}

/// Matches a path parameter.
pub(crate) fn path(when: When, of: &Operation, name: &str, value: impl Serialize) -> When {
    let value = progenitor_client::encode_path(&texts(name, &value).join(","));
    when.path_matches(path_regex(of.path, name, &value))
}

/// Returns an expression for paths in which the parameter `name` has the encoded `value`, and other
/// parameters any value.
fn path_regex(template: &str, name: &str, value: &str) -> Regex {
    // The parts alternate between text and names of parameters.
    let parts = template.split(['{', '}']).enumerate();
    let pattern: String = parts
        .map(|(index, part)| match index % 2 {
            0 => regex::escape(part),
            _ if part == name => regex::escape(value),
            _ => "[^/]*".to_owned(),
        })
        .collect();
    Regex::new(&format!("^{pattern}$")).expect("the pattern consists of escaped text")
}

/// Matches a query parameter, which is missing if `value` is null or an empty list.
pub(crate) fn query(when: When, _: &Operation, name: &str, value: impl Serialize) -> When {
    let texts = texts(name, &value);
    if texts.is_empty() {
        return when.query_param_missing(name);
    }
    texts.into_iter().fold(when, |when, text| when.query_param(name, text))
}

/// Matches a header, which is missing if `value` is null or an empty list.
pub(crate) fn header(when: When, _: &Operation, name: &str, value: impl Serialize) -> When {
    let texts = texts(name, &value);
    match texts.is_empty() {
        true => when.header_missing(name),
        false => when.header(name, texts.join(",")),
    }
}

/// Matches a form field, which is missing if `value` is null or an empty list.
pub(crate) fn field(when: When, _: &Operation, name: &str, value: impl Serialize) -> When {
    let texts = texts(name, &value).into_iter();
    parts(when, name, texts.map(String::into_bytes).collect())
}

/// Matches a file in a form by its content. The file is missing if `content` is `None`.
pub(crate) fn file(when: When, _: &Operation, name: &str, content: Option<&[u8]>) -> When {
    let content = content.into_iter().map(<[u8]>::to_vec);
    parts(when, name, content.collect())
}

/// Matches a body in JSON.
pub(crate) fn json(when: When, _: &Operation, _: &str, value: impl Serialize) -> When {
    when.json_body_obj(&value)
}

/// Matches a body of the type `application/octet-stream`.
pub(crate) fn octets(when: When, _: &Operation, _: &str, content: Option<&[u8]>) -> When {
    let content = content.unwrap_or_default().to_vec();
    when.is_true(move |request| request.body_ref() == content)
}

/// Matches a body of the type `application/x-www-form-urlencoded`.
pub(crate) fn urlencoded(when: When, of: &Operation, name: &str, value: impl Serialize) -> When {
    let request = reqwest::Client::new().post("http://localhost");
    let request: Result<_, crate::Error> = request.form_urlencoded(&value);
    let request = request.and_then(|request| Ok(request.build()?));
    let request = request.expect("the value is an object");
    octets(when, of, name, request.body().and_then(reqwest::Body::as_bytes))
}

fn texts(name: &str, value: &impl Serialize) -> Vec<String> {
    request::texts(name, value).unwrap_or_else(|error| panic!("{error}"))
}

/// Matches forms whose parts called `name` have these contents.
fn parts(when: When, name: &str, contents: Vec<Vec<u8>>) -> When {
    let name = format!("; name=\"{name}\"").into_bytes();
    when.is_true(move |request| contents_of(request.body_ref(), &name) == contents)
}

/// Returns the contents of the parts whose headers contain `name`.
fn contents_of<'a>(form: &'a [u8], name: &[u8]) -> Vec<&'a [u8]> {
    let Some((boundary, _)) = cut(form, b"\r\n") else {
        return Vec::new();
    };
    let end = [b"\r\n", boundary].concat();
    let mut contents = Vec::new();
    let mut rest = form;
    while let Some((headers, after)) = cut(rest, b"\r\n\r\n") {
        let Some((content, after)) = cut(after, &end) else {
            break;
        };
        if cut(headers, name).is_some() {
            contents.push(content);
        }
        rest = after;
    }
    contents
}

/// Splits `bytes` at the first `separator`.
fn cut<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut windows = bytes.windows(separator.len());
    let at = windows.position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

#[cfg(test)]
mod tests {
    use super::{contents_of, path_regex};

    #[test]
    fn a_path_is_matched_with_its_encoded_parameter() {
        let template = "/a.b/{x}/{y}.json";
        let any = path_regex(template, "", "");
        assert!(any.is_match("/a.b/1/2.json") && !any.is_match("/aXb/1/2.json"));
        assert!(!any.is_match("/a.b/1/2/3.json"));
        let one = path_regex(template, "y", "%7B.");
        assert!(one.is_match("/a.b/1/%7B..json") && !one.is_match("/a.b/1/%7Bx.json"));
    }

    #[test]
    fn the_parts_of_a_form_are_found_by_name() {
        let part = |name: &str, content: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
        };
        let form = [part("a", "1"), part("b", "\r\n\r\n"), part("a", "2")].concat() + "--b--\r\n";
        let contents = |name: &str| contents_of(form.as_bytes(), name.as_bytes());
        assert_eq!(contents("; name=\"a\""), [b"1", b"2"]);
        assert_eq!(contents("; name=\"b\""), [b"\r\n\r\n"]);
        assert!(contents("; name=\"c\"").is_empty());
        assert!(contents_of(b"", b"a").is_empty());
    }
}
