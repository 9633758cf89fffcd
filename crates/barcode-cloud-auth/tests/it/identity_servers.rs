//! Tokens from third-party identity servers, which `tests/identity/run` starts.

use std::path::PathBuf;
use std::time::Duration;

use barcode_cloud_auth::{
    AccessToken, AuthStyle, ClientCredentials, Error, PrivateKeyJwt, SigningAlgorithm, TokenSource,
    TokenSourceBuilder,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Certificate, Identity};
use secrecy::ExposeSecret;
use serde::Deserialize;

/// What a server prints when it has started.
#[derive(Deserialize)]
struct Server {
    name: String,
    token_url: String,
    /// The certificate authority, if the server uses TLS.
    ca: Option<PathBuf>,
    /// A resource for which the server issues JSON Web Tokens.
    resource: Option<String>,
    clients: Vec<Client>,
}

#[derive(Deserialize)]
struct Client {
    id: String,
    #[serde(flatten)]
    method: Method,
}

#[derive(Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
enum Method {
    ClientSecretBasic {
        secret: String,
    },
    ClientSecretPost {
        secret: String,
    },
    PrivateKeyJwt {
        algorithm: String,
        key: PathBuf,
        wrong_key: PathBuf,
        key_id: Option<String>,
    },
    #[serde(alias = "self_signed_tls_client_auth")]
    TlsClientAuth {
        identity: PathBuf,
    },
}

impl Client {
    /// A source for this client, or for one that cannot prove to be this client.
    fn builder(&self, server: &Server, genuine: bool) -> TokenSourceBuilder {
        let mut http = reqwest::Client::builder().no_proxy();
        if let Some(ca) = &server.ca {
            let ca = Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
            http = http.tls_certs_only([ca]);
        }
        let with_secret = |secret: &str| {
            let secret = if genuine { secret } else { "wrong" };
            let credentials = ClientCredentials::new(&self.id, secret).unwrap();
            TokenSource::builder(&server.token_url, credentials)
        };
        let builder = match &self.method {
            Method::ClientSecretBasic { secret } => {
                with_secret(secret).auth_style(AuthStyle::Basic)
            }
            Method::ClientSecretPost { secret } => with_secret(secret),
            Method::PrivateKeyJwt { algorithm, key, wrong_key, key_id } => {
                let algorithm = match algorithm.as_str() {
                    "RS256" => SigningAlgorithm::Rs256,
                    "PS256" => SigningAlgorithm::Ps256,
                    "ES256" => SigningAlgorithm::Es256,
                    other => panic!("no such algorithm: {other}"),
                };
                let path = if genuine { key } else { wrong_key };
                let mut credentials = PrivateKeyJwt::from_file(&self.id, algorithm, path);
                if let Some(key_id) = key_id {
                    credentials = credentials.key_id(key_id);
                }
                TokenSource::builder(&server.token_url, credentials)
            }
            Method::TlsClientAuth { identity } => {
                if genuine {
                    let pem = std::fs::read(identity).unwrap();
                    http = http.identity(Identity::from_pem(&pem).unwrap());
                }
                let credentials = ClientCredentials::tls_client_auth(&self.id).unwrap();
                TokenSource::builder(&server.token_url, credentials)
            }
        };
        builder.http(http).allow_insecure_loopback(true)
    }
}

async fn token(builder: TokenSourceBuilder) -> Result<AccessToken, Error> {
    builder.scope("read").build().unwrap().token().await
}

/// The audience of a token that is a JSON Web Token.
fn audience(token: &AccessToken) -> String {
    #[derive(Deserialize)]
    struct Claims {
        aud: String,
    }
    let token = token.secret();
    let claims = token.expose_secret().split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice::<Claims>(&claims).unwrap().aud
}

#[tokio::test]
#[ignore = "needs the servers that tests/identity/run starts"]
async fn identity_servers_grant_tokens_to_genuine_clients_only() {
    let path = std::env::var("BARCODE_CLOUD_AUTH_IDENTITY_SERVERS")
        .expect("BARCODE_CLOUD_AUTH_IDENTITY_SERVERS names a file: run tests/identity/run");
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let server: Server = serde_json::from_str(line).unwrap();
        assert!(server.clients.len() >= 4, "{line}");
        for client in &server.clients {
            let name = format!("{}, client {:?}", server.name, client.id);
            let granted = token(client.builder(&server, true)).await;
            let granted = granted.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(granted.scope(), Some("read"), "{name}");
            assert!(granted.remaining().unwrap() > Duration::from_secs(60), "{name}");
            let error = token(client.builder(&server, false)).await.unwrap_err();
            assert_eq!(error.oauth_error(), Some("invalid_client"), "{name}: {error}");
            if let Some(resource) = &server.resource {
                let builder = client.builder(&server, true);
                let granted = token(builder.form_parameter("resource", resource)).await;
                assert_eq!(audience(&granted.unwrap()), *resource, "{name}");
            }
            println!("{name}: granted, and rejected with other credentials");
        }
    }
}
