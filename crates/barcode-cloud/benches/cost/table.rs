//! The table: what was measured, beside what it is measured by.

use std::fmt;

/// One figure.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) baseline: String,
    pub(crate) measured: String,
    pub(crate) ratio: f64,
    pub(crate) goal: Goal,
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// The ratio.
    AtMost(f64),
    /// The ratio.
    AtLeast(f64),
    /// What comes on top of the baseline, or of nothing.
    MoreThanBaseline {
        more: f64,
        most: f64,
        unit: &'static str,
    },
    /// It is told, no more.
    None,
}

/// Rows, and remarks below them.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

impl Row {
    fn is_over(&self) -> bool {
        match self.goal {
            Goal::AtMost(most) => self.ratio > most,
            Goal::AtLeast(least) => self.ratio < least,
            Goal::MoreThanBaseline { more, most, .. } => more > most,
            Goal::None => false,
        }
    }

    fn cells(&self) -> [String; 5] {
        let goal = match self.goal {
            Goal::AtMost(most) => format!("at most {most:.2}x"),
            Goal::AtLeast(least) => format!("at least {least:.2}x"),
            Goal::MoreThanBaseline { most, unit, .. } => format!("at most +{most}{unit}"),
            Goal::None => String::new(),
        };
        let ratio = match self.goal {
            Goal::MoreThanBaseline { more, unit: "", .. } => {
                format!("{:.2}x, +{more:.0}", self.ratio)
            }
            _ => format!("{:.2}x", self.ratio),
        };
        let mark = if self.is_over() { ", **over**" } else { "" };
        [
            self.what.clone(),
            self.baseline.clone(),
            self.measured.clone(),
            ratio,
            format!("{goal}{mark}"),
        ]
    }
}

/// In Markdown, with columns that a terminal shows straight.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "baseline", "measured", "ratio", "goal"].map(str::to_owned);
        let rule = ["-", "-:", "-:", "-:", "-"].map(str::to_owned);
        let mut lines = vec![head, rule];
        lines.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| {
            let widths = lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or_default()
        };
        let [what, baseline, measured, ratio, goal] = std::array::from_fn(width);
        for [a, b, c, d, e] in &lines {
            writeln!(
                f,
                "| {a:<what$} | {b:>baseline$} | {c:>measured$} | {d:>ratio$} | {e:<goal$} |"
            )?;
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        writeln!(f)
    }
}
