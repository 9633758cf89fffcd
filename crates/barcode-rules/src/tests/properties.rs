//! What holds for random values of each type.

use fastrand::Rng;

use super::generate::{changed, random, valid};
use crate::{Problem, check, rules};

const VALUES: usize = 2_000;

#[test]
fn values_that_are_built_by_a_rule_are_accepted() {
    let mut rng = Rng::with_seed(1);
    for rule in rules() {
        for _ in 0..VALUES {
            let value = valid(&rule.form, &mut rng);
            let outcome = rule.check(&value);
            let is_too_long = matches!(&outcome, Err(violation) if matches!(violation.problem(), Problem::Capacity(_)));
            assert!(outcome.is_ok() || is_too_long, "{value:?}: {outcome:?}");
        }
    }
}

#[test]
fn no_value_makes_a_check_panic_and_each_refusal_has_a_reason() {
    let mut rng = Rng::with_seed(2);
    for rule in rules() {
        for _ in 0..VALUES {
            let value = match rng.bool() {
                true => random(&mut rng),
                false => changed(&valid(&rule.form, &mut rng), &mut rng),
            };
            let Err(violation) = rule.check(&value) else {
                continue;
            };
            if let Some(position) = violation.position() {
                assert!((1..=value.chars().count()).contains(&position), "{value:?}: {violation}");
            }
            if let Some(character) = violation.character() {
                let position = violation.position().unwrap();
                assert_eq!(value.chars().nth(position - 1), Some(character), "{value:?}");
            }
            assert!(!violation.requirement().is_empty(), "{value:?}: {violation}");
        }
    }
}

#[test]
fn a_wrong_check_digit_is_refused_with_the_right_one() {
    let mut rng = Rng::with_seed(3);
    for type_name in [
        "Code32",
        "DatabarLimited",
        "DeutschePostIdentcode",
        "DeutschePostLeitcode",
        "EAN13",
        "EAN14",
        "EAN8",
        "ISMN",
        "ITF14",
        "ITF6",
        "OPC",
        "PZN",
        "SCC14",
        "SSCC18",
        "UPCA",
    ] {
        let rule = crate::rule(type_name).unwrap();
        let mut tried = 0;
        while tried < 500 {
            let value = valid(&rule.form, &mut rng);
            let Some((before, right)) = value.char_indices().next_back() else {
                continue;
            };
            let other = rng.char('0'..='9');
            if other == right || !right.is_ascii_digit() {
                continue;
            }
            // A value without its check digit stays valid.
            match check(type_name, &format!("{}{other}", &value[..before])) {
                Ok(()) => {}
                Err(violation) => {
                    let right = right.to_string();
                    assert_eq!(
                        violation.expected_check_digit(),
                        Some(&*right),
                        "{value}: {violation}"
                    );
                    assert_eq!(violation.position(), Some(value.chars().count()));
                    tried += 1;
                }
            }
        }
    }
}

#[test]
fn messages_contain_at_most_one_character_of_the_value() {
    let secret = "Ωmega-Müller-73Ж";
    for rule in rules() {
        for value in [secret.to_owned(), format!("(21){secret}"), format!("(01){secret}")] {
            let Err(violation) = rule.check(&value) else {
                continue;
            };
            for text in [violation.to_string(), format!("{violation:?}")] {
                for part in ["Ωm", "mega", "Mül", "73", "3Ж"] {
                    assert!(!text.contains(part), "{text}");
                }
            }
        }
    }
}

/// A check that compares each character with each other one would take minutes for each value.
#[test]
fn long_values_are_checked() {
    const PATTERNS: &[&str] = &["(", "(10", "(10)a", "(99)(", "1", "A", "-", " ", ".", "A1-", "ü"];
    let length = 100_000;
    for rule in rules() {
        for pattern in PATTERNS {
            let value = pattern.repeat(length / pattern.len());
            let outcome = rule.check(&value);
            if rule.capacity.is_some() {
                assert!(outcome.is_err(), "{} {pattern}", rule.type_name());
            }
        }
    }
}
