//! Requests whose image is read before it is returned, against the sandbox.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::sync::Mutex;

use barcode_cloud::middleware::{
    Extensions, Middleware, Next, Request, Response, Result, async_trait,
};
use barcode_cloud::{
    BarcodeImageFormat, Client, ClientBuilder, ClientCredentials, Code128EncodeMode,
    Code128Options, Color, Data, EciEncodings, EncodeBarcodeType as Type, Error, ErrorKind,
    GraphicsUnit, MacroCharacter, Pdf417EncodeMode, Pdf417Options, PrintWarning, QrEncodeMode,
    QrErrorLevel, QrOptions, QrVersion, RenderOptions, VerificationError,
};
use barcode_cloud_sandbox::Sandbox;
use barcode_engine::Symbology;

/// Values of each type that the sandbox writes and the reader reads, as a user would give them.
/// Where the reader returns another form, it follows after `=>`.
const VALUES: &str = "
    QR: Test | 1234567890 | HELLO WORLD $%* | https://example.com/?q=1&x=ü | Привет, мир | 日本語 🙂
    GS1QR: (01)09501101530003 | (01)09501101530003(10)ABC | (10)ABC(21)12345
    GS1QR: (01)09501101530003
    QR: 0109501101530003
    Aztec: Test | 1234567890 | Mixed 123 CASE, with: punctuation! | Привет, мир
    DataMatrix: Test | 1234567890 | hello, world ü | Привет, мир
    GS1DataMatrix: (01)09501101530003 | (01)09501101530003(17)261231(10)ABC | (10)ABC(21)12345
    GS1DataMatrix: (01)09501101530003
    DataMatrix: 0109501101530003
    Pdf417: Test | 12345678901234567890 | Lorem ipsum dolor sit amet, consectetur | Привет, мир
    Code128: Test | 1234567890 | ABC-123 | x | 0109501101530003
    GS1Code128: (01)09501101530003(10)ABC | (10)ABC(21)12345 | (21)a(b)c
    GS1Code128: (01)09501101530003
    Code128: 0109501101530003
    SSCC18: (00)376104250021234569 | 376104250021234569 => (00)376104250021234569
    SSCC18: 37610425002123456 => (00)376104250021234569
    EAN14: (01)09501101530003 | 0950110153000 => (01)09501101530003
    SCC14: (01)19501101530000 | 09501101530003 => (01)09501101530003
    Code39: CODE 39 | -. $/+% | 1
    Code39FullASCII: Code 39, full: ASCII! | a | ~ | UPPER
    PZN: 27580899 | 2758089 => 27580899
    Code32: 012345676 | 01234567 => 012345676
    VIN: 1M8GDM9AXKP042788 | WVWZZZ1JZXW000001
    Code93: CODE 93 | Code 93 lower | 1234567890
    Codabar: A12345A | B12-34:5$C | D1.0/2+3A | 12345 => A12345A
    EAN13: 6291041500213 | 4006381333931 | 0036000291452 | 629104150021 => 6291041500213
    EAN8: 96385074 | 7351353 => 73513537
    UPCA: 036000291452 | 01234567890 => 012345678905
    UPCE: 04252614 | 11234562 | 0425261 => 04252614 | 425261 => 04252614
    ISBN: 9783161484100 | 978-3-16-148410-0 => 9783161484100 | 979103230082 => 9791032300824
    ISSN: 9770317847001 | 977031784700 => 9770317847001
    ISMN: 9790260000438 | 979-0-2600-0043-8 => 9790260000438
    ITF14: 15400141288763 | 00012345678905 | 1540014128876 => 15400141288763
    ITF6: 123457 | 12345 => 123457
    Interleaved2of5: 1234567890 | 12345678901231 | 123 => 0123
    OPC: 0207117219 | 020489713 => 0204897136
    ItalianPost25: 123456789015 | 12345678901 => 123456789015
    SwissPostParcel: 983412345612345678 | RM999605013CH | 0327 | 98.34.123456.12345678 => 983412345612345678
    AustralianPosteParcel: (01)99312650999998(91)JDQ0123456
    DeutschePostIdentcode: 563102430313 | 56310243031 => 563102430313
    DeutschePostLeitcode: 21348075016401 | 2134807501640 => 21348075016401
";

fn values() -> impl Iterator<Item = (Type, &'static str, &'static str)> {
    let lines = VALUES.lines().filter_map(|line| line.trim().split_once(": "));
    lines.flat_map(|(name, values)| {
        values.split(" | ").map(move |value| {
            let (given, read) = value.split_once(" => ").unwrap_or((value, value));
            (name.parse().unwrap(), given, read)
        })
    })
}

fn builder(sandbox: &Sandbox) -> ClientBuilder {
    let credentials = ClientCredentials::new(sandbox.client_id(), sandbox.client_secret()).unwrap();
    Client::builder()
        .credentials(credentials)
        .base_url(sandbox.base_url())
        .token_url(sandbox.token_url())
}

async fn start_plain() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = builder(&sandbox).build().unwrap();
    (sandbox, client)
}

async fn start(middleware: impl Middleware) -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = builder(&sandbox).middleware(middleware).build().unwrap();
    (sandbox, client)
}

fn verification(error: Error) -> VerificationError {
    match error {
        Error::Verification(error) => *error,
        error => panic!("{error}"),
    }
}

/// Returns each image to the request after the one that it was generated for.
#[derive(Default)]
struct SwapImages(Mutex<Option<Response>>);

#[async_trait]
impl Middleware for SwapImages {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let response = next.run(request, extensions).await?;
        let (head, body) = http::Response::from(response).into_parts();
        let body = barcode_cloud::reqwest::Response::from(http::Response::new(body));
        let body = body.bytes().await.unwrap();
        let response = |body: bytes::Bytes| http::Response::from_parts(head.clone(), body).into();
        let last = self.0.lock().unwrap().replace(response(body.clone()));
        Ok(last.unwrap_or_else(|| response(body)))
    }
}

/// Answers every request with this image. Nothing is sent.
struct Answer(Vec<u8>);

#[async_trait]
impl Middleware for Answer {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        let response = http::Response::builder().header("content-type", "image/png");
        let response = response.header("x-request-id", "request-7");
        Ok(response.body(self.0.clone()).unwrap().into())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_readable_type_is_verified_in_each_form_of_its_value() {
    let (_sandbox, client) = start_plain().await;
    for (barcode_type, given, _) in values() {
        let image = client.generate(barcode_type, given).verified().await;
        image.unwrap_or_else(|error| panic!("{barcode_type} {given}: {error:?}"));
    }
    let is_tested = |name: &str| values().any(|(tested, ..)| tested.to_string() == name);
    let supported =
        Symbology::all().filter(|symbology| symbology.can_write() && symbology.can_read());
    for name in supported.map(Symbology::name) {
        assert!(is_tested(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_swapped_image_is_detected_with_both_values() {
    let (_sandbox, client) = start(SwapImages::default()).await;
    client.generate(Type::Qr, "first").await.unwrap();
    let (mut last_type, mut last_value) = (Type::Qr, "first");
    for (barcode_type, given, read) in values() {
        let result = client.generate(barcode_type, given).verified().await;
        if (barcode_type, read) != (last_type, last_value) {
            let swapped = format!("{last_type} {last_value} as {barcode_type} {given}");
            let error = verification(result.expect_err(&swapped));
            assert_eq!(error.expected(), read, "{swapped}");
            let expected_type = barcode_type.to_string();
            let found = (error.found_type().unwrap(), error.found().unwrap());
            assert_ne!(found, (&*expected_type, read), "{swapped}");
        }
        (last_type, last_value) = (barcode_type, read);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_shows_no_data_and_returns_the_billed_image() {
    let (sandbox, client) = start_plain().await;
    let other = client.generate(Type::Qr, "other-person").await.unwrap();
    let wrong = builder(&sandbox).middleware(Answer(other.bytes().to_vec()));
    let wrong = wrong.build().unwrap();
    let error = wrong.generate(Type::Qr, "asked-person").verified().await.unwrap_err();
    assert!(error.may_have_been_billed() && !error.is_retryable());
    assert_eq!(error.kind(), ErrorKind::Verification);
    assert_eq!(error.request_id(), Some("request-7"));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("person") && shown.contains("do not use it"), "{shown}");
    let error = verification(error);
    assert_eq!((error.expected(), error.found()), ("asked-person", Some("other-person")));
    assert_eq!(error.image(), other.bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_or_damaged_image_contains_no_barcode() {
    let blank = image::GrayImage::from_pixel(200, 100, image::Luma([255]));
    let mut file = std::io::Cursor::new(Vec::new());
    blank.write_to(&mut file, image::ImageFormat::Png).unwrap();
    let file = file.into_inner();
    // The image data is damaged, but the structure of the file is complete.
    let mut damaged = file.clone();
    let data = damaged.windows(4).position(|chunk| chunk == b"IDAT").unwrap() + 8;
    damaged[data] ^= 0xff;
    for (file, expected) in [(file, "no barcode can be read"), (damaged, "cannot be decoded")] {
        let (_sandbox, client) = start(Answer(file)).await;
        let error = client.generate(Type::Code128, "Test").verified().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        let error = verification(error);
        assert_eq!((error.found(), error.found_type()), (None, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_only_if_the_image_is_right() {
    let (_sandbox, client) = start(SwapImages::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    let saved = client.generate(Type::Qr, "first").verified().save(&path).await.unwrap();
    let first = std::fs::read(&path).unwrap();
    assert_eq!((saved.length(), saved.media_type()), (first.len() as u64, "image/png"));
    let second = client.generate(Type::Qr, "second").verified();
    verification(second.save(&path).await.unwrap_err());
    assert_eq!(std::fs::read(&path).unwrap(), first);
    let (saved, sent) = std::thread::spawn(move || {
        let third = client.generate(Type::Qr, "third").verified();
        (third.clone().save_blocking(&path), third.send_blocking())
    })
    .join()
    .unwrap();
    verification(saved.unwrap_err());
    sent.unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn formats_options_and_bytes_are_verified() {
    let (_sandbox, client) = start_plain().await;
    use BarcodeImageFormat::{Gif, Jpeg, Png, Tiff};
    for format in [Png, Jpeg, Gif, Tiff] {
        let request = client.generate(Type::Code128, "Test").format(format);
        request.verified().await.unwrap();
    }
    let render = RenderOptions::new();
    let colors = render.clone().foreground(Color::WHITE).background(Color::BLACK);
    for render in [render.clone().rotation(90), render.rotation(45), colors] {
        client.generate(Type::Code128, "Test").render(render).verified().await.unwrap();
    }
    for data in [Data::from("Grüße".as_bytes()), Data::hex("4772C3BCC39F65")] {
        let eci = QrOptions::new().encode_mode(QrEncodeMode::Eci);
        client.generate(Type::Qr, data).qr(eci).verified().await.unwrap();
    }
    for set in [EciEncodings::Utf8, EciEncodings::Win1251] {
        let qr = client.generate(Type::Qr, "Привет, мир");
        let qr = qr.qr(QrOptions::new().eci_encoding(set)).verified();
        let pdf417 = client.generate(Type::Pdf417, "Привет, мир");
        let pdf417 = pdf417.pdf417(Pdf417Options::new().eci_encoding(set)).verified();
        qr.await.unwrap();
        pdf417.await.unwrap();
    }
    let code_a = Code128Options::new().encode_mode(Code128EncodeMode::CodeA);
    client.generate(Type::Code128, "TEST").code128(code_a).verified().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_modules_of_every_type_are_a_whole_number_of_dots() {
    let (_sandbox, client) = start_plain().await;
    for (barcode_type, given, _) in values() {
        let request = client.generate(barcode_type, given).verified();
        let image = request.for_print(203.0, 0.5).strict().await;
        image.unwrap_or_else(|error| panic!("{barcode_type} {given}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_change_the_symbol_and_rotations_keep_the_width_of_modules() {
    let (_sandbox, client) = start_plain().await;
    let qr = QrOptions::new().error_level(QrErrorLevel::LevelH);
    let qr = client.generate(Type::Qr, "https://example.com/").qr(qr);
    let large = QrOptions::new().version(QrVersion::Version07);
    let large = client.generate(Type::Qr, "Test").qr(large);
    let code_b = Code128Options::new().encode_mode(Code128EncodeMode::CodeB);
    let code_b = client.generate(Type::Code128, "12345678").code128(code_b);
    let columns = Pdf417Options::new().columns(3).truncate(true);
    let pdf417 = client.generate(Type::Pdf417, "Lorem ipsum dolor sit amet").pdf417(columns);
    let code = client.generate(Type::Code128, "Test");
    let rotated = |degrees| code.clone().render(RenderOptions::new().rotation(degrees));
    let (quarter, three_quarters) = (rotated(90), rotated(-90));
    let jpeg = code.clone().format(BarcodeImageFormat::Jpeg);
    for request in [qr, large, code_b, pdf417, quarter, three_quarters, jpeg] {
        let image = request.verified().for_print(300.0, 0.25).strict().send().await;
        assert_eq!(image.unwrap().warnings(), []);
    }
}

/// Scales each image as a service might that fits it into a size.
struct Scale(f32);

#[async_trait]
impl Middleware for Scale {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let body = next.run(request, extensions).await?.bytes().await.unwrap();
        let image = image::load_from_memory(&body).unwrap();
        let [width, height] =
            [image.width(), image.height()].map(|side| (side as f32 * self.0) as u32);
        let filter = image::imageops::FilterType::Triangle;
        let mut file = std::io::Cursor::new(Vec::new());
        let scaled = image.resize_exact(width, height, filter);
        scaled.write_to(&mut file, image::ImageFormat::Png).unwrap();
        let response = http::Response::builder().header("content-type", "image/png");
        Ok(response.body(file.into_inner()).unwrap().into())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_scaled_has_a_warning_or_fails_a_strict_request() {
    for barcode_type in [Type::Ean13, Type::Code39, Type::Qr, Type::Pdf417] {
        for (scale, expected) in [
            (1.3, PrintWarning::UnevenModules),
            (2.0, PrintWarning::OtherModuleWidth { requested: 4, found: 8 }),
        ] {
            let (_sandbox, client) = start(Scale(scale)).await;
            let request = client.generate(barcode_type, "4006381333931").verified();
            let request = request.for_print(300.0, 0.33);
            let image = request.clone().await.unwrap();
            assert_eq!(image.warnings(), std::slice::from_ref(&expected), "{barcode_type}");
            let file = tempfile::NamedTempFile::new().unwrap();
            let saved = request.clone().save(file.path()).await.unwrap();
            assert_eq!(saved.warnings(), image.warnings());
            let error = request.strict().await.unwrap_err();
            assert!(error.may_have_been_billed());
            assert!(error.to_string().starts_with("the modules"), "{error}");
            let error = verification(error);
            assert_eq!(error.warnings(), [expected]);
            assert_eq!((error.found(), error.image()), (None, image.bytes()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_that_are_too_narrow_have_a_warning_or_are_refused_before_anything_is_sent() {
    let (sandbox, client) = start_plain().await;
    let request = client.generate(Type::Ean13, "4006381333931").verified();
    let request = request.for_print(300.0, 0.17);
    let image = request.clone().await.unwrap();
    let [PrintWarning::NarrowModules { found_mm, minimum_mm, .. }] = image.warnings() else {
        panic!("{:?}", image.warnings());
    };
    assert!((*found_mm - 2.0 * 25.4 / 300.0).abs() < 1e-9);
    assert_eq!(*minimum_mm, 0.264);
    sandbox.clear_requests();
    for strict in [
        request.clone().strict(),
        client.generate(Type::Ean13, "4006381333931").verified().strict().for_print(300.0, 0.17),
    ] {
        let error = strict.await.unwrap_err().to_string();
        assert!(error.contains("at least 0.264 mm are required"), "{error}");
    }
    assert_eq!(sandbox.requests().len(), 0);
}

#[tokio::test]
async fn contradictory_print_settings_are_refused_before_anything_is_sent() {
    let (sandbox, client) = start_plain().await;
    let render = |options| client.generate(Type::Qr, "Test").render(options).verified();
    let options = RenderOptions::new;
    let plain = client.generate(Type::Qr, "Test").verified();
    for request in [
        render(options().width(100.0)).for_print(203.0, 0.33),
        render(options().resolution(203.0)).for_print(203.0, 0.33),
        render(options().units(GraphicsUnit::Inch)).for_print(203.0, 0.33),
        render(options().rotation(45)).for_print(203.0, 0.33),
        plain.clone().for_print(0.0, 0.33),
        plain.clone().for_print(f32::NAN, 0.33),
        plain.clone().for_print(203.0, -1.0),
        plain.for_print(203.0, f32::INFINITY),
        client.generate(Type::MaxiCode, "Test").verified().for_print(203.0, 0.88),
    ] {
        let Error::InvalidInput(error) = request.check().unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(error.field(), "for_print");
        assert_eq!(request.await.unwrap_err().to_string(), error.to_string());
    }
    assert_eq!(sandbox.requests().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_verified_fails_before_anything_is_sent() {
    let (sandbox, client) = start_plain().await;
    let qr = client.generate(Type::Qr, "Test");
    let pdf417 = client.generate(Type::Pdf417, "Test");
    let options = Pdf417Options::new;
    for (request, expected) in [
        (qr.clone().format(BarcodeImageFormat::Svg), "SVG"),
        (qr.clone().render(RenderOptions::new().format(BarcodeImageFormat::Svg)), "SVG"),
        (qr.qr(QrOptions::new().encode_mode(QrEncodeMode::Extended)), "Extended"),
        (pdf417.clone().pdf417(options().encode_mode(Pdf417EncodeMode::Extended)), "Extended"),
        (pdf417.clone().pdf417(options().macro_characters(MacroCharacter::Macro05)), "macro"),
        (pdf417.pdf417(options().reader_initialization(true)), "reader_initialization"),
        (client.generate(Type::Postnet, "12345"), "Postnet"),
        (client.generate(Type::Qr, b"\xff\xfe"), "UTF-8"),
        (client.generate(Type::Code39, "Aspose").unchecked(), "this value of Code39"),
    ] {
        let request = request.verified();
        let checked = request.check().unwrap_err();
        let Error::InvalidInput(error) = request.await.unwrap_err() else {
            panic!("{expected}");
        };
        assert_eq!(error.field(), "verified");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.to_string(), checked.to_string());
    }
    assert_eq!(sandbox.requests().len(), 0);
}
