//! Prices that were asked for lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use flightdeck::Registry;
use flightdeck::dependency::Cache;

/// How long a price is good for.
const KEPT: Duration = Duration::from_millis(200);

/// How many prices are kept; then the cache begins anew.
const PRICES_MAX: usize = 1_000;

/// A cache of prices.
#[derive(Clone)]
pub(crate) struct Catalog {
    prices: Arc<Mutex<HashMap<i64, (f64, Instant)>>>,
    measured: Cache,
}

impl Catalog {
    pub(crate) fn new(registry: &Registry) -> Result<Catalog, flightdeck::Error> {
        Ok(Catalog { prices: Arc::default(), measured: Cache::register(registry, "prices")? })
    }

    pub(crate) fn get(&self, product: i64) -> Option<f64> {
        let prices = self.prices.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = prices.get(&product).filter(|(_, since)| since.elapsed() < KEPT);
        self.measured.count(kept.map(|(price, _)| *price))
    }

    pub(crate) fn put(&self, product: i64, price: f64) {
        let mut prices = self.prices.lock().unwrap_or_else(PoisonError::into_inner);
        if prices.len() >= PRICES_MAX {
            prices.clear();
        }
        prices.insert(product, (price, Instant::now()));
    }
}
