//! Generates, recognizes and scans barcodes with the sandbox's engine.

use barcode_cloud::api::types::BarcodeImageParams;
use barcode_cloud::api::{ByteStream, ResponseValue};
use barcode_cloud::{
    BarcodeImageFormat, DecodeBarcodeType as Read, EncodeBarcodeType as Write, Error, ImageSource,
    RecognitionMode,
};
use futures_util::TryStreamExt as _;

use crate::service::sandbox;

/// Each type that the sandbox must support, the type that it is read as, and its value.
const TYPES: [(Write, Read, &str); 18] = [
    (Write::Qr, Read::Qr, "Hello, wörld ☃"),
    (Write::Aztec, Read::Aztec, "M1DESMARAIS/LUC"),
    (Write::DataMatrix, Read::DataMatrix, "30Q324343430794<OQQ"),
    (Write::Pdf417, Read::Pdf417, "PDF417 holds a lot of text, such as this line."),
    (Write::Code128, Read::Code128, "Code-128 x, 0123456789"),
    (Write::Code39, Read::Code39, "CODE 39-$/+%."),
    (Write::Code93, Read::Code93, "CODE93 TEST"),
    (Write::Codabar, Read::Codabar, "A40156B"),
    (Write::Ean13, Read::Ean13, "4006381333931"),
    (Write::Ean8, Read::Ean8, "96385074"),
    (Write::Upca, Read::Upca, "036000291452"),
    (Write::Upce, Read::Upce, "01234565"),
    (Write::Itf14, Read::Itf14, "15400141288763"),
    (Write::Interleaved2of5, Read::Interleaved2of5, "1234567890"),
    (Write::Gs1Code128, Read::Gs1Code128, "(01)09501101530003(17)261231(10)AB-123"),
    (Write::Gs1qr, Read::Gs1qr, "(01)09501101530003(10)ABC123"),
    (Write::Gs1DataMatrix, Read::Gs1DataMatrix, "(01)09501101530003(21)12345"),
    (Write::Isbn, Read::Isbn, "9783161484100"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_recognized_with_the_value_it_was_generated_from() {
    let (_sandbox, client) = sandbox().await;
    for (write, read, value) in TYPES {
        let image = client
            .generate(write, value)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{write}: {error}"));
        assert_eq!(image.media_type(), "image/png");
        let found = client.recognize(image.into_bytes()).types([read]).send().await.unwrap();
        let found: Vec<_> =
            found.iter().map(|barcode| (&barcode.barcode_type, barcode.value.as_str())).collect();
        assert_eq!(found, [(&read.into(), value)], "{write}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_finds_barcodes_without_being_given_a_type() {
    let (_sandbox, client) = sandbox().await;
    for (write, _, value) in [TYPES[0], TYPES[4], TYPES[8]] {
        let image = client.generate(write, value).send().await.unwrap();
        let found = client.scan(image.into_bytes()).send().await.unwrap();
        assert_eq!(
            found.iter().map(|barcode| barcode.value.as_str()).collect::<Vec<_>>(),
            [value],
            "{write}"
        );
        assert_eq!(found[0].region.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_image_has_the_requested_format() {
    let (_sandbox, client) = sandbox().await;
    for (format, media_type, begins) in [
        (BarcodeImageFormat::Png, "image/png", &b"\x89PNG"[..]),
        (BarcodeImageFormat::Jpeg, "image/jpeg", b"\xff\xd8\xff"),
        (BarcodeImageFormat::Gif, "image/gif", b"GIF8"),
        (BarcodeImageFormat::Tiff, "image/tiff", b"II*\0"),
        (BarcodeImageFormat::Svg, "image/svg+xml", b"<"),
    ] {
        let image = client.generate(Write::Qr, "format").format(format).send().await.unwrap();
        assert_eq!(image.media_type(), media_type);
        assert!(image.bytes().starts_with(begins), "{format}");
        if format != BarcodeImageFormat::Svg {
            let found = client.recognize(image.into_bytes()).send().await.unwrap();
            assert_eq!(found[0].value, "format", "{format}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_saved_and_recognized_from_a_file_bytes_and_a_url() {
    let (sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, "an older file").unwrap();
    let image = client.generate(Write::Code128, "PARCEL-0042").send().await.unwrap();
    image.save(&path).await.unwrap();
    assert_eq!(&std::fs::read(&path).unwrap(), image.bytes());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");

    sandbox.url_file("https://images.example/label.png", path.as_path());
    let by_url = ImageSource::url("https://images.example/label.png");
    for image in [ImageSource::from(path.as_path()), image.bytes().clone().into(), by_url] {
        let found =
            client.recognize(image.clone()).mode(RecognitionMode::Normal).send().await.unwrap();
        assert_eq!(found[0].value, "PARCEL-0042", "{image:?}");
        let found = client.scan(image).send().await.unwrap();
        assert_eq!(found[0].value, "PARCEL-0042");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_encoded_and_read_back_unchanged() {
    let (_sandbox, client) = sandbox().await;
    let bytes = b"binary\x01data".to_vec();
    let image = client.generate(Write::Qr, bytes.clone()).send().await;
    let found = client.scan(image.unwrap().into_bytes()).send().await;
    assert_eq!(found.unwrap()[0].value.as_bytes(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_options_give_the_same_image_in_every_form() {
    let (_sandbox, client) = sandbox().await;
    let mut options = BarcodeImageParams::new();
    options.foreground_color = Some("#FF5733".into());
    options.background_color = Some("White".into());
    options.resolution = Some(192.0);
    options.rotation_angle = Some(90);
    let request = client.generate(Write::Qr, "options").render(options.clone());
    let by_body = request.send().await.unwrap();
    let api = client.api();
    let request = api.generate().barcode_type(Write::Qr).data("options");
    let by_query = request
        .foreground_color("#FF5733")
        .background_color("White")
        .resolution(192.0)
        .rotation_angle(90);
    let by_query = collect(by_query.send().await.unwrap()).await;
    let request = api.generate_multipart().barcode_type(Write::Qr).data("options");
    let by_multipart = request
        .foreground_color("#FF5733")
        .background_color("White")
        .resolution(192.0)
        .rotation_angle(90);
    let by_multipart = collect(by_multipart.send().await.unwrap()).await;
    assert_eq!(by_body.bytes(), &by_query);
    assert_eq!(by_body.bytes(), &by_multipart);
    let plain = client.generate(Write::Qr, "options").send().await.unwrap();
    assert_ne!(by_body, plain, "the options have an effect");
}

async fn collect(response: ResponseValue<ByteStream>) -> Vec<u8> {
    let chunks: Vec<_> = response.into_inner_stream().try_collect().await.unwrap();
    chunks.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_without_a_barcode_of_the_type_gives_an_empty_list() {
    let (_sandbox, client) = sandbox().await;
    let image = client.generate(Write::Qr, "here").send().await.unwrap();
    let found = client.recognize(image.into_bytes()).types([Read::Ean13]).send().await.unwrap();
    assert!(found.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_error_has_the_code_message_and_request_id_of_the_service() {
    let (_sandbox, client) = sandbox().await;
    let error = client.generate(Write::Ean13, "not digits").unchecked().send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    assert_eq!(error.code(), Some("errorInvalidInputData"));
    assert!(error.message().is_some() && error.request_id().is_some(), "{error:?}");
    assert!(!error.is_retryable() && !error.is_auth());
    assert_eq!(error.to_string().lines().count(), 1, "{error}");

    let error = client.scan(b"this is not an image".to_vec()).send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_input_is_rejected_before_a_request_is_sent() {
    let (sandbox, client) = sandbox().await;
    sandbox.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.png");
    std::fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.png");

    let invalid = |error: Error| match error {
        Error::InvalidInput(input) => input.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(
        invalid(client.generate(Write::Qr, "").send().await.unwrap_err())
            .starts_with("data: is empty")
    );
    let lowercase = client.generate(Write::Code39, "Aspose");
    for error in [lowercase.check().unwrap_err(), lowercase.await.unwrap_err()] {
        let Error::InvalidInput(error) = error else {
            panic!("{error:?}");
        };
        assert!(error.to_string().starts_with("data: Code39 cannot hold 's' at position 2: use"));
        assert_eq!(error.violation().unwrap().character(), Some('s'));
    }
    // Bytes are not checked, because their meaning depends on the type.
    client.generate(Write::Code39, &b"Aspose"[..]).check().unwrap();
    // One type is sent as a multipart form, several types are sent in a JSON body.
    for types in [&[Read::Qr][..], &[Read::Qr, Read::Aztec]] {
        let read = |image: ImageSource| client.recognize(image).types(types.iter().copied()).send();
        for image in [Vec::new().into(), empty.as_path().into()] {
            let error = read(image).await.unwrap_err();
            assert!(invalid(error).starts_with("image: is empty (0 bytes)"));
        }
        for path in [folder.path(), missing.as_path()] {
            let error = read(path.into()).await.unwrap_err();
            assert!(
                matches!(&error, Error::File { path: named, .. } if named == path),
                "{error:?}"
            );
        }
    }
    let image = ImageSource::url("https://images.example/a.png");
    let error = client.recognize(image).types([Read::Qr, Read::Aztec]).send().await.unwrap_err();
    assert!(
        invalid(error)
            .starts_with("types: has 2 types, but an image URL supports one type per request")
    );
    let error = client.scan(ImageSource::url("")).send().await.unwrap_err();
    assert!(invalid(error).starts_with("image: is an empty URL"));
    let error = client
        .recognize(vec![0; 22 * 1024 * 1024])
        .types([Read::Qr, Read::Aztec])
        .send()
        .await
        .unwrap_err();
    assert!(invalid(error).starts_with(
        "image: has 23068672 bytes, but a request for several types can carry at most 21548235"
    ));
}
