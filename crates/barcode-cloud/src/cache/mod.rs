//! Stores for generated images, so that equal requests are billed once. Requires the feature
//! `image-cache`.
//!
//! Set one with [`ClientBuilder::image_cache`](crate::ClientBuilder::image_cache). [`MemoryCache`]
//! and [`FolderCache`] are for one machine; the crate `barcode-cloud-redis` has one for a fleet.
//! [`EncryptedCache`] encrypts what another one stores.

mod encrypted;
mod entry;
mod folder;
mod memory;
mod shared;

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;

pub use self::encrypted::EncryptedCache;
pub(crate) use self::entry::Entry;
pub use self::folder::FolderCache;
pub use self::memory::MemoryCache;
pub(crate) use self::shared::{Lookup, SharedCache};

/// What the methods of [`ImageCache`] return. An error of any type is possible.
pub type CacheFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Stores generated images.
///
/// A cache may lose an entry at any time. If it fails, or takes longer than 3 s, the call goes on
/// as if the entry did not exist. The entries have a checksum, so a cache need not detect
/// changed or truncated entries.
pub trait ImageCache: fmt::Debug + Send + Sync + 'static {
    /// Returns an entry, or `None` if it is missing.
    fn get<'a>(&'a self, key: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>>;

    /// Stores an entry, replacing an existing one.
    fn put<'a>(&'a self, key: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()>;

    /// Claims the right to generate the image of this key for `duration`, and returns whether it
    /// succeeded. The same `holder` may prolong its claim. Without an implementation, every claim
    /// succeeds: only the calls of one client are generated once.
    fn claim<'a>(
        &'a self,
        _key: &'a CacheKey,
        _holder: u64,
        _duration: Duration,
    ) -> CacheFuture<'a, bool> {
        Box::pin(std::future::ready(Ok(true)))
    }

    /// Gives up a claim.
    fn release<'a>(&'a self, _key: &'a CacheKey, _holder: u64) -> CacheFuture<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The SHA-256 hash of everything that determines an image: the URL and the body of the request,
/// with all parameters, and the version of the document.
///
/// `Display` writes it as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// Creates a key from its bytes, for a test of a cache of your own.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Hashes the parts of a request. Their lengths are included, so that no two lists of parts
    /// have the same text.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut text = Vec::new();
        for part in parts {
            text.extend_from_slice(&(part.len() as u64).to_le_bytes());
            text.extend_from_slice(part);
        }
        Self(sha256(&text))
    }

    /// Returns the bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn sha256(text: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text).as_ref());
    hash
}
