//! Batches without failures: rows, names, limits and the ledger.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::fixture::{BATCH, Fixture, failure, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn each_row_becomes_a_file() {
    let fixture = Fixture::new().await;
    let csv = "type,data,id,qr-error-level,foreground,shop\n\
        qr,A,1,H,navy,west\n\
        code-128,B,2,,,east\n\
        ,C,3,,,east\n";
    fixture.write("rows.csv", csv);
    let rows: Vec<Value> = vec![
        json!({"type": "qr", "data": "A", "id": 1, "qr-error-level": "H", "foreground": "navy", "shop": "west"}),
        json!({"type": "code-128", "data": "B", "id": 2, "qr-error-level": null, "shop": "east"}),
        json!({"data": "C", "id": "3", "shop": "east"}),
    ];
    let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
    fixture.write("rows.jsonl", lines.join("\n"));
    for (from, folder) in [("rows.csv", "csv"), ("rows.jsonl", "jsonl")] {
        fixture.sandbox.clear_requests();
        let arguments = ["generate", "aztec", "--from", from, "--out-dir", folder];
        let arguments = [&arguments[..], &["--name", "{shop}/{id}.gif", "--jobs", "1"]].concat();
        let output = fixture.run(&arguments);
        let expected = "3 of 3 rows are done, 3 of them in this run; 0 failed, 0 may have been billed, 0 were not sent\n";
        assert_eq!(stdout(&output), expected);
        assert_eq!(stderr(&output), "");
        for (file, value) in [("west/1.gif", "A"), ("east/2.gif", "B"), ("east/3.gif", "C")] {
            assert_eq!(fixture.values(&format!("{folder}/{file}")), [value]);
        }
        let requests = fixture.sandbox.requests();
        let first = requests.iter().find_map(|request| {
            request
                .body
                .text
                .as_ref()?
                .contains("\"A\"")
                .then(|| request.body.text.clone().unwrap())
        });
        let first: Value = serde_json::from_str(&first.unwrap()).unwrap();
        assert_eq!(first["qrParams"], json!({"qrErrorLevel": "LevelH"}));
        assert_eq!(
            first["barcodeImageParams"],
            json!({"foregroundColor": "#000080", "imageFormat": "Gif"})
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_rows_are_all_reported_and_nothing_is_sent() {
    let fixture = Fixture::new().await;
    let csv = "type,data,id,width\n\
        qr,A,1,\n\
        ean13,4006381333932,2,\n\
        qrx,B,3,\n\
        qr,C,1,\n\
        qr,D,../4,\n\
        qr,E,5,wide\n\
        qr,,6,\n\
        ,F,7,\n";
    fixture.write("rows.csv", csv);
    for more in [&[][..], &["--dry-run"]] {
        let error = failure(&fixture.batch(&[&["--name", "{id}.png"], more].concat()));
        for line in [
            "row 2: data: the check digit of EAN13",
            "row 3: type: `qrx` is unknown; did you mean QR?",
            "row 4: has the same file name as row 1: 1.png",
            "row 5: --name: the column `id` contains a path separator",
            "row 6: width: is not a number",
            "row 7: data: is empty",
            "row 8: type: is missing",
            "error: 7 of 8 rows are invalid, so nothing was sent",
        ] {
            assert!(error.lines().any(|found| found.starts_with(line)), "{line} in {error}");
        }
    }
    let arguments = ["generate", "--from", "missing.csv", "--out-dir", "new"];
    let error = failure(&fixture.run(&arguments));
    assert!(error.starts_with("error: missing.csv: "), "{error}");
    assert!(!fixture.path("new").exists());
    assert_eq!(fixture.sent().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_limited_and_counted_in_advance() {
    let fixture = Fixture::new().await;
    fixture.write("rows.csv", "type,data,price\nqr,A,1\nqr,B,2\nqr,C,3\n");
    let dry = fixture.batch(&["--dry-run"]);
    assert_eq!(
        stdout(&dry),
        "3 rows are valid: 3 calls to make, 0 rows done, 0 rows that may have been billed\n"
    );
    assert_eq!(
        stderr(&dry),
        "warning: these columns are neither options nor used by --name: price\n"
    );
    assert!(!fixture.path("out").exists());

    let limited = fixture.batch(&["--max-calls", "2", "--json"]);
    let result: Value = serde_json::from_slice(&limited.stdout).unwrap();
    assert_eq!(
        result,
        json!({"rows": 3, "done": 2, "generated": 2, "failed": 0, "ambiguous": 0, "left": 1})
    );
    let error = failure(&limited);
    assert!(error.contains("stopped: --max-calls 2 is reached; continue with --resume"), "{error}");
    assert_eq!(fixture.sent().len(), 2);

    let again = failure(&fixture.batch(&[]));
    assert!(again.contains("out has the ledger of an earlier run; use --resume"), "{again}");
    let dry: Value =
        serde_json::from_str(&stdout(&fixture.batch(&["--dry-run", "--resume", "--json"])))
            .unwrap();
    assert_eq!(dry, json!({"rows": 3, "done": 2, "ambiguous": 0, "calls": 1}));
    stdout(&fixture.batch(&["--resume"]));
    stdout(&fixture.batch(&["--resume"]));
    let mut sent = fixture.sent();
    sent.sort();
    assert_eq!(sent, ["A", "B", "C"]);

    // A row that was changed is another request.
    fixture.write("rows.csv", "type,data,price\nqr,A,1\nqr,changed,2\nqr,C,3\n");
    stdout(&fixture.batch(&["--resume"]));
    assert_eq!(fixture.values("out/2.png"), ["changed"]);
    assert_eq!(fixture.sent().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_last_line_of_the_ledger_is_removed() {
    let fixture = Fixture::new().await;
    fixture.write("rows.csv", "type,data\nqr,A\nqr,B\n");
    let _ = fixture.batch(&["--max-calls", "1"]);
    let ledger = fixture.path("out/barcode-ledger.jsonl");
    let append = |text: &str| {
        let mut file = std::fs::OpenOptions::new().append(true).open(&ledger).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    append("{\"row\":2,\"fi");
    stdout(&fixture.batch(&["--resume"]));
    assert_eq!(fixture.sent(), ["A", "B"]);
    let content = std::fs::read_to_string(&ledger).unwrap();
    assert_eq!(content.lines().count(), 4);
    for line in content.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }

    append("{\"row\":2}\n");
    let error = failure(&fixture.batch(&["--resume"]));
    assert!(error.contains("line 5 is not a record of a ledger"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_cannot_use_the_same_ledger() {
    let fixture = Fixture::with_faults("hang").await;
    fixture.write("rows.csv", "type,data\nqr,A\n");
    let mut first = fixture.command(BATCH).spawn().unwrap();
    while fixture.sent().is_empty() {
        std::thread::yield_now();
    }
    let error = failure(&fixture.batch(&["--resume"]));
    assert!(error.contains("barcode-ledger.jsonl: is used by another process"), "{error}");
    first.kill().unwrap();
    first.wait().unwrap();
}
