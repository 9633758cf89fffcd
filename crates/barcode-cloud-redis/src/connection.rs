//! The handle that the token store, the rate limiter and the image cache share.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::RedisResult;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use crate::builder::RedisBuilder;
use crate::error::Unavailable;
use crate::health::{Attempt, Health};
use crate::server::{Connection, Server};

/// Redis, as all parts of this crate use it. A clone is cheap and shares the connection.
///
/// A connection is opened when it is first needed. If Redis fails, nothing else does: what needed
/// it falls back to what a single process does. The failure is logged once, and Redis is asked
/// again after 100 ms, doubling up to 5 s, by one caller at a time, until it works.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) server: Server,
    pub(crate) namespace: String,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) connection: tokio::sync::Mutex<Option<Open>>,
    pub(crate) health: Mutex<Health>,
    pub(crate) failures: AtomicU64,
}

/// An open connection, and when it last worked.
pub(crate) struct Open {
    connection: Connection,
    worked_at: Instant,
}

/// A connection that was not used for this long is checked before it is used: servers and load
/// balancers close idle connections.
const IDLE: Duration = Duration::from_secs(1);

impl Redis {
    /// Uses one server: `redis://host:port`, `rediss://host:port` with TLS, or
    /// `redis+unix:///path`.
    pub fn single(url: impl Into<String>) -> RedisBuilder {
        RedisBuilder::single(url.into())
    }

    /// Uses a cluster. Not every node must be named: the others are asked for.
    pub fn cluster(urls: impl IntoIterator<Item = impl Into<String>>) -> RedisBuilder {
        RedisBuilder::cluster(urls.into_iter().map(Into::into).collect())
    }

    /// Asks these sentinels for the primary of the group `name`.
    pub fn sentinel(
        name: impl Into<String>,
        urls: impl IntoIterator<Item = impl Into<String>>,
    ) -> RedisBuilder {
        RedisBuilder::sentinel(name.into(), urls.into_iter().map(Into::into).collect())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Asks Redis for a response, to find a wrong address or password when a program starts.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if Redis does not respond within the limits, or with an error.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        self.run(ping).await
    }

    /// How often Redis failed since this handle was built.
    pub fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }

    /// The key of an entry. Keys with the same `slot` are stored on the same node of a cluster, so
    /// one script can use them together.
    pub(crate) fn key(&self, slot: &str, name: &str) -> String {
        format!("{}:1:{{{slot}}}:{name}", self.0.namespace)
    }

    /// Runs an operation on the shared connection, within the limits for connecting and for the
    /// response.
    pub(crate) async fn run<T, F>(
        &self,
        operation: impl FnOnce(Connection) -> F + Send,
    ) -> Result<T, Unavailable>
    where
        F: Future<Output = RedisResult<T>> + Send,
    {
        let attempt = self.health(|health| health.begin(Instant::now()));
        let attempt = attempt.ok_or(Unavailable::Paused)?;
        let result = self.attempt(operation).await;
        match &result {
            Ok(_) => self.report_success(attempt),
            Err(error) => self.report_failure(attempt, error).await,
        }
        result
    }

    async fn attempt<T, F>(
        &self,
        operation: impl FnOnce(Connection) -> F + Send,
    ) -> Result<T, Unavailable>
    where
        F: Future<Output = RedisResult<T>> + Send,
    {
        let Inner { connect_timeout, response_timeout, .. } = *self.0;
        let no_connection = |_| Unavailable::ConnectTimeout(connect_timeout);
        let no_response = |_| Unavailable::ResponseTimeout(response_timeout);
        let connect = || timeout(connect_timeout, self.connection());
        let (mut connection, is_idle) = connect().await.map_err(no_connection)??;
        if is_idle {
            let check = timeout(response_timeout, ping(connection.clone()));
            if check.await.map_err(no_response)?.is_err() {
                self.0.connection.lock().await.take();
                (connection, _) = connect().await.map_err(no_connection)??;
            }
        }
        let value =
            timeout(response_timeout, operation(connection)).await.map_err(no_response)??;
        if let Some(open) = &mut *self.0.connection.lock().await {
            open.worked_at = Instant::now();
        }
        Ok(value)
    }

    /// Returns the shared connection, which is opened if necessary, and whether it was idle.
    async fn connection(&self) -> RedisResult<(Connection, bool)> {
        let mut shared = self.0.connection.lock().await;
        if let Some(open) = &*shared {
            return Ok((open.connection.clone(), open.worked_at.elapsed() >= IDLE));
        }
        let connection = self.0.server.connect().await?;
        *shared = Some(Open { connection: connection.clone(), worked_at: Instant::now() });
        Ok((connection, false))
    }

    fn report_success(&self, attempt: Attempt) {
        if self.health(|health| health.succeed(attempt)) {
            info!("Redis is used again");
        }
    }

    async fn report_failure(&self, attempt: Attempt, error: &Unavailable) {
        self.0.failures.fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "metrics")]
        metrics::counter!("barcode_cloud.redis.failures", "error.type" => error.error_type())
            .increment(1);
        // After a failover, the connection must lead to another server.
        self.0.connection.lock().await.take();
        if self.health(|health| health.fail(attempt, Instant::now())) {
            let source = std::error::Error::source(error).map(tracing::field::display);
            warn!(%error, source, "Redis cannot be used, so this process works on its own");
        }
    }

    fn health<T>(&self, access: impl FnOnce(&mut Health) -> T) -> T {
        access(&mut self.0.health.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn ping(mut connection: Connection) -> RedisResult<()> {
    redis::cmd("PING").query_async(&mut connection).await
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("server", &self.0.server)
            .field("namespace", &self.0.namespace)
            .finish_non_exhaustive()
    }
}
