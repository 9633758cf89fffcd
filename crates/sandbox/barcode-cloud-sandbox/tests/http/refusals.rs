//! Requests that violate the document, or that the sandbox does not support.

use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::caller::{Caller, failure, file_form, rejection, rows, send};

#[tokio::test]
async fn values_that_violate_the_document_are_rejected_by_field() {
    let caller = Caller::new().await;
    for [kind, query, field, problem] in rows(
        "QR     |                                 | Data          | The {} field is required.
         QR     | data=                           | Data          | The {} field is required.
         wrong  | data=1                          | BarcodeType   | The value 'wrong' is not valid for {}.
         QR     | data=1&imageFormat=wrong        | ImageFormat   | The value 'wrong' is not valid for {}.
         QR     | data=1&resolution=0.5           | Resolution    | The field {} must be between 1 and 100000.
         QR     | data=1&resolution=high          | Resolution    | The value 'high' is not valid for {}.
         QR     | data=1&resolution=NaN           | Resolution    | The value 'NaN' is not valid for {}.
         QR     | data=1&rotationAngle=1.5        | RotationAngle | The value '1.5' is not valid for {}.
         QR     | data=1&rotationAngle=3000000000 | RotationAngle | The field {} must be between -2147483648 and 2147483647.
         Pdf417 | data=1&pdf417Columns=31         | Pdf417Columns | The field {} must be between 0 and 30.
         Pdf417 | data=1&pdf417Truncate=maybe     | Pdf417Truncate | The value 'maybe' is not valid for {}.
         QR     | data=1&color=Red               | Color        | The {} field is not known.
         QR     | data=1&data=2                   | Data          | The {} field is given more than once.",
    ) {
        let path = format!("/barcode/generate/{kind}?{query}");
        let problem = problem.replace("{}", field);
        let message = format!("Error: Field name: '{field}' errors: {problem}");
        let expected = ("errorInvalidInputData".to_owned(), message);
        assert_eq!(failure(send(caller.get(&path)).await, 400).await, expected);
    }
    for [path, problem] in rows(
        "/barcode/generate/QR?imageFormat=Bmp  | Error: Field name: 'Data' errors: The Data field is \
         required.; Field name: 'ImageFormat' errors: The value 'Bmp' is not valid for ImageFormat.
         /barcode/scan                         | 'FileUrl' errors: The FileUrl field is required.
         /barcode/scan?fileUrl=not%20a%20url   | The FileUrl field is not a valid URL.
         /barcode/generate/QR?data=%FF         | UTF-8",
    ) {
        let message = rejection(send(caller.get(path)).await).await;
        assert!(message.contains(problem), "{message}");
    }
}

#[tokio::test]
async fn json_bodies_are_validated_against_the_document() {
    let caller = Caller::new().await;
    let post = async |path: &str, body: String| {
        let request = caller.post(&format!("/barcode/{path}"));
        let request = request.header("content-type", "application/json").body(body);
        let (code, message) = failure(send(request).await, 400).await;
        assert_eq!(code, "errorInvalidInputData");
        message
    };
    for [path, body, problem] in rows(
        r#"generate-body  | {"barcodeType":"QR"}                                        | The EncodeData field is required.
           generate-body  | {"barcodeType":"QR","encodeData":{}}                        | The Data field is required.
           generate-body  | {"barcodeType":"QR","encodeData":{"data":""}}               | The Data field is required.
           generate-body  | {"barcodeType":"QR","encodeData":{"data":null}}             | The Data field is required.
           generate-body  | {"barcodeType":"QR","encodeData":"1"}                       | The value '1' is not valid for EncodeData.
           generate-body  | {"barcodeType":1,"encodeData":{"data":"1"}}                 | The value '1' is not valid for BarcodeType.
           generate-body  | {"encodeData":{},"barcodeImageParams":{"resolution":0}}     | The field Resolution must be between 1 and 100000.
           generate-body  | {"barcodeType":"QR","encodeData":{"data":"1","more":2}}     | The More field is not known.
           generate-body  | []                                                          | not a JSON object
           generate-body  | {                                                           | not JSON
           generate-body  |                                                             | not JSON
           recognize-body | {"barcodeTypes":[],"fileBase64":"AA=="}                     | The BarcodeTypes field is required.
           recognize-body | {"barcodeTypes":["Nope"],"fileBase64":"AA=="}               | The value 'Nope' is not valid for BarcodeTypes.
           recognize-body | {"barcodeTypes":"QR","fileBase64":"AA=="}                   | The value 'QR' is not valid for BarcodeTypes.
           recognize-body | {"barcodeTypes":["QR"],"fileBase64":"A*"}                   | not base64
           scan-body      | {"fileBase64":""}                                           | The FileBase64 field is required."#,
    ) {
        let message = post(path, body.to_owned()).await;
        assert!(message.contains(problem), "{body}: {message}");
    }
    let many: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("x{n}"), json!(1))).collect();
    assert!(post("scan-body", json!(many).to_string()).await.len() < 4000);
    let huge = json!({ "dataType": "HexBytes", "data": "0".repeat(1_000_000) });
    let huge = json!({ "barcodeType": "QR", "encodeData": huge });
    let message = post("generate-body", huge.to_string()).await;
    assert!(message.contains("at most 65536 bytes"), "{message}");
    assert!(post("scan-body", "[".repeat(10_000)).await.contains("not JSON"));
}

#[tokio::test]
async fn null_means_that_a_field_is_absent() {
    let caller = Caller::new().await;
    let body = json!({
        "barcodeType": "QR",
        "encodeData": { "data": "1", "dataType": null },
        "barcodeImageParams": { "imageFormat": null, "resolution": null, "foregroundColor": null },
        "qrParams": null,
    });
    let response = caller.post_json("/barcode/generate-body", &body).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn forms_are_validated_against_the_document() {
    let caller = Caller::new().await;
    let file = || Part::bytes(vec![1_u8, 2, 3]).file_name("a.png");
    let text = |name: &'static str, value: &'static str| Form::new().text(name, value);
    let qr = || text("barcodeType", "QR");
    for (path, form, problem) in [
        ("scan", Form::new(), "multipart"),
        ("scan", text("other", "1"), "The Other field is not known."),
        ("scan", file_form(vec![1]).part("file", file()), "given more than once"),
        ("recognize", file_form(vec![1]), "The BarcodeType field is required."),
        ("recognize", qr(), "The File field is required."),
        ("recognize", text("barcodeType", "Q R"), "The value 'Q R'"),
        ("generate", qr().part("data", file()), "Data is not a file."),
        ("generate", qr().part("data", Part::bytes(vec![0xff])), "not UTF-8"),
    ] {
        let response = caller.post_form(&format!("/barcode/{path}-multipart"), form).await;
        let message = rejection(response).await;
        assert!(message.contains(problem), "{path}: {message}");
    }
    for (kind, body) in
        [("multipart/form-data", "x"), ("multipart/form-data; boundary=b", "--c\r\n\r\nx\r\n--c--")]
    {
        let request = caller.post("/barcode/scan-multipart").header("content-type", kind);
        let message = rejection(send(request.body(body)).await).await;
        assert!(message.contains("multipart/form-data"), "{message}");
    }
}

#[tokio::test]
async fn other_paths_methods_and_media_types_are_rejected() {
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
        let response = send(caller.get(path)).await;
        assert_eq!(failure(response, 404).await.0, "errorNotFound", "{path}");
    }
    let response = send(caller.post("/barcode/scan")).await;
    assert_eq!(failure(response, 405).await.0, "errorMethodNotAllowed");

    let (body, form) = ("/barcode/scan-body", "/barcode/scan-multipart");
    let typed = |path: &str, kind: &str| caller.post(path).header("content-type", kind);
    for request in [
        caller.post(body).body("{}"),
        typed(body, "text/plain").body("{}"),
        typed(form, "application/json").body("{}"),
        typed(form, "application/xml").body("<a/>"),
        caller.post(body).multipart(Form::new().text("fileBase64", "AA==")),
    ] {
        let (code, _) = failure(send(request).await, 415).await;
        assert_eq!(code, "errorUnsupportedMediaType");
    }
    let response = caller.post_json("/barcode/scan-body?fileBase64=AA", &json!({})).await;
    assert!(rejection(response).await.contains("query"));
}

#[tokio::test]
async fn unsupported_parameters_are_rejected_by_name() {
    let caller = Caller::new().await;
    for [kind, parameter, value, field] in rows(
        "QR        | qrEncodeMode                 | Extended  | QrEncodeMode
         QR        | qrEncodeMode                 | Binary    | QrEncodeMode
         QR        | qrECIEncoding                | INVARIANT | QrECIEncoding
         QR        | qrECIEncoding                | BINARY    | QrECIEncoding
         QR        | qrECIEncoding                | GBK       | QrECIEncoding
         Code128   | code128EncodeMode            | CodeAB    | Code128EncodeMode
         Pdf417    | pdf417EncodeMode             | Extended  | Pdf417EncodeMode
         Pdf417    | pdf417IsLinked               | true      | Pdf417IsLinked
         Pdf417    | pdf417IsReaderInitialization | true      | Pdf417IsReaderInitialization
         Pdf417    | pdf417IsCode128Emulation     | true      | Pdf417IsCode128Emulation
         Pdf417    | pdf417MacroCharacters        | Macro05   | Pdf417MacroCharacters
         QR        | resolution                   | 100000    | Resolution
         QR        | imageWidth                   | 100000    | ImageWidth
         QR        | imageHeight                  | 100000    | ImageHeight
         PatchCode | resolution                   | 96        | BarcodeType",
    ) {
        let query = [("data", "TEST 1"), (parameter, value)];
        let (code, message) = failure(caller.generate(kind, &query).await, 400).await;
        assert_eq!(code, "errorNotSupportedBySandbox", "{message}");
        let start = format!("Field name: '{field}' errors: The sandbox does not support");
        assert!(message.contains(&start), "{message}");
    }
    let url = caller.get("/barcode/scan?fileUrl=http://169.254.169.254/latest");
    let form = file_form(vec![1]).text("barcodeType", "PatchCode");
    let form = caller.post("/barcode/recognize-multipart").multipart(form);
    for request in [url, form] {
        let (code, _) = failure(send(request).await, 400).await;
        assert_eq!(code, "errorNotSupportedBySandbox");
    }
}

#[tokio::test]
async fn data_that_a_type_cannot_hold_is_rejected_with_the_reason() {
    let caller = Caller::new().await;
    let long = "x".repeat(10_000);
    for (kind, data, reason) in [
        ("EAN13", "4006381333932", "digit 2 is wrong: it would be 1"),
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
        let response = caller.post_json("/barcode/generate-body", &body).await;
        let (code, message) = failure(response, 400).await;
        assert_eq!(code, "errorInvalidInputData");
        let is_right = message.contains("'Data'") && message.contains(reason);
        assert!(is_right, "{kind}: {message}");
    }
}
