//! The token store: a compare-and-swap of one value.

use std::fmt;
use std::time::Duration;

use barcode_cloud::auth::{Expected, StoreFuture, StoredValue, TokenStore};
use redis::Script;

use crate::connection::Redis;

/// Shares tokens, and the count of refused token requests, among all processes that use the same
/// Redis and namespace.
///
/// Each token and each count is one key. The values are encrypted, as the
/// [setting](barcode_cloud::auth::TokenSourceBuilder::store) says. They expire with the token, or
/// 600 s after they were last written if that is later.
#[derive(Clone)]
pub struct RedisTokenStore {
    redis: Redis,
    get: Script,
    replace: Script,
}

/// Returns the value and its remaining time in milliseconds.
const GET: &str = "return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}";

/// Arguments: the new value, its lifetime, and, if a value is expected, that value and the shortest
/// time that must remain of it.
const REPLACE: &str = "
if redis.call('GET', KEYS[1]) ~= (ARGV[3] or false) then return 0 end
if ARGV[4] then
  local remaining = redis.call('PTTL', KEYS[1])
  if remaining >= 0 and remaining < tonumber(ARGV[4]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

impl RedisTokenStore {
    /// Creates a store in this Redis.
    pub fn new(redis: &Redis) -> Self {
        Self { redis: redis.clone(), get: Script::new(GET), replace: Script::new(REPLACE) }
    }
}

impl TokenStore for RedisTokenStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>> {
        Box::pin(async move {
            let mut call = self.get.prepare_invoke();
            call.key(self.redis.key(key, "token"));
            let (bytes, remaining): (Option<Vec<u8>>, i64) = self
                .redis
                .run(|mut connection| async move { call.invoke_async(&mut connection).await })
                .await?;
            // A key without an expiry was not written by this crate.
            let remaining = Duration::from_millis(remaining.try_into().unwrap_or_default());
            Ok(bytes.map(|bytes| StoredValue { bytes, remaining }))
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        expected: Option<Expected<'a>>,
        value: &'a [u8],
        lifetime: Duration,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut call = self.replace.prepare_invoke();
            call.key(self.redis.key(key, "token")).arg(value);
            // Redis rejects a lifetime of zero.
            call.arg(milliseconds(lifetime).max(1));
            if let Some(expected) = expected {
                call.arg(expected.bytes).arg(milliseconds(expected.remaining));
            }
            let run = |mut connection| async move { call.invoke_async(&mut connection).await };
            Ok(self.redis.run(run).await?)
        })
    }
}

impl fmt::Debug for RedisTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisTokenStore").field(&self.redis).finish()
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
