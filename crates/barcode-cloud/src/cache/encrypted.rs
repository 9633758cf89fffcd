//! Encrypts the entries of another cache.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use bytes::Bytes;

use super::{CacheFuture, CacheKey, ImageCache};
use std::time::Duration;

/// The length of the nonce in front of each entry, in bytes.
const NONCE: usize = 12;

/// Encrypts and authenticates the images in another cache with AES-256-GCM, and replaces the keys
/// of the entries by their HMAC-SHA-256. Use it if the data of barcodes is personal: without the
/// secret, a stored image cannot be read, and no one can test whether an image of certain data was
/// generated.
pub struct EncryptedCache<C> {
    cache: C,
    entries: RandomizedNonceKey,
    names: hmac::Key,
}

impl<C: ImageCache> EncryptedCache<C> {
    /// Encrypts what `cache` stores with this secret of 32 random bytes, which all processes that
    /// share the cache must have.
    ///
    /// # Errors
    ///
    /// An error if the key cannot be set up.
    pub fn new(cache: C, secret: &[u8; 32]) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derive = |purpose: &str| hmac::sign(&secret, purpose.as_bytes());
        let entries = derive("barcode-cloud image cache, version 1: entries");
        let names = derive("barcode-cloud image cache, version 1: names");
        Ok(Self {
            cache,
            entries: RandomizedNonceKey::new(&AES_256_GCM, entries.as_ref())?,
            names: hmac::Key::new(hmac::HMAC_SHA256, names.as_ref()),
        })
    }

    /// The key under which the entry is stored.
    fn name(&self, key: &CacheKey) -> CacheKey {
        let mut name = [0; 32];
        name.copy_from_slice(hmac::sign(&self.names, key.as_bytes()).as_ref());
        CacheKey::new(name)
    }

    /// Returns `None` if the entry was not encrypted with this secret and for this key.
    fn decrypt(&self, key: &CacheKey, entry: &[u8]) -> Option<Bytes> {
        let (nonce, encrypted) = entry.split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = encrypted.to_vec();
        let aad = Aad::from(key.as_bytes());
        let length = self.entries.open_in_place(nonce, aad, &mut buffer).ok()?.len();
        buffer.truncate(length);
        Some(buffer.into())
    }
}

impl<C: ImageCache> ImageCache for EncryptedCache<C> {
    fn get<'a>(&'a self, key: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        Box::pin(async move {
            let entry = self.cache.get(&self.name(key)).await?;
            Ok(entry.and_then(|entry| self.decrypt(key, &entry)))
        })
    }

    fn put<'a>(&'a self, key: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()> {
        Box::pin(async move {
            let mut buffer = entry.to_vec();
            let aad = Aad::from(key.as_bytes());
            let nonce = self.entries.seal_in_place_append_tag(aad, &mut buffer)?;
            let encrypted = [nonce.as_ref().as_slice(), &buffer].concat();
            self.cache.put(&self.name(key), encrypted.into()).await
        })
    }

    fn claim<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: u64,
        duration: Duration,
    ) -> CacheFuture<'a, bool> {
        Box::pin(async move { self.cache.claim(&self.name(key), holder, duration).await })
    }

    fn release<'a>(&'a self, key: &'a CacheKey, holder: u64) -> CacheFuture<'a, ()> {
        Box::pin(async move { self.cache.release(&self.name(key), holder).await })
    }
}

impl<C: fmt::Debug> fmt::Debug for EncryptedCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedCache").field("cache", &self.cache).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::EncryptedCache;
    use crate::cache::{CacheKey, ImageCache as _, MemoryCache};

    #[tokio::test]
    async fn entries_are_unreadable_without_the_secret() {
        let memory = MemoryCache::new(1 << 20, Duration::from_secs(60));
        let cache = EncryptedCache::new(memory.clone(), &[7; 32]).unwrap();
        let key = CacheKey::new([1; 32]);
        cache.put(&key, Bytes::from_static(b"personal data")).await.unwrap();
        assert_eq!(cache.get(&key).await.unwrap().unwrap(), "personal data");

        assert_eq!(memory.get(&key).await.unwrap(), None, "the name is encrypted too");
        let stored = memory.get(&cache.name(&key)).await.unwrap().unwrap();
        assert!(!stored.windows(8).any(|text| text == b"personal"));
        let other = EncryptedCache::new(memory.clone(), &[8; 32]).unwrap();
        assert_eq!(other.get(&key).await.unwrap(), None);
        // An entry that was copied to another key, truncated or changed does not exist.
        let other_key = CacheKey::new([2; 32]);
        memory.put(&cache.name(&other_key), stored.clone()).await.unwrap();
        assert_eq!(cache.get(&other_key).await.unwrap(), None);
        for length in 0..stored.len() {
            memory.put(&cache.name(&key), stored.slice(..length)).await.unwrap();
            assert_eq!(cache.get(&key).await.unwrap(), None, "{length}");
        }
    }
}
