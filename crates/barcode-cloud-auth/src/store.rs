//! The trait between the token source and a store that many processes share.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What the methods of [`TokenStore`] return.
pub type StoreFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// A key-value store that many processes share, so that they use one token, and together send a
/// wrong secret at most four times. It is a setting of the
/// [builder](crate::TokenSourceBuilder::store).
///
/// A store needs to know nothing about tokens. Keys are hashes, and values are encrypted and
/// authenticated. Two operations are enough: everything else, such as the lease of the process that
/// renews the token, is a part of the values.
///
/// If an operation fails or takes longer than 3 s, the process obtains its own token. An
/// implementation should have shorter limits, and its errors must not contain a password.
///
/// Values must be kept for the time that was given with them, but losing one is harmless: another
/// token is requested.
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Returns the value of a key.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>>;

    /// Replaces the value of a key if it is the expected one. If `expected` is `None`, the key must
    /// not exist yet. Returns whether the value was replaced. The comparison and the write must be
    /// one atomic step.
    ///
    /// The new value is kept for `lifetime`, which is rounded to milliseconds.
    fn replace<'a>(
        &'a self,
        key: &'a str,
        expected: Option<Expected<'a>>,
        value: &'a [u8],
        lifetime: Duration,
    ) -> StoreFuture<'a, bool>;
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>> {
        (**self).get(key)
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        expected: Option<Expected<'a>>,
        value: &'a [u8],
        lifetime: Duration,
    ) -> StoreFuture<'a, bool> {
        (**self).replace(key, expected, value, lifetime)
    }
}

/// A value in a [`TokenStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredValue {
    /// The bytes of the value.
    pub bytes: Vec<u8>,
    /// How long the store still keeps the value, by its own clock.
    pub remaining: Duration,
}

/// The value that [`TokenStore::replace`] must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The bytes of the value.
    pub bytes: &'a [u8],
    /// The shortest time for which the store must still keep it. A write that arrives too late, for
    /// example because the store was suspended, is refused by this.
    pub remaining: Duration,
}

/// A [`TokenStore`] in the memory of this process, for tests, and for several sources in one
/// process. Clones share their values.
#[derive(Clone, Default)]
pub struct MemoryTokenStore(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    bytes: Vec<u8>,
    expires_at: Instant,
}

impl MemoryTokenStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes all values, as when a server loses its memory.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Returns the value of a key at this time.
    pub(crate) fn get_at(&self, key: &str, now: Instant) -> Option<StoredValue> {
        let entries = self.lock();
        let entry = entries.get(key).filter(|entry| now < entry.expires_at)?;
        Some(StoredValue { bytes: entry.bytes.clone(), remaining: entry.expires_at - now })
    }

    /// Replaces the value of a key at this time. Expired values are removed first.
    pub(crate) fn replace_at(
        &self,
        key: &str,
        expected: Option<Expected<'_>>,
        value: &[u8],
        lifetime: Duration,
        now: Instant,
    ) -> bool {
        let mut entries = self.lock();
        entries.retain(|_, entry| now < entry.expires_at);
        let is_expected = match (entries.get(key), expected) {
            (None, None) => true,
            (Some(entry), Some(expected)) => {
                entry.bytes == expected.bytes && entry.expires_at >= now + expected.remaining
            }
            _ => false,
        };
        if is_expected {
            let entry = Entry { bytes: value.to_vec(), expires_at: now + lifetime };
            entries.insert(key.to_owned(), entry);
        }
        is_expected
    }

    /// No code panics under the lock, so a poisoned lock still guards valid entries.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryTokenStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>> {
        Box::pin(async move { Ok(self.get_at(key, Instant::now())) })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        expected: Option<Expected<'a>>,
        value: &'a [u8],
        lifetime: Duration,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move { Ok(self.replace_at(key, expected, value, lifetime, Instant::now())) })
    }
}

impl fmt::Debug for MemoryTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTokenStore").field("values", &self.lock().len()).finish()
    }
}
