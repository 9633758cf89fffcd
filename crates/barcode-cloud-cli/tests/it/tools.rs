//! `barcode token`, `doctor`, `completions`, `man` and `demo`.

use std::process::Stdio;

use crate::fixture::{Fixture, barcode, json, parts, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_printed_only_on_request() {
    let fixture = Fixture::new().await;
    let (_, out, err) = parts(&fixture.run(&["token"]));
    let lines: Vec<_> = out.lines().collect();
    let client = format!("client  {} (from the environment)", fixture.sandbox.client_id());
    assert_eq!(lines[0], client);
    assert!(lines[1].starts_with("expiry  expires in 3"), "{out}");
    assert_eq!((lines[2], &err[..]), ("scope   none", ""));
    assert!(!out.contains("eyJ"));

    let (_, token, err) = parts(&fixture.run(&["token", "--show"]));
    assert_eq!(token.trim_end().split('.').count(), 3, "a JWT");
    assert_eq!(err.lines().count(), 3);
    let (_, out, _) = parts(&fixture.run(&["token", "--json"]));
    let document = json(&out);
    assert_eq!(document["client_id"], fixture.sandbox.client_id());
    assert!(document.get("access_token").is_none());
    let (_, out, _) = parts(&fixture.run(&["token", "--json", "--show"]));
    assert!(json(&out)["access_token"].as_str().unwrap().starts_with("eyJ"));

    let mut fixed = fixture.command(&["token"]);
    fixed.env("BARCODE_CLOUD_ACCESS_TOKEN", "canary");
    let (_, out, _) = parts(&fixed.output().unwrap());
    assert!(out.contains("static token") && !out.contains("canary"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_checks_each_step_and_makes_no_call() {
    let fixture = Fixture::new().await;
    let (code, out, err) = parts(&fixture.run(&["doctor"]));
    assert_eq!((code, &err[..]), (Some(0), ""), "{out}");
    let names: Vec<_> = out.lines().map(|line| line.split_whitespace().nth(1)).collect();
    let expected = ["settings", "dns", "dns", "tls", "clock", "token"];
    assert_eq!(names, expected.map(Some));
    let requests = fixture.sandbox.requests();
    let mut operations = requests.iter().filter_map(|request| request.operation.as_deref());
    assert!(operations.all(|operation| operation == "token"), "{requests:?}");

    for (name, value, failing, advice) in [
        ("BARCODE_CLOUD_CLIENT_ID", "", "settings", "set a value"),
        ("BARCODE_CLOUD_CLIENT_SECRET", "canary", "token", "check the client id"),
        ("BARCODE_CLOUD_BASE_URL", "https://host.invalid/v4.0", "dns", "check the URL"),
        ("BARCODE_CLOUD_BASE_URL", "http://127.0.0.1:9/v4.0", "tls", "check the network"),
    ] {
        let mut command = fixture.command(&["doctor", "--json"]);
        let (code, out, _) = parts(&command.env(name, value).output().unwrap());
        assert_eq!(code, Some(2));
        let document = json(&out);
        let mut checks = document["checks"].as_array().unwrap().iter();
        let failed = checks.find(|check| check["ok"] == false).unwrap();
        assert_eq!(failed["name"], failing, "{out}");
        let message = failed["message"].as_str().unwrap();
        assert!(message.contains(advice) && !out.contains("canary"), "{message}");
    }
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| parts(&barcode(folder.path(), arguments).output().unwrap());
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["completions", "powershell"],
        &["completions", "elvish"],
        &["man"],
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, &err[..]), (Some(0), ""));
        for command in ["recognize", "scan", "token", "doctor", "sandbox", "demo"] {
            assert!(out.contains(command), "{arguments:?}: {command}");
        }
    }
    let (_, out, _) = run(&["man", "scan"]);
    assert!(out.contains("barcode\\-scan \\- ") || out.contains("barcode-scan \\- "), "{out}");
    let (code, _, err) = run(&["man", "shave"]);
    assert_eq!((code, &err[..]), (Some(2), "error: unknown command `shave`\n"));
}

#[test]
fn output_to_a_closed_pipe_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in
        [&["--help"][..], &["--version"], &["completions", "bash"], &["man"], &["demo"]]
    {
        let mut child = barcode(folder.path(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(parts(&output), (Some(0), String::new(), String::new()), "{arguments:?}");
    }
}

#[test]
fn the_hint_of_the_demo_works_as_typed_when_cargo_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    for (variable, expected) in
        [(None, "Next: barcode --"), (Some("CARGO"), "Next: cargo run -- --")]
    {
        let mut demo = barcode(folder.path(), &["demo"]);
        demo.envs(variable.map(|name| (name, "cargo")));
        let (_, out, err) = parts(&demo.output().unwrap());
        assert!(out.lines().last().unwrap().starts_with(expected), "{out} {err}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let output = barcode(folder.path(), &["demo", "--out", "file/below"]).output();
    let (code, _, err) = parts(&output.unwrap());
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: cannot create file/below: "), "{err}");
    assert_eq!(err.lines().count(), 1);
}

#[test]
fn demo_reads_back_every_value() {
    let folder = tempfile::tempdir().unwrap();
    let output = stdout(&barcode(folder.path(), &["demo"]).output().unwrap());
    for operation in [
        "generate ",
        "generate_body ",
        "generate_multipart ",
        "recognize ",
        "recognize_base64 ",
        "recognize_multipart ",
        "scan ",
        "scan_base64 ",
        "scan_multipart ",
    ] {
        assert!(output.lines().any(|line| line.starts_with(operation)), "{operation} in {output}");
    }
    assert!(output.contains("every value read equals the value written"), "{output}");
    assert!(folder.path().join("barcode-demo/qr.png").exists());
}
