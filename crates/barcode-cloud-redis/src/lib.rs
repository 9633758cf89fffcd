#![doc = include_str!("../README.md")]

mod builder;
mod connection;
mod error;
mod health;
mod rate;
mod server;

pub use self::builder::RedisBuilder;
pub use self::connection::Redis;
pub use self::error::{Error, Unavailable};
pub use self::rate::RedisRateLimiter;
