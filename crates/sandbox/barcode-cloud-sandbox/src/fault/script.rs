//! Scripts: sequences of faults, with the operation, the repetitions and the probability.

use std::fmt;
use std::str::FromStr;

use super::Fault;
use crate::{Error, RequestMatcher};

/// The maximum number of steps of a script.
const MAX_STEPS: usize = 1000;

/// A sequence of faults, each for one request.
///
/// A script applies to all nine operations, unless [`on`](Self::on) names one of them or the token
/// endpoint. It is played once, unless [`times`](Self::times) or [`forever`](Self::forever) is
/// called.
///
/// ```
/// use barcode_cloud_sandbox::{Fault, RequestMatcher, Script};
///
/// // Two failures, then a normal response: does the client retry often enough?
/// Script::sequence([Fault::status(503), Fault::status(503), Fault::none()]);
/// // The same as text.
/// let script: Script = "status=503, status=503, ok".parse()?;
/// // The next three calls to one operation get 401.
/// Script::from(Fault::unauthorized()).on("ScanBase64").times(3);
/// // The token endpoint fails until the script is removed.
/// Script::from(Fault::status(503)).on("token").forever();
/// // About one request in ten is reset; the same requests in every run.
/// Script::from(Fault::reset()).by_chance(0.1, 2026);
/// // The third request with this data gets a custom response.
/// let matcher = RequestMatcher::new().query("data", "A1");
/// Script::from(Fault::status(402).code("errorQuota")).matching(matcher).nth(3);
/// # Ok::<_, barcode_cloud_sandbox::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    pub(super) steps: Vec<Fault>,
    pub(super) matcher: RequestMatcher,
    /// The number of the first request that is affected, of those that match.
    pub(super) nth: u32,
    /// `None` means forever.
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
    /// Returns a script that applies these faults in order, each to one request.
    pub fn sequence(steps: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            matcher: RequestMatcher::new(),
            nth: 1,
            times: Some(1),
            chance: None,
        }
    }

    /// Restricts the script to an operation: its `operationId` in the document, in any case and
    /// with or without underscores (`ScanBase64`, `scan_base64`), or `token` for the token
    /// endpoint.
    #[must_use]
    pub fn on(mut self, operation: impl Into<String>) -> Self {
        self.matcher = self.matcher.operation(operation);
        self
    }

    /// Restricts the script to the requests that match. This replaces all earlier conditions,
    /// including the operation. A script without an operation does not apply to the token endpoint.
    #[must_use]
    pub fn matching(mut self, matcher: RequestMatcher) -> Self {
        self.matcher = matcher;
        self
    }

    /// Starts with the `nth` request that matches, counted from one. Earlier ones are not affected
    /// by this script.
    #[must_use]
    pub const fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    /// Plays the whole sequence this many times.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Repeats the sequence until the script is removed.
    #[must_use]
    pub const fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Affects each request only with this probability, from 0 to 1.
    ///
    /// The random numbers start from `seed`, so that the same sequence of requests is affected in
    /// the same way in every run. The script repeats forever, unless [`times`](Self::times) is
    /// called afterwards.
    #[must_use]
    pub const fn by_chance(mut self, probability: f64, seed: u64) -> Self {
        self.chance = Some((probability, seed));
        self.times = None;
        self
    }

    /// The approximate size in memory, in bytes, without the conditions.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.steps.iter().map(Fault::weight).sum::<usize>()
    }

    /// Returns an error if the script is invalid.
    pub(super) fn check(&self) -> Result<(), Error> {
        let invalid = |problem: &str| Err(Error::Fault(format!("a script {problem}")));
        if self.steps.is_empty() {
            return invalid("needs at least one step");
        }
        if self.steps.len() > MAX_STEPS {
            return invalid("can have at most 1000 steps");
        }
        if self.times == Some(0) {
            return invalid("must be played at least once");
        }
        if self.nth == 0 {
            return invalid("counts requests from one");
        }
        if self.chance.is_some_and(|(probability, _)| !(0.0..=1.0).contains(&probability)) {
            return invalid("needs a probability from 0 to 1");
        }
        self.steps.iter().try_for_each(Fault::check)
    }
}

impl FromStr for Script {
    type Err = Error;

    /// Parses steps that are separated by commas. The script applies to all operations and is
    /// played once.
    fn from_str(text: &str) -> Result<Self, Error> {
        let script =
            Self::sequence(text.split(',').map(str::parse).collect::<Result<Vec<_>, _>>()?);
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
    fn a_script_survives_a_round_trip_through_text() {
        let text = "status=503; retry-after=1, delay=20ms, ok";
        assert_eq!(text.parse::<Script>().unwrap().to_string(), text);
    }

    #[test]
    fn an_invalid_script_is_rejected_with_a_reason() {
        let fault = || Script::from(Fault::reset());
        for (script, reason) in [
            (Script::sequence([]), "at least one step"),
            (Script::sequence(vec![Fault::none(); 1001]), "1000 steps"),
            (fault().times(0), "at least once"),
            (fault().nth(0), "from one"),
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
