//! XML requests and responses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;

use crate::caller::{Caller, barcodes, failure, json, rejection, send};

async fn post(caller: &Caller, path: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = caller.post(&format!("/barcode/{path}"));
    let request = request.header("content-type", "application/xml; charset=utf-8");
    send(request.body(body)).await
}

/// All parameters, as XML.
const GENERATE: &str = "<?xml version='1.0' encoding='utf-8'?>
<GenerateParams xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>
  <BarcodeType>Code128</BarcodeType>
  <EncodeData><DataType>StringData</DataType><Data>A&amp;B&lt;1&gt;</Data></EncodeData>
  <BarcodeImageParams>
    <ImageFormat>Gif</ImageFormat>
    <TextLocation>Above</TextLocation>
    <ForegroundColor>DarkBlue</ForegroundColor>
    <Units>Pixel</Units>
    <ImageWidth>400</ImageWidth>
    <RotationAngle>90</RotationAngle>
  </BarcodeImageParams>
  <Code128Params><Code128EncodeMode>CodeB</Code128EncodeMode></Code128Params>
  <QrParams xsi:nil='true'/>
</GenerateParams>";

#[tokio::test]
async fn an_xml_body_generates_the_same_image_as_the_json_body() {
    let caller = Caller::new().await;
    let response = post(&caller, "generate-body", GENERATE).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "image/gif");
    let image = response.bytes().await.unwrap();
    let same = serde_json::json!({
        "barcodeType": "Code128",
        "encodeData": { "dataType": "StringData", "data": "A&B<1>" },
        "barcodeImageParams": {
            "imageFormat": "Gif", "textLocation": "Above", "foregroundColor": "DarkBlue",
            "units": "Pixel", "imageWidth": 400, "rotationAngle": 90,
        },
        "code128Params": { "code128EncodeMode": "CodeB" },
    });
    let request = caller.post("/barcode/generate-body").json(&same);
    assert_eq!(send(request).await.bytes().await.unwrap(), image);
}

#[tokio::test]
async fn names_of_schemas_and_of_properties_are_both_read() {
    let caller = Caller::new().await;
    for name in ["ECIEncodings", "QrECIEncoding"] {
        let body = format!(
            "<GenerateParams><BarcodeType>QR</BarcodeType><EncodeData><Data>x</Data></EncodeData>\
             <QrParams><{name}>GBK</{name}></QrParams></GenerateParams>"
        );
        let response = post(&caller, "generate-body", body).await;
        assert!(rejection(response).await.contains("'QrECIEncoding'"));
    }
}

#[tokio::test]
async fn an_image_in_xml_is_read_and_the_response_has_the_requested_format() {
    let caller = Caller::new().await;
    let image = STANDARD.encode(caller.image("QR", &[("data", "a<b>&\u{1d}c")]).await);
    let body = format!(
        "<RecognizeBase64Request><BarcodeTypes><DecodeBarcodeType>QR</DecodeBarcodeType>\
         <DecodeBarcodeType>Code128</DecodeBarcodeType></BarcodeTypes>\
         <FileBase64>{image}</FileBase64></RecognizeBase64Request>"
    );
    let response = json(post(&caller, "recognize-body", body.clone()).await).await;
    assert_eq!(barcodes(&response), [("QR".to_owned(), "a<b>&\u{1d}c".to_owned())]);

    let request = caller.post("/barcode/recognize-body").body(body);
    let request = request.header("content-type", "application/xml");
    let response = request.header("accept", "application/xml").send().await;
    let response = response.unwrap();
    assert_eq!(response.headers()["content-type"], "application/xml");
    let text = response.text().await.unwrap();
    assert!(
        text.starts_with(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><BarcodeResponseList><Barcodes>\
             <BarcodeResponse><BarcodeValue>a&lt;b&gt;&amp;\u{fffd}c</BarcodeValue><Type>QR</Type>\
             <Region><Point><X>"
        ),
        "{text}"
    );
    assert!(!text.contains("Checksum"), "{text}");
}

#[tokio::test]
async fn an_image_without_barcodes_gives_an_empty_list_in_xml() {
    let caller = Caller::new().await;
    let mut white = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(50, 50, image::Luma([255]))
        .write_to(&mut white, image::ImageFormat::Png)
        .unwrap();
    let white = STANDARD.encode(white.into_inner());
    let request = caller.post("/barcode/scan-body").header("accept", "application/xml");
    let request = request.json(&serde_json::json!({ "fileBase64": white }));
    let text = send(request).await.text().await.unwrap();
    assert!(
        text.ends_with("<BarcodeResponseList><Barcodes></Barcodes></BarcodeResponseList>"),
        "{text}"
    );
}

#[tokio::test]
async fn errors_are_written_in_xml_if_requested_and_images_never_are() {
    let caller = Caller::new().await;
    let ask = |path: &str| caller.get(path).header("accept", "application/xml").send();
    let response = ask("/barcode/generate/QR").await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/xml");
    let id = response.headers()["x-request-id"].clone();
    let text = response.text().await.unwrap();
    let start = format!(
        "<ApiErrorResponse><RequestId>{}</RequestId><ApiError><Code>errorInvalidInputData</Code>\
         <Message>Error: Field name: 'Data' errors: The Data field is required.</Message>",
        id.to_str().unwrap()
    );
    let plain = text.replace("&apos;", "'");
    assert!(plain.contains(&start), "{text}");

    let response = ask("/nothing").await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/xml");
    let response = ask("/barcode/generate/QR?data=x").await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn hostile_and_invalid_xml_is_rejected_with_the_reason() {
    let caller = Caller::new().await;
    let entities: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} '&l{0};&l{0};&l{0};&l{0};&l{0};'>", n - 1))
        .collect();
    let bomb = format!(
        "<!DOCTYPE a [<!ENTITY l0 'ha'>{entities}]><ScanBase64Request><FileBase64>&l9;</FileBase64></ScanBase64Request>"
    );
    let scan = |inner: &str| format!("<ScanBase64Request>{inner}</ScanBase64Request>");
    for (body, reason) in [
        (bomb, "document type is not allowed"),
        (
            format!(
                "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{}",
                scan("<FileBase64>&x;</FileBase64>")
            ),
            "document type is not allowed",
        ),
        (scan("<FileBase64>&x;</FileBase64>"), "entity x is unknown"),
        ("<a>".repeat(100_000), "32 deep"),
        (scan(&"<B/>".repeat(100_000)), "10000 elements"),
        (scan(""), "The FileBase64 field is required."),
        (scan("<FileBase64/>"), "The FileBase64 field is required."),
        (scan("<Other>1</Other>"), "The Other field is not known."),
        (scan(&"<FileBase64>AA==</FileBase64>".repeat(2)), "FileBase64 is given more than once"),
        (scan("<FileBase64><A/></FileBase64>"), "not contain elements"),
        (scan("text"), "must not contain text"),
        ("<Other/>".to_owned(), "Other instead of ScanBase64Request"),
        ("{}".to_owned(), "not XML"),
        (String::new(), "no root element"),
    ] {
        let response = post(&caller, "scan-body", body.clone()).await;
        let (code, message) = failure(response, 400).await;
        assert_eq!(code, "errorInvalidInputData");
        assert!(message.contains(reason), "{body:.200}: {message:.500}");
    }
    let response = post(&caller, "scan-body", vec![0xff, 0xfe, b'<']).await;
    assert!(rejection(response).await.contains("UTF-8"));
    for (from, to, reason) in [
        ("400", "wide", "'wide' is not valid for ImageWidth."),
        ("90", "1.5", "'1.5' is not valid for RotationAngle."),
        (">Gif", ">Bmp", "'Bmp' is not valid for ImageFormat."),
    ] {
        let response = post(&caller, "generate-body", GENERATE.replace(from, to)).await;
        let message = rejection(response).await;
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn the_document_is_served_with_the_urls_of_the_sandbox() {
    let caller = Caller::new().await;
    let url = caller.url("/barcode/swagger/spec");
    let document = json(caller.http.get(url).send().await.unwrap()).await;
    assert_eq!(document["servers"][0]["url"], caller.sandbox.base_url());
    let server = document["servers"][0]["description"].as_str().unwrap();
    assert!(server.contains("sandbox"), "{server}");
    assert!(!server.contains("public"), "{server}");
    assert_eq!(document["paths"].as_object().unwrap().len(), 9);
    let scheme = "/components/securitySchemes/JWT/flows/clientCredentials/tokenUrl";
    let token_url = document.pointer(scheme).unwrap();
    assert_eq!(token_url, caller.sandbox.token_url());
}
