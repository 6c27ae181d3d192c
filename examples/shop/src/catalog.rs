//! Prices that were asked for lately: in Redis where there is one, else in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use flightdeck::Registry;
use flightdeck::dependency::{Cache, MeasuredRedis};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

/// How long a price is good for.
const KEPT: Duration = Duration::from_millis(200);

/// How many prices are kept in memory; then the cache begins anew.
const PRICES_MAX: usize = 1_000;

/// How long Redis is waited for: longer than this, and the database is quicker.
const REDIS_TIMEOUT: Duration = Duration::from_millis(100);

/// A cache of prices.
#[derive(Clone)]
pub(crate) struct Catalog {
    kept: Kept,
    measured: Cache,
}

#[derive(Clone)]
enum Kept {
    Memory(Arc<Mutex<HashMap<i64, (f64, Instant)>>>),
    Redis(MeasuredRedis<ConnectionManager>),
}

impl Catalog {
    /// A cache in the Redis of that URL, which connects again when it has to, or in memory.
    pub(crate) async fn open(url: Option<&str>, registry: &Registry) -> Result<Catalog> {
        let measured = Cache::register(registry, "prices")?;
        let kept = match url {
            None => Kept::Memory(Arc::default()),
            Some(url) => {
                // One that is gone is asked for again by the next request, and waited for by none.
                let config = ConnectionManagerConfig::new()
                    .set_connection_timeout(Some(REDIS_TIMEOUT))
                    .set_response_timeout(Some(REDIS_TIMEOUT))
                    .set_number_of_retries(0);
                let client = redis::Client::open(url)?;
                let connection = client.get_connection_manager_with_config(config).await;
                let connection = connection.with_context(|| format!("cannot open the cache {url}"))?;
                Kept::Redis(MeasuredRedis::register(registry, connection)?)
            }
        };
        Ok(Catalog { kept, measured })
    }

    pub(crate) async fn get(&self, product: i64) -> Option<f64> {
        let found = match &self.kept {
            Kept::Memory(prices) => {
                let prices = prices.lock().unwrap_or_else(PoisonError::into_inner);
                prices.get(&product).filter(|(_, since)| since.elapsed() < KEPT).map(|(price, _)| *price)
            }
            Kept::Redis(redis) => {
                let found = redis::cmd("GET").arg(key(product)).query_async(&mut redis.clone()).await;
                // The shop can do without.
                found.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the cache does not answer");
                    None
                })
            }
        };
        self.measured.count(found)
    }

    pub(crate) async fn put(&self, product: i64, price: f64) {
        match &self.kept {
            Kept::Memory(prices) => {
                let mut prices = prices.lock().unwrap_or_else(PoisonError::into_inner);
                if prices.len() >= PRICES_MAX {
                    prices.clear();
                }
                prices.insert(product, (price, Instant::now()));
            }
            Kept::Redis(redis) => {
                let mut set = redis::cmd("SET");
                set.arg(key(product)).arg(price).arg("PX").arg(KEPT.as_millis() as u64);
                if let Err(error) = set.exec_async(&mut redis.clone()).await {
                    tracing::warn!(%error, "the cache does not answer");
                }
            }
        }
    }

    /// Whether it answers.
    pub(crate) async fn ping(self) -> Result<()> {
        match &self.kept {
            Kept::Memory(_) => Ok(()),
            Kept::Redis(redis) => Ok(redis::cmd("PING").exec_async(&mut redis.clone()).await?),
        }
    }
}

fn key(product: i64) -> String {
    format!("price:{product}")
}
