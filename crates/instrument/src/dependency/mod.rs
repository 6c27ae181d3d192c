//! What a service depends on, measured where it is used: databases, caches, other services.
//!
//! A call is any future that ends in a result, a pool is whatever can say how large it is. With the features `sqlx` and `redis`
//! there are a pool and a connection that measure by themselves. Calls over HTTP are those of
//! `http::ExternalApi`.

mod cache;
mod calls;
mod pool;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlx")]
mod sqlx;

#[cfg(feature = "redis")]
pub use self::redis::MeasuredRedis;
#[cfg(feature = "sqlx")]
pub use self::sqlx::{MeasuredPool, Operation};
pub use cache::Cache;
pub use calls::Calls;
pub use pool::{PoolState, watch_pool};
