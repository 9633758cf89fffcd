#![doc = include_str!("../README.md")]

mod builder;
mod connection;
mod error;
mod health;
mod images;
mod rate;
mod server;
mod token;

pub use self::builder::RedisBuilder;
pub use self::connection::Redis;
pub use self::error::{Error, Unavailable};
pub use self::images::RedisImageCache;
pub use self::rate::RedisRateLimiter;
pub use self::token::RedisTokenStore;
