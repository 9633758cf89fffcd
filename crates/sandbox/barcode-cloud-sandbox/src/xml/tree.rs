//! XML text into a tree, within bounds: no document type, so no entities and nothing from outside;
//! not deep, not of many elements.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Deeper than any body of the document.
const DEEPEST: usize = 32;
/// More elements than any body has.
const MOST_ELEMENTS: usize = 10_000;
/// More attributes than any element has, declarations of namespaces included. Each is compared with
/// all before it, because none may be given twice.
const MOST_ATTRIBUTES: usize = 32;

/// An element.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Node {
    /// Without a prefix.
    pub(super) name: String,
    /// Told to be null, by `xsi:nil`.
    pub(super) nil: bool,
    /// All text directly in it.
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

/// The root element of `text`.
pub(super) fn parse(text: &[u8]) -> Result<Node, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8")?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut builder = Builder::default();
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        if event == Event::Eof {
            return builder.finish();
        }
        builder.take(event)?;
    }
}

#[derive(Default)]
struct Builder {
    open: Vec<Node>,
    root: Option<Node>,
    elements: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.begin(&tag)?,
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content())?,
            Event::CData(text) => self.text(&text.xml10_content())?,
            Event::GeneralRef(name) => self.text(&reference(&name)?)?,
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose();
                let encoding = encoding.map_err(|error| error.to_string())?;
                if encoding.is_some_and(|it| !it.eq_ignore_ascii_case("utf-8")) {
                    return Err("it is not declared to be UTF-8".to_owned());
                }
            }
            Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
            Event::PI(_) => return Err("processing instructions are not allowed".to_owned()),
            Event::Comment(_) | Event::Empty(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        if self.root.is_some() {
            return Err("there is more than one root element".to_owned());
        }
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return Err(format!("it has more than {MOST_ELEMENTS} elements"));
        }
        if self.open.len() >= DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        let mut node = Node {
            name: tag.local_name().as_ref().to_owned(),
            ..Node::default()
        };
        for (count, attribute) in tag.attributes().enumerate() {
            if count >= MOST_ATTRIBUTES {
                return Err(format!(
                    "an element has more than {MOST_ATTRIBUTES} attributes"
                ));
            }
            let attribute = attribute.map_err(|error| error.to_string())?;
            let key = attribute.key;
            if key.as_namespace_binding().is_some() {
                continue;
            }
            match (key.local_name().as_ref(), &*attribute.value) {
                ("nil", "true" | "1") => node.nil = true,
                ("nil", "false" | "0") => {}
                _ => {
                    return Err(format!("the attribute {:.100} is not known", key.as_ref()));
                }
            }
        }
        self.open.push(node);
        Ok(())
    }

    /// The reader has seen to it that tags match.
    fn end(&mut self) {
        if let Some(node) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.children.push(node),
                None => self.root = Some(node),
            }
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(node) => node.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err("there is text outside of the root element".to_owned()),
        }
        Ok(())
    }

    fn finish(self) -> Result<Node, String> {
        match (self.open.last(), self.root) {
            (Some(open), _) => Err(format!("the element {:.100} does not end", open.name)),
            (None, Some(root)) => Ok(root),
            (None, None) => Err("it has no root element".to_owned()),
        }
    }
}

/// What a character reference or one of XML's five own entities stands for. Others would need a
/// document type.
fn reference(name: &BytesRef<'_>) -> Result<String, String> {
    let text: &str = name;
    let wrong = || format!("the entity {text:.100} is not known");
    match name.resolve_char_ref() {
        Ok(Some(letter)) => Ok(letter.to_string()),
        Ok(None) => quick_xml::escape::resolve_xml_entity(text)
            .map(str::to_owned)
            .ok_or_else(wrong),
        Err(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_references_and_character_data_make_one_text() {
        let text = "\u{feff}<?xml version='1.0' encoding='UTF-8'?><!-- a --> \
                    <n:A xmlns:n='urn:x'>a&lt;&#x42;<!-- b --><![CDATA[<c>]]></n:A>\n";
        let node = parse(text.as_bytes()).unwrap();
        assert_eq!((&*node.name, &*node.text), ("A", "a<B<c>"));
        let nil = "<A><B i:nil='true' xmlns:i='urn:i'/></A>";
        assert!(parse(nil.as_bytes()).unwrap().children[0].nil);
    }

    #[test]
    fn what_is_dangerous_or_broken_is_refused_with_the_reason() {
        let deep = "<a>".repeat(33);
        let wide = format!("<a>{}</a>", "<b/>".repeat(10_000));
        for (text, reason) in [
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
            (
                "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
                "document type",
            ),
            ("<a>&b;</a>", "entity b"),
            ("<a>&#0;</a>", "entity"),
            ("<a>&#x110000;</a>", "entity"),
            ("<a b='c'/>", "attribute b"),
            (&deep, "32 deep"),
            (&wide, "10000 elements"),
            ("<a><b></a></b>", "b"),
            ("<a><b>", "does not end"),
            ("<a/><a/>", "more than one root"),
            ("<a/>x", "outside"),
            ("x<a/>", "outside"),
            ("", "no root"),
            ("<?xml version='1.0' encoding='utf-16'?><a/>", "UTF-8"),
            ("<?php x?><a/>", "processing"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{text:.100}: {error}");
        }
        assert!(parse(b"<a>\xff</a>").unwrap_err().contains("UTF-8"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused_and_never_panics(
            text in "(<|>|/|&|;|#|x|a|b|=|'|\"|!|\\[|\\]|-|\\?| |CDATA|DOCTYPE|é){0,60}",
        ) {
            let _ = parse(text.as_bytes());
        }
    }
}
