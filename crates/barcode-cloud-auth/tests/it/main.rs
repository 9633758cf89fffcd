//! Tests over real sockets: the requests on the wire, hostile servers, and the content of logs.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod client_certificate;
mod endpoint;
mod hot_path;
mod identity_servers;
mod layer;
mod limits;
mod private_key_jwt;
mod secrets;
mod soak;
mod spans;
mod tls;
mod wire;
