//! Drawing and progress in a real terminal.

use crate::fixture::{Fixture, stderr};

#[tokio::test(flavor = "multi_thread")]
async fn a_barcode_is_drawn_as_wide_as_the_terminal_allows() {
    let fixture = Fixture::new().await;
    let drawing = fixture.in_terminal(30, "\"$BARCODE\" generate qr hello");
    assert!(
        drawing.lines().all(|line| line.starts_with("\x1b[38;5;16;48;5;231m    ")),
        "{drawing}"
    );
    assert!(drawing.contains("█▀▀▀▀▀█"), "{drawing}");
    assert_eq!(drawing.lines().count(), 15);

    let error = fixture.in_terminal(28, "\"$BARCODE\" generate qr hello");
    let expected = "error: the barcode needs 29 columns, but the terminal has 28; use -o FILE";
    assert!(error.starts_with(expected), "{error}");

    let error = fixture.in_terminal(80, "\"$BARCODE\" generate PatchCode 'Patch T'");
    let expected = "error: the emulator cannot generate this barcode, so it is unknown whether";
    assert!(error.starts_with(expected), "{error}");

    let error = fixture.in_terminal(80, "\"$BARCODE\" generate qr hello --width 100");
    assert!(error.contains("no effect on a drawing in the terminal; use -o FILE"), "{error}");
    // Only the barcode that was drawn is billed.
    assert_eq!(fixture.sent(), ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_shown_in_a_terminal_only() {
    let fixture = Fixture::new().await;
    let rows: String = (0..50).map(|row| format!("{row}\n")).collect();
    fixture.write("rows.csv", format!("data\n{rows}"));
    let batch = "generate qr --from rows.csv --out-dir";
    let shown = fixture.in_terminal(80, &format!("\"$BARCODE\" {batch} out"));
    assert!(shown.contains("/50 ") && shown.contains("/s "), "{shown}");
    assert!(shown.contains("50 of 50 rows are done"), "{shown}");

    let arguments: Vec<&str> = batch.split(' ').chain(["other"]).collect();
    let output = fixture.run(&arguments);
    assert_eq!(stderr(&output), "");
}
