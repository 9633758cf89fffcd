//! Client authentication with a signed JWT (`private_key_jwt`): the key, and the assertion that it
//! signs.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::credentials::{ClientCredentials, CredentialsFuture, CredentialsProvider};
use crate::error::{Error, ErrorKind};

/// How long the server may accept an assertion.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

/// The algorithm of a signature ([RFC 7518 section
/// 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (`RS256`).
    Rs256,
    /// RSASSA-PSS with SHA-256 (`PS256`).
    Ps256,
    /// ECDSA on the curve P-256 with SHA-256 (`ES256`).
    Es256,
}

/// Credentials with a private key instead of a secret: `private_key_jwt` of [OpenID Connect Core
/// section 9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication), which
/// uses [RFC 7523](https://www.rfc-editor.org/rfc/rfc7523#section-2.2).
///
/// The key stays here. Each token request has a new assertion, which is valid for 60 s by the wall
/// clock. The key is a PEM file with an unencrypted PKCS#8 key; PKCS#1 and SEC 1 are read as well.
/// `Debug` does not show it.
///
/// ```
/// use barcode_cloud_auth::{PrivateKeyJwt, SigningAlgorithm, TokenSource};
///
/// let credentials = PrivateKeyJwt::from_file(
///     "weather-station",
///     SigningAlgorithm::Es256,
///     "/run/secrets/weather-key.pem",
/// )
/// .key_id("2026-01");
/// let source = TokenSource::builder("https://login.example.com/token", credentials)
///     .api_origin("https://api.example.com")
///     .build()?;
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct PrivateKeyJwt {
    client_id: String,
    algorithm: SigningAlgorithm,
    key: KeySource,
    key_id: Option<String>,
    audience: Option<String>,
}

#[derive(Clone)]
enum KeySource {
    Memory(Arc<Key>),
    File(PathBuf),
}

impl PrivateKeyJwt {
    /// Creates credentials from the text of a PEM file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credentials`] if the client id is empty, or if the text has no private key for
    /// this algorithm.
    pub fn from_pem(
        client_id: impl Into<String>,
        algorithm: SigningAlgorithm,
        pem: impl Into<SecretString>,
    ) -> Result<Self, Error> {
        let pem = pem.into();
        let key = Key::from_pem(pem.expose_secret().as_bytes(), algorithm)
            .map_err(|problem| invalid(format!("the private key is invalid, because {problem}")))?;
        let new = Self::new(client_id.into(), algorithm, KeySource::Memory(Arc::new(key)));
        ClientCredentials::check_id(&new.client_id)?;
        Ok(new)
    }

    /// Creates credentials from a PEM file, which is read for each fetch, so that a rotated key
    /// needs no restart.
    pub fn from_file(
        client_id: impl Into<String>,
        algorithm: SigningAlgorithm,
        path: impl Into<PathBuf>,
    ) -> Self {
        Self::new(client_id.into(), algorithm, KeySource::File(path.into()))
    }

    fn new(client_id: String, algorithm: SigningAlgorithm, key: KeySource) -> Self {
        Self { client_id, algorithm, key, key_id: None, audience: None }
    }

    /// Sets the `kid` in the header of the assertions, by which the server finds the public key.
    #[must_use]
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        self.key_id = Some(id.into());
        self
    }

    /// Sets the `aud` of the assertions. By default it is the token URL; some servers want their
    /// issuer URL.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    async fn read(&self) -> Result<ClientCredentials, Error> {
        let key = match &self.key {
            KeySource::Memory(key) => Arc::clone(key),
            KeySource::File(path) => {
                let name = path.display();
                let pem = tokio::fs::read(path).await.map(Zeroizing::new);
                let pem = pem.map_err(|source| {
                    let message = format!(
                        "cannot read the private key file {name}: check the path and its permissions"
                    );
                    Error::permanent(ErrorKind::Credentials, message)
                        .source(source)
                        .build()
                })?;
                let key = Key::from_pem(&pem, self.algorithm).map_err(|problem| {
                    invalid(format!("the private key file {name} is invalid, because {problem}"))
                })?;
                Arc::new(key)
            }
        };
        let signer = AssertionSigner {
            key,
            algorithm: self.algorithm,
            key_id: self.key_id.clone(),
            audience: self.audience.clone(),
        };
        ClientCredentials::with_private_key(self.client_id.clone(), signer)
    }
}

impl CredentialsProvider for PrivateKeyJwt {
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(async { Ok(self.read().await?) })
    }
}

impl fmt::Debug for PrivateKeyJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key: &dyn fmt::Debug = match &self.key {
            KeySource::Memory(_) => &"[redacted]",
            KeySource::File(path) => path,
        };
        f.debug_struct("PrivateKeyJwt")
            .field("client_id", &self.client_id)
            .field("algorithm", &self.algorithm)
            .field("key", key)
            .field("key_id", &self.key_id)
            .field("audience", &self.audience)
            .finish()
    }
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl Key {
    fn from_pem(pem: &[u8], algorithm: SigningAlgorithm) -> Result<Self, &'static str> {
        let der = PrivateKeyDer::from_pem_slice(pem).map(Zeroizing::new);
        let der = der.map_err(|_| "it has no unencrypted private key in PEM format: convert it with `openssl pkcs8 -topk8 -nocrypt`")?;
        let key = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => match &*der {
                PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
                der => RsaKeyPair::from_pkcs8(der.secret_der()),
            }
            .map(Self::Rsa),
            SigningAlgorithm::Es256 => {
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_private_key_der(curve, der.secret_der()).map(Self::Ec)
            }
        };
        key.map_err(|_| match algorithm {
            SigningAlgorithm::Es256 => {
                "it has no EC key on the curve P-256: set another key or algorithm"
            }
            _ => "it has no RSA key of 2048 bits or more: set another key or algorithm",
        })
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::Rsa(key) => key.public_key().as_ref(),
            Self::Ec(key) => key.public_key().as_ref(),
        }
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let padding: &'static dyn RsaEncoding = match algorithm {
            SigningAlgorithm::Ps256 => &RSA_PSS_SHA256,
            _ => &RSA_PKCS1_SHA256,
        };
        match self {
            Self::Ec(key) => Ok(key.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}

/// Signs the assertions of one client.
pub(crate) struct AssertionSigner {
    key: Arc<Key>,
    algorithm: SigningAlgorithm,
    key_id: Option<String>,
    audience: Option<String>,
}

impl AssertionSigner {
    /// Returns a new assertion of this client for this token endpoint.
    pub(crate) fn assertion(
        &self,
        client_id: &str,
        token_url: &str,
    ) -> Result<Zeroizing<String>, Error> {
        self.sign(client_id, token_url).map_err(|_| {
            let message = "the client assertion cannot be signed: check the private key";
            Error::permanent(ErrorKind::Credentials, message).build()
        })
    }

    fn sign(&self, client_id: &str, token_url: &str) -> Result<Zeroizing<String>, Unspecified> {
        let mut id = [0; 16];
        rand::fill(&mut id)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let algorithm = match self.algorithm {
            SigningAlgorithm::Rs256 => "RS256",
            SigningAlgorithm::Ps256 => "PS256",
            SigningAlgorithm::Es256 => "ES256",
        };
        let mut header = json!({ "alg": algorithm, "typ": "JWT" });
        if let Some(key_id) = &self.key_id {
            header["kid"] = key_id.as_str().into();
        }
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": self.audience.as_deref().unwrap_or(token_url),
            "jti": URL_SAFE_NO_PAD.encode(id),
            "iat": now.as_secs(),
            "exp": (now + ASSERTION_LIFETIME).as_secs(),
        });
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = Zeroizing::new(format!("{header}.{claims}"));
        let signature = self.key.sign(self.algorithm, message.as_bytes())?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(Zeroizing::new(format!("{}.{signature}", *message)))
    }

    /// Whether both prove the same to the server.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.key.public() == other.key.public()
            && self.algorithm == other.algorithm
            && self.key_id == other.key_id
            && self.audience == other.audience
    }
}

fn invalid(message: String) -> Error {
    Error::permanent(ErrorKind::Credentials, message).build()
}

#[cfg(test)]
mod tests {
    use rcgen::KeyPair;
    use rustls_pki_types::PrivatePkcs8KeyDer;

    use super::*;

    #[tokio::test]
    async fn credentials_are_equal_if_their_keys_and_ids_are() {
        let key = || {
            let der = KeyPair::generate().unwrap().serialize_der();
            let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der));
            let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair = EcdsaKeyPair::from_private_key_der(curve, der.secret_der());
            KeySource::Memory(Arc::new(Key::Ec(pair.unwrap())))
        };
        let algorithm = SigningAlgorithm::Es256;
        let first = PrivateKeyJwt::new("id".into(), algorithm, key());
        let second = PrivateKeyJwt::new("id".into(), algorithm, key());
        let other_client = PrivateKeyJwt { client_id: "other".into(), ..first.clone() };
        let known = first.read().await.unwrap();
        for (credentials, same) in [
            (first.clone(), true),
            (second, false),
            (other_client, false),
            (first.clone().key_id("1"), false),
            (first.clone().audience("https://issuer.example"), false),
        ] {
            let read = credentials.read().await.unwrap();
            assert_eq!(known.same_as(&read), same, "{credentials:?}");
        }
        assert!(!known.same_as(&ClientCredentials::new("id", "secret").unwrap()));
        assert!(known.secret().is_none());
    }
}
