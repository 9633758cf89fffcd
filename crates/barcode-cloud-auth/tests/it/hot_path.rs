//! A call with a token in memory is ready on the first poll and allocates nothing.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use barcode_cloud_auth::{AccessToken, Error, MemoryTokenStore, TokenSource, TokenSourceBuilder};

use crate::endpoint::Endpoint;

fn warm() -> TokenSource {
    warmed(Endpoint::granting().builder())
}

fn warmed(builder: TokenSourceBuilder) -> TokenSource {
    let source = builder.build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(source.token()).unwrap();
    source
}

fn first_poll(call: impl Future<Output = Result<AccessToken, Error>>) -> AccessToken {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(token)) => token,
        other => panic!("not ready on the first poll: {other:?}"),
    }
}

#[test]
fn hot_path_is_ready_on_the_first_poll_without_allocation() {
    let with_store = Endpoint::granting().builder().store(MemoryTokenStore::new());
    for source in [warm(), warmed(with_store)] {
        let allocations = measure(|| {
            for _ in 0..1_000 {
                let token = first_poll(source.token());
                assert!(token.header_value().clone().is_sensitive());
            }
        });
        assert_eq!(allocations.count_total, 0);
        assert_eq!(source.metrics().served_from_cache, 1_000);
    }
}

#[test]
fn authorizing_a_request_again_allocates_nothing() {
    let source = warm();
    let mut request =
        reqwest::Request::new(reqwest::Method::GET, "https://api.example.com/".parse().unwrap());
    // The header map allocates its memory with the first header.
    first_poll(source.authorize(&mut request));
    let allocations = measure(|| {
        first_poll(source.authorize(&mut request));
    });
    assert_eq!(allocations.count_total, 0);
    assert_eq!(request.headers()["authorization"], "Bearer abc");
    assert!(request.headers()["authorization"].is_sensitive());
}
