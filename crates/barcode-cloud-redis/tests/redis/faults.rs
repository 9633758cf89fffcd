//! A server that fails at each step at which three processes obtain a token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use barcode_cloud::ClientCredentials;
use barcode_cloud::auth::{
    Expected, IssuedToken, StoreFuture, StoredValue, TokenEndpoint, TokenFuture, TokenRequest,
    TokenSource, TokenStore,
};
use barcode_cloud_redis::{Redis, RedisTokenStore};
use futures_util::future::join_all;
use tokio::sync::Mutex;

use crate::connection::until_available;
use crate::server::Server;

const PROCESSES: usize = 3;

/// Three processes make about this many operations until each has a token.
const STEPS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Killed,
    Paused,
    Flushed,
    Restarted,
}

/// The stores of all processes, whose server fails before one of their operations.
#[derive(Debug)]
struct Plan {
    fault: Fault,
    step: usize,
    operations: AtomicUsize,
    server: Mutex<Server>,
}

impl Plan {
    async fn before_operation(&self) {
        if self.operations.fetch_add(1, Ordering::SeqCst) != self.step {
            return;
        }
        let mut server = self.server.lock().await;
        match self.fault {
            Fault::Killed => server.kill(),
            Fault::Paused => server.pause(),
            Fault::Flushed => drop(server.command(&["flushall"])),
            Fault::Restarted => {
                server.kill();
                server.restart().await;
            }
        }
    }

    /// Ends the fault. If there were fewer operations, it did not begin.
    async fn repair(&self) {
        self.operations.store(usize::MAX / 2, Ordering::SeqCst);
        let mut server = self.server.lock().await;
        match self.fault {
            Fault::Killed => {
                server.kill();
                server.restart().await;
            }
            Fault::Paused => server.resume(),
            Fault::Flushed | Fault::Restarted => {}
        }
    }
}

#[derive(Debug)]
struct FaultyStore {
    store: RedisTokenStore,
    plan: Arc<Plan>,
}

impl TokenStore for FaultyStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>> {
        Box::pin(async move {
            self.plan.before_operation().await;
            self.store.get(key).await
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
            self.plan.before_operation().await;
            self.store.replace(key, expected, value, lifetime).await
        })
    }
}

/// Issues numbered tokens.
#[derive(Debug, Clone, Default)]
struct Endpoint(Arc<AtomicUsize>);

impl TokenEndpoint for Endpoint {
    fn fetch<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            // The others must notice that a request is in progress.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(IssuedToken::new(format!("token-{number}"), Duration::from_secs(3600))?)
        })
    }
}

/// Obtains a token in each process, and returns how many different ones there are.
async fn obtain(redis: &[Redis], plan: &Arc<Plan>, endpoint: &Endpoint) -> usize {
    let sources = redis.iter().map(|redis| {
        let store = RedisTokenStore::new(redis);
        TokenSource::from_endpoint(endpoint.clone())
            .credentials(ClientCredentials::new("id", "secret").unwrap())
            .store(FaultyStore { store, plan: Arc::clone(plan) })
            .build()
            .unwrap()
    });
    let tokens = sources.map(|source| async move {
        let token = source.token().await.expect("a failure of the store fails no call");
        token.header_value().to_str().unwrap().to_owned()
    });
    let mut tokens = join_all(tokens).await;
    tokens.sort();
    tokens.dedup();
    tokens.len()
}

async fn fail_at(fault: Fault, step: usize) {
    let Some(server) = Server::start().await else { return };
    let handle = |_| {
        let redis = Redis::single(server.url()).response_timeout(Duration::from_millis(200));
        redis.build().unwrap()
    };
    let redis: Vec<_> = (0..PROCESSES).map(handle).collect();
    let operations = AtomicUsize::new(0);
    let plan = Arc::new(Plan { fault, step, operations, server: Mutex::new(server) });
    let endpoint = Endpoint::default();
    let requests = || endpoint.0.load(Ordering::SeqCst);
    obtain(&redis, &plan, &endpoint).await;
    assert!(requests() <= PROCESSES, "{fault:?} at {step}: {} requests", requests());
    // The same connections share tokens again as soon as the server works.
    plan.repair().await;
    join_all(redis.iter().map(until_available)).await;
    let before = requests();
    assert_eq!(obtain(&redis, &plan, &endpoint).await, 1, "{fault:?} at {step}");
    assert!(requests() <= before + 1, "{fault:?} at {step}");
}

#[tokio::test]
async fn a_server_that_fails_at_any_step_fails_no_call_and_costs_one_request_per_process() {
    let _only = crate::process::only_fleet().await;
    for fault in [Fault::Killed, Fault::Paused, Fault::Flushed, Fault::Restarted] {
        join_all((0..STEPS).map(|step| fail_at(fault, step))).await;
    }
}
