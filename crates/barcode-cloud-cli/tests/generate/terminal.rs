//! Drawing and progress in a real terminal, which `script` emulates.

use std::process::{Command, Stdio};

use crate::Fixture;

/// Runs a shell command in a terminal with this number of columns. Returns what the terminal shows.
fn in_terminal(fixture: &Fixture, columns: u32, arguments: &str) -> String {
    let binary = env!("CARGO_BIN_EXE_barcode");
    let line = format!("stty rows 40 cols {columns}; '{binary}' {arguments}");
    // Takes over the folder and the environment.
    let template = fixture.command(&[]);
    let mut command = Command::new("script");
    for (name, value) in template.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(fixture.folder.path())
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_barcode_is_drawn_as_wide_as_the_terminal_allows() {
    let fixture = Fixture::new().await;
    let drawing = in_terminal(&fixture, 30, "generate qr hello");
    assert!(
        drawing.lines().all(|line| line.starts_with("\x1b[38;5;16;48;5;231m    ")),
        "{drawing}"
    );
    assert!(drawing.contains("█▀▀▀▀▀█"), "{drawing}");
    assert_eq!(drawing.lines().count(), 15);

    let error = in_terminal(&fixture, 28, "generate qr hello");
    let expected = "error: the barcode needs 29 columns, but the terminal has 28; use -o FILE";
    assert!(error.starts_with(expected), "{error}");

    let error = in_terminal(&fixture, 80, "generate qr hello --width 100");
    assert!(error.contains("no effect on a drawing in the terminal; use -o FILE"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_shown_in_a_terminal_only() {
    let fixture = Fixture::new().await;
    let rows: String = (0..50).map(|row| format!("{row}\n")).collect();
    fixture.write("rows.csv", format!("data\n{rows}"));
    let batch = "generate qr --from rows.csv --out-dir";
    let shown = in_terminal(&fixture, 80, &format!("{batch} out"));
    assert!(shown.contains("/50 ") && shown.contains("/s "), "{shown}");
    assert!(shown.contains("50 of 50 rows are done"), "{shown}");

    let arguments: Vec<&str> = batch.split(' ').chain(["other"]).collect();
    let output = fixture.run(&arguments);
    assert_eq!(crate::stderr(&output), "");
}
