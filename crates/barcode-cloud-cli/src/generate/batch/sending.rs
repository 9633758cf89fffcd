//! Sends the requests of a batch, several at a time, and records each in the ledger.

use std::cell::Cell;
use std::path::PathBuf;

use anyhow::Context as _;
use barcode_cloud::{Client, Error};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use indicatif::ProgressBar;

use super::super::options::in_flags;
use super::folder;
use super::job::{Job, Plan};
use super::ledger::{Decision, History, Ledger, State};
use crate::terminal;

/// How many answers in a row may be lost before the run stops, because each may be billed.
const MAX_LOST_IN_A_ROW: u32 = 10;

const WAITING: &str =
    "interrupted: waiting for the requests in flight; press Ctrl-C again to abandon them";

/// The state that sending the requests needs.
pub(super) struct Sending<'a> {
    pub(super) client: Client,
    pub(super) folder: PathBuf,
    pub(super) ledger: &'a Ledger,
    pub(super) history: &'a History,
    pub(super) retry_ambiguous: bool,
}

/// The results of one run.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) done: u64,
    /// Requests that failed and were not billed.
    pub(super) failed: u64,
    /// Requests that may have been billed, but without an image.
    pub(super) ambiguous: u64,
    /// Why the run ended before all rows were sent.
    pub(super) stopped: Option<String>,
    /// Whether the user pressed Ctrl-C.
    pub(super) is_interrupted: bool,
    lost_in_a_row: u32,
}

/// The outcome of one request.
struct Outcome {
    row: u64,
    name: String,
    state: State,
    error: Option<anyhow::Error>,
    /// Whether the next requests would fail in the same way.
    concerns_all: bool,
}

impl Sending<'_> {
    /// Sends the requests that are neither done nor left alone. At the first error that concerns
    /// all rows, or at Ctrl-C, it waits for the requests in flight and returns. At the second
    /// Ctrl-C it abandons them.
    pub(super) async fn run(
        self,
        plan: &Plan,
        jobs: usize,
        max_calls: u64,
        progress: &ProgressBar,
    ) -> anyhow::Result<Totals> {
        let mut totals = Totals::default();
        let is_stopped = Cell::new(false);
        let calls = Cell::new(0);
        let is_pending = |job: &Job| {
            let decision = self.history.decide(job.id, self.retry_ambiguous);
            decision == Decision::Send
        };
        let pending = plan.jobs()?;
        let pending = pending.filter(|job| job.as_ref().map_or(true, is_pending));
        let pending = pending.take_while(|_| {
            calls.set(calls.get() + 1);
            !is_stopped.get() && calls.get() <= max_calls
        });
        let sending =
            stream::iter(pending).map(|job| async { self.send(job?).await }).buffer_unordered(jobs);
        let mut sending = std::pin::pin!(sending);
        let mut interrupt = std::pin::pin!(terminal::interrupted());
        loop {
            let outcome = tokio::select! {
                outcome = sending.next() => outcome,
                () = &mut interrupt => {
                    if totals.is_interrupted {
                        break;
                    }
                    totals.is_interrupted = true;
                    totals.stop("interrupted".to_owned());
                    is_stopped.set(true);
                    interrupt.set(terminal::interrupted());
                    // Listens for the second Ctrl-C before the notice asks for it.
                    if interrupt.as_mut().now_or_never().is_some() {
                        break;
                    }
                    terminal::notice(WAITING);
                    continue;
                }
            };
            match outcome {
                None => break,
                Some(Ok(outcome)) => totals.add(outcome, progress),
                Some(Err(error)) => totals.stop(terminal::one_line(&error)),
            }
            is_stopped.set(totals.stopped.is_some());
        }
        progress.finish_and_clear();
        if calls.get() > max_calls {
            totals.stop(format!("--max-calls {max_calls} is reached"));
        }
        Ok(totals)
    }

    /// Sends the request of a row. It is an error if that could not be recorded or prepared.
    async fn send(&self, job: Job) -> anyhow::Result<Outcome> {
        let (row, name, id) = (job.row, job.name.clone(), job.id);
        let path = self.folder.join(&name);
        if let Some(folder) = path.parent() {
            let created = folder::create(folder);
            created.with_context(|| format!("cannot create the folder {}", folder.display()))?;
        }
        self.ledger.sent(&job).await?;
        // `save` checks the path before it sends the request.
        let (state, error) = match job.request(&self.client)?.save(&path).await {
            Err(error) if error.may_have_been_billed() => (State::Lost, Some(error)),
            Err(error) => (State::Failed, Some(error)),
            Ok(_) => (State::Done, None),
        };
        self.ledger.record(row, &name, id, state)?;
        Ok(Outcome {
            row,
            name,
            state,
            concerns_all: error.as_ref().is_some_and(concerns_all),
            error: error.map(in_flags),
        })
    }
}

/// Returns whether the error has nothing to do with the request, such as a rejected token, an
/// unreachable service or a full disk.
fn concerns_all(error: &Error) -> bool {
    match error {
        Error::File { .. } => true,
        _ => !error.is_client_error() && !error.may_have_been_billed(),
    }
}

impl Totals {
    fn add(&mut self, outcome: Outcome, progress: &ProgressBar) {
        progress.inc(1);
        match outcome.state {
            State::Done => self.done += 1,
            State::Lost => self.ambiguous += 1,
            State::Failed | State::Sent => self.failed += 1,
        }
        self.lost_in_a_row = match outcome.state {
            State::Lost => self.lost_in_a_row + 1,
            _ => 0,
        };
        let Some(error) = outcome.error else { return };
        let error = terminal::one_line(&error);
        let note = match outcome.state {
            State::Lost => " (may have been billed)",
            _ => "",
        };
        let name = terminal::printable(&outcome.name);
        terminal::notice(&format!("row {} ({name}): {error}{note}", outcome.row));
        if outcome.concerns_all {
            self.stop(error);
        } else if self.lost_in_a_row >= MAX_LOST_IN_A_ROW {
            self.stop(format!("{MAX_LOST_IN_A_ROW} answers in a row were lost"));
        }
    }

    /// Keeps the first reason.
    fn stop(&mut self, reason: String) {
        self.stopped.get_or_insert(reason);
    }
}
