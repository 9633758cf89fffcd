//! Images that are truncated in transit, with a `Content-Length` that matches the truncated body.

use barcode_cloud::{BarcodeImageFormat, Client, EncodeBarcodeType, Error, Generate, Retry};
use barcode_cloud_sandbox::Fault;
use futures_util::StreamExt as _;

use crate::raw::RawServer;
use crate::service::{sandbox, with_static_token};

fn request(client: &Client, format: BarcodeImageFormat) -> Generate {
    let request = client.generate(EncodeBarcodeType::Qr, "PARCEL-0042");
    request.format(format)
}

fn assert_incomplete(error: &Error, format: BarcodeImageFormat) {
    let Error::InvalidResponse(response) = error else {
        panic!("{format}: {error:?}");
    };
    assert!(response.is_incomplete(), "{format}: {error:?}");
    assert_eq!(response.status().unwrap(), 200);
    assert!(error.request_id().is_some(), "{format}: {error:?}");
    let text = error.to_string();
    assert!(text.contains("may have been billed"), "{text}");
    assert_eq!(response.body(), "", "an error must not contain the image");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_image_is_an_error_and_is_not_requested_again() {
    let (sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.png");
    for format in BarcodeImageFormat::ALL.iter().copied() {
        std::fs::write(&path, "old").unwrap();
        for _ in 0..3 {
            sandbox.inject(Fault::truncate()).unwrap();
        }
        let error = request(&client, format).send().await.unwrap_err();
        assert_incomplete(&error, format);
        let error = request(&client, format).save(&path).await.unwrap_err();
        assert_incomplete(&error, format);
        let mut stream = request(&client, format).stream().await.unwrap();
        let mut error = None;
        while let Some(piece) = stream.next().await {
            assert!(error.is_none(), "{format}: an error must be the last item");
            error = piece.err();
        }
        assert_incomplete(&error.unwrap(), format);
        assert!(stream.next().await.is_none());

        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // Three calls used up three faults, so none of them was retried.
        request(&client, format).save(&path).await.unwrap();
    }
}

#[tokio::test]
async fn a_media_type_is_read_in_any_case_and_with_parameters() {
    let whole = "<svg></svg>";
    for (media_type, body, is_complete) in [
        ("Image/SVG+XML", whole, true),
        ("image/svg+xml; charset=utf-8", whole, true),
        ("IMAGE/svg+xml;charset=utf-8", &whole[..5], false),
        ("Image/PNG", whole, false),
        ("Image/X-Other", whole, true),
    ] {
        let server = RawServer::start(move |mut request| async move {
            request.respond(200, "", media_type, body).await;
        })
        .await;
        let client = with_static_token(&server.base_url()).retry(Retry::none()).build().unwrap();
        let outcome = client.generate(EncodeBarcodeType::Qr, "x").send().await;
        match outcome {
            Ok(image) => {
                assert!(is_complete, "{media_type}");
                assert_eq!(image.bytes(), whole);
            }
            Err(Error::InvalidResponse(response)) => {
                assert!(!is_complete && response.is_incomplete(), "{media_type}");
            }
            Err(error) => panic!("{media_type}: {error:?}"),
        }
    }
}
