//! What a service depends on, measured where it is used: databases, caches, other services.
//!
//! Nothing here knows a particular client: a call is any future that ends in a result, a pool is whatever can say how large
//! it is.

mod cache;
mod calls;
mod pool;

pub use cache::Cache;
pub use calls::Calls;
pub use pool::{PoolState, watch_pool};
