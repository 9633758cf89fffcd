//! The words of Rust sources: identifiers, text literals and `Type::Variant` pairs, those inside macros included.

use std::collections::{BTreeMap, BTreeSet};
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
    calls: BTreeSet<String>,
    /// The first name by the second, of each `first: second =`.
    names: BTreeMap<String, String>,
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
        let mut last: [String; 4] = Default::default();
        for token in tokens {
            last.rotate_left(1);
            last[3] = token.to_string();
            if let [first, ":", second, "="] = last.each_ref().map(String::as_str) {
                self.names.insert(second.to_owned(), first.to_owned());
            }
            match token {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    if last[2] == "." {
                        self.calls.insert(word.clone());
                    }
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

    /// Whether a method of this name is called.
    pub(super) fn call(&self, method: &str) -> bool {
        self.calls.contains(method)
    }

    /// The setter that the facade's options have for the parameter `field`, as `setter: field = Type` says.
    pub(super) fn setter(&self, field: &str) -> Option<&str> {
        self.names.get(field).map(String::as_str)
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
        assert!(words.call("qr_level") && !words.call("LevelH"));
    }

    #[test]
    fn an_option_of_the_facade_is_known_by_its_parameter() {
        let mut words = Words::default();
        let source = "options! { Image(Params) { /// Docs. \n format: image_format = Format; } }";
        words.add(source.parse().unwrap());
        assert_eq!(words.setter("image_format"), Some("format"));
        assert_eq!(words.setter("format"), None);
    }
}
