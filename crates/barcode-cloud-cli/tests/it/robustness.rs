//! Disks without space, folders that cannot be written, closed streams, unusual paths and narrow
//! terminals.

use std::process::Output;

use crate::fixture::{BATCH, Fixture, json, parts, stderr, stdout};

/// Runs a shell script that may mount file systems, which vanish with it. Returns `None` if this
/// machine does not allow that.
fn with_mounts(fixture: &Fixture, script: &str) -> Option<Output> {
    let mut unshare = fixture.program("unshare");
    unshare.args(["--map-root-user", "--mount", "sh", "-c"]);
    let output = unshare
        .arg(format!("mkdir disk && mount -t tmpfs -o size=1m none disk || exit 77\n{script}"));
    match output.output() {
        Ok(output)
            if output.status.code() != Some(77) && !stderr(&output).starts_with("unshare") =>
        {
            Some(output)
        }
        refused => {
            eprintln!("skipped: this machine does not allow to mount a file system: {refused:?}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_a_batch_which_can_be_resumed_on_a_larger_one() {
    let fixture = Fixture::new().await;
    fixture.write_rows(300);
    let script = "
        batch='--from rows.csv --out-dir disk/out --jobs 4'
        $BARCODE generate $batch 2> full
        echo $?
        find disk -name '.barcode-*'
        mount -o remount,size=4m disk
        $BARCODE generate $batch --resume --retry-ambiguous 2>&1";
    let Some(output) = with_mounts(&fixture, script) else {
        return;
    };
    let (code, out, err) = parts(&output);
    let full = std::fs::read_to_string(fixture.path("full")).unwrap();
    assert_eq!(code, Some(0), "{out}{err}{full}");
    assert!(
        full.contains("No space left on device") && full.contains("free some disk space"),
        "{full}"
    );
    // Nothing is sent after the first error, except for the requests in flight.
    assert!(full.matches("(may have been billed)").count() <= 4, "{full}");
    assert!(out.contains("300 of 300 rows are done"), "{out}");
    assert!(!out.contains(".barcode-"), "{out}");
    let lines: Vec<_> = out.lines().filter(|line| *line == "2").collect();
    assert_eq!(lines.len(), 1, "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_written_is_one_line_and_nothing_is_sent() {
    let fixture = Fixture::new().await;
    fixture.write_rows(3);
    let script = "
        mkdir disk/old
        mount -o remount,ro disk
        $BARCODE generate qr x -o disk/x.png
        $BARCODE generate --from rows.csv --out-dir disk/new
        $BARCODE generate --from rows.csv --out-dir disk/old
        $BARCODE demo --out disk/demo
        exit 0";
    let Some(output) = with_mounts(&fixture, script) else {
        return;
    };
    let (code, out, err) = parts(&output);
    assert_eq!((code, &out[..]), (Some(0), ""), "{err}");
    let expected = [
        "error: disk/x.png: Read-only file system",
        "error: cannot create the folder disk/new: Read-only file system",
        "error: disk/old/barcode-ledger.jsonl: Read-only file system",
        "error: cannot create disk/demo: Read-only file system",
    ];
    assert_eq!(err.lines().count(), expected.len(), "{err}");
    for (line, expected) in err.lines().zip(expected) {
        assert!(line.starts_with(expected) && line.contains("; check "), "{line}");
    }
    assert_eq!(fixture.sent().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_closed_or_full_change_no_exit_status() {
    let fixture = Fixture::with_faults("ok, status=503; retry-after=0, ok").await;
    fixture.picture("x.png", "x");
    fixture.write("rows.csv", "data,unused\nA,1\n");
    for (line, expected) in [
        ("scan x.png", 0),
        ("scan missing.png", 2),
        ("scan --json missing.png", 2),
        ("scan -", 2),
        ("-vv token --show", 0),
        ("doctor", 0),
        ("--unknown", 2),
        ("generate qr --from rows.csv --out-dir $OUT", 0),
        ("generate qr --from rows.csv --out-dir $OUT", 2),
        ("generate qr --from - --out-dir other", 2),
        ("sandbox --listen 192.0.2.1", 2),
    ] {
        let streams = ["< /dev/null > /dev/null 2> /dev/full", "<&- >&- 2>&-"];
        for (streams, folder) in streams.into_iter().zip(["full", "closed"]) {
            let line = format!("$BARCODE {line} {streams}");
            let mut shell = fixture.program("sh");
            let status = shell.args(["-c", &line]).env("OUT", folder).status().unwrap();
            assert_eq!(status.code(), Some(expected), "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_may_have_spaces_and_any_characters() {
    let fixture = Fixture::new().await;
    fixture.write("ä b/日本 'x'.csv", "type,data,id\nqr,1,é 1\nqr,2,-2\n");
    let from = ["generate", "--from", "ä b/日本 'x'.csv", "--out-dir", "ä b/ß ü"];
    stdout(&fixture.run(&[&from[..], &["--name", "{id} 日.png"]].concat()));
    let read = fixture.run(&["scan", "--jsonl", "--annotate", "copies 日", "ä b/ß ü/*.png"]);
    let found: Vec<_> = stdout(&read)
        .lines()
        .map(json)
        .map(|entry| (entry["file"].to_string(), entry["barcodes"][0]["value"].to_string()))
        .collect();
    let expected = [("ä b/ß ü/-2 日.png", "2"), ("ä b/ß ü/é 1 日.png", "1")];
    let expected = expected.map(|(file, value)| (format!("{file:?}"), format!("{value:?}")));
    assert_eq!(found, expected);
    assert!(fixture.path("copies 日/é 1 日.png").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_reads_rows_from_standard_input() {
    let fixture = Fixture::new().await;
    for (rows, folder) in [("data\nA\nB\n", "csv"), ("{\"data\":\"A\"}\n{\"data\":\"B\"}", "jsonl")]
    {
        fixture.write("rows", rows);
        let arguments = ["generate", "qr", "--from", "-", "--out-dir", folder];
        for (more, expected) in [
            (&["--max-calls", "1"][..], "1 of 2 rows are done, 1 of them"),
            (&["--resume"], "2 of 2 rows are done, 1 of them"),
        ] {
            let mut command = fixture.command(&[&arguments[..], more].concat());
            let rows = std::fs::File::open(fixture.path("rows")).unwrap();
            let (_, out, err) = parts(&command.stdin(rows).output().unwrap());
            assert!(out.starts_with(expected), "{out}{err}");
        }
        assert_eq!(fixture.values(&format!("{folder}/2.png")), ["B"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_help_fits_into_a_narrow_terminal() {
    let fixture = Fixture::new().await;
    for columns in [40, 80] {
        for command in ["", "scan", "token", "login", "doctor"] {
            let line = format!("$BARCODE {command} --help");
            let help = fixture.in_terminal(columns, &line);
            let help = console::strip_ansi_codes(&help);
            let (text, _) = help.split_once("Examples:").unwrap_or((&help, ""));
            let longest = text.lines().map(|line| line.trim_end().chars().count()).max();
            assert!(longest.is_some_and(|length| length <= columns as usize), "{help}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_cannot_control_the_terminal() {
    let fixture = Fixture::new().await;
    fixture.picture("x.png", "\u{1b}[31m\u{9b}2J\r\n\u{202e}\u{2028}x");
    for format in ["", "--json", "--jsonl", "--csv"] {
        let shown = fixture.in_terminal(80, &format!("$BARCODE scan {format} x.png"));
        let is_control = |character: char| character.is_control() && !"\r\n".contains(character);
        assert!(!shown.contains(is_control), "{shown:?}");
        assert!(!shown.contains(['\u{202e}', '\u{2028}']), "{shown:?}");
        assert!(shown.contains("[31m"), "{shown:?}");
    }
    let lines = stdout(&fixture.run(&["scan", "--jsonl", "x.png"]));
    assert_eq!(lines.lines().count(), 1);
    let exact = stdout(&fixture.run(&["scan", "--csv", "x.png"]));
    assert!(exact.contains("\u{1b}[31m\u{9b}2J\r\n\u{202e}"), "{exact:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_files_of_a_killed_run_are_removed() {
    let fixture = Fixture::new().await;
    fixture.write_rows(2);
    let arguments = ["--name", "a b/{row}.png"];
    fixture.batch(&[&arguments[..], &["--max-calls", "1"]].concat());
    for name in ["out/.barcode-aB3dE6", "out/a b/.barcode-000000", "out/.barcode-notes.txt"] {
        fixture.write(name, "");
    }
    stdout(&fixture.run(&[BATCH, &arguments, &["--resume"]].concat()));
    let mut names: Vec<_> = std::fs::read_dir(fixture.path("out")).unwrap().collect();
    names.extend(std::fs::read_dir(fixture.path("out/a b")).unwrap());
    let mut names: Vec<_> = names.into_iter().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".barcode-notes.txt", "1.png", "2.png", "a b", "barcode-ledger.jsonl"]);
}
