//! The key that tokens are signed with: ES256 (RFC 7518, section 3.4), made anew at each start, its
//! public half published as a JWK set (RFC 7517).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Error;

/// The length of a coordinate of a point on P-256.
const COORDINATE: usize = 32;

/// A key pair of one sandbox.
pub(crate) struct Keys {
    signing: EncodingKey,
    verifying: DecodingKey,
    /// The thumbprint of RFC 7638.
    id: String,
    x: String,
    y: String,
}

impl Keys {
    pub(crate) fn new() -> Result<Self, Error> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| Error::Randomness)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref())
            .map_err(|_| Error::Randomness)?;
        let public = pair.public_key().as_ref();
        // An uncompressed point: a byte that says so, then both coordinates.
        let (x, y) = public
            .get(1..)
            .and_then(|point| point.split_at_checked(COORDINATE))
            .ok_or(Error::Randomness)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let thumb = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Ok(Self {
            signing: EncodingKey::from_ec_der(document.as_ref()),
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

    /// The claims of a token that this key signed. The algorithm is pinned, so neither `none` nor
    /// a symmetric one is ever believed.
    pub(crate) fn verify<T: DeserializeOwned + Clone>(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
    ) -> Option<T> {
        let mut validation = Validation::new(Algorithm::ES256);
        // Times are compared with the sandbox's own clock, which may be set wrong on purpose.
        validation.validate_exp = false;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        let decoded: TokenData<T> =
            jsonwebtoken::decode(token, &self.verifying, &validation).ok()?;
        Some(decoded.claims)
    }

    /// The JWK set.
    pub(crate) fn public(&self) -> Value {
        json!({ "keys": [{
            "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256",
            "kid": self.id, "x": self.x, "y": self.y,
        }] })
    }
}
