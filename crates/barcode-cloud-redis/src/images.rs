//! Generated images that all processes share.

use std::sync::Arc;
use std::time::Duration;

use barcode_cloud::cache::{CacheFuture, CacheKey, ImageCache};
use bytes::Bytes;
use redis::Script;

use crate::{Redis, Unavailable};

/// Claims a key that is free or that the same holder has claimed.
const CLAIM: &str = "
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

/// Gives up a claim, unless another holder has it by now.
const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1";

/// Stores generated images in Redis, so that equal requests of a fleet are billed once.
///
/// While a process generates an image, the others wait for it. If the process crashes, another one
/// generates the image after 5 s.
///
/// Redis removes an image after its maximum age. Limit the memory of Redis with its setting
/// `maxmemory`, with one of the policies `allkeys-*` or `volatile-*`. Images may hold personal
/// data: encrypt them with [`EncryptedCache`](barcode_cloud::cache::EncryptedCache).
///
/// ```no_run
/// use std::time::Duration;
///
/// use barcode_cloud::Client;
/// use barcode_cloud::cache::EncryptedCache;
/// use barcode_cloud_redis::{Redis, RedisImageCache};
///
/// # fn secret() -> [u8; 32] { [0; 32] }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let redis = Redis::single("redis://127.0.0.1:6379").build()?;
/// let images = RedisImageCache::new(&redis, Duration::from_secs(24 * 3600), 1 << 20);
/// let images = EncryptedCache::new(images, &secret())?;
/// let client = Client::builder().env()?.image_cache(images).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RedisImageCache(Arc<Images>);

#[derive(Debug)]
struct Images {
    redis: Redis,
    max_age: Duration,
    max_entry_bytes: usize,
    claim: Script,
    release: Script,
}

impl RedisImageCache {
    /// Creates a cache for images of up to `max_entry_bytes`, each for up to `max_age`. Larger
    /// images are generated each time.
    pub fn new(redis: &Redis, max_age: Duration, max_entry_bytes: usize) -> Self {
        Self(Arc::new(Images {
            redis: redis.clone(),
            max_age: max_age.max(Duration::from_millis(1)),
            max_entry_bytes,
            claim: Script::new(CLAIM),
            release: Script::new(RELEASE),
        }))
    }
}

impl Images {
    fn key(&self, key: &CacheKey, name: &str) -> String {
        self.redis.key(&format!("image:{key}"), name)
    }
}

impl ImageCache for RedisImageCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        let key = self.0.key(key, "entry");
        Box::pin(async move {
            let entry: Option<Vec<u8>> = self
                .0
                .redis
                .run(|mut connection| async move {
                    redis::cmd("GET").arg(key).query_async(&mut connection).await
                })
                .await?;
            Ok(entry.map(Bytes::from))
        })
    }

    fn put<'a>(&'a self, key: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()> {
        let key = self.0.key(key, "entry");
        let age = self.0.max_age.as_millis() as u64;
        Box::pin(async move {
            if entry.len() > self.0.max_entry_bytes {
                return Ok(());
            }
            let stored = self.0.redis.run(|mut connection| async move {
                let mut set = redis::cmd("SET");
                set.arg(key).arg(&*entry).arg("PX").arg(age);
                set.query_async::<()>(&mut connection).await
            });
            Ok(stored.await?)
        })
    }

    fn claim<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: u64,
        duration: Duration,
    ) -> CacheFuture<'a, bool> {
        Box::pin(async move {
            let mut call = self.0.claim.key(self.0.key(key, "claim"));
            call.arg(holder).arg(duration.as_millis() as u64);
            let claimed: Result<u8, Unavailable> = self
                .0
                .redis
                .run(|mut connection| async move { call.invoke_async(&mut connection).await })
                .await;
            Ok(claimed? == 1)
        })
    }

    fn release<'a>(&'a self, key: &'a CacheKey, holder: u64) -> CacheFuture<'a, ()> {
        Box::pin(async move {
            let mut call = self.0.release.key(self.0.key(key, "claim"));
            call.arg(holder);
            let released: Result<u8, Unavailable> = self
                .0
                .redis
                .run(|mut connection| async move { call.invoke_async(&mut connection).await })
                .await;
            Ok(released.map(drop)?)
        })
    }
}
