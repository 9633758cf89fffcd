//! Batches whose requests fail.

use crate::fixture::{Fixture, failure, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_are_listed_and_left_alone() {
    let script = "ok, reset, truncate, status=500, status=504, ok";
    let fixture = Fixture::with_faults(script).await;
    fixture.write_rows(12);
    let lost = fixture.batch(&["--jobs", "1"]);
    let error = failure(&lost);
    for (row, message) in [(2, "the connection"), (3, "incomplete"), (4, "500"), (5, "504")] {
        let line = error.lines().find(|line| line.starts_with(&format!("row {row} ({row}.png): ")));
        let line = line.unwrap();
        assert!(line.contains(message) && line.ends_with(" (may have been billed)"), "{line}");
    }
    assert!(error.contains("error: 4 rows may have been billed; send them with --resume --retry"));
    let expected = "8 of 12 rows are done, 8 of them in this run; 0 failed, 4 may have been billed, 0 were not sent\n";
    assert_eq!(String::from_utf8(lost.stdout).unwrap(), expected);

    let resumed = failure(&fixture.batch(&["--resume"]));
    for row in 2..=5 {
        let line = format!(
            "row {row} ({row}.png) may have been billed in an earlier run and is not resent\n"
        );
        assert!(resumed.contains(&line), "{resumed}");
    }
    assert_eq!(fixture.sent().len(), 12);

    let output = fixture.batch(&["--resume", "--retry-ambiguous"]);
    assert!(stdout(&output).starts_with("12 of 12 rows are done, 4 of them in this run"));
    assert_eq!(stderr(&output), "");
    let mut again = fixture.sent().split_off(12);
    again.sort();
    assert_eq!(again, ["2", "3", "4", "5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_row_does_not_stop_the_others_and_is_resent() {
    let fixture = Fixture::with_faults("ok, status=400, ok").await;
    fixture.write_rows(12);
    let error = failure(&fixture.batch(&["--jobs", "1"]));
    assert!(error.starts_with("row 2 (2.png): the service responded with 400"), "{error}");
    assert!(!error.contains("billed"), "{error}");
    let output = stdout(&fixture.batch(&["--resume"]));
    assert!(output.starts_with("12 of 12 rows are done, 1 of them in this run"), "{output}");
    assert_eq!(fixture.sent().len(), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_run_stops_at_an_error_that_concerns_all_rows() {
    for (script, sent) in [("ok, ok, status=403", 3), (&["reset"; 12].join(", "), 10)] {
        let fixture = Fixture::with_faults(script).await;
        fixture.write_rows(12);
        let error = failure(&fixture.batch(&["--jobs", "1"]));
        assert!(error.contains("error: stopped: "), "{error}");
        assert!(error.ends_with("; continue with --resume\n"), "{error}");
        assert_eq!(fixture.sent().len(), sent, "{error}");
    }
}
