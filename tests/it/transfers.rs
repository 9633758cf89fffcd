//! Uploads of changing files, interrupted downloads, and the files that they leave.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use barcode_cloud::{
    Client, Deadline, DecodeBarcodeType, EncodeBarcodeType, Error, ImageSource, TokenSource,
};
use barcode_cloud_sandbox::Fault;
use futures_util::StreamExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::raw::RawServer;
use crate::service::{sandbox, with_static_token};
use crate::tls;

/// One type: the image is sent as a multipart form.
const MULTIPART: [DecodeBarcodeType; 1] = [DecodeBarcodeType::Qr];

/// Several types: the image is sent as base64 in a JSON body.
const JSON: [DecodeBarcodeType; 2] = [DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec];

#[tokio::test]
async fn a_reader_is_uploaded_and_can_be_read_only_once() {
    let (_sandbox, client) = sandbox().await;
    let image = client.generate(EncodeBarcodeType::Qr, "by reader").send().await.unwrap();
    let bytes = image.into_bytes();
    for types in [&MULTIPART[..], &JSON] {
        let image = ImageSource::reader(std::io::Cursor::new(bytes.clone()), bytes.len() as u64);
        let request = client.recognize(image).types(types.iter().copied());
        let found = request.clone().send().await.unwrap();
        assert_eq!(found[0].value, "by reader");
        let error = request.send().await.unwrap_err();
        assert!(
            error.to_string().starts_with("image: is a reader that was already read"),
            "{error}"
        );
        assert!(error.is_client_error());
    }
}

#[tokio::test]
async fn a_reader_of_the_wrong_length_aborts_the_request() {
    let server = RawServer::start_with_barcode().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    for types in [&MULTIPART[..], &JSON] {
        for (length, expected) in [
            (200_001, "image: ended after 200000 of 200001 bytes"),
            (199_999, "image: has more than its 199999 bytes"),
            (0, "image: is empty"),
        ] {
            let reader = std::io::Cursor::new(vec![7; 200_000]);
            let image = ImageSource::reader(reader, length);
            let request = client.recognize(image).types(types.iter().copied());
            let error = request.send().await.unwrap_err();
            assert!(error.to_string().starts_with(expected), "{types:?}: {error}");
        }
    }
    assert_eq!(server.heads().len(), 0, "no request arrived completely");
}

#[tokio::test]
async fn a_reader_of_unknown_length_and_a_file_are_uploaded() {
    let (sandbox, client) = sandbox().await;
    let generate = client.generate(EncodeBarcodeType::Qr, "by reader");
    let bytes = generate.stream().await.unwrap();
    let mut png = Vec::new();
    bytes.into_async_read().read_to_end(&mut png).await.unwrap();
    // Bytes after the end of a PNG are ignored. These make the image too long for memory.
    for padding in [0, 3 << 20] {
        let mut image = png.clone();
        image.resize(png.len() + padding, 0);
        for types in [&MULTIPART[..], &JSON] {
            let reader = std::io::Cursor::new(image.clone());
            let image = ImageSource::unsized_reader(reader, 4 << 20);
            let request = client.recognize(image).types(types.iter().copied());
            sandbox.inject(Fault::status(503)).unwrap();
            let found = request.clone().await.unwrap();
            assert_eq!((found[0].value.as_str(), found.metadata().attempts()), ("by reader", 2));
            assert_eq!(request.await.unwrap(), found);
        }
    }
    let endless = ImageSource::unsized_reader(tokio::io::repeat(7), 5 << 20);
    let error = client.scan(endless).await.unwrap_err();
    assert_eq!(error.to_string(), "image: has more than the 5242880 bytes allowed");

    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"skipped").unwrap();
    file.write_all(&png).unwrap();
    file.seek(SeekFrom::Start(7)).unwrap();
    let found = client.scan(ImageSource::file(file).unwrap()).await.unwrap();
    assert_eq!(found[0].value, "by reader");
}

/// A client of a server that speaks HTTP/2 only.
async fn over_http2() -> Client {
    let (base_url, pem) = tls::http2().await;
    let token = TokenSource::static_token("token").api_origin(&base_url);
    Client::builder()
        .base_url(&base_url)
        .token_source(token.build().unwrap())
        .root_certificate(reqwest::Certificate::from_pem(pem.as_bytes()).unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn an_image_is_uploaded_over_http2() {
    let client = over_http2().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, vec![7; 200_000]).unwrap();
    let reader = ImageSource::reader(std::io::Cursor::new(vec![7; 200_000]), 200_000);
    for image in [reader, path.into(), b"image".to_vec().into()] {
        let found = client.scan(image).send().await.unwrap();
        assert_eq!(found[0].value, "found");
    }
}

#[tokio::test]
async fn the_error_for_a_reader_of_the_wrong_length_is_the_same_over_http2() {
    let client = over_http2().await;
    for (length, expected) in [
        (200_001, "image: ended after 200000 of 200001 bytes"),
        (199_999, "image: has more than its 199999 bytes"),
    ] {
        let reader = std::io::Cursor::new(vec![7; 200_000]);
        let image = ImageSource::reader(reader, length);
        let error = client.scan(image).send().await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

/// Accepts a connection, signals when a request arrives, and reads it on a signal.
async fn slow_server(came: Arc<Notify>, read: Arc<Notify>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v4.0", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.peek(&mut [0]).await.unwrap();
        came.notify_one();
        read.notified().await;
        let mut all = vec![0; 1 << 20];
        while stream.read(&mut all).await.is_ok_and(|read| read > 0) {}
    });
    base_url
}

#[tokio::test]
async fn a_file_that_changes_during_its_upload_aborts_the_request() {
    let folder = tempfile::tempdir().unwrap();
    // Far more than the buffers of a connection can hold, so that the upload cannot end before the
    // server reads.
    let length = 64 << 20;
    for (change, expected) in [(length + 5, "has more than its"), (length / 2, "ended after")] {
        let path = folder.path().join("scan.tiff");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(length).unwrap();
        let (came, read) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let base_url = slow_server(came.clone(), read.clone()).await;
        let client = with_static_token(&base_url).build().unwrap();
        let call = tokio::spawn(client.scan(path.as_path()).send());
        came.notified().await;
        file.set_len(change).unwrap();
        read.notify_one();
        let error = call.await.unwrap().unwrap_err();
        let text = error.to_string();
        assert!(matches!(&error, Error::File { path: named, .. } if *named == path), "{error:?}");
        assert!(text.contains(expected) && text.contains("changed while it was sent"), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_is_deleted_before_the_next_attempt_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, "image").unwrap();
    let gone = path.clone();
    let server = RawServer::start(move |mut request| {
        let gone = gone.clone();
        async move {
            std::fs::remove_file(gone).unwrap();
            request.respond(503, "retry-after: 0\r\n", "text/plain", "").await;
        }
    })
    .await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let error = client.scan(path.as_path()).send().await.unwrap_err();
    assert!(matches!(&error, Error::File { path: named, .. } if *named == path), "{error:?}");
}

#[tokio::test]
async fn a_file_too_large_for_a_body_is_not_read() {
    let client = with_static_token("http://127.0.0.1:9/v4.0").build().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    // A sparse file that is larger than any memory.
    file.as_file().set_len(1 << 43).unwrap();
    let types = [DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec];
    let error = client.recognize(file.path()).types(types).send().await;
    let text = error.unwrap_err().to_string();
    assert!(
        text.starts_with("image: has 8796093022208 bytes, but a request for several types can carry at most 21548235"),
        "{text}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_rejected_without_blocking_and_not_replaced() {
    let client = with_static_token("http://127.0.0.1:9/v4.0").build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let error = client.scan(pipe.as_path()).send().await.unwrap_err();
    assert_not_a_regular_file(&error, &pipe);
    let request = client.generate(EncodeBarcodeType::Qr, "x");
    let error = request.save(&pipe).await.unwrap_err();
    assert!(error.to_string().contains("is not a regular file"), "{error}");
    assert_eq!(names(folder.path()), ["pipe"]);
}

#[tokio::test]
async fn an_image_is_downloaded_as_a_stream_or_into_a_file() {
    let (_sandbox, client) = sandbox().await;
    let request = || client.generate(EncodeBarcodeType::Qr, "x".repeat(900));
    let whole = request().send().await.unwrap();
    let mut stream = request().stream().await.unwrap();
    assert_eq!(stream.media_type(), "image/png");
    assert_eq!(stream.length(), Some(whole.bytes().len() as u64));
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await {
        pieces.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(&pieces, whole.bytes());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/../label.png");
    std::fs::create_dir(folder.path().join("a")).unwrap();
    let saved = request().save(&path).await.unwrap();
    assert_eq!(saved.media_type(), whole.media_type());
    assert!(saved.metadata().request_id().is_some());
    assert_eq!(saved.length(), whole.bytes().len() as u64);
    assert_eq!(&std::fs::read(folder.path().join("label.png")).unwrap(), whole.bytes());
    let pixels = whole.decode().unwrap();
    assert_eq!(pixels.width(), pixels.height());
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_is_followed_and_not_replaced() {
    let (_sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let (link, file) = (folder.path().join("link"), folder.path().join("a/file"));
    std::fs::create_dir(folder.path().join("a")).unwrap();
    std::os::unix::fs::symlink("a/file", &link).unwrap();
    let request = || client.generate(EncodeBarcodeType::Qr, "x");
    // The target of the link does not exist yet.
    let error = request().save(&link).await.unwrap_err();
    assert!(matches!(&error, Error::File { path, .. } if *path == link), "{error:?}");
    let image = request().send().await.unwrap();
    for streamed in [true, false] {
        std::fs::write(&file, "old").unwrap();
        match streamed {
            true => drop(request().save(&link).await.unwrap()),
            false => image.save(&link).await.unwrap(),
        }
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(&std::fs::read(&file).unwrap(), image.bytes());
    }
    assert_eq!(names(folder.path()), ["a", "link"]);
    assert_eq!(names(&folder.path().join("a")), ["file"]);
}

/// The names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_interrupted_download_keeps_the_old_file_and_leaves_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, "old").unwrap();
    let server = RawServer::start(|mut request| async move {
        request.respond_with_half("image/x-half").await;
        std::future::pending::<()>().await;
    })
    .await;
    let short = Duration::from_millis(100);
    let client = with_static_token(&server.base_url()).idle_timeout(short).build().unwrap();
    let request = client.generate(EncodeBarcodeType::Qr, "x");
    let error = request.save(&path).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { deadline: Deadline::Idle, .. }), "{error:?}");
    assert_eq!(names(folder.path()), ["label.png"]);

    // The download is dropped before it ends.
    let client = with_static_token(&server.base_url()).build().unwrap();
    let request = client.generate(EncodeBarcodeType::Qr, "x");
    let target = path.clone();
    let save = tokio::spawn(async move { request.save(target).await });
    while names(folder.path()).len() == 1 {
        tokio::task::yield_now().await;
    }
    save.abort();
    assert!(save.await.unwrap_err().is_cancelled());
    while names(folder.path()).len() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[tokio::test]
async fn a_path_that_cannot_be_a_file_is_named() {
    let server = RawServer::start(|mut request| async move {
        request.respond(200, "", "image/svg+xml", "<svg/>").await;
    })
    .await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("sub");
    std::fs::create_dir(&inside).unwrap();
    let paths = [
        folder.path().join("new/"),
        folder.path().join("new/."),
        folder.path().join("x".repeat(300)),
        folder.path().join("sub/.."),
        folder.path().join("missing/label.png"),
        inside.clone(),
        "".into(),
        folder.path().join("a\0b"),
    ];
    for path in &paths {
        let image = client.generate(EncodeBarcodeType::Qr, "x").send().await.unwrap();
        for error in [
            image.save(path).await.unwrap_err(),
            client.generate(EncodeBarcodeType::Qr, "x").save(path).await.unwrap_err(),
        ] {
            assert!(
                matches!(&error, Error::File { path: named, .. } if named == path),
                "{error:?}"
            );
        }
    }
    assert_eq!(
        server.heads().len(),
        paths.len(),
        "nothing is sent for a path that cannot be written"
    );
    assert_eq!(names(folder.path()), ["sub"]);
    assert!(names(&inside).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_keeps_its_permissions_and_a_new_one_has_the_usual_ones() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    let server = RawServer::start(|mut request| async move {
        request.respond(200, "", "image/svg+xml", "<svg/>").await;
    })
    .await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.svg");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    let usual = folder.path().join("usual");
    std::fs::write(&usual, "").unwrap();
    let request = || client.generate(EncodeBarcodeType::Qr, "x");
    let image = request().send().await.unwrap();
    for streamed in [true, false] {
        let save = async || match streamed {
            true => drop(request().save(&path).await.unwrap()),
            false => image.save(&path).await.unwrap(),
        };
        save().await;
        assert_eq!(mode(&path), mode(&usual), "{streamed}");
        for kept in [0o600, 0o666, 0o400, 0o751] {
            std::fs::set_permissions(&path, Permissions::from_mode(kept)).unwrap();
            save().await;
            assert_eq!(mode(&path), kept, "{streamed}");
            assert_eq!(std::fs::read(&path).unwrap(), b"<svg/>");
        }
        // The setuid bit must not apply to the new content.
        std::fs::set_permissions(&path, Permissions::from_mode(0o4755)).unwrap();
        save().await;
        assert_eq!(mode(&path), 0o755);
        std::fs::remove_file(&path).unwrap();
    }
}

#[cfg(unix)]
fn assert_not_a_regular_file(error: &Error, file: &Path) {
    assert!(matches!(error, Error::File { path, .. } if path == file), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("is not a regular file, so its length is unknown; read it"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_device_and_a_socket_are_not_regular_files() {
    let client: Client = with_static_token("http://127.0.0.1:9/v4.0").build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [Path::new("/dev/null"), &socket] {
        let error = client.scan(path).send().await.unwrap_err();
        assert_not_a_regular_file(&error, path);
    }
}

#[tokio::test]
async fn a_file_without_a_length_is_rejected_as_empty() {
    let client: Client = with_static_token("http://127.0.0.1:9/v4.0").build().unwrap();
    let mut folder = tempfile::NamedTempFile::new().unwrap();
    folder.flush().unwrap();
    for path in [Path::new("/proc/self/status"), folder.path()] {
        let error = client.scan(path).send().await.unwrap_err();
        assert!(error.to_string().starts_with("image: is empty (0 bytes)"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_after_the_response_may_have_been_billed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("labels");
    std::fs::create_dir(&target).unwrap();
    let path = target.join("label.svg");
    // The folder disappears after the path was checked.
    let server = RawServer::start(move |mut request| {
        let target = target.clone();
        async move {
            std::fs::remove_dir(target).unwrap();
            request.respond(200, "", "image/webp", "x").await;
        }
    })
    .await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let generate = || client.generate(EncodeBarcodeType::Qr, "x");
    let error = generate().save(&path).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }) && error.may_have_been_billed(), "{error}");
    let error = generate().save(&path).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }) && !error.may_have_been_billed(), "{error}");
    assert_eq!(server.heads().len(), 1);
}
