//! `barcode recognize` and `barcode scan`.

use std::io::Write as _;
use std::process::Stdio;

use crate::fixture::{Fixture, json, one_error, parts};

/// A folder with two barcodes, an image without one, and a file that is not an image.
async fn pictures() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.picture("in/a b.png", "=1,\"2\"");
    fixture.write("in/b.png", "junk");
    fixture.picture("in/deep/ü.png", "x");
    fixture.picture("in/empty.png", "");
    fixture
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_an_image_does_not_end_the_run() {
    let fixture = pictures().await;
    let (code, out, err) = parts(&fixture.run(&["scan", "--recursive", "in"]));
    assert_eq!(code, Some(2));
    assert_eq!(out, "in/a b.png: QR: =1,\"2\"\nin/deep/ü.png: QR: x\n");
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(lines.len(), 3, "{err}");
    assert!(lines[0].starts_with("error: in/b.png: the service responded with 400"));
    assert_eq!(lines[1], "no barcode found in in/empty.png");
    assert_eq!(lines[2], "error: 1 of 4 images failed");

    let (_, _, err) = parts(&fixture.run(&["scan", "--quiet", "in/empty.png", "in/*a*.png"]));
    assert_eq!(err, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_token_ends_the_run() {
    let fixture = pictures().await;
    let mut command = fixture.command(&["scan", "--recursive", "in", "--jobs", "1"]);
    command.env("BARCODE_CLOUD_ACCESS_TOKEN", "canary");
    let (code, out, err) = parts(&command.output().unwrap());
    assert_eq!((code, &out[..]), (Some(2), ""));
    assert_eq!(err.lines().count(), 2, "{err}");
    assert!(err.ends_with("\nstopped after 1 of 4 images\n"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_status_is_that_of_grep() {
    let fixture = pictures().await;
    for (files, expected) in [
        (&["in/a b.png"][..], 0),
        (&["in/a b.png", "in/empty.png"], 0),
        (&["in/empty.png"], 1),
        (&["in/a b.png", "in/b.png"], 2),
        (&["missing.png"], 2),
        (&["in"], 2),
        (&["in/*.jpg"], 2),
        (&[], 2),
    ] {
        let output = fixture.run(&[&["recognize", "-t", "QR,code-128"], files].concat());
        assert_eq!(output.status.code(), Some(expected), "{files:?} {output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_an_entry_for_each_image() {
    let fixture = pictures().await;
    let files = ["in/a b.png", "in/b.png", "in/empty.png"];
    let (code, out, err) = parts(&fixture.run(&[&["scan", "--json"], &files[..]].concat()));
    assert_eq!(code, Some(2));
    let document = json(&out);
    let names = document.as_array().unwrap().iter();
    let names: Vec<_> = names.map(|entry| entry["file"].as_str().unwrap()).collect();
    assert_eq!(names, files);
    assert_eq!(document[0]["barcodes"][0]["value"], "=1,\"2\"");
    assert_eq!(document[1]["error"]["status"], 400);
    assert_eq!(document[2]["barcodes"], serde_json::json!([]));
    assert_eq!(json(&err)["error"]["file"], "in/b.png");

    let (_, out, _) = parts(&fixture.run(&[&["scan", "--jsonl"], &files[..]].concat()));
    let lines: Vec<_> = out.lines().map(json).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], document[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_has_a_row_for_each_barcode_empty_image_and_failure() {
    let fixture = pictures().await;
    let files = ["in/a b.png", "in/b.png", "in/empty.png"];
    let (_, out, _) = parts(&fixture.run(&[&["scan", "--csv"], &files[..]].concat()));
    let mut rows = csv::Reader::from_reader(out.as_bytes());
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3, "{out}");
    assert_eq!((&rows[0][1], &rows[0][2]), ("QR", "=1,\"2\""));
    assert_eq!(rows[0][4].split([' ', ',']).count(), 8);
    assert!(rows[1][5].contains("400"));
    assert_eq!(&rows[2], vec!["in/empty.png", "", "", "", "", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_images_are_read_at_a_time_and_printed_in_order() {
    let fixture = pictures().await;
    // The first request takes the longest.
    fixture.inject("delay=1s, ok");
    let (_, out, _) = parts(&fixture.run(&["scan", "--jobs", "2", "in/a b.png", "in/deep/ü.png"]));
    assert_eq!(out, "in/a b.png: QR: =1,\"2\"\nin/deep/ü.png: QR: x\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn annotated_copies_can_still_be_read() {
    let fixture = pictures().await;
    let output = fixture.run(&["scan", "in/a b.png", "in/empty.png", "--annotate", "new/out"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let original = image::open(fixture.path("in/a b.png")).unwrap();
    let copy = image::open(fixture.path("new/out/a b.png")).unwrap();
    assert_ne!(original.to_rgb8(), copy.to_rgb8());
    assert!(fixture.path("new/out/empty.png").exists());

    std::fs::create_dir(fixture.path("new/b.png")).unwrap();
    fixture.picture("b.png", "paid");
    let (code, out, err) = parts(&fixture.run(&["scan", "b.png", "--annotate", "new"]));
    assert_eq!((code, &out[..]), (Some(2), "QR: paid\n"));
    assert!(err.starts_with("error: b.png: new/b.png: ") && err.contains("; "), "{err}");

    fixture.write("file", "");
    let (code, _, err) = parts(&fixture.run(&["scan", "in/a b.png", "--annotate", "file"]));
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: cannot create the folder file: "), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_is_no_error() {
    let fixture = pictures().await;
    for format in ["--json", "--jsonl", "--csv", "--quiet"] {
        let mut child = fixture
            .command(&["scan", format, "in/a b.png", "in/deep/ü.png"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(parts(&output), (Some(0), String::new(), String::new()), "{format}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_one_line_that_says_what_to_do() {
    let fixture = pictures().await;
    for format in ["--quiet", "--csv"] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let mut command = fixture.command(&["scan", "in/a b.png", format]);
        let (code, _, err) = parts(&command.stdout(full).output().unwrap());
        assert_eq!(code, Some(2));
        let expected = "error: cannot write the output: No space left on device (os error 28); free some disk space\n";
        assert_eq!(err, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_is_read_once_and_may_be_empty() {
    let fixture = pictures().await;
    let mut child = fixture
        .command(&["scan", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let image = std::fs::read(fixture.path("in/a b.png")).unwrap();
    child.stdin.take().unwrap().write_all(&image).unwrap();
    let (_, out, _) = parts(&child.wait_with_output().unwrap());
    assert_eq!(out, "QR: =1,\"2\"\n");
    let (code, _, err) = parts(&fixture.run(&["scan", "-"]));
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: -: image: is empty"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_types_and_modes_are_usage_errors_with_one_suggestion_or_none() {
    let fixture = Fixture::new().await;
    for (arguments, expected) in [
        (["-t", "qr,Code182"], "did you mean Code128?"),
        (["-t", "xyz"], "is not one of the 84 known values"),
        (["--mode", "slow"], "use Fast, Normal, Excellent"),
        (["--jobs", "0"], "--jobs"),
    ] {
        let arguments = [&["recognize", "x.png", "--json"], &arguments[..]].concat();
        let (code, out, err) = parts(&fixture.run(&arguments));
        assert_eq!((code, &out[..]), (Some(2), ""));
        let error = &json(&err)["error"];
        assert_eq!(error["kind"], "usage");
        assert!(error["message"].as_str().unwrap().contains(expected), "{err}");
    }
    assert!(fixture.sandbox.requests().is_empty());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_says_how_far_it_got() {
    let fixture = pictures().await;
    fixture.sandbox.clear_requests();
    fixture.inject("ok, delay=600s");
    let child = fixture
        .command(&["scan", "--json", "--jobs", "1", "in/a b.png", "in/deep/ü.png"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while fixture.sent().len() < 2 {
        std::thread::yield_now();
    }
    crate::fixture::send_signal("INT", child.id());
    let (code, out, err) = parts(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(130));
    assert_eq!(json(&out).as_array().unwrap().len(), 1);
    assert_eq!(json(&err)["error"]["message"], "interrupted after 1 of 2 images");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn progress_is_shown_only_on_a_terminal_and_not_if_quiet() {
    let fixture = pictures().await;
    let shown = fixture.in_terminal(80, "\"$BARCODE\" scan --recursive in");
    assert!(shown.contains("/4 ") && shown.contains("in/deep/ü.png: QR: x"), "{shown}");
    let quiet = fixture.in_terminal(80, "\"$BARCODE\" scan --recursive in --quiet");
    assert!(!quiet.contains("/4 ") && quiet.contains("in/deep/ü.png: QR: x"), "{quiet}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_read_is_one_line() {
    let fixture = Fixture::new().await;
    fixture.write("text.png", "not an image");
    fixture.write("empty.png", "");
    fixture.write("large.png", vec![b'x'; 25 * 1024 * 1024]);
    for (image, expected) in [
        ("text.png", "text.png: the service responded with 400 Bad Request"),
        ("large.png", "large.png: the service responded with 400 Bad Request"),
        ("empty.png", "empty.png: image: is empty (0 bytes)"),
        ("missing.png", "missing.png: "),
        (".", "directory"),
    ] {
        let error = one_error(&fixture.run(&["scan", image]));
        assert!(error.contains(expected), "{image}: {error}");
    }
}
