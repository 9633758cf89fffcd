//! The words of Rust sources: identifiers, text literals and `Type::Variant` pairs, those inside macros included.

use std::collections::BTreeSet;
use std::path::Path;

use heck::ToUpperCamelCase as _;
use proc_macro2::{TokenStream, TokenTree};

use crate::Error;

/// Every word below a folder.
#[derive(Debug, Default)]
pub(super) struct Words {
    identifiers: BTreeSet<String>,
    literals: BTreeSet<String>,
    variants: BTreeSet<String>,
}

impl Words {
    pub(super) fn below(folder: &Path) -> Result<Self, Error> {
        let mut words = Self::default();
        let fault = |path: &Path, source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).map_err(|source| fault(&folder, source))? {
                let path = entry.map_err(|source| fault(&folder, source))?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let text =
                        std::fs::read_to_string(&path).map_err(|source| fault(&path, source))?;
                    let tokens = text
                        .parse::<TokenStream>()
                        .map_err(|error| fault(&path, std::io::Error::other(error.to_string())))?;
                    words.add(tokens);
                }
            }
        }
        Ok(words)
    }

    fn add(&mut self, tokens: TokenStream) {
        // Whether an identifier and only colons came before.
        let mut after_path = false;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    if std::mem::replace(&mut after_path, true) {
                        self.variants.insert(word.clone());
                    }
                    self.identifiers.insert(word);
                }
                TokenTree::Literal(literal) => {
                    self.literals
                        .insert(literal.to_string().trim_matches('"').to_owned());
                    after_path = false;
                }
                TokenTree::Group(group) => {
                    self.add(group.stream());
                    after_path = false;
                }
                // `Type::Variant` is three tokens with two colons between.
                TokenTree::Punct(punct) if punct.as_char() == ':' => {}
                TokenTree::Punct(_) => after_path = false,
            }
        }
    }

    pub(super) fn identifier(&self, word: &str) -> bool {
        self.identifiers.contains(word)
    }

    pub(super) fn literal(&self, text: &str) -> bool {
        self.literals.contains(text)
    }

    /// Whether the value of an enumeration is named as `Type::Variant`; the type may go by another name.
    pub(super) fn variant(&self, value: &str) -> bool {
        let variant = value.to_upper_camel_case();
        self.variants.contains(&variant)
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_inside_macros_count_and_comments_do_not() {
        let mut words = Words::default();
        let source = r#"macro_rules! m { () => { x.qr_level(Level::LevelH, "QR") } } // scan"#;
        words.add(source.parse().unwrap());
        assert!(words.identifier("qr_level") && words.literal("QR"));
        assert!(words.variant("LevelH"));
        assert!(!words.identifier("scan"));
    }
}
