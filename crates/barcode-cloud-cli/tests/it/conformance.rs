//! `barcode conformance`, against sandboxes that agree and that do not.

use barcode_cloud_sandbox::{Fault, RequestMatcher, Script};

use crate::fixture::{Fixture, barcode, parts};

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_agrees_with_all_facts() {
    let fixture = Fixture::new().await;
    for arguments in [&["conformance"][..], &["--sandbox", "conformance"]] {
        let (code, out, err) = parts(&fixture.run(arguments));
        assert_eq!((code, &err[..]), (Some(0), ""), "{out}");
        let agreeing = out.lines().filter(|line| line.starts_with("agrees ")).count();
        assert!(agreeing > 25, "{out}");
        assert!(out.contains(&format!("{agreeing} agree, 0 differ, 0 skipped; ")), "{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_difference_is_reported_with_its_evidence_and_source() {
    let fixture = Fixture::new().await;
    let fault = Script::from(Fault::status(418)).forever();
    let matcher = RequestMatcher::new().query("imageFormat", "Svg");
    fixture.sandbox.inject(fault.matching(matcher)).unwrap();
    let fault = Script::from(Fault::status(200).body(r#"{"barcodes":[1]}"#)).forever();
    fixture.sandbox.inject(fault.on("RecognizeMultipart")).unwrap();
    let (code, out, _) = parts(&fixture.run(&["conformance"]));
    assert_eq!(code, Some(2));
    for expected in [
        "differs  documented The format Svg is image/svg+xml\n",
        "status 418 instead of 200; content-type application/json instead of image/svg+xml",
        "(source: the media types of the operation in the OpenAPI document)",
        "/barcodes/0/type null instead of \"QR\"",
        " 2 differ, 0 skipped;",
    ] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    assert!(!out.contains(fixture.sandbox.client_secret()));
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_beyond_the_budget_are_skipped() {
    let fixture = Fixture::new().await;
    let (code, out, _) = parts(&fixture.run(&["conformance", "--max-calls", "3"]));
    assert_eq!(code, Some(0));
    assert!(out.contains("; 3 calls\n"), "{out}");
    let skipped = out.lines().filter(|line| line.starts_with("skipped ")).count();
    assert!(out.contains(&format!(" {skipped} skipped")) && skipped > 10, "{out}");
    let requests = fixture.sandbox.requests();
    let operations =
        requests.iter().filter(|request| request.operation.as_deref() != Some("token"));
    assert_eq!(operations.count(), 3);
}

#[test]
fn without_credentials_the_missing_variable_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = parts(&barcode(folder.path(), &["conformance"]).output().unwrap());
    assert_eq!(code, Some(2));
    assert!(err.contains("BARCODE_CLOUD_CLIENT_ID is missing"), "{err}");
}
