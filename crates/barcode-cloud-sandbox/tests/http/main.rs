//! The sandbox over real sockets, by a plain HTTP client that knows nothing of it.

mod caller;
mod lifetime;
mod limits;
mod operations;
mod pictures;
mod refusals;
mod tokens;
