//! The result of a comparison: its class, the suggested version bump, and its three output formats.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use super::facts::Line;
use super::ignored::Ignored;
use super::rules::Class;

/// The part of the version number to raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing changed.
    None,
    /// Documentation changed.
    Patch,
    /// Something was added.
    Minor,
    /// Something breaks.
    Major,
}

impl Bump {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// The changes between two documents.
#[derive(Clone, Debug)]
pub struct Report {
    lines: Vec<Line>,
    ignored: Vec<IgnoredLine>,
    /// The entries of the ignore file that match no change.
    unmatched: Vec<Ignored>,
}

/// An ignored change and the reason of its entry.
#[derive(Clone, Debug, Serialize)]
struct IgnoredLine {
    reason: String,
    #[serde(flatten)]
    line: Line,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    class: Option<Class>,
    bump: Bump,
    counts: Map<String, Value>,
    changes: &'a [Line],
    ignored: &'a [IgnoredLine],
    unmatched: &'a [Ignored],
}

impl Report {
    /// Sorts the lines by class, most severe first. Within a class, lines of the same part stay
    /// together, in the order of the documents.
    pub(super) fn new(lines: Vec<Line>) -> Self {
        let mut parts: HashMap<&str, usize> = HashMap::new();
        for line in &lines {
            let next = parts.len();
            parts.entry(&line.part).or_insert(next);
        }
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by_key(|index| {
            let line = &lines[*index];
            (std::cmp::Reverse(line.class), parts.get(line.part.as_str()))
        });
        let lines = order.into_iter().map(|index| lines[index].clone()).collect();
        Self { lines, ignored: Vec::new(), unmatched: Vec::new() }
    }

    /// Ignores the changes that an entry matches. They are listed with the reason of the first such
    /// entry. Entries that match nothing are listed too, so that they can be deleted.
    #[must_use]
    pub fn ignoring(mut self, entries: &[Ignored]) -> Self {
        let found = |line: &Line| entries.iter().find(|entry| entry.matches(line));
        let unmatched =
            entries.iter().filter(|entry| !self.lines.iter().any(|line| entry.matches(line)));
        self.unmatched = unmatched.cloned().collect();
        let (ignored, lines) = self.lines.into_iter().partition(|line| found(line).is_some());
        let ignored: Vec<Line> = ignored;
        let with_reason = ignored.into_iter().filter_map(|line| {
            let reason = found(&line)?.reason.clone();
            Some(IgnoredLine { reason, line })
        });
        self.ignored = with_reason.collect();
        self.lines = lines;
        self
    }

    /// The changes that are not ignored, most severe first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The most severe class. `None` if nothing changed.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.lines.iter().map(|line| line.class).max()
    }

    /// The version bump that the most severe class requires.
    #[must_use]
    pub fn bump(&self) -> Bump {
        match self.class() {
            None => Bump::None,
            Some(Class::Docs) => Bump::Patch,
            Some(Class::Additive | Class::Warning) => Bump::Minor,
            Some(Class::SourceBreaking | Class::Breaking) => Bump::Major,
        }
    }

    fn count(&self, class: Class) -> usize {
        self.lines.iter().filter(|line| line.class == class).count()
    }

    /// The summary line: the number of changes in each class, and the version bump.
    fn summary(&self) -> String {
        if self.lines.is_empty() {
            return "no change; version bump: none".into();
        }
        let counts = Class::ALL.map(|(class, name)| format!("{} {name}", self.count(class)));
        format!("{}; version bump: {}", counts.join(", "), self.bump().name())
    }

    /// The report as plain text for a terminal. It ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (class, name) in Class::ALL {
            for (index, (part, lines)) in self.parts(class).into_iter().enumerate() {
                if index == 0 {
                    let _ = writeln!(text, "{}", title(name));
                }
                let _ = writeln!(text, "  {part}");
                for line in lines {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        for (title, notes) in self.notes() {
            let _ = writeln!(text, "{title}");
            for note in notes {
                let _ = writeln!(text, "  {note}");
            }
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// The report as Markdown for a pull request. It ends with a newline.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("**{}**\n", self.summary());
        for (class, name) in Class::ALL {
            for (index, (part, lines)) in self.parts(class).into_iter().enumerate() {
                if index == 0 {
                    let _ = writeln!(text, "\n## {}\n", title(name));
                }
                let _ = writeln!(text, "- {}", escape(part));
                for line in lines {
                    let _ = writeln!(text, "  - {}", escape(&line));
                }
            }
        }
        for (title, notes) in self.notes() {
            let _ = writeln!(text, "\n## {title}\n");
            for note in notes {
                let _ = writeln!(text, "- {}", escape(&note));
            }
        }
        text
    }

    /// The sections about ignored changes that are not empty, each with its title.
    fn notes(&self) -> Vec<(&'static str, Vec<String>)> {
        let ignored = self.ignored.iter().map(|ignored| {
            let IgnoredLine { reason, line } = ignored;
            let place = [line.part.as_str(), line.subject.as_str()];
            let place: Vec<&str> = place.into_iter().filter(|text| !text.is_empty()).collect();
            format!("{}: {} (ignored: {reason})", place.join(", "), line.text)
        });
        let unmatched = self.unmatched.iter();
        let unmatched = unmatched.map(|entry| format!("`{}` in {}", entry.kind, entry.part));
        let notes = [
            ("Ignored", ignored.collect::<Vec<_>>()),
            ("Ignore entries that match no change; delete them", unmatched.collect()),
        ];
        notes.into_iter().filter(|(_, notes)| !notes.is_empty()).collect()
    }

    /// The report as JSON with the fields `class`, `bump`, `counts`, `changes`, `ignored` and
    /// `unmatched`. It ends with a newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        let machine = JsonReport {
            class: self.class(),
            bump: self.bump(),
            counts: Class::ALL
                .map(|(class, name)| (name.to_owned(), self.count(class).into()))
                .into_iter()
                .collect(),
            changes: &self.lines,
            ignored: &self.ignored,
            unmatched: &self.unmatched,
        };
        // Serialization cannot fail: a report contains only strings and enums.
        let text = serde_json::to_string_pretty(&machine).unwrap_or_default();
        format!("{text}\n")
    }

    /// The printed lines of a class by part.
    fn parts(&self, class: Class) -> Vec<(&str, Vec<String>)> {
        let mut parts: Vec<(&str, Vec<&Line>)> = Vec::new();
        for line in self.lines.iter().filter(|line| line.class == class) {
            match parts.last_mut() {
                Some((part, lines)) if *part == line.part => lines.push(line),
                _ => parts.push((&line.part, vec![line])),
            }
        }
        parts.into_iter().map(|(part, lines)| (part, grouped(&lines))).collect()
    }
}

/// The name of a class with a capital letter.
fn title(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

/// The maximum number of subjects in one printed docs line. JSON output has a line for each
/// subject.
const NAMED: usize = 4;

/// The lines of one part. Docs lines with the same text are combined into one line with all their
/// subjects.
fn grouped(lines: &[&Line]) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for line in lines {
        let text = format!("{}{}", line.text, directions(line));
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, subjects)) if line.class == Class::Docs => subjects.push(&line.subject),
            _ => groups.push((text, vec![&line.subject])),
        }
    }
    groups
        .into_iter()
        .map(|(text, subjects)| match subjects.as_slice() {
            [""] => text,
            subjects => format!("{}: {text}", enumerate(subjects)),
        })
        .collect()
}

/// Lists subjects and names each kind once: ``query parameter `a`, `b`; response 400; and 3 more``.
fn enumerate(subjects: &[&str]) -> String {
    let mut text = String::new();
    let mut last_kind = "";
    // Naming one more subject is as short as "and 1 more".
    let shown = if subjects.len() == NAMED + 1 { NAMED + 1 } else { NAMED };
    for subject in subjects.iter().take(shown) {
        let subject = if subject.is_empty() { "itself" } else { subject };
        let (kind, name) = match subject.split_once(" `") {
            Some((kind, name)) if !name.contains(',') => (kind, name),
            _ => (subject, ""),
        };
        let separator = match text.is_empty() {
            true => "",
            false if kind == last_kind => ", ",
            false => "; ",
        };
        text.push_str(separator);
        match kind == last_kind {
            true if !name.is_empty() => text.push_str(&format!("`{name}")),
            _ => text.push_str(subject),
        }
        last_kind = kind;
    }
    if subjects.len() > shown {
        text.push_str(&format!("; and {} more", subjects.len() - shown));
    }
    text
}

/// The classes for requests and responses, if they differ.
fn directions(line: &Line) -> String {
    match (line.request, line.response) {
        (Some(request), Some(response)) if request != response => {
            format!(" (requests: {}, responses: {})", request.name(), response.name())
        }
        _ => String::new(),
    }
}

/// Escapes Markdown markup outside of code spans.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let mut code = false;
    for letter in text.chars() {
        code ^= letter == '`';
        if !code && matches!(letter, '*' | '_' | '<' | '[' | ']' | '|') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
