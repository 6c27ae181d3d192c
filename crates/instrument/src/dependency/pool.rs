//! Pools of connections, asked when somebody scrapes.

use crate::metrics::Registry;

/// A pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Connections there are.
    pub size: u64,
    /// Those of them that nobody uses.
    pub idle: u64,
    /// Connections there may be, if that is known.
    pub size_max: Option<u64>,
    /// Who waits for one, if that is known.
    pub waiting: Option<u64>,
}

/// Exposes a pool: `pool_connections{pool, state}` (used and idle), `pool_connections_max` and `pool_waiting`. Works with any
/// pool that can say how large it is: `PoolState { size: pool.size().into(), idle: pool.num_idle() as u64, ..Default::default() }`.
pub fn watch_pool(registry: &Registry, name: &str, state: impl Fn() -> PoolState + Send + Sync + 'static) {
    let name = name.to_owned();
    registry.collect_with(move |samples| {
        let state = state();
        let help = "Connections of the pool, by what they do.";
        let used = state.size.saturating_sub(state.idle) as f64;
        samples.gauge("pool_connections", help, &[("pool", &name), ("state", "used")], used);
        samples.gauge("pool_connections", help, &[("pool", &name), ("state", "idle")], state.idle as f64);
        if let Some(max) = state.size_max {
            samples.gauge(
                "pool_connections_max",
                "Connections the pool may have.",
                &[("pool", &name)],
                max as f64,
            );
        }
        if let Some(waiting) = state.waiting {
            samples.gauge("pool_waiting", "Who waits for a connection.", &[("pool", &name)], waiting as f64);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_are_told_apart() {
        let registry = Registry::new();
        watch_pool(&registry, "orders", || PoolState { size: 5, idle: 2, size_max: Some(10), waiting: None });
        watch_pool(&registry, "users", || PoolState { size: 1, idle: 1, size_max: None, waiting: Some(3) });
        let text = registry.text();
        for sample in [
            "pool_connections{pool=\"orders\",state=\"used\"} 3.0\n",
            "pool_connections{pool=\"users\",state=\"used\"} 0.0\n",
            "pool_connections_max{pool=\"orders\"} 10.0\n",
            "pool_waiting{pool=\"users\"} 3.0\n",
        ] {
            assert!(text.contains(sample), "{text}");
        }
    }
}
