//! Documentation: progenitor generates each text as one attribute. This rewrite splits the texts
//! into ordinary `///` lines, and keeps code in descriptions from being compiled as a test.

use quote::ToTokens as _;
use syn::visit_mut::VisitMut;
use syn::{Attribute, File, LitStr, parse_quote};

/// Splits each doc attribute into one attribute per line, each with a leading space as after `///`.
pub(super) fn split_lines(file: &mut File) {
    struct Lines;
    impl VisitMut for Lines {
        fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
            let old = std::mem::take(attributes);
            for attribute in old {
                match doc_text(&attribute) {
                    Some(text) => {
                        let lines = lines(&text).into_iter();
                        attributes.extend(lines.map(|line| parse_quote!(#[doc = #line])));
                    }
                    None => attributes.push(attribute),
                }
            }
        }
    }
    Lines.visit_file_mut(file);
}

/// Returns the lines of `text`. Code becomes plain text: rustdoc compiles fenced blocks without a
/// language and blocks that are indented by four spaces, but descriptions contain no tests.
fn lines(text: &str) -> Vec<String> {
    let mut fence: Option<&str> = None;
    let lines = text.trim().lines().map(|line| {
        let content = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| content.starts_with(mark));
        let indent = &line[..line.len() - content.len()];
        match (fence, mark) {
            (None, None) if indent.contains('\t') || indent.len() > 3 => format!("   {content}"),
            (None, Some(mark)) => {
                fence = Some(mark);
                let info = content.trim_start_matches(&mark[..1]);
                let marks = &content[..content.len() - info.len()];
                match info.trim() {
                    "ignore" => line.to_owned(),
                    _ => format!("{indent}{marks}text"),
                }
            }
            (Some(open), Some(mark)) if open == mark => {
                fence = None;
                line.to_owned()
            }
            _ => line.to_owned(),
        }
    });
    // An empty line needs no space after `///`.
    lines.map(|line| format!(" {line}").trim_end().replace(is_unprintable, "\u{fffd}")).collect()
}

/// Returns whether the compiler refuses `character` in documentation: it changes the direction of
/// text, or is a carriage return. Other control characters are not readable either.
fn is_unprintable(character: char) -> bool {
    let direction = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    direction || character.is_control() && character != '\t'
}

/// Returns the text of a doc attribute.
fn doc_text(attribute: &Attribute) -> Option<String> {
    let pair = attribute.meta.require_name_value().ok()?;
    let text: LitStr = syn::parse2(pair.value.to_token_stream()).ok()?;
    pair.path.is_ident("doc").then(|| text.value())
}
