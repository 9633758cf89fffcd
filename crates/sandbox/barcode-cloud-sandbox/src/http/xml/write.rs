//! Converts a JSON response to XML, by the schemas of the document.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

use super::{Vocabulary, is_wrapped, kind, properties};

pub(super) fn document(vocabulary: &Vocabulary, schema: &Value, value: &Value) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    let declaration = Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None));
    let name = vocabulary.name(schema, "Response");
    // Writing to memory does not fail.
    let _ = writer
        .write_event(declaration)
        .and_then(|()| element(&mut writer, vocabulary, name, schema, value));
    writer.into_inner()
}

fn element(
    writer: &mut Writer<impl Write>,
    vocabulary: &Vocabulary,
    name: &str,
    schema: &Value,
    value: &Value,
) -> io::Result<()> {
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    match value {
        Value::Object(members) => {
            for (property, schema) in properties(vocabulary.resolve(schema)) {
                if let Some(value) = members.get(property) {
                    self::property(writer, vocabulary, property, schema, value)?;
                }
            }
        }
        Value::String(text) => {
            writer.write_event(Event::Text(BytesText::new(&allowed(text))))?;
        }
        other => writer.write_event(Event::Text(BytesText::new(&other.to_string())))?,
    }
    writer.write_event(Event::End(BytesEnd::new(name)))
}

/// Writes a property. Null is omitted, as the .NET serializer does.
fn property(
    writer: &mut Writer<impl Write>,
    vocabulary: &Vocabulary,
    property: &str,
    schema: &Value,
    value: &Value,
) -> io::Result<()> {
    let name = vocabulary.name(schema, property);
    match value {
        Value::Null => Ok(()),
        Value::Array(items) => {
            let target = vocabulary.resolve(schema);
            debug_assert_eq!(kind(target), "array");
            let schema_of_items = &target["items"];
            let wrapped = is_wrapped(schema);
            let item_name = match wrapped {
                true => vocabulary.name(schema_of_items, "Item"),
                false => name,
            };
            if wrapped {
                writer.write_event(Event::Start(BytesStart::new(name)))?;
            }
            for item in items {
                element(writer, vocabulary, item_name, schema_of_items, item)?;
            }
            if wrapped {
                writer.write_event(Event::End(BytesEnd::new(name)))?;
            }
            Ok(())
        }
        value => element(writer, vocabulary, name, schema, value),
    }
}

/// Replaces characters that XML 1.0 cannot represent, such as the separators in GS1 data, by
/// U+FFFD. What the service writes for them is unknown.
fn allowed(text: &str) -> String {
    let replace = |letter: char| match letter {
        '\t' | '\n' | '\r' => letter,
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        control if control < ' ' => char::REPLACEMENT_CHARACTER,
        letter => letter,
    };
    text.chars().map(replace).collect()
}
