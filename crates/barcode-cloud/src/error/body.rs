//! A lenient parser for the body of an error response, which may be JSON or XML. It ignores unknown
//! content and does not depend on HTTP.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::Value;

/// The maximum nesting depth of an XML error body. Known bodies are less deep.
const MAX_DEPTH: usize = 8;

/// The fields of an error body. A field that cannot be read is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) request_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) description: Option<String>,
}

pub(crate) fn read(body: &[u8]) -> ErrorBody {
    if let Ok(json) = serde_json::from_slice(body) {
        return from_json(&json);
    }
    std::str::from_utf8(body).ok().and_then(from_xml).unwrap_or_default()
}

fn from_json(json: &Value) -> ErrorBody {
    let field = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    ErrorBody {
        request_id: field("/requestId"),
        code: field("/error/code"),
        message: field("/error/message"),
        description: field("/error/description"),
    }
}

/// Reads an `ApiErrorResponse` in XML, with names in any case. Returns `None` for other documents,
/// such as HTML pages.
fn from_xml(text: &str) -> Option<ErrorBody> {
    let mut reader = Reader::from_str(text);
    let mut body = ErrorBody::default();
    let mut path: Vec<String> = Vec::new();
    loop {
        let Ok(event) = reader.read_event() else {
            // The XML is truncated or malformed: keep the fields that were read before this point.
            return Some(body);
        };
        match event {
            Event::Start(element) => {
                let name = element.local_name().as_ref().to_ascii_lowercase();
                let is_error = !path.is_empty() || name == "apierrorresponse";
                if !is_error || path.len() == MAX_DEPTH {
                    return None;
                }
                path.push(name);
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => body.append(&path, &text.xml10_content()),
            Event::CData(text) => body.append(&path, &text.xml10_content()),
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(character)) => body.append(&path, character.encode_utf8(&mut [0; 4])),
                _ => body.append(&path, resolve_predefined_entity(&name).unwrap_or_default()),
            },
            Event::Eof => return Some(body),
            _ => {}
        }
    }
}

impl ErrorBody {
    /// Appends text of the element at `path` to its field. Text of other elements is ignored.
    fn append(&mut self, path: &[String], text: &str) {
        if let Some(field) = self.field(path) {
            field.get_or_insert_default().push_str(text);
        }
    }

    /// Returns the field that holds the text of the element at `path`.
    fn field(&mut self, path: &[String]) -> Option<&mut Option<String>> {
        let names: Vec<_> = path.iter().map(String::as_str).collect();
        match names.as_slice() {
            [_, "requestid"] => Some(&mut self.request_id),
            [_, "error", "code"] => Some(&mut self.code),
            [_, "error", "message"] => Some(&mut self.message),
            [_, "error", "description"] => Some(&mut self.description),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ErrorBody, read};

    fn error_body(request_id: &str, code: &str) -> ErrorBody {
        ErrorBody {
            request_id: Some(request_id.into()),
            code: Some(code.into()),
            message: Some("it's".into()),
            ..ErrorBody::default()
        }
    }

    #[test]
    fn json_and_xml_bodies_give_the_same_fields() {
        let json = br#"{"requestId":"r-1","error":{"code":"c","message":"it's","innerError":5}}"#;
        let xml = b"<?xml version=\"1.0\"?>\n<ApiErrorResponse xmlns=\"x\"><RequestId>r-1</RequestId>\n<Error><Code>&#99;</Code><Message>it&apos;s</Message></Error></ApiErrorResponse>";
        assert_eq!(read(json), error_body("r-1", "c"));
        assert_eq!(read(xml), error_body("r-1", "c"));
    }

    #[test]
    fn fields_before_truncated_or_malformed_xml_are_kept() {
        let beginning =
            "<ApiErrorResponse><RequestId>r-1</RequestId><Error><Code><![CDATA[c]]></Code>";
        for rest in
            ["", "<Message>it's</Mess", "<Message>it's</Other>", "<Message>it's&odd;</Message>"]
        {
            let body = read(format!("{beginning}{rest}").as_bytes());
            assert_eq!(body.request_id.as_deref(), Some("r-1"), "{rest}");
            assert_eq!(body.code.as_deref(), Some("c"), "{rest}");
        }
    }

    #[test]
    fn other_bodies_give_no_fields() {
        let deep = format!("<ApiErrorResponse>{}", "<error>".repeat(100_000));
        for body in [
            "",
            "<html><error><code>1</code></error></html>",
            "<ApiErrorResponse><",
            "\u{1}",
            "[]",
            &deep,
        ] {
            assert_eq!(read(body.as_bytes()), ErrorBody::default(), "{body:.40}");
        }
        assert_eq!(read(b"\xff\xfe"), ErrorBody::default());
    }

    proptest! {
        #[test]
        fn no_body_causes_a_panic(body in proptest::collection::vec(any::<u8>(), 0..200), xml in "(<[/A-Za-z!?]{0,3}[a-z >]{0,4}){0,20}") {
            read(&body);
            read(xml.as_bytes());
            read(format!("<ApiErrorResponse>{xml}").as_bytes());
        }
    }
}
