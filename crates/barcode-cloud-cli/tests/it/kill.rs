//! Batches that are killed at random points and resumed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::fixture::{BATCH, Fixture, failure, send_signal, stderr};

const ROWS: usize = 300;
const KILLS: usize = 10;
/// The sandbox keeps the last 1,000 requests, so the test sends fewer between two looks at them.
const ROWS_PER_RUN: usize = 500;

/// Returns the last state of each row in the ledger, of which the last line may be incomplete.
fn states(fixture: &Fixture) -> BTreeMap<String, String> {
    let ledger = std::fs::read_to_string(fixture.path("out/barcode-ledger.jsonl"));
    let ledger = ledger.unwrap_or_default();
    let complete = ledger.rfind('\n').map_or("", |end| &ledger[..end]);
    complete
        .lines()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let state = record["state"].as_str().unwrap();
            (record["row"].to_string(), state.to_owned())
        })
        .collect()
}

/// How often the request of each row was sent.
#[derive(Default)]
struct Counts(BTreeMap<String, usize>);

impl Counts {
    /// Counts the requests that the sandbox has received since the last time. The body of a request
    /// is missing if the run was killed before the sandbox read it.
    fn update(&mut self, fixture: &Fixture) {
        for data in fixture.sent().into_iter().filter(|data| !data.is_empty()) {
            *self.0.entry(data).or_default() += 1;
        }
        fixture.sandbox.clear_requests();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_sent_twice_although_the_run_is_killed_again_and_again() {
    let fixture = Fixture::new().await;
    let rows = std::env::var("KILL_TEST_ROWS").map_or(ROWS, |rows| rows.parse().unwrap());
    fixture.write_rows(rows);
    let ledger = fixture.path("out/barcode-ledger.jsonl");
    let length = || ledger.metadata().map_or(0, |metadata| metadata.len());
    let mut random = fastrand::Rng::with_seed(17);
    let mut counts = Counts::default();

    for _ in 0..KILLS {
        // A row has two records of about 80 bytes.
        let most = (rows / KILLS).min(ROWS_PER_RUN) * 160;
        let target = length() + random.u64(1..most as u64);
        let mut run = fixture
            .command(&[BATCH, &["--resume"]].concat())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while length() < target && run.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        run.kill().unwrap();
        run.wait().unwrap();
        counts.update(&fixture);
    }
    let killed = states(&fixture);
    let done = killed.values().filter(|state| *state == "done").count();
    assert!(done < rows, "the batch ended before it was killed {KILLS} times");

    let limit = ROWS_PER_RUN.to_string();
    let listed = loop {
        let resumed = stderr(&fixture.batch(&["--resume", "--max-calls", &limit]));
        counts.update(&fixture);
        if !resumed.contains("--max-calls") {
            break resumed;
        }
    };
    let states = states(&fixture);
    let ambiguous: Vec<&String> =
        states.iter().filter(|(_, state)| *state == "sent").map(|(row, _)| row).collect();
    assert!(!ambiguous.is_empty(), "no request was in flight at any of the kills");
    let count = listed.matches("may have been billed in an earlier run").count();
    assert_eq!(count, ambiguous.len().min(20), "{listed}");
    assert_eq!(states.len(), rows);
    for (row, count) in &counts.0 {
        assert_eq!(*count, 1, "row {row}");
    }

    let output = fixture.batch(&["--resume", "--retry-ambiguous"]);
    assert!(output.status.success(), "{output:?}");
    counts.update(&fixture);
    assert_eq!(counts.0.len(), rows);
    for (row, count) in &counts.0 {
        let is_ambiguous = ambiguous.contains(&row);
        assert!(*count == 1 || (is_ambiguous && *count == 2), "row {row}: {count}");
        assert_eq!(fixture.values(&format!("out/{row}.png")), [row.as_str()]);
    }
    let files = std::fs::read_dir(fixture.path("out")).unwrap().count();
    assert_eq!(files, rows + 1, "only images and the ledger");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_waits_for_the_requests_in_flight() {
    let fixture = Fixture::new().await;
    fixture.write_rows(ROWS);
    let run = fixture.command(BATCH).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while fixture.sent().len() < 20 {
        std::thread::yield_now();
    }
    send_signal("INT", run.id());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let expected = "interrupted: waiting for the requests in flight; press Ctrl-C again to abandon \
        them\ninterrupted; continue with --resume\n";
    assert_eq!(stderr(&output), expected);
    let states = states(&fixture);
    assert!(states.values().all(|state| state == "done"), "{states:?}");
    let summary = String::from_utf8(output.stdout).unwrap();
    let expected = format!("{} of {ROWS} rows are done, ", states.len());
    assert!(states.len() < ROWS && summary.starts_with(&expected), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_abandons_the_requests_in_flight() {
    let fixture = Fixture::with_faults("hang").await;
    fixture.write_rows(1);
    let mut run = fixture.command(BATCH).stderr(Stdio::piped()).spawn().unwrap();
    while fixture.sent().is_empty() {
        std::thread::yield_now();
    }
    send_signal("INT", run.id());
    let mut line = String::new();
    let mut stderr = BufReader::new(run.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("interrupted: waiting"), "{line}");
    send_signal("INT", run.id());
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let resumed = fixture.batch(&["--resume"]);
    assert!(failure(&resumed).contains("row 1 (1.png) may have been billed"));
}
