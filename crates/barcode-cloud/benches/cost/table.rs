//! The table of results, with the baseline and the goal of each figure.

use std::fmt;

/// A row of the table.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) baseline: String,
    pub(crate) measured: String,
    pub(crate) ratio: f64,
    pub(crate) goal: Goal,
}

/// The goal of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// The maximum ratio to the baseline.
    AtMost(f64),
    /// The minimum ratio to the baseline.
    AtLeast(f64),
    /// The maximum increase over the baseline.
    MoreThanBaseline { increase: f64, max: f64, unit: &'static str },
    /// No goal: the figure is for information only.
    None,
}

/// Rows, and notes below them.
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
    fn misses_goal(&self) -> bool {
        match self.goal {
            Goal::AtMost(max) => self.ratio > max,
            Goal::AtLeast(min) => self.ratio < min,
            Goal::MoreThanBaseline { increase, max, .. } => increase > max,
            Goal::None => false,
        }
    }

    fn cells(&self) -> [String; 5] {
        let goal = match self.goal {
            Goal::AtMost(max) => format!("at most {max:.2}x"),
            Goal::AtLeast(min) => format!("at least {min:.2}x"),
            Goal::MoreThanBaseline { max, unit, .. } => format!("at most +{max}{unit}"),
            Goal::None => String::new(),
        };
        let ratio = match self.goal {
            Goal::MoreThanBaseline { increase, unit: "", .. } => {
                format!("{:.2}x, +{increase:.0}", self.ratio)
            }
            _ => format!("{:.2}x", self.ratio),
        };
        let mark = if self.misses_goal() { ", **missed**" } else { "" };
        [
            self.what.clone(),
            self.baseline.clone(),
            self.measured.clone(),
            ratio,
            format!("{goal}{mark}"),
        ]
    }
}

/// Formats the table as Markdown, with columns that are aligned in a terminal.
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
