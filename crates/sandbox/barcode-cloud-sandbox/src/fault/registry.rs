//! The active scripts of a running sandbox, with the progress of each.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::{Fault, Script};
use crate::contract::{OperationNames, TOKEN};
use crate::matcher::{ComparedRequest, CompiledMatcher};
use crate::{Error, RequestMatcher};

/// The maximum number of active scripts and of their bytes, so that repeated admin calls cannot
/// exhaust the memory.
const MAX_SCRIPTS: usize = 1000;
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The active scripts.
#[derive(Debug)]
pub(crate) struct Faults {
    names: Arc<OperationNames>,
    at_start: Vec<Script>,
    playing: Mutex<Playing>,
}

#[derive(Debug, Default)]
struct Playing {
    last_id: u64,
    scripts: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    id: u64,
    script: Script,
    matcher: CompiledMatcher,
    /// How many requests have matched.
    matched: u32,
    random: fastrand::Rng,
    /// The next step.
    step: usize,
    /// How many times the whole sequence was played.
    played: u32,
    hits: u64,
}

/// A script as the admin call lists it.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    id: u64,
    steps: Vec<String>,
    operation: Option<String>,
    matching: RequestMatcher,
    nth: u32,
    /// How many times the sequence will still be played, including the current time; absent if
    /// forever.
    times_left: Option<u32>,
    next_step: usize,
    hits: u64,
    probability: Option<f64>,
    seed: Option<u64>,
}

impl Faults {
    /// Returns the active scripts of a new sandbox.
    pub(crate) fn new(names: Arc<OperationNames>, at_start: Vec<Script>) -> Result<Self, Error> {
        let faults = Self { names, at_start, playing: Mutex::default() };
        faults.at_start.iter().try_for_each(|script| faults.add(script.clone()).map(drop))?;
        Ok(faults)
    }

    /// Plays only the scripts of the start, from their beginning.
    pub(crate) fn reset(&self) {
        self.clear();
        for script in &self.at_start {
            // It was valid at the start.
            let _ = self.add(script.clone());
        }
    }

    /// Adds a script after the active ones. Returns its id.
    pub(crate) fn add(&self, script: Script) -> Result<u64, Error> {
        script.check()?;
        let matcher = script.matcher.clone().compile(&self.names)?;
        let mut playing = self.playing();
        if playing.scripts.len() >= MAX_SCRIPTS {
            let problem = format!("there are {MAX_SCRIPTS} active scripts already");
            return Err(Error::Fault(problem));
        }
        let bytes: usize = playing.scripts.iter().map(Active::weight).sum();
        if bytes + script.weight() + matcher.weight() > MAX_BYTES {
            let problem = format!("the active scripts need more than {MAX_BYTES} bytes");
            return Err(Error::Fault(problem));
        }
        playing.last_id += 1;
        let id = playing.last_id;
        playing.scripts.push(Active {
            id,
            random: fastrand::Rng::with_seed(script.chance.map_or(0, |(_, seed)| seed)),
            script,
            matcher,
            matched: 0,
            step: 0,
            played: 0,
            hits: 0,
        });
        Ok(id)
    }

    pub(crate) fn clear(&self) {
        self.playing().scripts.clear();
    }

    /// Removes a script. Returns whether it was active.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let scripts = &mut self.playing().scripts;
        let before = scripts.len();
        scripts.retain(|active| active.id != id);
        scripts.len() < before
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        self.playing().scripts.iter().map(Active::list).collect()
    }

    /// Whether a script compares the bodies of requests.
    pub(crate) fn compare_bodies(&self) -> bool {
        self.playing().scripts.iter().any(|active| active.matcher.compares_body())
    }

    /// Returns the fault of the next request. The first script that applies to it and whose
    /// probability hits advances by one step.
    pub(crate) fn next(&self, request: &ComparedRequest<'_>) -> Option<Fault> {
        let scripts = &mut self.playing().scripts;
        let hit =
            scripts.iter_mut().position(|active| active.applies_to(request) && active.hits())?;
        let fault = scripts[hit].advance();
        if scripts[hit].is_over() {
            scripts.remove(hit);
        }
        fault
    }

    fn playing(&self) -> std::sync::MutexGuard<'_, Playing> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    /// Whether the request matches and enough others have matched before it.
    fn applies_to(&mut self, request: &ComparedRequest<'_>) -> bool {
        let names_operation = self.matcher.matcher.operation_name().is_some();
        let is_covered = names_operation || request.operation != Some(TOKEN);
        if !is_covered || !self.matcher.matches(request) {
            return false;
        }
        self.matched = self.matched.saturating_add(1);
        self.matched >= self.script.nth
    }

    fn weight(&self) -> usize {
        self.script.weight() + self.matcher.weight()
    }

    fn hits(&mut self) -> bool {
        match self.script.chance {
            Some((probability, _)) => self.random.f64() < probability,
            None => true,
        }
    }

    fn advance(&mut self) -> Option<Fault> {
        let fault = self.script.steps.get(self.step).cloned();
        self.hits += 1;
        self.step += 1;
        if self.step >= self.script.steps.len() {
            self.step = 0;
            self.played = self.played.saturating_add(1);
        }
        fault
    }

    fn is_over(&self) -> bool {
        self.script.times.is_some_and(|times| self.played >= times)
    }

    fn list(&self) -> Listed {
        Listed {
            id: self.id,
            steps: self.script.steps.iter().map(Fault::to_string).collect(),
            operation: self.matcher.matcher.operation_name().map(str::to_owned),
            matching: self.matcher.matcher.clone(),
            nth: self.script.nth,
            times_left: (self.script.times).map(|times| times.saturating_sub(self.played)),
            next_step: self.step,
            hits: self.hits,
            probability: self.script.chance.map(|(probability, _)| probability),
            seed: self.script.chance.map(|(_, seed)| seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Document;

    fn faults() -> Faults {
        let document = Document::embedded().unwrap();
        Faults::new(Arc::new(OperationNames::of(&document)), Vec::new()).unwrap()
    }

    fn next(faults: &Faults, operation: &str) -> Option<Fault> {
        let (parts, ()) = http::Request::new(()).into_parts();
        faults.next(&ComparedRequest::arrived(operation, &parts, None))
    }

    #[test]
    fn a_sequence_is_played_in_order_and_ends() {
        let faults = faults();
        let script = Script::sequence([Fault::status(503), Fault::none()]).times(2);
        faults.add(script).unwrap();
        let got: Vec<_> = (0..5).map(|_| next(&faults, "Scan")).collect();
        let (bad, good) = (Some(Fault::status(503)), Some(Fault::none()));
        assert_eq!(got, [bad.clone(), good.clone(), bad, good, None]);
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_script_applies_to_its_operation_or_to_all_but_the_token_endpoint() {
        let faults = faults();
        let id = faults.add(Script::from(Fault::reset()).on("scan_base64").forever()).unwrap();
        assert_eq!(next(&faults, "Scan"), None);
        assert_eq!(next(&faults, "ScanBase64"), Some(Fault::reset()));
        assert!(faults.remove(id) && !faults.remove(id));
        faults.add(Script::from(Fault::hang()).forever()).unwrap();
        assert_eq!(next(&faults, "token"), None);
        assert_eq!(next(&faults, "Scan"), Some(Fault::hang()));
        let error = faults.add(Script::from(Fault::hang()).on("Scann"));
        assert!(error.unwrap_err().to_string().contains("ScanBase64"));
    }

    #[test]
    fn the_same_seed_hits_the_same_requests() {
        let play = |seed| {
            let faults = faults();
            faults.add(Script::from(Fault::reset()).by_chance(0.3, seed)).unwrap();
            (0..200).map(|_| next(&faults, "Scan").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(play(1), play(1));
        assert_ne!(play(1), play(2));
        let hits = play(1).iter().filter(|hit| **hit).count();
        assert!((30..90).contains(&hits), "{hits}");
    }

    #[test]
    fn the_number_of_scripts_is_bounded() {
        let faults = faults();
        for _ in 0..MAX_SCRIPTS {
            faults.add(Fault::none().into()).unwrap();
        }
        assert!(faults.add(Fault::none().into()).is_err());
        faults.clear();
        assert!(faults.add(Fault::none().into()).is_ok());
    }

    #[test]
    fn a_script_starts_with_the_nth_request_that_it_has_not_left_to_another() {
        let faults = faults();
        faults.add(Fault::hang().into()).unwrap();
        faults.add(Script::from(Fault::reset()).on("Scan").nth(2)).unwrap();
        let got = ["Scan", "Scan", "ScanBase64", "Scan", "Scan"].map(|name| next(&faults, name));
        assert_eq!(got, [Some(Fault::hang()), None, None, Some(Fault::reset()), None]);
    }

    #[test]
    fn the_size_of_all_scripts_is_bounded() {
        let faults = faults();
        let large = || Script::from(Fault::status(200).body("x".repeat(64 * 1024)));
        let count = (0..MAX_SCRIPTS).take_while(|_| faults.add(large()).is_ok()).count();
        assert_eq!(count, 127);
        let matcher = RequestMatcher::new().query("data", "x".repeat(64 * 1024));
        assert!(faults.add(Script::from(Fault::none()).matching(matcher)).is_err());
        assert!(faults.add(Fault::none().into()).is_ok());
    }
}
