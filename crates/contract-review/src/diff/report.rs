//! The result of a comparison: its class, the version bump that follows, and its three printed forms.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::facts::Line;
use super::rules::Class;

/// The part of a version that the change asks to raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

/// What changed between two documents.
#[derive(Clone, Debug)]
pub struct Report {
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Machine<'a> {
    class: Option<Class>,
    bump: Bump,
    counts: Counts,
    changes: &'a [Line],
}

#[derive(Serialize)]
struct Counts {
    breaking: usize,
    additive: usize,
    docs: usize,
}

/// The classes in the order in which a reviewer wants them, with their titles.
const CLASSES: [(Class, &str); 3] = [
    (Class::Breaking, "Breaking"),
    (Class::Additive, "Additive"),
    (Class::Docs, "Docs"),
];

impl Report {
    /// The worst class first; within a class the parts stay together, in the order of the documents.
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
        let lines = order
            .into_iter()
            .map(|index| lines[index].clone())
            .collect();
        Self { lines }
    }

    /// Each change, the worst first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The worst class; none where nothing changed.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.lines.iter().map(|line| line.class).max()
    }

    /// The version bump that follows.
    #[must_use]
    pub fn bump(&self) -> Bump {
        match self.class() {
            None => Bump::None,
            Some(Class::Docs) => Bump::Patch,
            Some(Class::Additive) => Bump::Minor,
            Some(Class::Breaking) => Bump::Major,
        }
    }

    fn count(&self, class: Class) -> usize {
        self.lines.iter().filter(|line| line.class == class).count()
    }

    /// One line that says it all.
    fn verdict(&self) -> String {
        if self.lines.is_empty() {
            return "no change; version bump: none".into();
        }
        let (breaking, additive, docs) = (
            self.count(Class::Breaking),
            self.count(Class::Additive),
            self.count(Class::Docs),
        );
        let bump = self.bump().name();
        format!("{breaking} breaking, {additive} additive, {docs} docs; version bump: {bump}")
    }

    /// The report as plain text for a terminal. It ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (class, title) in CLASSES {
            for (index, (part, lines)) in self.parts(class).into_iter().enumerate() {
                if index == 0 {
                    let _ = writeln!(text, "{title}");
                }
                let _ = writeln!(text, "  {part}");
                for line in lines {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        let _ = writeln!(text, "{}", self.verdict());
        text
    }

    /// The report as Markdown for a pull request. It ends with a newline.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("**{}**\n", self.verdict());
        for (class, title) in CLASSES {
            for (index, (part, lines)) in self.parts(class).into_iter().enumerate() {
                if index == 0 {
                    let _ = writeln!(text, "\n## {title}\n");
                }
                let _ = writeln!(text, "- {}", escape(part));
                for line in lines {
                    let _ = writeln!(text, "  - {}", escape(&line));
                }
            }
        }
        text
    }

    /// The report as JSON with the fields `class`, `bump`, `counts` and `changes`. It ends with a newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        let machine = Machine {
            class: self.class(),
            bump: self.bump(),
            counts: Counts {
                breaking: self.count(Class::Breaking),
                additive: self.count(Class::Additive),
                docs: self.count(Class::Docs),
            },
            changes: &self.lines,
        };
        // Nothing in a report can fail to become JSON.
        let text = serde_json::to_string_pretty(&machine).unwrap_or_default();
        format!("{text}\n")
    }

    /// The printed lines of a class by part. Where the same happened to several things of a part, one line tells it.
    fn parts(&self, class: Class) -> Vec<(&str, Vec<String>)> {
        let mut parts: Vec<(&str, Vec<&Line>)> = Vec::new();
        for line in self.lines.iter().filter(|line| line.class == class) {
            match parts.last_mut() {
                Some((part, lines)) if *part == line.part => lines.push(line),
                _ => parts.push((&line.part, vec![line])),
            }
        }
        parts
            .into_iter()
            .map(|(part, lines)| (part, joined(&lines)))
            .collect()
    }
}

/// How many things one printed docs line names; JSON has them all.
const NAMED: usize = 4;

/// Lines of one part; docs lines that say the same of several things are one.
fn joined(lines: &[&Line]) -> Vec<String> {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for line in lines {
        let text = format!("{}{}", line.text, directions(line));
        match told.iter_mut().find(|(known, _)| *known == text) {
            Some((_, subjects)) if line.class == Class::Docs => subjects.push(&line.subject),
            _ => told.push((text, vec![&line.subject])),
        }
    }
    told.into_iter()
        .map(|(text, subjects)| match subjects.as_slice() {
            [""] => text,
            subjects => format!("{}: {text}", enumerate(subjects)),
        })
        .collect()
}

/// `query parameter `a`, `b`; response 400; and 3 more`: what kind of thing it is stands once.
fn enumerate(subjects: &[&str]) -> String {
    let mut text = String::new();
    let mut last_kind = "";
    // One more is as short as saying that there is one more.
    let shown = if subjects.len() == NAMED + 1 {
        NAMED + 1
    } else {
        NAMED
    };
    for subject in subjects.iter().take(shown) {
        let subject = if subject.is_empty() {
            "itself"
        } else {
            subject
        };
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

/// Said only where requests and responses disagree.
fn directions(line: &Line) -> String {
    let name = |class: Class| format!("{class:?}").to_lowercase();
    match (line.request, line.response) {
        (Some(request), Some(response)) if request != response => {
            format!(
                " (requests: {}, responses: {})",
                name(request),
                name(response)
            )
        }
        _ => String::new(),
    }
}

/// What Markdown would read as markup outside of code spans.
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
