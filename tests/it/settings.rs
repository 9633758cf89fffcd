//! The effect of settings on the requests that arrive at a server, a proxy or a TLS endpoint.

use std::io::Write as _;

use barcode_cloud::{Client, Config, EncodeBarcodeType, Error, ImageSource};
use barcode_cloud_sandbox::Sandbox;
use serde_json::json;

use crate::raw::RawServer;
use crate::service::with_static_token;
use crate::tls;

#[tokio::test]
async fn user_agent_headers_and_request_id_are_sent() {
    let server = RawServer::start_with_barcode().await;
    let image = || ImageSource::url("https://images.example/label.png");
    let client = with_static_token(&server.base_url()).build().unwrap();
    client.scan(image()).send().await.unwrap();
    let client = with_static_token(&server.base_url())
        .user_agent("labels/7")
        .header("x-tenant", "north".to_owned())
        .build()
        .unwrap();
    client.scan(image()).request_id("order-42").send().await.unwrap();
    let heads = server.heads();
    let version = env!("CARGO_PKG_VERSION");
    assert!(heads[0].contains(&format!("user-agent: barcode-cloud/{version}\r\n")), "{}", heads[0]);
    for sent in [
        "user-agent: labels/7\r\n",
        "x-tenant: north\r\n",
        "x-request-id: order-42\r\n",
        "authorization: Bearer token\r\n",
    ] {
        assert!(heads[1].contains(sent), "{}", heads[1]);
    }
    for id in ["a\nb", ""] {
        let error = client.scan(image()).request_id(id).await.unwrap_err().to_string();
        assert!(error.starts_with("request_id: is empty or contains a character"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_needs_only_a_configuration() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let credentials =
        json!({"client_id": sandbox.client_id(), "client_secret": sandbox.client_secret()});
    write!(file, "{credentials}").unwrap();
    let addresses = json!({"base_url": sandbox.base_url(), "token_url": sandbox.token_url()});
    let mut by_file = addresses.clone();
    by_file["credentials_file"] = json!(file.path());
    let mut by_value = addresses;
    by_value.as_object_mut().unwrap().extend(credentials.as_object().unwrap().clone());
    for config in [by_file, by_value] {
        let config: Config = serde_json::from_value(config).unwrap();
        let client = Client::from_config(config).unwrap();
        client.generate(EncodeBarcodeType::Qr, "x").send().await.unwrap();
    }
}

/// The next test runs this one in a separate process, because all tests of a process share its
/// environment.
#[tokio::test]
#[ignore = "the next test runs it with its own environment"]
async fn client_from_env() {
    let client = Client::from_env().unwrap();
    let found = client.scan(b"image".to_vec()).send().await.unwrap();
    assert_eq!(found[0].value, "found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_needs_only_an_environment() {
    let server = RawServer::start_with_barcode().await;
    let run = |token: &str| {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "--ignored", "settings::client_from_env"])
            .env("BARCODE_CLOUD_BASE_URL", server.base_url())
            .env("BARCODE_CLOUD_ACCESS_TOKEN", token);
        for unset in ["BARCODE_CLOUD_CLIENT_ID", "BARCODE_CLOUD_CLIENT_SECRET"] {
            test.env_remove(unset);
        }
        test.output().unwrap()
    };
    let output = tokio::task::block_in_place(|| run("token-of-env"));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
    let head = &server.heads()[0];
    assert!(head.contains("authorization: Bearer token-of-env"), "{head}");
    let output = tokio::task::block_in_place(|| run(""));
    assert!(!output.status.success());
}

#[tokio::test]
async fn requests_go_through_the_proxy() {
    let proxy = RawServer::start_with_barcode().await;
    let mut config = Config::default();
    config.base_url = Some("http://127.0.0.1:9/v4.0".into());
    config.proxy = Some(format!("http://user:pass@127.0.0.1:{}", proxy.port()).into());
    let token = barcode_cloud::TokenSource::static_token("token").allow_insecure_loopback(true);
    let client =
        Client::builder().config(config).token_source(token.build().unwrap()).build().unwrap();
    client.scan(ImageSource::url("https://images.example/label.png")).send().await.unwrap();
    let head = &proxy.heads()[0];
    assert!(head.starts_with("GET http://127.0.0.1:9/v4.0/barcode/scan?"), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic"), "{head}");
}

#[tokio::test]
async fn a_custom_root_certificate_is_trusted_only_when_set() {
    let (base_url, pem) = tls::server().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{pem}").unwrap();
    let image = || ImageSource::url("https://images.example/label.png");
    let token = || {
        let token = barcode_cloud::TokenSource::static_token("token");
        token.api_origin(&base_url).build().unwrap()
    };
    let once = barcode_cloud::Retry::none();
    let untrusting = Client::builder().base_url(&base_url).token_source(token()).retry(once);
    let error = untrusting.build().unwrap().scan(image()).send().await.unwrap_err();
    assert!(matches!(&error, Error::Transport { source } if source.is_connect()), "{error:?}");

    let mut config = Config::default();
    config.base_url = Some(base_url.clone());
    config.root_certificates = vec![file.path().into()];
    let client = Client::builder().config(config).token_source(token()).build().unwrap();
    assert_eq!(client.scan(image()).send().await.unwrap()[0].value, "found");
}

#[tokio::test]
async fn a_client_certificate_is_presented_only_when_set() {
    let (base_url, server, identity) = tls::server_with_client_auth().await;
    let folder = tempfile::tempdir().unwrap();
    let (roots, own) = (folder.path().join("roots.pem"), folder.path().join("own.pem"));
    std::fs::write(&roots, server).unwrap();
    std::fs::write(&own, &identity).unwrap();
    let mut config = Config::default();
    config.base_url = Some(base_url.clone());
    config.root_certificates = vec![roots.clone()];
    config.retry = barcode_cloud::Retry::none();
    let token = barcode_cloud::TokenSource::static_token("token").api_origin(&base_url);
    let token = token.build().unwrap();
    let client = |config: Config| config.into_builder().token_source(token.clone());
    let image = || ImageSource::url("https://images.example/label.png");

    let error = client(config.clone()).build().unwrap().scan(image()).await;
    assert!(matches!(error.unwrap_err(), Error::Transport { .. }));

    let by_method = reqwest::Identity::from_pem(identity.as_bytes()).unwrap();
    let by_method = client(config.clone()).identity(by_method).build().unwrap();
    config.client_certificate = Some(own);
    let by_config = client(config.clone()).build().unwrap();
    for client in [by_method, by_config] {
        assert_eq!(client.scan(image()).await.unwrap()[0].value, "found");
    }

    config.client_certificate = Some(roots);
    let error = client(config).build().unwrap_err().to_string();
    assert!(error.contains("no certificate with a PKCS #8 key"), "{error}");
}
