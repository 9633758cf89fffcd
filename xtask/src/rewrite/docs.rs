//! Documentation: progenitor generates each text as one attribute. This rewrite splits the texts
//! into ordinary `///` lines, and keeps code in descriptions from being compiled as a test.

use syn::visit_mut::VisitMut;
use syn::{Attribute, Expr, File, Lit, parse_quote};

/// Splits each doc attribute into one attribute per line, each with a leading space as after `///`.
pub(super) fn split_lines(file: &mut File) {
    struct Lines;
    impl VisitMut for Lines {
        fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
            let old = std::mem::take(attributes);
            for attribute in old {
                match doc_text(&attribute) {
                    Some(text) => attributes.extend(lines(&text).into_iter().map(|line| {
                        let space = if line.is_empty() { "" } else { " " };
                        let line = format!("{space}{line}");
                        parse_quote!(#[doc = #line])
                    })),
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
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| content.starts_with(mark));
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
    lines.collect()
}

/// Returns the text of a doc attribute.
fn doc_text(attribute: &Attribute) -> Option<String> {
    let pair = attribute.meta.require_name_value().ok()?;
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::{lines, split_lines};

    #[test]
    fn each_line_becomes_a_comment_and_other_attributes_are_unchanged() {
        let mut file: syn::File = parse_quote! {
            #[doc = "\nHow much.\n\n- `L`: 7 %"]
            #[deprecated = "Use `B`."]
            pub struct A;
        };
        split_lines(&mut file);
        let expected =
            "/// How much.\n///\n/// - `L`: 7 %\n#[deprecated = \"Use `B`.\"]\npub struct A;\n";
        assert_eq!(prettyplease::unparse(&file), expected);
    }

    #[test]
    fn code_is_not_compiled() {
        for (text, expected) in [
            ("```\nlet x\n```\nend", "```text\nlet x\n```\nend"),
            (
                "- a\n  ~~~~json\n    {}\n  ~~~~",
                "- a\n  ~~~~text\n    {}\n  ~~~~",
            ),
            ("```rust\n~~~\n```\n```", "```text\n~~~\n```\n```text"),
            (
                "a\n\n    code\n\tcode\n   text",
                "a\n\n   code\n   code\n   text",
            ),
            ("```ignore\nx\n```", "```ignore\nx\n```"),
        ] {
            assert_eq!(lines(text).join("\n"), expected);
        }
    }
}
