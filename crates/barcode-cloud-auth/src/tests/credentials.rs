//! The sources of credentials. The tests use environment variables that cargo sets, because setting
//! one is not safe while other tests run.

use secrecy::ExposeSecret;

use crate::{
    ClientCredentials, CredentialsProvider, EnvCredentials, Error, ErrorKind, FileCredentials,
    env_var,
};

async fn provided(provider: impl CredentialsProvider) -> Result<ClientCredentials, Error> {
    provider.credentials().await.map_err(|error| *error.downcast::<Error>().unwrap())
}

#[test]
fn an_empty_id_or_secret_is_rejected() {
    let error = ClientCredentials::new("", "secret").unwrap_err();
    assert_eq!((error.kind(), error.is_permanent()), (ErrorKind::Credentials, true));
    assert_eq!(error.to_string(), "the client id is empty: set it");
    let error = ClientCredentials::new("id", "").unwrap_err();
    assert_eq!(error.to_string(), "the client secret is empty: set it");
}

#[test]
fn a_variable_that_is_not_set_is_none_and_an_empty_one_is_an_error() {
    assert_eq!(env_var("NO_SUCH_VARIABLE").unwrap(), None);
    let name = env_var("CARGO_PKG_NAME").unwrap();
    assert_eq!(name.as_deref(), Some("barcode-cloud-auth"));
    let error = env_var("CARGO_PKG_VERSION_PRE").unwrap_err();
    assert!(error.to_string().contains("CARGO_PKG_VERSION_PRE is empty"), "{error}");
}

#[tokio::test]
async fn the_environment_is_read_and_an_error_names_its_variable() {
    // The crate has neither a pre-release nor a home page: cargo sets both variables empty.
    let empty = "CARGO_PKG_VERSION_PRE";
    let credentials = ClientCredentials::from_env("CARGO_PKG_NAME", "CARGO_PKG_VERSION").unwrap();
    assert_eq!(credentials.id(), "barcode-cloud-auth");
    for (id, secret, message) in [
        (empty, "CARGO_PKG_NAME", "CARGO_PKG_VERSION_PRE is empty"),
        ("CARGO_PKG_NAME", empty, "CARGO_PKG_VERSION_PRE is empty"),
        ("NO_SUCH_VARIABLE", "CARGO_PKG_NAME", "NO_SUCH_VARIABLE is not set"),
    ] {
        let error = provided(EnvCredentials::new(id, secret)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_file_is_read_again_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    let provider = FileCredentials::new(&path);
    let error = provided(provider.clone()).await.unwrap_err();
    assert!(error.to_string().contains("check the path"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    for secret in ["first", "second +%&ä"] {
        let text = format!(r#"{{"client_id":"id","client_secret":"{secret}","note":1}}"#);
        std::fs::write(&path, text).unwrap();
        let credentials = provided(provider.clone()).await.unwrap();
        let read = credentials.secret().unwrap().expose_secret();
        assert_eq!((credentials.id(), read), ("id", secret));
    }
}

#[tokio::test]
async fn the_error_for_an_invalid_file_says_why_and_does_not_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    for (text, message) in [
        ("", "line 1, column 0"),
        ("{\n\"client_id\": \"hidden\"", "line 2"),
        (r#"{"client_id":"hidden"}"#, "line 1"),
        (r#"{"client_id":"hidden","client_secret":[]}"#, "line 1"),
        (r#"{"client_id":"","client_secret":"hidden"}"#, "empty value"),
        (r#"{"client_id":"hidden","client_secret":""}"#, "empty value"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = provided(FileCredentials::new(&path)).await.unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
        assert!(!format!("{error:?}").contains("hidden"), "{text}");
    }
}

#[test]
fn debug_shows_the_id_and_hides_the_secret() {
    let credentials = ClientCredentials::new("the-id", "the-secret").unwrap();
    let text = format!("{credentials:?}");
    assert!(text.contains("the-id") && !text.contains("the-secret"), "{text}");
}
