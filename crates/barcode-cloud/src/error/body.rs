//! What an error's body tells, read leniently: JSON or XML, whatever else stands in it. Knows no HTTP.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::Value;

/// Elements within elements of an error as XML, and more.
const DEPTH: usize = 8;

/// What an error tells of itself; nothing of what cannot be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) request_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) description: Option<String>,
}

pub(crate) fn read(body: &[u8]) -> Told {
    if let Ok(json) = serde_json::from_slice(body) {
        return of_json(&json);
    }
    std::str::from_utf8(body)
        .ok()
        .and_then(of_xml)
        .unwrap_or_default()
}

fn of_json(json: &Value) -> Told {
    let field = |pointer: &str| {
        json.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    Told {
        request_id: field("/requestId"),
        code: field("/error/code"),
        message: field("/error/message"),
        description: field("/error/description"),
    }
}

/// Of an `ApiErrorResponse` as XML, its names in any case. A page of HTML is none.
fn of_xml(text: &str) -> Option<Told> {
    let mut reader = Reader::from_str(text);
    let mut told = Told::default();
    let mut within: Vec<String> = Vec::new();
    loop {
        let Ok(event) = reader.read_event() else {
            // BodyError off or broken: what was told so far stands.
            return Some(told);
        };
        match event {
            Event::Start(element) => {
                let name = element.local_name().as_ref().to_ascii_lowercase();
                let is_error = !within.is_empty() || name == "apierrorresponse";
                if !is_error || within.len() == DEPTH {
                    return None;
                }
                within.push(name);
            }
            Event::End(_) => {
                within.pop();
            }
            Event::Text(said) => told.add(&within, &said.xml10_content()),
            Event::CData(said) => told.add(&within, &said.xml10_content()),
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(character)) => told.add(&within, character.encode_utf8(&mut [0; 4])),
                _ => told.add(
                    &within,
                    resolve_predefined_entity(&name).unwrap_or_default(),
                ),
            },
            Event::Eof => return Some(told),
            _ => {}
        }
    }
}

impl Told {
    fn add(&mut self, within: &[String], said: &str) {
        if let Some(field) = self.field(within) {
            field.get_or_insert_default().push_str(said);
        }
    }

    /// Where the text of an element goes.
    fn field(&mut self, within: &[String]) -> Option<&mut Option<String>> {
        let names: Vec<_> = within.iter().map(String::as_str).collect();
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

    use super::{Told, read};

    fn told(request_id: &str, code: &str) -> Told {
        Told {
            request_id: Some(request_id.into()),
            code: Some(code.into()),
            message: Some("it's".into()),
            ..Told::default()
        }
    }

    #[test]
    fn json_and_xml_tell_the_same() {
        let json = br#"{"requestId":"r-1","error":{"code":"c","message":"it's","innerError":5}}"#;
        let xml = b"<?xml version=\"1.0\"?>\n<ApiErrorResponse xmlns=\"x\"><RequestId>r-1</RequestId>\n<Error><Code>&#99;</Code><Message>it&apos;s</Message></Error></ApiErrorResponse>";
        assert_eq!(read(json), told("r-1", "c"));
        assert_eq!(read(xml), told("r-1", "c"));
    }

    #[test]
    fn what_was_told_before_an_answer_broke_off_stands() {
        let begun = "<ApiErrorResponse><RequestId>r-1</RequestId><Error><Code><![CDATA[c]]></Code>";
        for rest in [
            "",
            "<Message>it's</Mess",
            "<Message>it's</Other>",
            "<Message>it's&odd;</Message>",
        ] {
            let found = read(format!("{begun}{rest}").as_bytes());
            assert_eq!(found.request_id.as_deref(), Some("r-1"), "{rest}");
            assert_eq!(found.code.as_deref(), Some("c"), "{rest}");
        }
    }

    #[test]
    fn what_is_no_error_tells_nothing() {
        let deep = format!("<ApiErrorResponse>{}", "<error>".repeat(100_000));
        for body in [
            "",
            "<html><error><code>1</code></error></html>",
            "<ApiErrorResponse><",
            "\u{1}",
            "[]",
            &deep,
        ] {
            assert_eq!(read(body.as_bytes()), Told::default(), "{:.40}", body);
        }
        assert_eq!(read(b"\xff\xfe"), Told::default());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), xml in "(<[/A-Za-z!?]{0,3}[a-z >]{0,4}){0,20}") {
            read(&body);
            read(xml.as_bytes());
            read(format!("<ApiErrorResponse>{xml}").as_bytes());
        }
    }
}
