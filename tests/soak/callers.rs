//! The callers, and what became of their calls.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use barcode_cloud::{
    Client, Deadline, DecodeBarcodeType, EncodeBarcodeType, Error, ErrorKind, Retry,
};
use futures_util::StreamExt as _;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Which failed requests a client resends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Those that were certainly not billed.
    Default,
    /// Those whose response was lost too.
    ResendLost,
}

impl Policy {
    /// Its name in the report and in the `User-Agent`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::ResendLost => "resend-lost",
        }
    }

    /// The retries. Their number is high enough for the restarts of the server.
    pub(crate) fn retry(self) -> Retry {
        let resend = self == Self::ResendLost;
        Retry::default()
            .attempts(20)
            .pauses(Duration::from_millis(200), Duration::from_secs(2))
            .budget_percent(255)
            .lost_responses(resend)
            .server_errors(resend)
    }

    /// Whether the policy gives up a call that failed with this error. Any other error is one that
    /// it should have survived.
    fn gives_up(self, error: &Error, streamed: bool) -> bool {
        if matches!(error, Error::Timeout { deadline: Deadline::Call, .. }) {
            return false;
        }
        match self {
            // A request is not resent once its response is being streamed.
            _ if streamed => error.may_have_been_billed(),
            Self::Default => error.may_have_been_billed(),
            Self::ResendLost => error.kind() == ErrorKind::InvalidResponse,
        }
    }
}

/// The outcomes of the calls with one policy.
pub(crate) struct Tally {
    pub(crate) policy: Policy,
    outcomes: Mutex<Outcomes>,
}

#[derive(Default)]
struct Outcomes {
    succeeded: u64,
    /// The caller lost interest.
    dropped: u64,
    /// Failures that the policy does not prevent, by their kind and status.
    given_up: BTreeMap<String, u64>,
    /// The first failures that the policy should have prevented.
    lost: Vec<String>,
}

impl Tally {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, outcomes: Mutex::default() }
    }

    fn outcomes(&self) -> MutexGuard<'_, Outcomes> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, outcome: Result<(), Failure>) {
        let mut outcomes = self.outcomes();
        match outcome {
            Ok(()) => outcomes.succeeded += 1,
            Err(Failure::Dropped) => outcomes.dropped += 1,
            Err(Failure::Wrong(what)) => outcomes.lost.push(what),
            Err(Failure::Error { error, streamed }) => {
                if self.policy.gives_up(&error, streamed) {
                    let status = error
                        .status()
                        .map_or(String::new(), |status| format!(" {}", status.as_u16()));
                    let kind = format!("{}{status}", error.kind().as_str());
                    *outcomes.given_up.entry(kind).or_default() += 1;
                } else if outcomes.lost.len() < 1_000 {
                    outcomes.lost.push(format!("{error} ({error:?})"));
                }
            }
        }
    }

    pub(crate) fn calls(&self) -> u64 {
        let outcomes = self.outcomes();
        outcomes.succeeded
            + outcomes.dropped
            + outcomes.given_up.values().sum::<u64>()
            + outcomes.lost.len() as u64
    }

    pub(crate) fn report(&self, billed: u64) -> String {
        let calls = self.calls();
        let outcomes = self.outcomes();
        let mut text = format!(
            "Policy `{}`: {calls} calls, {billed} requests that may have been billed.\n\n\
             | outcome | calls |\n|---|--:|\n\
             | succeeded | {} |\n| dropped by the caller | {} |\n",
            self.policy.name(),
            outcomes.succeeded,
            outcomes.dropped,
        );
        for (kind, count) in &outcomes.given_up {
            let _ = writeln!(text, "| failed: {kind} | {count} |");
        }
        let _ = writeln!(text, "| lost although the policy keeps them | {} |", outcomes.lost.len());
        text
    }

    /// Checks that no call was lost and, if the policy forbids it, that none was billed twice.
    pub(crate) fn check(&self, billed: u64) -> Result<()> {
        let calls = self.calls();
        let outcomes = self.outcomes();
        let (succeeded, lost) = (outcomes.succeeded, &outcomes.lost);
        ensure!(
            billed >= succeeded,
            "{succeeded} calls succeeded with {billed} requests in the log"
        );
        ensure!(lost.is_empty(), "{} calls were lost; the first: {}", lost.len(), lost[0]);
        ensure!(
            self.policy == Policy::ResendLost || billed <= calls,
            "{calls} calls billed {billed} requests"
        );
        Ok(())
    }
}

/// Why a call did not succeed.
enum Failure {
    Dropped,
    /// The response was not that to the request.
    Wrong(String),
    Error {
        error: Error,
        streamed: bool,
    },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error { error, streamed: false }
    }
}

/// One of many callers, which share a client.
pub(crate) struct Caller {
    client: Client,
    tally: Arc<Tally>,
    label: PathBuf,
    /// Where it saves images.
    path: PathBuf,
    random: fastrand::Rng,
}

impl Caller {
    pub(crate) fn new(number: usize, client: Client, tally: Arc<Tally>, label: &Path) -> Self {
        let path = label.with_file_name(format!("{}-{number}.png", tally.policy.name()));
        let random = fastrand::Rng::with_seed(number as u64);
        Self { client, tally, label: label.to_owned(), path, random }
    }

    /// Calls until `stopped` is true, with a pause of half a second on average between two calls.
    pub(crate) async fn run(mut self, stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            let patience = self.random.u64(0..500);
            let outcome = match self.random.u8(0..20) {
                0 => timeout(Duration::from_millis(patience), self.call())
                    .await
                    .unwrap_or(Err(Failure::Dropped)),
                _ => self.call().await,
            };
            self.tally.count(outcome);
            sleep(Duration::from_millis(self.random.u64(0..1_000))).await;
        }
    }

    async fn call(&mut self) -> Result<(), Failure> {
        let data = self.random.u64(..).to_string();
        let kind = self.random.u8(0..5);
        let generate = || self.client.generate(EncodeBarcodeType::Qr, data.clone());
        match kind {
            0 => {
                generate().send().await?;
            }
            1 => {
                generate().save(&self.path).await?;
            }
            2 => {
                let mut stream = generate().stream().await?;
                while let Some(chunk) = stream.next().await {
                    chunk.map_err(|error| Failure::Error { error, streamed: true })?;
                }
            }
            3 => {
                let request = self.client.recognize(self.label.as_path());
                expect_label(&request.types([DecodeBarcodeType::Qr]).send().await?)?;
            }
            _ => expect_label(&self.client.scan(self.label.as_path()).send().await?)?,
        }
        Ok(())
    }
}

fn expect_label(barcodes: &barcode_cloud::Barcodes) -> Result<(), Failure> {
    let values: Vec<_> = barcodes.iter().map(|barcode| &barcode.value).collect();
    match values.as_slice() {
        [value] if *value == "label" => Ok(()),
        _ => Err(Failure::Wrong(format!("found {values:?} instead of the label"))),
    }
}
