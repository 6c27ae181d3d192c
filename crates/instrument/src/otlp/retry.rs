//! How long to wait before something is sent again.

use std::time::Duration;

/// The first wait; each is twice the last.
const WAIT_FIRST: Duration = Duration::from_millis(500);

const WAIT_MAX: Duration = Duration::from_secs(30);

/// Waits that grow.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait: what the collector said, else twice the last, less a random part so that services do not come back
    /// all at once. `random` is from 0 to 1.
    pub(super) fn next(&mut self, after: Option<Duration>, random: f64) -> Duration {
        let own = WAIT_FIRST.saturating_mul(1 << self.failures.min(16)).min(WAIT_MAX);
        self.failures += 1;
        after.unwrap_or_else(|| own.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_unless_the_collector_says() {
        let mut backoff = Backoff::default();
        let ms: Vec<u128> = (0..8).map(|_| backoff.next(None, 0.0).as_millis()).collect();
        assert_eq!(ms, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(backoff.next(None, 1.0), Duration::from_secs(15));
        assert_eq!(backoff.next(Some(Duration::from_secs(90)), 1.0), Duration::from_secs(90));
    }
}
