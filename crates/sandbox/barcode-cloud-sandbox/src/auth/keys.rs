//! The key pair that signs tokens: ES256 (RFC 7518, section 3.4). The public key is published as a
//! JWK set (RFC 7517).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Error;
use crate::randomness::Randomness;

/// The length of a coordinate of a point on P-256, in bytes.
const COORDINATE: usize = 32;

/// The key pair of one sandbox.
pub(crate) struct Keys {
    signing: EncodingKey,
    verifying: DecodingKey,
    /// The thumbprint of RFC 7638.
    id: String,
    x: String,
    y: String,
}

impl Keys {
    pub(crate) fn new(randomness: &Randomness) -> Result<Self, Error> {
        let private = randomness.private_key("tokens")?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private)
            .map_err(|_| Error::Randomness)?;
        let public = pair.public_key().as_ref();
        // An uncompressed point: a format byte, then both coordinates.
        let (x, y) = public
            .get(1..)
            .and_then(|point| point.split_at_checked(COORDINATE))
            .ok_or(Error::Randomness)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let thumb = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Ok(Self {
            signing: EncodingKey::from_ec_der(&private),
            verifying: DecodingKey::from_ec_der(public),
            id: URL_SAFE_NO_PAD.encode(digest(&SHA256, thumb.as_bytes())),
            x,
            y,
        })
    }

    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|_| Error::Randomness)
    }

    /// Returns the claims of a token, or `None` if this key did not sign it. The algorithm is
    /// fixed, so that neither `none` nor a symmetric one is accepted.
    pub(crate) fn verify<T: DeserializeOwned + Clone>(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
    ) -> Option<T> {
        let mut validation = Validation::new(Algorithm::ES256);
        // The caller compares times with the sandbox's clock, which may deliberately be set ahead
        // or behind.
        validation.validate_exp = false;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        let decoded: TokenData<T> =
            jsonwebtoken::decode(token, &self.verifying, &validation).ok()?;
        Some(decoded.claims)
    }

    /// Returns the public key as a JWK set.
    pub(crate) fn public(&self) -> Value {
        json!({ "keys": [{
            "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256",
            "kid": self.id, "x": self.x, "y": self.y,
        }] })
    }
}
