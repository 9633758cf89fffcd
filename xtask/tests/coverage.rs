//! The README's coverage is what is measured.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::process::Command;

fn coverage(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("coverage")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_readme_tells_the_coverage_as_it_is() {
    let output = coverage(&["--check"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn everything_of_the_contract_is_generated() {
    let output = coverage(&[]);
    let table = String::from_utf8(output.stdout).unwrap();
    let cells = |name: &str| -> Vec<String> {
        let line = table
            .lines()
            .find(|line| line.starts_with(&format!("| {name} |")))
            .expect(name);
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    assert_eq!(cells("9 operations")[1..], ["9", "9", "9", "9"]);
    assert_eq!(cells("31 schemas")[1], "31");
    // What the sandbox cannot do is told as such.
    assert_eq!(cells("`microQRVersion`")[4], "-");
    assert_eq!(cells("`qrErrorLevel`")[4], "yes");
}
