//! Checks arbitrary text against the rule that the first byte selects.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let rules: Vec<_> = barcode_rules::rules().collect();
    let rule = rules[usize::from(*first) % rules.len()];
    let text = String::from_utf8_lossy(rest);
    let Err(violation) = rule.check(&text) else {
        return;
    };
    assert!(!violation.to_string().is_empty());
    let length = text.chars().count();
    assert!(violation.position().is_none_or(|position| (1..=length).contains(&position)));
});
