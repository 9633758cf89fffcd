//! Compares the rules with engines that know the symbologies but nothing of this crate.
//!
//! Each random value must be accepted by both or refused by both, except for the disagreements that
//! are listed with a reason.

mod rxing;
#[cfg(feature = "native")]
mod zint;

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::generate::{changed, near_capacity, random, valid};
use crate::rule;

/// Random values for each type.
const VALUES: usize = 10_000;

/// Which of the two accepts the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepted {
    Here,
    There,
}

/// A known disagreement.
struct Known {
    types: &'static [&'static str],
    accepted: Accepted,
    /// A part of the refusal: the engine's message, or our problem and application identifier.
    refusal: &'static str,
    /// Whether the disagreement is about this value.
    value: fn(&str) -> bool,
    /// Why the rule does not follow the engine.
    reason: &'static str,
}

const fn known(
    types: &'static [&'static str],
    accepted: Accepted,
    refusal: &'static str,
    reason: &'static str,
) -> Known {
    Known { types, accepted, refusal, value: |_| true, reason }
}

impl Known {
    const fn about(mut self, value: fn(&str) -> bool) -> Self {
        self.value = value;
        self
    }
}

/// Asserts that a type's rule and the engine agree, and returns the known disagreements that
/// occurred, by their index.
fn compare(
    type_name: &str,
    known: &[Known],
    engine: impl Fn(&str) -> Result<(), String>,
) -> BTreeSet<usize> {
    let rule = rule(type_name).unwrap();
    let mut rng = Rng::with_seed(4);
    let mut occurred = BTreeSet::new();
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    let mut accepted = 0;
    for _ in 0..VALUES {
        let value = match (rng.u8(..64), &rule.capacity) {
            (0, Some(capacity)) => near_capacity(capacity, &mut rng),
            (0..32, _) => valid(&rule.form, &mut rng),
            (32..48, _) => changed(&valid(&rule.form, &mut rng), &mut rng),
            _ => random(&mut rng),
        };
        let (who, refusal) = match (rule.check(&value), engine(&value)) {
            (Ok(()), Err(refusal)) => (Accepted::Here, refusal),
            (Err(violation), Ok(())) => {
                let element = violation.application_identifier();
                (Accepted::There, format!("{:?} {element:?}", violation.problem()))
            }
            (ours, _) => {
                accepted += usize::from(ours.is_ok());
                continue;
            }
        };
        let is_known = |known: &Known| {
            let is_type = known.types.contains(&type_name);
            let is_refusal = known.accepted == who && refusal.contains(known.refusal);
            is_type && is_refusal && (known.value)(&value)
        };
        match known.iter().position(is_known) {
            Some(index) => {
                occurred.insert(index);
            }
            None => {
                unknown.insert(format!("accepted {who:?}, refusal {refusal}"), value);
            }
        }
    }
    assert!(unknown.is_empty(), "{type_name}: {unknown:#?}");
    assert!((VALUES / 10..VALUES).contains(&accepted), "{type_name}: {accepted}");
    occurred
}

/// Compares all types of an engine, and asserts that no listed disagreement is out of date.
fn compare_all<T: Copy>(
    types: &[(&'static str, T)],
    known: &[Known],
    engine: impl Fn(&str, T, &str) -> Result<(), String>,
) {
    let mut occurred = BTreeSet::new();
    for (type_name, symbology) in types {
        occurred.extend(compare(type_name, known, |value| engine(type_name, *symbology, value)));
    }
    for (index, known) in known.iter().enumerate() {
        assert!(occurred.contains(&index), "this disagreement does not occur: {}", known.reason);
    }
}
