//! Requests of the vendor's clients and examples, and the responses of the sandbox.

use barcode_cloud_sandbox::Sandbox;
use reqwest::multipart::Form;

use crate::caller::{Caller, json, rejection, send};
use crate::render_parameters::size;

const ASPOSE: &[(&str, &str)] = &[("data", "Aspose")];

async fn strict() -> Caller {
    Caller::of(Sandbox::builder().strict(true)).await
}

#[tokio::test]
async fn quoted_colors_are_the_same_as_unquoted_ones() {
    let query = [("data", "Test"), ("foregroundColor", "'Black'"), ("backgroundColor", "'White'")];
    let caller = Caller::new().await;
    let quoted = caller.image("QR", &query).await;
    assert_eq!(quoted, caller.image("QR", &[("data", "Test")]).await);
    for unmatched in ["'Black", "Black'", "'", "''", "''Black''"] {
        let query = [("data", "Test"), ("foregroundColor", unmatched)];
        let message = rejection(caller.generate("QR", &query).await).await;
        assert!(message.contains("is not a color"), "{message}");
    }
    let message = rejection(strict().await.generate("QR", &query).await).await;
    assert!(message.contains("'ForegroundColor'"), "{message}");
}

#[tokio::test]
async fn a_token_is_issued_for_a_multipart_form() {
    let caller = Caller::new().await;
    let ask = async |caller: &Caller, secret: &str| {
        let form = Form::new()
            .text("grant_type", "client_credentials")
            .text("client_id", caller.sandbox.client_id().to_owned())
            .text("client_secret", secret.to_owned());
        let request = caller.http.post(caller.sandbox.token_url());
        request.multipart(form).send().await.unwrap()
    };
    let given = ask(&caller, caller.sandbox.client_secret()).await;
    assert_eq!(given.status(), 200);
    let token = json(given).await["access_token"].clone();
    let call = caller.http.get(caller.url("/barcode/generate/QR?data=x"));
    let call = call.bearer_auth(token.as_str().unwrap());
    assert_eq!(send(call).await.status(), 200);
    let rejected = json(ask(&caller, "wrong").await).await;
    assert_eq!(rejected["error"], "invalid_client");
    let shown = format!("{:?}", caller.sandbox.requests());
    assert!(!shown.contains(caller.sandbox.client_secret()), "{shown}");

    let strict = strict().await;
    let rejected = json(ask(&strict, strict.sandbox.client_secret()).await).await;
    assert_eq!(rejected["error"], "invalid_request");
}

#[tokio::test]
async fn qr_modules_have_the_requested_height() {
    let caller = Caller::new().await;
    let query = [("data", "Test"), ("resolution", "192"), ("qrAspectRatio", "0.75")];
    let image = caller.image("QR", &query).await;
    let (width, height) = size(&image);
    // The symbol has 21 rows and columns of modules, 4 pixels wide and 3 pixels high.
    assert_eq!(width - height, 21);
    caller.assert_reads("QR", "Test", image).await;
}

#[tokio::test]
async fn code39_drops_what_it_cannot_encode_and_the_log_warns() {
    let caller = Caller::new().await;
    let image = caller.image("Code39", ASPOSE).await;
    caller.assert_reads("Code39", "A", image).await;
    let log = caller.sandbox.requests();
    let entry = log.iter().find(|request| request.operation.as_deref() == Some("Generate"));
    let warning = entry.unwrap().warning.as_deref().unwrap();
    assert!(warning.contains("'s', 'p', 'o', 'e'"), "{warning}");
    // The text below the bars is the whole value.
    let svg = [("data", "Aspose"), ("imageFormat", "Svg")];
    let svg = String::from_utf8(caller.image("Code39", &svg).await).unwrap();
    assert!(svg.contains(">Aspose<"), "{svg:.2000}");

    caller.image("Code39", &[("data", "ASPOSE")]).await;
    assert_eq!(caller.sandbox.requests().last().unwrap().warning, None);
}

#[tokio::test]
async fn code39_data_is_rejected_if_nothing_can_be_encoded_and_in_strict_mode() {
    let caller = Caller::new().await;
    let message = rejection(caller.generate("Code39", &[("data", "lower")]).await).await;
    assert!(message.contains("Code39FullASCII"), "{message}");
    let long = format!("A{}", "a".repeat(1000));
    let message = rejection(caller.generate("Code39", &[("data", &long)]).await).await;
    assert!(message.contains("at most 80"), "{message}");
    let message = rejection(strict().await.generate("Code39", ASPOSE).await).await;
    assert!(message.contains("'s'"), "{message}");
}
