//! Key names that reveal nothing, and values that only the holders of the client secret can read
//! or write.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::credentials::ClientCredentials;
use crate::store::StoredValue;

/// The first byte of each value. A value with another one counts as absent and is overwritten.
const VERSION: u8 = 1;

const SALT: &[u8] = b"barcode-cloud-auth token store";

/// A key of the store, and the cipher of its values.
pub(super) struct Cell {
    pub(super) key: String,
    cipher: RandomizedNonceKey,
}

/// The cells that a client uses.
pub(super) struct Cells {
    /// The token of one endpoint, client, secret, scope and set of parameters.
    pub(super) token: Cell,
    /// The refusals of a client at an endpoint, for all its secrets.
    pub(super) refusals: Cell,
    /// Stands for the secret in `refusals`.
    pub(super) secret_id: String,
}

impl Cells {
    /// `identity` says which token is requested: the endpoint, then the scope and the parameters.
    /// Returns `None` if the credentials have no secret, because a key cannot be derived then.
    pub(super) fn new(identity: &[String], credentials: &ClientCredentials) -> Option<Self> {
        let secret = extract(credentials.secret()?.expose_secret().as_bytes());
        let client = unambiguous(identity.iter().take(1), credentials.id());
        let request = unambiguous(identity, credentials.id());
        Some(Self {
            token: Cell::new(&secret, &request)?,
            // All secrets of a client share this cell, which contains none of them.
            refusals: Cell::new(&extract(&client), &client)?,
            secret_id: URL_SAFE_NO_PAD.encode(*expand(&secret, b"secret id", &client)?),
        })
    }
}

impl Cell {
    fn new(key: &Prk, info: &[u8]) -> Option<Self> {
        let cipher_key = expand(key, b"cipher", info)?;
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &*cipher_key).ok()?;
        Some(Self { key: name(key, info)?, cipher })
    }

    /// Encrypts a state. Returns `None` if the system provides no random numbers.
    pub(super) fn seal<T: Timed>(&self, state: &T) -> Option<Vec<u8>> {
        let envelope = Envelope { lifetime: state.lifetime(), state };
        let mut value = Zeroizing::new(serde_json::to_vec(&envelope).ok()?);
        let nonce = self.cipher.seal_in_place_append_tag(Aad::empty(), &mut *value).ok()?;
        Some([&[VERSION], nonce.as_ref().as_slice(), &value].concat())
    }

    /// Decrypts a state, with its times as of now. Returns `None` if the value has another version,
    /// is damaged, or was moved here from another key: each cell has its own cipher.
    pub(super) fn open<T: Timed>(&self, value: &StoredValue) -> Option<T> {
        let (&version, sealed) = value.bytes.split_first()?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        if version != VERSION {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(sealed.to_vec());
        let text = self.cipher.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
        let Envelope { lifetime, mut state } = serde_json::from_slice::<Envelope<T>>(text).ok()?;
        state.advance(lifetime.saturating_sub(value.remaining));
        Some(state)
    }
}

/// A state whose times are relative to now.
pub(super) trait Timed: Default + Serialize + DeserializeOwned {
    /// Lets this much time pass.
    fn advance(&mut self, elapsed: Duration);

    /// Returns how long the state is needed.
    fn lifetime(&self) -> Duration;
}

/// A state, and the lifetime that the store was given with it. The store knows how much of it
/// remains, and therefore how old the state is.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    lifetime: Duration,
    state: T,
}

/// HKDF ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)), first step.
fn extract(secret: &[u8]) -> Prk {
    Salt::new(HKDF_SHA256, SALT).extract(secret)
}

/// HKDF, second step.
fn expand(key: &Prk, purpose: &[u8], info: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    key.expand(&[purpose, info], HKDF_SHA256).and_then(|okm| okm.fill(&mut *bytes)).ok()?;
    Some(bytes)
}

fn name(key: &Prk, info: &[u8]) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(*expand(key, b"name", info)?))
}

/// Joins the parts so that different parts always give different bytes.
fn unambiguous<'a>(parts: impl IntoIterator<Item = &'a String>, id: &'a str) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts.into_iter().map(String::as_str).chain([id]) {
        joined.extend((part.len() as u64).to_be_bytes());
        joined.extend(part.as_bytes());
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::super::slot::Slot;
    use super::*;

    fn cells(identity: &[&str], id: &str, secret: &str) -> Cells {
        let identity: Vec<_> = identity.iter().map(|part| (*part).to_owned()).collect();
        let credentials = ClientCredentials::new(id, secret).unwrap();
        Cells::new(&identity, &credentials).unwrap()
    }

    fn stored(bytes: Vec<u8>) -> StoredValue {
        StoredValue { bytes, remaining: Duration::from_secs(600) }
    }

    #[test]
    fn each_part_of_a_request_gives_another_key_and_another_cipher() {
        let one = cells(&["https://a", "read", "audience", "x"], "id", "secret");
        let sealed = stored(one.token.seal(&Slot::default()).unwrap());
        assert!(one.token.open::<Slot>(&sealed).is_some());
        for (identity, id, secret, same_client) in [
            (&["https://b", "read", "audience", "x"][..], "id", "secret", false),
            (&["https://a", "write", "audience", "x"], "id", "secret", true),
            (&["https://a", "read", "audience", "y"], "id", "secret", true),
            (&["https://a", "read", "audience"], "id", "secret", true),
            (&["https://a", "readaudience", "", "x"], "id", "secret", true),
            (&["https://a", "read", "audience", "x"], "other", "secret", false),
            (&["https://a", "read", "audience", "x"], "id", "rotated", true),
        ] {
            let other = cells(identity, id, secret);
            assert_ne!(one.token.key, other.token.key, "{identity:?} {id} {secret}");
            assert!(other.token.open::<Slot>(&sealed).is_none());
            assert_eq!(one.refusals.key == other.refusals.key, same_client);
            assert_eq!(one.secret_id == other.secret_id, same_client && secret == "secret");
        }
    }

    #[test]
    fn a_value_that_was_changed_or_has_another_version_is_not_opened() {
        let cell = cells(&["https://a"], "id", "secret").token;
        let sealed = cell.seal(&Slot::default()).unwrap();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(cell.open::<Slot>(&stored(changed)).is_none(), "byte {position}");
            let short = sealed[..position].to_vec();
            assert!(cell.open::<Slot>(&stored(short)).is_none(), "{position} bytes");
        }
    }
}
