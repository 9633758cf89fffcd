//! Client authentication with a signed JWT: the assertions on the wire, verified by another
//! implementation, and the keys that are read.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use barcode_cloud_auth::{
    AuthStyle, Error, ErrorKind, PrivateKeyJwt, SigningAlgorithm, TokenSource, TokenSourceBuilder,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize};
use serde::Deserialize;

use crate::endpoint::Endpoint;
use crate::wire::form;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    jti: String,
    iat: u64,
    exp: u64,
}

fn ec_key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn rsa_key() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap()
}

/// A PEM text with line breaks, as tools write it.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The format of most tools.
pub(crate) fn pkcs8(key: &KeyPair) -> String {
    pem("PRIVATE KEY", &key.serialize_der())
}

/// The only field of RSA keys in PKCS#8 that has more than the algorithm is the PKCS#1 key, which
/// follows 26 bytes of header.
fn pkcs1(key: &KeyPair) -> String {
    pem("RSA PRIVATE KEY", &key.serialize_der()[26..])
}

fn sec1(key: &KeyPair) -> String {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der());
    let der = pair.unwrap().private_key().as_der().unwrap();
    pem("EC PRIVATE KEY", der.as_ref())
}

/// A source whose tokens are not kept, so that each call is a request.
fn builder(endpoint: &Endpoint, credentials: PrivateKeyJwt) -> TokenSourceBuilder {
    TokenSource::builder(endpoint.url(), credentials).allow_insecure_loopback(true)
}

fn endpoint() -> Endpoint {
    Endpoint::responding(
        "200 OK",
        "",
        r#"{"access_token":"abc","token_type":"bearer","expires_in":0}"#,
    )
}

/// The fields of the form of the newest request.
fn fields(endpoint: &Endpoint) -> HashMap<String, String> {
    form(&endpoint.requests().last().unwrap().body).into_iter().collect()
}

/// Verifies the assertion of the newest request.
fn verified(
    endpoint: &Endpoint,
    algorithm: Algorithm,
    public: &KeyPair,
    audience: &str,
) -> (Claims, Option<String>) {
    let key = match algorithm {
        Algorithm::ES256 => DecodingKey::from_ec_der(public.public_key_raw()),
        _ => DecodingKey::from_rsa_der(public.public_key_raw()),
    };
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "aud", "sub", "iss"]);
    let assertion = &fields(endpoint)["client_assertion"];
    let token = decode::<Claims>(assertion, &key, &validation).unwrap();
    (token.claims, token.header.kid)
}

#[tokio::test]
async fn assertions_are_signed_with_the_key_and_verify() {
    let (ec, rsa) = (ec_key(), rsa_key());
    for (ours, theirs, key, pem) in [
        (SigningAlgorithm::Es256, Algorithm::ES256, &ec, pkcs8(&ec)),
        (SigningAlgorithm::Es256, Algorithm::ES256, &ec, sec1(&ec)),
        (SigningAlgorithm::Rs256, Algorithm::RS256, &rsa, pkcs8(&rsa)),
        (SigningAlgorithm::Rs256, Algorithm::RS256, &rsa, pkcs1(&rsa)),
        (SigningAlgorithm::Ps256, Algorithm::PS256, &rsa, pkcs8(&rsa)),
    ] {
        let endpoint = endpoint();
        let credentials = PrivateKeyJwt::from_pem("the id", ours, pem).unwrap();
        // The style is for secrets only.
        let builder = builder(&endpoint, credentials).auth_style(AuthStyle::Basic);
        builder.build().unwrap().token().await.unwrap();
        let (claims, key_id) = verified(&endpoint, theirs, key, &endpoint.url());
        assert_eq!((claims.iss.as_str(), claims.sub.as_str()), ("the id", "the id"));
        assert_eq!((claims.exp - claims.iat, key_id), (60, None));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((now - 60..=now).contains(&claims.iat));
        let mut fields = fields(&endpoint);
        fields.remove("client_assertion");
        let rest = [
            ("grant_type", "client_credentials"),
            ("client_id", "the id"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ];
        assert_eq!(fields, rest.map(|(name, value)| (name.into(), value.into())).into());
        assert!(!endpoint.requests()[0].head.to_lowercase().contains("authorization"));
    }
}

#[tokio::test]
async fn a_key_file_is_read_for_each_request_and_each_assertion_is_unique() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let endpoint = endpoint();
    let credentials = PrivateKeyJwt::from_file("id", SigningAlgorithm::Es256, &path);
    let credentials = credentials.key_id("2026-01").audience("https://issuer.example");
    let source = builder(&endpoint, credentials).build().unwrap();
    let mut ids = Vec::new();
    let (old, new) = (ec_key(), ec_key());
    for key in [&old, &old, &new] {
        std::fs::write(&path, pkcs8(key)).unwrap();
        source.token().await.unwrap();
        let (claims, key_id) = verified(&endpoint, Algorithm::ES256, key, "https://issuer.example");
        assert_eq!(key_id.as_deref(), Some("2026-01"));
        assert!(!ids.contains(&claims.jti) && claims.jti.len() == 22);
        ids.push(claims.jti);
    }
}

#[tokio::test]
async fn the_error_for_an_invalid_key_says_why_and_does_not_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let (ec, rsa) = (pkcs8(&ec_key()), pkcs8(&rsa_key()));
    let p384 = pkcs8(&KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap());
    let encrypted = ec.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let broken = pem("PRIVATE KEY", b"hidden");
    let no_pem = "no unencrypted private key";
    for (algorithm, text, message) in [
        (SigningAlgorithm::Es256, "hidden", no_pem),
        (SigningAlgorithm::Es256, &encrypted, no_pem),
        (SigningAlgorithm::Es256, &broken, "no EC key on the curve P-256"),
        (SigningAlgorithm::Es256, &rsa, "no EC key on the curve P-256"),
        (SigningAlgorithm::Es256, &p384, "no EC key on the curve P-256"),
        (SigningAlgorithm::Rs256, &ec, "no RSA key"),
        (SigningAlgorithm::Ps256, &broken, "no RSA key"),
    ] {
        std::fs::write(&path, text).unwrap();
        let file = PrivateKeyJwt::from_file("id", algorithm, &path);
        for error in
            [PrivateKeyJwt::from_pem("id", algorithm, text).unwrap_err(), failure(file).await]
        {
            assert_eq!((error.kind(), error.is_permanent()), (ErrorKind::Credentials, true));
            assert!(error.to_string().contains(message), "{error}");
            assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        }
    }
    let missing = folder.path().join("missing.pem");
    let error = failure(PrivateKeyJwt::from_file("id", SigningAlgorithm::Es256, missing)).await;
    assert!(error.to_string().contains("check the path"), "{error}");
    for error in [
        PrivateKeyJwt::from_pem("", SigningAlgorithm::Es256, ec.as_str()).unwrap_err(),
        failure({
            std::fs::write(&path, &ec).unwrap();
            PrivateKeyJwt::from_file("", SigningAlgorithm::Es256, &path)
        })
        .await,
    ] {
        assert_eq!(error.to_string(), "the client id is empty: set it");
    }
}

#[test]
fn debug_shows_the_settings_and_not_the_key() {
    let key = pkcs8(&ec_key());
    let memory = PrivateKeyJwt::from_pem("the-id", SigningAlgorithm::Es256, key.as_str()).unwrap();
    let file = PrivateKeyJwt::from_file("the-id", SigningAlgorithm::Es256, "/run/key.pem");
    for (credentials, source) in [(memory, "[redacted]"), (file, "/run/key.pem")] {
        let credentials = credentials.key_id("kid-1").audience("issuer-1");
        let text = format!("{credentials:?}");
        for part in ["the-id", "Es256", "kid-1", "issuer-1", source] {
            assert!(text.contains(part), "{text}");
        }
        let secret = key.lines().nth(1).unwrap();
        assert!(!text.contains(secret), "{text}");
    }
}

/// Why there is no token. Nothing is sent.
async fn failure(credentials: PrivateKeyJwt) -> Error {
    let endpoint = endpoint();
    let source = builder(&endpoint, credentials).build().unwrap();
    let error = source.token().await.unwrap_err();
    assert_eq!(endpoint.requests().len(), 0);
    error
}
