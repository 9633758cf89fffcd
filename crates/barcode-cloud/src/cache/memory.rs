//! A cache in memory.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;

use super::{CacheFuture, CacheKey, ImageCache};

/// Stores images in the memory of one process.
///
/// The entries that were used least are evicted first.
#[derive(Clone)]
pub struct MemoryCache(Cache<CacheKey, Bytes>);

impl MemoryCache {
    /// Creates a cache for up to `max_bytes` of images, each for up to `max_age`.
    pub fn new(max_bytes: u64, max_age: Duration) -> Self {
        let weigh = |_: &CacheKey, entry: &Bytes| u32::try_from(entry.len()).unwrap_or(u32::MAX);
        let builder = Cache::builder().max_capacity(max_bytes).weigher(weigh);
        Self(builder.time_to_live(max_age).build())
    }
}

impl ImageCache for MemoryCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        Box::pin(std::future::ready(Ok(self.0.get(key))))
    }

    fn put<'a>(&'a self, key: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()> {
        self.0.insert(*key, entry);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").finish_non_exhaustive()
    }
}
