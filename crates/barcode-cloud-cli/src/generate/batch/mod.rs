//! A batch: generates one barcode for each row of a file, and never sends a row twice whose request
//! may have been billed.
//!
//! The rows are read twice. First, all are checked without sending anything. Then they are sent,
//! several at a time. The ledger records each row before its request is sent and after its file is
//! in place, so that a run that was killed can be resumed.

mod folder;
mod job;
mod ledger;
mod rows;
mod sending;
mod survey;
mod template;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use self::job::Plan;
use self::ledger::{History, Ledger};
use self::sending::{Sending, Totals};
use self::survey::Survey;
use super::Arguments;
use crate::arguments::Service;
use crate::{INTERRUPTED, connect, terminal};

#[derive(Args)]
#[command(next_help_heading = "Batch")]
pub(crate) struct Batch {
    /// Generate a barcode for each row of this .csv or .jsonl file, or of standard input (`-`). The
    /// columns are `data`, `type` unless TYPE is given, options by the names of their flags, and
    /// any others for --name
    #[arg(long, value_name = "FILE", requires = "out_dir")]
    pub(super) from: Option<PathBuf>,
    /// Folder for the images and for the ledger, which is created if it is missing
    #[arg(long, value_name = "DIR", requires = "from")]
    out_dir: Option<PathBuf>,
    /// Name of each file: `{column}` stands for the value of a column, and `{row}` for the number
    /// of the row
    #[arg(long, value_name = "TEMPLATE", requires = "from", default_value = "{row}.png")]
    name: String,
    /// Number of requests to send at the same time
    #[arg(long, value_name = "NUMBER", requires = "from", default_value = "8")]
    jobs: NonZeroUsize,
    /// Check all rows and say how many calls they cost, without sending anything
    #[arg(long, requires = "from")]
    dry_run: bool,
    /// Send at most this number of rows
    #[arg(long, value_name = "NUMBER", requires = "from")]
    max_calls: Option<u64>,
    /// Continue an earlier run: rows that are done, or that may have been billed, are not sent
    #[arg(long, requires = "from")]
    resume: bool,
    /// Also send the rows that may have been billed. They may be billed twice
    #[arg(long, requires = "resume")]
    retry_ambiguous: bool,
}

pub(super) async fn run(
    service: Service,
    quiet: bool,
    arguments: Arguments,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let json = arguments.json;
    let batch = &arguments.batch;
    let (Some(from), Some(folder)) = (batch.from.clone(), batch.out_dir.clone()) else {
        // Unreachable: clap requires both.
        bail!("--from and --out-dir are missing");
    };
    let (jobs, max_calls) = (batch.jobs, batch.max_calls.unwrap_or(u64::MAX));
    let (resume, retry_ambiguous, dry_run) = (batch.resume, batch.retry_ambiguous, batch.dry_run);
    let plan = Plan::new(&from, arguments)?;
    // Reports a file that cannot be read before the folder is created.
    drop(plan.rows()?);

    let path = folder.join(ledger::FILE_NAME);
    let (ledger, history) = if dry_run {
        (None, History::read(&path)?)
    } else {
        let created = folder::create(&folder);
        created.with_context(|| format!("cannot create the folder {}", folder.display()))?;
        let (ledger, history) = Ledger::open(&path)?;
        (Some(ledger), history)
    };
    if !history.is_empty() && !resume {
        bail!(
            "{} has the ledger of an earlier run; use --resume to continue it, or another --out-dir",
            folder.display()
        );
    }
    if ledger.is_some() && resume {
        folder::remove_temporary_files(&folder);
    }
    let survey = Survey::of(&plan, &history, retry_ambiguous, quiet)?;
    survey.print_ambiguous();
    let Some(ledger) = ledger else {
        print_dry_run(&survey, max_calls, json, out)?;
        return Ok(ExitCode::SUCCESS);
    };
    let totals = if survey.to_send == 0 {
        Totals::default()
    } else {
        let connection = connect::connect(service).await?;
        let sending = Sending {
            client: connection.client,
            folder,
            ledger: &ledger,
            history: &history,
            retry_ambiguous,
        };
        let progress = survey.progress(max_calls, quiet);
        let totals = sending.run(&plan, jobs.get(), max_calls, &progress).await;
        ledger.finish()?;
        totals?
    };
    summarize(&survey, &totals, json, out)
}

fn print_dry_run(
    survey: &Survey,
    max_calls: u64,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let calls = survey.to_send.min(max_calls);
    let Survey { rows, done, .. } = survey;
    let ambiguous = survey.ambiguous.count;
    if json {
        let result = json!({
            "rows": rows,
            "done": done,
            "ambiguous": ambiguous,
            "calls": calls,
        });
        writeln!(out, "{result}")?;
    } else {
        writeln!(
            out,
            "{rows} rows are valid: {calls} calls to make, {done} rows done, \
             {ambiguous} rows that may have been billed"
        )?;
    }
    Ok(())
}

/// Prints what became of the rows. It is an error if some are not done.
fn summarize(
    survey: &Survey,
    totals: &Totals,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let done = survey.done + totals.done;
    let ambiguous = survey.ambiguous.count + totals.ambiguous;
    let failed = totals.failed;
    let left = survey.rows - done - ambiguous - failed;
    if json {
        let result = json!({
            "rows": survey.rows,
            "done": done,
            "generated": totals.done,
            "failed": failed,
            "ambiguous": ambiguous,
            "left": left,
        });
        writeln!(out, "{result}")?;
    } else {
        writeln!(
            out,
            "{done} of {} rows are done, {} of them in this run; {failed} failed, \
             {ambiguous} may have been billed, {left} were not sent",
            survey.rows, totals.done
        )?;
    }
    out.flush()?;
    match (&totals.stopped, survey.rows - done) {
        (_, 0) => Ok(ExitCode::SUCCESS),
        _ if totals.is_interrupted => {
            terminal::note("interrupted; continue with --resume");
            Ok(ExitCode::from(INTERRUPTED))
        }
        (Some(reason), _) => bail!("stopped: {reason}; continue with --resume"),
        (None, unfinished) if unfinished == ambiguous => bail!(
            "{ambiguous} rows may have been billed; \
             send them with --resume --retry-ambiguous, which may bill them twice"
        ),
        (None, unfinished) => bail!("{unfinished} rows are not done; send them with --resume"),
    }
}
