//! Requests that violate the document, or that the sandbox does not support.

use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::caller::{Caller, failure};

#[tokio::test]
async fn values_that_violate_the_document_are_rejected_by_field() {
    let caller = Caller::new().await;
    for (kind, query, message) in [
        (
            "QR",
            vec![],
            "Error: Field name: 'Data' errors: The Data field is required.",
        ),
        (
            "QR",
            vec![("data", "")],
            "Error: Field name: 'Data' errors: The Data field is required.",
        ),
        (
            "wrong",
            vec![("data", "1")],
            "Error: Field name: 'BarcodeType' errors: The value 'wrong' is not valid for BarcodeType.",
        ),
        (
            "QR",
            vec![("data", "1"), ("imageFormat", "wrong")],
            "Error: Field name: 'ImageFormat' errors: The value 'wrong' is not valid for ImageFormat.",
        ),
        (
            "QR",
            vec![("data", "1"), ("resolution", "0.5")],
            "Error: Field name: 'Resolution' errors: The field Resolution must be between 1 and 100000.",
        ),
        (
            "QR",
            vec![("data", "1"), ("resolution", "high")],
            "Error: Field name: 'Resolution' errors: The value 'high' is not valid for Resolution.",
        ),
        (
            "QR",
            vec![("data", "1"), ("resolution", "NaN")],
            "Error: Field name: 'Resolution' errors: The value 'NaN' is not valid for Resolution.",
        ),
        (
            "QR",
            vec![("data", "1"), ("rotationAngle", "1.5")],
            "Error: Field name: 'RotationAngle' errors: The value '1.5' is not valid for RotationAngle.",
        ),
        (
            "QR",
            vec![("data", "1"), ("rotationAngle", "3000000000")],
            "Error: Field name: 'RotationAngle' errors: The field RotationAngle must be between -2147483648 and 2147483647.",
        ),
        (
            "Pdf417",
            vec![("data", "1"), ("pdf417Columns", "31")],
            "Error: Field name: 'Pdf417Columns' errors: The field Pdf417Columns must be between 0 and 30.",
        ),
        (
            "Pdf417",
            vec![("data", "1"), ("pdf417Truncate", "maybe")],
            "Error: Field name: 'Pdf417Truncate' errors: The value 'maybe' is not valid for Pdf417Truncate.",
        ),
        (
            "QR",
            vec![("data", "1"), ("colour", "Red")],
            "Error: Field name: 'Colour' errors: The Colour field is not known.",
        ),
        (
            "QR",
            vec![("data", "1"), ("data", "2")],
            "Error: Field name: 'Data' errors: The Data field is given more than once.",
        ),
        (
            "QR",
            vec![("imageFormat", "Bmp")],
            "Error: Field name: 'Data' errors: The Data field is required.; \
             Field name: 'ImageFormat' errors: The value 'Bmp' is not valid for ImageFormat.",
        ),
    ] {
        let response = caller.generate(kind, &query).await;
        let expected = ("errorInvalidInputData".to_owned(), message.to_owned());
        assert_eq!(failure(response, 400).await, expected);
    }
    let response = caller.get("/barcode/scan").send().await.unwrap();
    assert!(
        failure(response, 400)
            .await
            .1
            .contains("'FileUrl' errors: The FileUrl field is required.")
    );
    let response = caller
        .get("/barcode/scan?fileUrl=not%20a%20url")
        .send()
        .await
        .unwrap();
    assert!(
        failure(response, 400)
            .await
            .1
            .contains("The FileUrl field is not a valid URL.")
    );
    let response = caller
        .get("/barcode/generate/QR?data=%FF")
        .send()
        .await
        .unwrap();
    assert!(failure(response, 400).await.1.contains("UTF-8"));
}

#[tokio::test]
async fn json_bodies_are_validated_against_the_document() {
    let caller = Caller::new().await;
    for (path, body, message) in [
        (
            "generate-body",
            r#"{"barcodeType":"QR"}"#,
            "The EncodeData field is required.",
        ),
        (
            "generate-body",
            r#"{"barcodeType":"QR","encodeData":{}}"#,
            "The Data field is required.",
        ),
        (
            "generate-body",
            r#"{"barcodeType":"QR","encodeData":{"data":""}}"#,
            "The Data field is required.",
        ),
        (
            "generate-body",
            r#"{"barcodeType":"QR","encodeData":{"data":null}}"#,
            "The Data field is required.",
        ),
        (
            "generate-body",
            r#"{"barcodeType":"QR","encodeData":"1"}"#,
            "The value '1' is not valid for EncodeData.",
        ),
        (
            "generate-body",
            r#"{"barcodeType":1,"encodeData":{"data":"1"}}"#,
            "The value '1' is not valid for BarcodeType.",
        ),
        (
            "generate-body",
            r#"{"barcodeType":"QR","encodeData":{"data":"1"},"barcodeImageParams":{"resolution":0}}"#,
            "The field Resolution must be between 1 and 100000.",
        ),
        (
            "generate-body",
            r#"{"barcodeType":"QR","encodeData":{"data":"1","more":2}}"#,
            "The More field is not known.",
        ),
        ("generate-body", "[]", "not a JSON object"),
        ("generate-body", "{", "not JSON"),
        ("generate-body", "", "not JSON"),
        (
            "recognize-body",
            r#"{"barcodeTypes":[],"fileBase64":"AA=="}"#,
            "The BarcodeTypes field is required.",
        ),
        (
            "recognize-body",
            r#"{"barcodeTypes":["Nope"],"fileBase64":"AA=="}"#,
            "The value 'Nope' is not valid for BarcodeTypes.",
        ),
        (
            "recognize-body",
            r#"{"barcodeTypes":"QR","fileBase64":"AA=="}"#,
            "The value 'QR' is not valid for BarcodeTypes.",
        ),
        (
            "recognize-body",
            r#"{"barcodeTypes":["QR"],"fileBase64":"A*"}"#,
            "not base64",
        ),
        (
            "scan-body",
            r#"{"fileBase64":""}"#,
            "The FileBase64 field is required.",
        ),
    ] {
        let request = caller
            .post(&format!("/barcode/{path}"))
            .header("content-type", "application/json");
        let (code, text) = failure(request.body(body).send().await.unwrap(), 400).await;
        assert_eq!(code, "errorInvalidInputData");
        assert!(text.contains(message), "{body}: {text}");
    }
    let many: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("x{n}"), json!(1))).collect();
    let response = caller
        .post("/barcode/scan-body")
        .json(&many)
        .send()
        .await
        .unwrap();
    assert!(failure(response, 400).await.1.len() < 4000);
    let huge = json!({ "barcodeType": "QR", "encodeData": { "dataType": "HexBytes", "data": "0".repeat(1_000_000) } });
    let response = caller
        .post("/barcode/generate-body")
        .json(&huge)
        .send()
        .await
        .unwrap();
    assert!(
        failure(response, 400)
            .await
            .1
            .contains("at most 65536 bytes")
    );
    let deep = "[".repeat(10_000);
    let request = caller
        .post("/barcode/scan-body")
        .header("content-type", "application/json");
    assert!(
        failure(request.body(deep).send().await.unwrap(), 400)
            .await
            .1
            .contains("not JSON")
    );
}

#[tokio::test]
async fn null_means_not_given() {
    let caller = Caller::new().await;
    let body = json!({
        "barcodeType": "QR",
        "encodeData": { "data": "1", "dataType": null },
        "barcodeImageParams": { "imageFormat": null, "resolution": null, "foregroundColor": null },
        "qrParams": null,
    });
    let response = caller
        .post("/barcode/generate-body")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn forms_are_validated_against_the_document() {
    let caller = Caller::new().await;
    let file = || Part::bytes(vec![1_u8, 2, 3]).file_name("a.png");
    let text = |form: Form, name: &'static str, value: &'static str| form.text(name, value);
    for (path, form, message) in [
        ("scan-multipart", Form::new(), "multipart"),
        (
            "scan-multipart",
            text(Form::new(), "other", "1"),
            "The Other field is not known.",
        ),
        (
            "recognize-multipart",
            Form::new().part("file", file()),
            "The BarcodeType field is required.",
        ),
        (
            "recognize-multipart",
            text(Form::new(), "barcodeType", "QR"),
            "The File field is required.",
        ),
        (
            "recognize-multipart",
            text(Form::new(), "barcodeType", "Q R").part("file", file()),
            "The value 'Q R'",
        ),
        (
            "scan-multipart",
            Form::new().part("file", file()).part("file", file()),
            "given more than once",
        ),
        (
            "generate-multipart",
            text(Form::new(), "barcodeType", "QR").part("data", file()),
            "Data is not a file.",
        ),
        (
            "generate-multipart",
            text(Form::new(), "barcodeType", "QR").part("data", Part::bytes(vec![0xff])),
            "not UTF-8",
        ),
    ] {
        let request = caller.post(&format!("/barcode/{path}")).multipart(form);
        let (_, text) = failure(request.send().await.unwrap(), 400).await;
        assert!(text.contains(message), "{path}: {text}");
    }
    let broken = [
        ("multipart/form-data", "x"),
        ("multipart/form-data; boundary=b", "--c\r\n\r\nx\r\n--c--"),
    ];
    for (kind, body) in broken {
        let request = caller
            .post("/barcode/scan-multipart")
            .header("content-type", kind)
            .body(body);
        assert!(
            failure(request.send().await.unwrap(), 400)
                .await
                .1
                .contains("multipart/form-data")
        );
    }
}

#[tokio::test]
async fn other_paths_methods_and_kinds_of_body_are_refused() {
    let caller = Caller::new().await;
    for path in [
        "",
        "/",
        "/barcode",
        "/barcode/generate",
        "/barcode/scan/",
        "/../etc/passwd",
        "/barcode/generate/a/b",
    ] {
        let response = caller.get(path).send().await.unwrap();
        assert_eq!(failure(response, 404).await.0, "errorNotFound", "{path}");
    }
    let response = caller.post("/barcode/scan").send().await.unwrap();
    assert_eq!(failure(response, 405).await.0, "errorMethodNotAllowed");

    for request in [
        caller.post("/barcode/scan-body").body("{}"),
        caller
            .post("/barcode/scan-body")
            .header("content-type", "text/plain")
            .body("{}"),
        caller.post("/barcode/scan-multipart").json(&json!({})),
        caller
            .post("/barcode/scan-multipart")
            .header("content-type", "application/xml")
            .body("<a/>"),
        caller
            .post("/barcode/scan-body")
            .multipart(Form::new().text("fileBase64", "AA==")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(failure(response, 415).await.0, "errorUnsupportedMediaType");
    }
    let response = caller
        .post("/barcode/scan-body?fileBase64=AA")
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert!(failure(response, 400).await.1.contains("query"));
}

#[tokio::test]
async fn unsupported_parameters_are_rejected_by_name() {
    let caller = Caller::new().await;
    for (kind, parameter, value) in [
        ("PatchCode", "data", "1"),
        ("QR", "qrEncodeMode", "Extended"),
        ("QR", "qrEncodeMode", "Binary"),
        ("QR", "qrECIEncoding", "INVARIANT"),
        ("QR", "qrECIEncoding", "BINARY"),
        ("QR", "qrECIEncoding", "GBK"),
        ("Code128", "code128EncodeMode", "CodeAB"),
        ("Pdf417", "pdf417EncodeMode", "Extended"),
        ("Pdf417", "pdf417IsLinked", "true"),
        ("Pdf417", "pdf417IsReaderInitialization", "true"),
        ("Pdf417", "pdf417IsCode128Emulation", "true"),
        ("Pdf417", "pdf417MacroCharacters", "Macro05"),
        ("QR", "resolution", "100000"),
        ("QR", "imageWidth", "100000"),
        ("QR", "imageHeight", "100000"),
    ] {
        let data = [("data", "TEST 1"), (parameter, value)];
        let query = if parameter == "data" {
            &data[..1]
        } else {
            &data[..]
        };
        let (code, message) = failure(caller.generate(kind, query).await, 400).await;
        assert_eq!(code, "errorNotSupportedBySandbox", "{message}");
        let field = if parameter == "data" {
            "BarcodeType".to_owned()
        } else {
            parameter[..1].to_uppercase() + &parameter[1..]
        };
        assert!(
            message.contains(&format!("Field name: '{field}'")),
            "{message}"
        );
        assert!(message.contains("sandbox does not support"), "{message}");
    }
    let response = caller
        .get("/barcode/scan?fileUrl=http://169.254.169.254/latest")
        .send()
        .await
        .unwrap();
    assert_eq!(failure(response, 400).await.0, "errorNotSupportedBySandbox");
    let form = Form::new()
        .text("barcodeType", "PatchCode")
        .part("file", Part::bytes(vec![1]));
    let response = caller
        .post("/barcode/recognize-multipart")
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(failure(response, 400).await.0, "errorNotSupportedBySandbox");
}

#[tokio::test]
async fn data_that_a_type_does_not_take_is_refused_with_the_reason() {
    let caller = Caller::new().await;
    let long = "x".repeat(10_000);
    for (kind, data, reason) in [
        (
            "EAN13",
            "4006381333932",
            "check digit 2 is wrong: it would be 1",
        ),
        ("EAN13", "12345", "13 digits"),
        ("EAN8", "abcdefgh", "8 digits"),
        ("UPCE", "24252614", "No check digit"),
        ("ISBN", "4006381333931", "begin with 978"),
        ("Code39", "lower", "Code39FullASCII"),
        ("Code128", "ü", "ASCII"),
        ("Codabar", "A12", "start and a stop letter"),
        ("Codabar", "Ünï", "'Ü'"),
        ("Interleaved2of5", "12a", "digits only"),
        ("GS1Code128", "0109501101530003", "element strings"),
        ("GS1QR", "(01)123", "14 digits"),
        ("VIN", "SHORT", "17"),
        ("QR", &long, "at most 7089"),
        ("DataMatrix", &long, "at most 3116"),
        ("Aztec", &long, "at most 3832"),
        ("Pdf417", &long, "at most 2710"),
        ("Code128", &long, "at most 80"),
        ("QR", &long[..5000], "does not fit"),
        ("DataMatrix", &long[..3000], "does not fit"),
    ] {
        let body = json!({ "barcodeType": kind, "encodeData": { "data": data } });
        let response = caller
            .post("/barcode/generate-body")
            .json(&body)
            .send()
            .await
            .unwrap();
        let (code, message) = failure(response, 400).await;
        assert_eq!(code, "errorInvalidInputData");
        assert!(
            message.contains("'Data'") && message.contains(reason),
            "{kind}: {message}"
        );
    }
}
