//! Hits and misses of caches.

use crate::Error;
use crate::metrics::{Counter, Registry};

/// Counts what a cache was asked: `cache_requests_total{cache, outcome}`.
///
/// ```
/// let registry = flightdeck::Registry::new();
/// let products = flightdeck::dependency::Cache::register(&registry, "products")?;
/// let found = products.count(Some("a product"));
/// assert_eq!(found, Some("a product"));
/// assert!(registry.text().contains("cache_requests_total{cache=\"products\",outcome=\"hit\"} 1.0"));
/// # Ok::<(), flightdeck::Error>(())
/// ```
#[derive(Clone)]
pub struct Cache {
    hits: Counter,
    misses: Counter,
}

impl Cache {
    /// The cache of that name. Caches of one registry share the metric.
    pub fn register(registry: &Registry, name: &str) -> Result<Cache, Error> {
        let requests = registry
            .counter("cache_requests", "What caches were asked, by outcome.")
            .labels(["cache", "outcome"])?;
        Ok(Cache { hits: requests.get(&[name, "hit"]), misses: requests.get(&[name, "miss"]) })
    }

    /// It had what was asked for.
    pub fn hit(&self) {
        self.hits.inc();
    }

    /// It had not.
    pub fn miss(&self) {
        self.misses.inc();
    }

    /// Counts what was found, and gives it back.
    pub fn count<T>(&self, found: Option<T>) -> Option<T> {
        if found.is_some() {
            self.hit()
        } else {
            self.miss()
        }
        found
    }
}
