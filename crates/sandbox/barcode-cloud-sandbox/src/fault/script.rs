//! When faults happen: which, in what order, for what operation, how often, with what chance.

use std::fmt;
use std::str::FromStr;

use super::Fault;
use crate::Error;

/// No script has more steps.
const MOST_STEPS: usize = 1000;

/// Faults in the order in which they happen, each to one request.
///
/// A script concerns all nine operations unless [`on`](Self::on) names one, or `token`, the token
/// endpoint. It is played once unless told otherwise.
///
/// ```
/// use barcode_cloud_sandbox::{Fault, Script};
///
/// // Two failures, then a good answer: does the client try again, and often enough?
/// Script::sequence([Fault::status(503), Fault::status(503), Fault::none()]);
/// // The same as text.
/// let script: Script = "status=503, status=503, ok".parse()?;
/// // The next three calls of one operation are refused.
/// Script::from(Fault::unauthorized()).on("ScanBase64").times(3);
/// // No tokens until the script is cleared.
/// Script::from(Fault::status(503)).on("token").forever();
/// // Every tenth request or so is lost; the same ones in every run.
/// Script::from(Fault::reset()).by_chance(0.1, 2026);
/// # Ok::<_, barcode_cloud_sandbox::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    pub(super) steps: Vec<Fault>,
    pub(super) operation: Option<String>,
    /// `None` stands for ever.
    pub(super) times: Option<u32>,
    /// Probability and seed.
    pub(super) chance: Option<(f64, u64)>,
}

impl From<Fault> for Script {
    fn from(fault: Fault) -> Self {
        Self::sequence([fault])
    }
}

impl Script {
    /// Faults one after the other, each to one request.
    pub fn sequence(steps: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            operation: None,
            times: Some(1),
            chance: None,
        }
    }

    /// Only for this operation: its `operationId` in the document, in any case and with or without
    /// underscores (`ScanBase64`, `scan_base64`), or `token` for the token endpoint.
    #[must_use]
    pub fn on(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// The whole sequence so many times.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Again and again, until it is cleared.
    #[must_use]
    pub const fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Each request is hit with this probability, from 0 to 1, by random numbers that begin with
    /// `seed`: the same requests in the same order are hit alike. Plays for ever, unless
    /// [`times`](Self::times) follows.
    #[must_use]
    pub const fn by_chance(mut self, probability: f64, seed: u64) -> Self {
        self.chance = Some((probability, seed));
        self.times = None;
        self
    }

    /// Whether it can be played.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |problem: &str| Err(Error::Fault(format!("a script {problem}")));
        if self.steps.is_empty() {
            return wrong("has no steps");
        }
        if self.steps.len() > MOST_STEPS {
            return wrong("has more than 1000 steps");
        }
        if self.times == Some(0) {
            return wrong("is played no times");
        }
        if self
            .chance
            .is_some_and(|(it, _)| !(0.0..=1.0).contains(&it))
        {
            return wrong("has a probability that is not from 0 to 1");
        }
        self.steps.iter().try_for_each(Fault::check)
    }
}

impl FromStr for Script {
    type Err = Error;

    /// Steps with commas between them, for all operations, once.
    fn from_str(text: &str) -> Result<Self, Error> {
        let script = Self::sequence(
            text.split(',')
                .map(str::parse)
                .collect::<Result<Vec<_>, _>>()?,
        );
        script.check()?;
        Ok(script)
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{step}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_as_it_is_written() {
        let text = "status=503; retry-after=1, delay=20ms, ok";
        assert_eq!(text.parse::<Script>().unwrap().to_string(), text);
    }

    #[test]
    fn a_script_that_cannot_be_played_is_refused() {
        let fault = || Script::from(Fault::reset());
        for (script, reason) in [
            (Script::sequence([]), "no steps"),
            (Script::sequence(vec![Fault::none(); 1001]), "1000 steps"),
            (fault().times(0), "no times"),
            (fault().by_chance(1.5, 0), "from 0 to 1"),
            (fault().by_chance(f64::NAN, 0), "from 0 to 1"),
            (Fault::status(99).into(), "from 200 to 599"),
        ] {
            let error = script.check().unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!("status=503,,ok".parse::<Script>().is_err());
    }
}
