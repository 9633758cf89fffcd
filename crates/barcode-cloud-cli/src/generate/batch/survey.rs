//! Checks all rows before anything is sent, and counts those to send.
//!
//! It keeps no rows, only a few bytes for each name and each line of the ledger.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use anyhow::{anyhow, bail};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::job::{Checker, JobId, Plan};
use super::ledger::{Decision, History};
use super::rows::Row;
use crate::terminal;

/// How many lines of the same kind are printed.
const MAX_LINES: usize = 20;

/// The numbers of rows.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) rows: u64,
    /// The number of rows that are done.
    pub(super) done: u64,
    pub(super) to_send: u64,
    /// The rows that may have been billed and are left alone.
    pub(super) ambiguous: Lines,
}

/// A number of lines, of which the first ones are kept.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) count: u64,
    first: Vec<String>,
}

impl Lines {
    fn push(&mut self, line: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_LINES {
            self.first.push(line());
        }
    }

    fn print(&self) {
        for line in &self.first {
            terminal::note(&terminal::printable(line));
        }
        match self.count - self.first.len() as u64 {
            0 => {}
            more => terminal::note(&format!("and {more} more")),
        }
    }
}

impl Survey {
    /// Reads all rows. It is an error if any of them cannot be sent, or if two have the same name.
    pub(super) fn of(
        plan: &Plan,
        history: &History,
        retry_ambiguous: bool,
        quiet: bool,
    ) -> anyhow::Result<Self> {
        let mut survey = Self::default();
        let mut invalid = Lines::default();
        let mut unused = BTreeSet::new();
        let mut names = Names::default();
        let checker = Checker::new()?;
        for row in plan.rows()? {
            survey.rows += 1;
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    invalid.push(|| terminal::one_line(&error));
                    continue;
                }
            };
            let columns = plan.unused_columns(&row);
            unused.extend(columns.into_iter().map(str::to_owned));
            if let Err(error) =
                survey.add(plan, &checker, &mut names, &row, history, retry_ambiguous)
            {
                invalid.push(|| format!("row {}: {}", row.number, terminal::one_line(&error)));
            }
        }
        if invalid.count > 0 {
            invalid.print();
            let Self { rows, .. } = survey;
            bail!("{} of {rows} rows are invalid, so nothing was sent", invalid.count);
        }
        if !unused.is_empty() && !quiet {
            let unused: Vec<String> = unused.into_iter().collect();
            let unused = terminal::printable(&unused.join(", "));
            terminal::note(&format!(
                "warning: these columns are neither options nor used by --name: {unused}"
            ));
        }
        Ok(survey)
    }

    fn add(
        &mut self,
        plan: &Plan,
        checker: &Checker,
        names: &mut Names,
        row: &Row,
        history: &History,
        retry_ambiguous: bool,
    ) -> anyhow::Result<()> {
        let job = plan.job(row)?;
        names.add(&job.name, row.number)?;
        match history.decide(job.id, retry_ambiguous) {
            Decision::Done => self.done += 1,
            Decision::Send => self.to_send += 1,
            Decision::LeaveAlone => {
                self.ambiguous.push(|| {
                    format!(
                        "row {} ({}) may have been billed in an earlier run and is not resent",
                        job.row, job.name
                    )
                });
            }
        }
        checker.check(job)
    }

    pub(super) fn print_ambiguous(&self) {
        self.ambiguous.print();
        if self.ambiguous.count > 0 {
            terminal::note("With --retry-ambiguous, rows that may have been billed are resent.");
        }
    }

    /// Returns a progress bar, which is hidden if standard error is not a terminal.
    pub(super) fn progress(&self, max_calls: u64, quiet: bool) -> ProgressBar {
        if quiet {
            return ProgressBar::hidden();
        }
        let bar = terminal::progress(self.to_send.min(max_calls) as usize);
        let rate = |state: &ProgressState, text: &mut dyn Write| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {rate} {eta} left") {
            bar.set_style(style.with_key("rate", rate));
        }
        bar
    }
}

/// The names of the files, to find those that occur twice.
#[derive(Default)]
struct Names(HashMap<JobId, u64>);

impl Names {
    fn add(&mut self, name: &str, row: u64) -> anyhow::Result<()> {
        // The file systems of these platforms ignore case.
        let id = match cfg!(any(windows, target_os = "macos")) {
            true => JobId::of(&name.to_lowercase()),
            false => JobId::of(name),
        };
        match self.0.insert(id, row) {
            None => Ok(()),
            Some(earlier) => Err(anyhow!("has the same file name as row {earlier}: {name}")),
        }
    }
}
