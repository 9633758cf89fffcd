//! The source of ids, credentials and keys. They are random by default. If the sandbox has a seed,
//! they are derived from it, so that each start has the same ones.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use uuid::Uuid;

use crate::Error;

pub(crate) struct Randomness {
    seed: Option<u64>,
    /// Produces the ids of a sandbox with a seed.
    generator: Mutex<fastrand::Rng>,
}

impl Randomness {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let generator = fastrand::Rng::with_seed(seed.unwrap_or_default());
        Self { seed, generator: Mutex::new(generator) }
    }

    /// Returns a new UUID of version 4.
    pub(crate) fn uuid(&self) -> Uuid {
        if self.seed.is_none() {
            return Uuid::new_v4();
        }
        let mut generator = self.generator.lock().unwrap_or_else(PoisonError::into_inner);
        uuid::Builder::from_random_bytes(generator.u128(..).to_be_bytes()).into_uuid()
    }

    /// Returns a private key on P-256, in the format PKCS #8. With a seed, the key for a purpose is
    /// always the same.
    pub(crate) fn private_key(&self, purpose: &str) -> Result<Vec<u8>, Error> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let Some(seed) = self.seed else {
            let key = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new());
            return key.map(|key| key.as_ref().to_vec()).map_err(|_| Error::Randomness);
        };
        // About one digest in 2^32 is not a private key on this curve.
        let pair = (0..u8::MAX).find_map(|attempt| {
            let text = format!("barcode-cloud-sandbox {purpose} {seed} {attempt}");
            let private = digest(&SHA256, text.as_bytes());
            let key = PrivateKey::from_private_key(&ECDH_P256, private.as_ref()).ok()?;
            let public = key.compute_public_key().ok()?;
            let (private, public) = (private.as_ref(), public.as_ref());
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, private, public).ok()
        });
        let key = pair.and_then(|pair| pair.to_pkcs8v1().ok()).ok_or(Error::Randomness)?;
        Ok(key.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two ids, and the keys for two purposes.
    fn drawn(seed: Option<u64>) -> ([Uuid; 2], [Vec<u8>; 2]) {
        let randomness = Randomness::new(seed);
        let key = |purpose| randomness.private_key(purpose).unwrap();
        ([randomness.uuid(), randomness.uuid()], [key("a"), key("b")])
    }

    #[test]
    fn a_seed_makes_ids_and_keys_repeatable() {
        assert_eq!(drawn(Some(7)), drawn(Some(7)));
        for (one, other) in [(Some(7), Some(8)), (None, None), (None, Some(0))] {
            let ((ids, keys), (other_ids, other_keys)) = (drawn(one), drawn(other));
            assert!(ids != other_ids && keys != other_keys);
            assert!(ids[0] != ids[1] && keys[0] != keys[1]);
            assert_eq!(ids.map(|id| id.get_version_num()), [4, 4]);
        }
    }
}
