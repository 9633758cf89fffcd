//! Classifies the changes between two lists of a crate's public items, as `.ci/public-api` writes
//! them: one item on each line.

use std::collections::BTreeSet;

use contract_review::diff::Bump;

const NON_EXHAUSTIVE: &str = "#[non_exhaustive] ";

/// A line that was removed or added, and the bump of the version that it requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiChange {
    /// The part of the version to raise.
    pub bump: Bump,
    /// The line, with `-` before it if it was removed and `+` if it was added.
    pub line: String,
}

/// Returns the changes from `old` to `new`.
///
/// Lists do not say everything: whether a method of a trait has a default, for example. In these
/// cases, the change counts as breaking.
#[must_use]
pub fn changes(old: &str, new: &str) -> Vec<ApiChange> {
    let (old, new) = (Api::new(old), Api::new(new));
    let removed = old.lines.difference(&new.lines).map(|line| ApiChange {
        bump: if new.has_wider(line) { Bump::Minor } else { Bump::Major },
        line: format!("-{line}"),
    });
    let added = new.lines.difference(&old.lines).map(|line| ApiChange {
        bump: if old.is_broken_by(line) { Bump::Major } else { Bump::Minor },
        line: format!("+{line}"),
    });
    removed.chain(added).collect()
}

struct Api<'a> {
    lines: BTreeSet<&'a str>,
}

impl<'a> Api<'a> {
    fn new(list: &'a str) -> Self {
        let lines = list.lines().filter(|line| !line.trim().is_empty());
        Self { lines: lines.collect() }
    }

    /// Whether this list has an item that everything can be done with that `line` allows: a
    /// function that also is `const`, or a type that no longer is `#[non_exhaustive]`.
    fn has_wider(&self, line: &str) -> bool {
        let constant = line.replacen("pub fn ", "pub const fn ", 1);
        let exhaustive = line.strip_prefix(NON_EXHAUSTIVE);
        self.lines.contains(constant.as_str()) && constant != line
            || exhaustive.is_some_and(|line| self.lines.contains(line))
    }

    /// Whether code that uses this list may fail to compile when `line` is added to it.
    fn is_broken_by(&self, line: &str) -> bool {
        let Some((parent, is_function)) = parent(line) else {
            return false;
        };
        let has = |keyword: &str| self.lines.contains(format!("pub {keyword} {parent}").as_str());
        let is_trait = || {
            let start = format!("pub trait {parent}");
            let mut traits = self.lines.iter().filter_map(|line| line.strip_prefix(&start));
            traits.any(|rest| rest.is_empty() || rest.starts_with(": ") || rest.starts_with('<'))
        };
        let is_variant = || self.lines.contains(format!("pub {parent}").as_str());
        // An implementation must have the new method, a `match` the new variant, and a literal the
        // new field. A struct without public fields has private ones, so it has no literals.
        let is_constructed = || is_variant() || has("struct") && self.has_field(parent);
        is_trait() || !is_function && (has("enum") || is_constructed())
    }

    fn has_field(&self, parent: &str) -> bool {
        let start = format!("pub {parent}::");
        self.lines.iter().any(|line| line.starts_with(&start) && line.contains(": "))
    }
}

/// The path of the item that contains the function, variant, field or associated item of `line`,
/// and whether that is a function.
fn parent(line: &str) -> Option<(&str, bool)> {
    let rest = line.strip_prefix("pub ")?;
    let function = ["async fn ", "const fn ", "unsafe fn ", "fn "];
    let function = function.iter().find_map(|keyword| rest.strip_prefix(keyword));
    let items = ["type ", "const "].iter().find_map(|keyword| rest.strip_prefix(keyword));
    let keywords = ["mod ", "struct ", "enum ", "trait ", "use ", "macro ", "static ", "union "];
    if keywords.iter().any(|keyword| rest.starts_with(keyword)) {
        return None;
    }
    let path = function.or(items).unwrap_or(rest);
    let end = path.find(['(', '<', ' ', '{']).unwrap_or(path.len());
    let path = path[..end].trim_end_matches(':');
    path.rsplit_once("::").map(|(parent, _)| (parent, function.is_some()))
}
