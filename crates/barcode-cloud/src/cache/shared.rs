//! Looks images up, and lets one of several requests for the same image be sent while the others
//! wait for its image.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::OwnedMutexGuard;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{CacheFuture, CacheKey, Entry, ImageCache};

/// The time limit of an operation of a cache that has no shorter one of its own.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// How long a claim holds without being prolonged: a process that crashed delays others this long.
const CLAIM: Duration = Duration::from_secs(5);

/// The pause before another attempt to claim an image that another process generates.
const PAUSE: Duration = Duration::from_millis(25);

/// The last image of a key, for the calls that wait for the lock.
type Slot = Arc<tokio::sync::Mutex<Option<Entry>>>;

/// A cache, and the lookups in progress of all clones of a client.
pub(crate) struct SharedCache {
    cache: Arc<dyn ImageCache>,
    slots: Mutex<HashMap<CacheKey, Slot>>,
    is_failing: AtomicBool,
    /// The name of this process in claims. Within the process, the slots exclude each other.
    holder: u64,
}

/// The result of a lookup.
pub(crate) enum Lookup<'a> {
    Found(Entry),
    Missing(Generation<'a>),
}

/// The right to generate a missing image. When it is dropped without an image, the next call that
/// waits gets the right.
pub(crate) struct Generation<'a> {
    cache: &'a SharedCache,
    key: CacheKey,
    slot: OwnedMutexGuard<Option<Entry>>,
    // Dropped after the lock.
    _waiting: Waiting<'a>,
}

impl SharedCache {
    pub(crate) fn new(cache: Arc<dyn ImageCache>) -> Self {
        let holder = fastrand::u64(..);
        Self { cache, slots: Mutex::default(), is_failing: AtomicBool::new(false), holder }
    }

    /// Returns the image, or waits for the right to generate it.
    pub(crate) async fn lookup(&self, key: CacheKey) -> Lookup<'_> {
        let waiting = Waiting::new(self, key);
        let mut slot = waiting.slot.clone().lock_owned().await;
        if let Some(entry) = &*slot {
            return Lookup::Found(entry.clone());
        }
        let mut is_claimed = false;
        loop {
            if let Some(entry) = self.get(&key).await {
                *slot = Some(entry.clone());
                if is_claimed {
                    self.within_limit(self.cache.release(&key, self.holder)).await;
                }
                return Lookup::Found(entry);
            }
            if is_claimed {
                return Lookup::Missing(Generation { cache: self, key, slot, _waiting: waiting });
            }
            // After the claim, the image is looked up again, because another process may have
            // stored it since the first lookup. If the cache fails, the image is generated.
            let claim = self.within_limit(self.cache.claim(&key, self.holder, CLAIM)).await;
            is_claimed = claim.unwrap_or(true);
            if !is_claimed {
                sleep(PAUSE.mul_f64(1.0 + fastrand::f64())).await;
            }
        }
    }

    async fn get(&self, key: &CacheKey) -> Option<Entry> {
        let entry = self.within_limit(self.cache.get(key)).await??;
        Entry::decode(&entry)
    }

    /// Returns what the cache returns, unless it fails, which is logged once until it works again.
    async fn within_limit<T>(&self, operation: CacheFuture<'_, T>) -> Option<T> {
        let error = match timeout(TIME_LIMIT, operation).await {
            Ok(Ok(value)) => {
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    info!("the image cache is used again");
                }
                return Some(value);
            }
            Ok(Err(error)) => error,
            Err(_) => Box::<dyn StdError + Send + Sync>::from("it did not respond within 3 s"),
        };
        #[cfg(feature = "metrics")]
        metrics::counter!("barcode_cloud.image_cache.failures").increment(1);
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            warn!(error, "the image cache cannot be used, so images are generated");
        }
        None
    }

    fn slots<T>(&self, access: impl FnOnce(&mut HashMap<CacheKey, Slot>) -> T) -> T {
        access(&mut self.slots.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Generation<'_> {
    /// Waits for the image, and keeps the claim meanwhile.
    pub(crate) async fn run<T>(&self, generate: impl Future<Output = T>) -> T {
        let SharedCache { cache, holder, .. } = self.cache;
        let keep_claim = async {
            loop {
                sleep(CLAIM / 3).await;
                // If the claim was lost, the image may be generated twice. It is already on its
                // way.
                self.cache.within_limit(cache.claim(&self.key, *holder, CLAIM)).await;
            }
        };
        match select(pin!(generate), pin!(keep_claim)).await {
            Either::Left((output, _)) => output,
            Either::Right((never, _)) => match never {},
        }
    }

    /// Stores the image for the calls that wait, and in the cache.
    pub(crate) async fn store(mut self, entry: Entry) {
        let encoded = entry.encode();
        *self.slot = Some(entry);
        let SharedCache { cache, .. } = self.cache;
        self.cache.within_limit(cache.put(&self.key, encoded)).await;
        self.give_up().await;
    }

    /// Gives up the claim, so that another process can generate the image at once.
    pub(crate) async fn give_up(self) {
        let release = self.cache.cache.release(&self.key, self.cache.holder);
        self.cache.within_limit(release).await;
    }
}

/// A lookup in progress. The last one of a key removes its slot.
struct Waiting<'a> {
    cache: &'a SharedCache,
    key: CacheKey,
    slot: Slot,
}

impl<'a> Waiting<'a> {
    fn new(cache: &'a SharedCache, key: CacheKey) -> Self {
        let slot = cache.slots(|slots| slots.entry(key).or_default().clone());
        Self { cache, key, slot }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.cache.slots(|slots| {
            // One reference is in the map, and one is this one. Others are made under this lock.
            if Arc::strong_count(&self.slot) <= 2 {
                slots.remove(&self.key);
            }
        });
    }
}

impl fmt::Debug for SharedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cache, f)
    }
}
