//! Parses XML text into a tree, within bounds. Document types, and therefore entities and external
//! resources, are rejected. The depth and the number of elements are limited.
//!
//! roxmltree does not limit the attributes of an element, although the time that it takes grows
//! with the square of their number.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// The maximum depth. Every body of the document is less deep.
const MAX_DEPTH: usize = 32;
/// The maximum number of elements. Every valid body has fewer.
const MAX_ELEMENTS: usize = 10_000;
/// The maximum number of attributes of an element, including namespace declarations. To find
/// duplicates, the parser compares each attribute with all before it.
const MAX_ATTRIBUTES: usize = 32;

/// An element.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Node {
    /// The name without a prefix.
    pub(super) name: String,
    /// Whether `xsi:nil` marks the element as null.
    pub(super) nil: bool,
    /// The text in the element, without that of its children.
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

/// Parses `text` and returns its root element.
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
                if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
                    return Err("its declared encoding is not UTF-8".to_owned());
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
        if self.elements > MAX_ELEMENTS {
            return Err(format!("it has more than {MAX_ELEMENTS} elements"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("its elements are nested more than {MAX_DEPTH} deep"));
        }
        let mut node = Node { name: tag.local_name().as_ref().to_owned(), ..Node::default() };
        for (count, attribute) in tag.attributes().enumerate() {
            if count >= MAX_ATTRIBUTES {
                return Err(format!("an element has more than {MAX_ATTRIBUTES} attributes"));
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
                    return Err(format!("the attribute {:.100} is unknown", key.as_ref()));
                }
            }
        }
        self.open.push(node);
        Ok(())
    }

    /// Closes an element. The parser has checked that the tags match.
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
            None => return Err("there is text outside the root element".to_owned()),
        }
        Ok(())
    }

    fn finish(self) -> Result<Node, String> {
        match (self.open.last(), self.root) {
            (Some(open), _) => Err(format!("the element {:.100} is not closed", open.name)),
            (None, Some(root)) => Ok(root),
            (None, None) => Err("it has no root element".to_owned()),
        }
    }
}

/// Resolves a character reference or one of the five predefined entities. Other entities would need
/// a document type.
fn reference(name: &BytesRef<'_>) -> Result<String, String> {
    let text: &str = name;
    let unknown = || format!("the entity {text:.100} is unknown");
    match name.resolve_char_ref() {
        Ok(Some(letter)) => Ok(letter.to_string()),
        Ok(None) => {
            quick_xml::escape::resolve_xml_entity(text).map(str::to_owned).ok_or_else(unknown)
        }
        Err(_) => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_references_and_character_data_are_joined() {
        let text = "\u{feff}<?xml version='1.0' encoding='UTF-8'?><!-- a --> \
                    <n:A xmlns:n='urn:x'>a&lt;&#x42;<!-- b --><![CDATA[<c>]]></n:A>\n";
        let node = parse(text.as_bytes()).unwrap();
        assert_eq!((&*node.name, &*node.text), ("A", "a<B<c>"));
        let nil = "<A><B i:nil='true' xmlns:i='urn:i'/></A>";
        assert!(parse(nil.as_bytes()).unwrap().children[0].nil);
    }

    #[test]
    fn dangerous_or_invalid_xml_is_rejected_with_a_reason() {
        let deep = "<a>".repeat(33);
        let wide = format!("<a>{}</a>", "<b/>".repeat(10_000));
        for (text, reason) in [
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "document type"),
            ("<a>&b;</a>", "entity b"),
            ("<a>&#0;</a>", "entity"),
            ("<a>&#x110000;</a>", "entity"),
            ("<a b='c'/>", "attribute b"),
            (&deep, "32 deep"),
            (&wide, "10000 elements"),
            ("<a><b></a></b>", "b"),
            ("<a><b>", "is not closed"),
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
        fn any_text_is_parsed_or_rejected_without_a_panic(
            text in "(<|>|/|&|;|#|x|a|b|=|'|\"|!|\\[|\\]|-|\\?| |CDATA|DOCTYPE|é){0,60}",
        ) {
            let _ = parse(text.as_bytes());
        }
    }
}
