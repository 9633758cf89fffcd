//! One barcode: data, options and outputs.

use serde_json::Value;

use crate::fixture::{Fixture, failure, one_error, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn data_comes_from_the_argument_a_file_or_standard_input() {
    let fixture = Fixture::new().await;
    fixture.write("data.txt", "from a file\n");
    for (arguments, expected) in [
        (&["-o", "x.png", "qr", "text"][..], "text"),
        (&["qr", "-text", "-o", "x.png"], "-text"),
        (&["-o", "x.png", "qr", "--", "-o"], "-o"),
        (&["-o", "x.png", "qr", "@data.txt"], "from a file\n"),
        (&["-o", "x.png", "qr", "@@data.txt"], "@data.txt"),
        (&["-o", "x.png", "qr", "-"], "from a file"),
        (&["-o", "x.png", "qr", "48656c", "--data-type", "hexbytes"], "Hel"),
        (&["-o", "x.png", "qr", "SGVs", "--data-type", "base64bytes"], "Hel"),
    ] {
        let stdin = std::fs::File::open(fixture.path("data.txt")).unwrap();
        let mut command = fixture.command(&[&["generate"], arguments].concat());
        stdout(&command.stdin(stdin).output().unwrap());
        assert_eq!(fixture.values("x.png"), [expected], "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_option_is_sent_by_its_name_in_the_document() {
    let fixture = Fixture::new().await;
    let arguments = [
        "--text=none --foreground=navy --background=#fff --width=300 --height=300 --units=pixel \
         --resolution=96 --rotation=-90 --qr-error-level=h --qr-version=10 --qr-encode-mode=auto \
         --qr-eci-encoding=utf8 --qr-aspect-ratio=1 qr x -o x.png",
        "--code128-encode-mode=codeb code128 x -o x.png",
        "--pdf417-error-level=3 --pdf417-columns=4 --pdf417-rows=0 --pdf417-aspect-ratio=3 \
         --pdf417-truncate --pdf417-encode-mode=auto --pdf417-eci-encoding=utf8 \
         --pdf417-macro-characters=none --pdf417-reader-initialization=false pdf417 x -o x.png",
    ];
    let mut sent = Vec::new();
    for arguments in arguments {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        stdout(&fixture.run(&[&["generate"], &arguments[..]].concat()));
        let body = fixture.sandbox.requests().pop().unwrap().body.text.unwrap();
        sent.push(serde_json::from_str::<Value>(&body).unwrap());
    }
    let image = &sent[0]["barcodeImageParams"];
    assert_eq!(image["foregroundColor"], "#000080");
    assert_eq!(image["rotationAngle"], -90);
    assert_eq!(image["units"], "Pixel");
    assert_eq!(sent[0]["qrParams"]["qrErrorLevel"], "LevelH");
    assert_eq!(sent[0]["qrParams"]["qrVersion"], "Version10");
    assert_eq!(image.as_object().unwrap().len(), 9);
    assert_eq!(sent[0]["qrParams"].as_object().unwrap().len(), 5);
    assert_eq!(sent[1]["code128Params"]["code128EncodeMode"], "CodeB");
    assert_eq!(sent[2]["pdf417Params"]["pdf417Truncate"], true);
    assert_eq!(sent[2]["pdf417Params"].as_object().unwrap().len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_arguments_are_rejected_before_anything_is_sent() {
    let fixture = Fixture::new().await;
    fixture.write("old.png", "old");
    let [long_data, long_name] = [10_000, 300].map(|length| "x".repeat(length));
    let long_data = format!("qr {long_data} -o x.png");
    let long_name = format!("qr x -o {long_name}.png");
    for (arguments, expected) in [
        ("Code182 x -o x.png", "`Code182` is unknown; did you mean Code128?"),
        ("xyz x -o x.png", "`xyz` is not one of the 73 known values"),
        ("qr x -o x.png --foreground nocolor", "`nocolor` is not a color"),
        ("qr x -o x.png --width 0", "--width: is not a valid size"),
        ("qr x -o x.png --pdf417-rows 5", "--pdf417-*: does not apply to the type QR"),
        ("qr x -o x.png --qr-version 41", "`41` is not one of the 41 known values"),
        ("ean13 4006381333932 -o x.png", "must be \"1\": correct the number"),
        ("qr x -o x.bmp", "does not select an image format"),
        ("qr x -o x.png --format gif", "selects Png, but --format is Gif"),
        ("qr x -o old.png --no-clobber", "old.png: already exists"),
        ("qr x -o missing/x.png", "missing/x.png: "),
        ("qr x -o new/ --format png", "new/: "),
        ("qr x -o . --format png", ".: "),
        (&long_name, ".png: "),
        (&long_data, "data: QR cannot hold 10000 characters"),
        ("qr @missing -o x.png", "cannot read `missing`"),
        ("qr x --open -o -", "--open and --json need a file; use -o FILE"),
        ("qr -o x.png", "<DATA>"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let error = failure(&fixture.run(&[&["generate"], &arguments[..]].concat()));
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert!(error.starts_with("error: "), "{error}");
    }
    assert_eq!(fixture.sent().len(), 0);
    assert_eq!(std::fs::read(fixture.path("old.png")).unwrap(), b"old");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_goes_to_standard_output_without_a_file() {
    let fixture = Fixture::new().await;
    for output in [&[][..], &["-o", "-"], &["-o", "/dev/stdout"]] {
        let arguments = [&["generate", "qr", "x", "--format", "gif"], output].concat();
        let output = fixture.run(&arguments);
        assert!(output.status.success() && output.stdout.starts_with(b"GIF8"), "{output:?}");
        assert_eq!(stderr(&output), "");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_keeps_its_mode_and_a_device_is_written_to() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::new().await;
    fixture.write("x.png", "old");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(fixture.path("x.png"), mode).unwrap();
    stdout(&fixture.run(&["generate", "qr", "x", "-o", "x.png"]));
    let mode = fixture.path("x.png").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fixture.values("x.png"), ["x"]);

    stdout(&fixture.run(&["generate", "qr", "x", "-o", "/dev/null"]));
    assert!(!std::path::Path::new("/dev/null").metadata().unwrap().is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_can_be_printed_as_json() {
    let fixture = Fixture::new().await;
    let output = fixture.run(&["generate", "gs1-128", "(10)A", "-o", "é x.jpg", "--json"]);
    let result: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let length = fixture.path("é x.jpg").metadata().unwrap().len();
    let expected = serde_json::json!({
        "file": "é x.jpg", "type": "GS1Code128", "format": "Jpeg", "bytes": length,
    });
    assert_eq!(result, expected);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_image_is_opened_in_the_viewer() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::new().await;
    let viewer = fixture.path("xdg-open");
    fixture.write("xdg-open", "#!/bin/sh\n/bin/cp \"$1\" shown.png\n");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&viewer, mode).unwrap();
    let generate = |arguments: &[&str]| {
        let mut command =
            fixture.command(&[&["generate", "qr", "x", "--open"], arguments].concat());
        command.env("PATH", fixture.folder.path()).stdout(std::process::Stdio::piped());
        command.env("TMPDIR", fixture.folder.path());
        command.output().unwrap()
    };
    for arguments in [&[][..], &["-o", "x.png"]] {
        assert!(stdout(&generate(arguments)).contains(".png: QR, "));
        assert_eq!(fixture.values("shown.png"), ["x"]);
        std::fs::remove_file(fixture.path("shown.png")).unwrap();
    }
    std::fs::remove_file(viewer).unwrap();
    let error = failure(&generate(&["-o", "x.png"]));
    assert!(error.contains("x.png is written, but `xdg-open` cannot be started"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_image_is_an_error_and_leaves_no_file() {
    let fixture = Fixture::with_faults("truncate, truncate").await;
    for output in [&["-o", "half.png"][..], &[]] {
        let error = one_error(&fixture.run(&[&["generate", "qr", "x"], output].concat()));
        assert!(error.contains("the image is incomplete"), "{error}");
    }
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_exits_with_130_and_leaves_no_file() {
    let fixture = Fixture::with_faults("hang").await;
    let mut command = fixture.command(&["generate", "qr", "x", "-o", "x.png"]);
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    while fixture.sent().is_empty() {
        std::thread::yield_now();
    }
    crate::fixture::send_signal("INT", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 0);
}
