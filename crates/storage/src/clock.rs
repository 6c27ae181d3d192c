//! The clock: what time it is and how much has passed, real or set by a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A cheap handle to the time of day and to a time that only moves forward.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System { started: std::time::Instant },
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[allow(clippy::disallowed_methods, reason = "this is the seam")]
    pub fn system() -> Clock {
        Clock(Kind::System { started: std::time::Instant::now() })
    }

    /// A clock that stands at `now_ms` until [`Clock::advance`] moves it, on every clone of this handle.
    pub fn fixed(now_ms: i64) -> Clock {
        Clock(Kind::Set(Arc::new(AtomicI64::new(now_ms))))
    }

    /// Milliseconds since the Unix epoch.
    #[allow(clippy::disallowed_methods, reason = "this is the seam")]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Kind::System { .. } => {
                let now = std::time::SystemTime::now();
                match now.duration_since(std::time::UNIX_EPOCH) {
                    Ok(since) => since.as_millis() as i64,
                    Err(before) => -(before.duration().as_millis() as i64),
                }
            }
            Kind::Set(now) => now.load(Ordering::SeqCst),
        }
    }

    /// How long since an arbitrary moment; never goes back on the system's clock.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Kind::System { started } => started.elapsed(),
            Kind::Set(now) => Duration::from_millis(now.load(Ordering::SeqCst).max(0) as u64),
        }
    }

    /// Moves a fixed clock forward; the system's clock cannot be moved.
    ///
    /// # Panics
    /// On the system's clock.
    pub fn advance(&self, by: Duration) {
        match &self.0 {
            Kind::System { .. } => panic!("the system's clock cannot be moved"),
            Kind::Set(now) => {
                now.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(1_000);
        let same = clock.clone();
        clock.advance(Duration::from_secs(2));
        assert_eq!((same.now_ms(), same.elapsed()), (3_000, Duration::from_secs(3)));
    }

    #[test]
    fn the_system_clock_is_after_2020() {
        assert!(Clock::system().now_ms() > 1_577_836_800_000);
    }
}
