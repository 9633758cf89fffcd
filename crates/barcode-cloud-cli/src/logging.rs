//! Prints the events of the libraries to standard error: all that `--verbose` or `RUST_LOG`
//! selects, and a notice for each retry, because a command that waits would otherwise look stuck.

use std::fmt::Debug;
use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt};

use crate::arguments::Output;
use crate::output::is_json_requested;
use crate::terminal;

/// The module that logs retries.
const RETRIES: &str = "barcode_cloud::exchange";

/// Installs the subscriber of the whole program.
pub(crate) fn init(output: Output) -> anyhow::Result<()> {
    let selected = selected(output)?;
    let is_colored = std::io::stderr().is_terminal() && terminal::allows_colors();
    let notices = (selected.is_none() && !output.quiet && !is_json_requested()).then(|| {
        let only_retries = Targets::new().with_target(RETRIES, Level::DEBUG);
        RetryNotices.with_filter(only_retries)
    });
    let log = selected.map(|targets| {
        fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(is_colored)
            // The span of a call has its result.
            .with_span_events(FmtSpan::CLOSE)
            .with_filter(targets)
    });
    tracing_subscriber::registry().with(notices).with(log).try_init()?;
    Ok(())
}

/// Returns the events to log, if any. `RUST_LOG` takes precedence over `--verbose`.
fn selected(output: Output) -> anyhow::Result<Option<Targets>> {
    match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => {
            let filter = filter.parse();
            return filter.map(Some).context("RUST_LOG");
        }
        _ => {}
    }
    let level = match output.verbose {
        0 => return Ok(None),
        1 => Level::DEBUG,
        _ => return Ok(Some(Targets::new().with_default(Level::TRACE))),
    };
    let libraries = ["barcode_cloud", "barcode_cloud_auth", "barcode_cloud_sandbox"];
    Ok(Some(Targets::new().with_targets(libraries.map(|library| (library, level)))))
}

/// Prints a line for each retry.
struct RetryNotices;

impl<S: Subscriber> Layer<S> for RetryNotices {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut retry = Retry::default();
        event.record(&mut retry);
        if let Retry { pause: Some(pause), kind: Some(kind) } = retry {
            terminal::notice(&format!("{kind}: retrying the request in {pause}"));
        }
    }
}

/// The fields of the event for a retry.
#[derive(Default)]
struct Retry {
    pause: Option<String>,
    kind: Option<String>,
}

impl Visit for Retry {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "pause" => self.pause = Some(format!("{value:.1?}")),
            "kind" => self.kind = Some(format!("{value:?}")),
            _ => {}
        }
    }
}
