//! Each of the nine operations with valid input.

use barcode_cloud_sandbox::Sandbox;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::caller::{Caller, barcodes, json, send};

const URL: &str = "https://example.com/image.png";

#[tokio::test]
async fn the_three_ways_to_generate_give_the_same_image() {
    let caller = Caller::new().await;
    for kind in ["QR", "Code128"] {
        let query = caller.generate(kind, &[("data", "Test 1")]).await;
        let body = json!({ "barcodeType": kind, "encodeData": { "data": "Test 1" } });
        let body = caller.post_json("/barcode/generate-body", &body).await;
        let form = Form::new().text("barcodeType", kind).text("data", "Test 1");
        let form = caller.post_form("/barcode/generate-multipart", form).await;
        let mut images = Vec::new();
        for response in [query, body, form] {
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["content-type"], "image/png");
            assert!(response.headers().contains_key("x-request-id"));
            images.push(response.bytes().await.unwrap());
        }
        assert_eq!(images[0], images[1]);
        assert_eq!(images[0], images[2]);
    }
}

#[tokio::test]
async fn the_three_ways_to_recognize_and_to_scan_find_the_same_barcode() {
    let caller = Caller::new().await;
    for kind in ["QR", "Code128"] {
        let image = caller.image(kind, &[("data", "Test 1")]).await;
        caller.sandbox.url_file(URL, image.clone());
        let base64 = STANDARD.encode(&image);
        let part = || Part::bytes(image.clone()).file_name("image.png");

        let by_url = [("barcodeType", kind), ("fileUrl", URL)];
        let recognize_body = json!({ "barcodeTypes": [kind], "fileBase64": base64 });
        let scan_body = json!({ "fileBase64": base64 });
        let recognize_form = Form::new().text("barcodeType", kind).part("file", part());
        let scan_form = Form::new().part("file", part());
        let requests = [
            caller.get("/barcode/recognize").query(&by_url),
            caller.post("/barcode/recognize-body").json(&recognize_body),
            caller.post("/barcode/recognize-multipart").multipart(recognize_form),
            caller.get("/barcode/scan").query(&by_url[1..]),
            caller.post("/barcode/scan-body").json(&scan_body),
            caller.post("/barcode/scan-multipart").multipart(scan_form),
        ];
        let mut responses = Vec::new();
        for request in requests {
            let response = send(request).await;
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["content-type"], "application/json");
            responses.push(json(response).await);
        }
        assert_eq!(barcodes(&responses[0]), [(kind.to_owned(), "Test 1".to_owned())]);
        assert!(responses.iter().all(|response| *response == responses[0]));
    }
}

#[tokio::test]
async fn many_sandboxes_run_at_the_same_time() {
    let sandboxes: Vec<_> = (0..20).map(|_| tokio::spawn(Sandbox::start())).collect();
    let mut ports = Vec::new();
    let mut running = Vec::new();
    for sandbox in sandboxes {
        let sandbox = sandbox.await.unwrap().unwrap();
        ports.push(sandbox.port());
        running.push(sandbox);
    }
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 20);
}

#[tokio::test]
async fn an_image_is_returned_whatever_the_accept_header_says() {
    let caller = Caller::new().await;
    for accept in ["application/json", "text/html", "nonsense"] {
        let request = caller.get("/barcode/generate/QR?data=1").header("accept", accept);
        let response = send(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "image/png");
    }
}

#[tokio::test]
async fn only_the_requested_types_are_recognized() {
    let caller = Caller::new().await;
    let isbn = caller.image("ISBN", &[("data", "9783161484100")]).await;
    let named = |name: &str| vec![(name.to_owned(), "9783161484100".to_owned())];
    for (types, name) in [
        (vec!["ISBN"], Some("ISBN")),
        (vec!["EAN13"], Some("EAN13")),
        (vec!["MostCommonlyUsed"], Some("EAN13")),
        (vec!["QR"], None),
        (vec!["QR", "ISBN"], Some("ISBN")),
        (vec!["MostCommonlyUsed", "ISBN"], Some("ISBN")),
        (vec!["QR", "Code128"], None),
    ] {
        let body = json!({ "barcodeTypes": types, "fileBase64": STANDARD.encode(&isbn) });
        let response = caller.post_json("/barcode/recognize-body", &body).await;
        let found = barcodes(&json(response).await);
        let expected = name.map(named).unwrap_or_default();
        assert_eq!(found, expected, "{types:?}");
        if let [kind] = *types {
            assert_eq!(caller.recognize(kind, isbn.clone()).await, expected);
        }
    }
}
