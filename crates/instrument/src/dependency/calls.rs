//! Calls to something else: how long they took and how they ended.

use std::time::Instant;

use crate::Error;
use crate::metrics::{Family, Histogram, LATENCY_BUCKETS, Level, Registry};

/// Times calls by operation: `NAME_duration_seconds{operation, outcome}` and `NAME_in_progress{operation}`. Outcomes are
/// `ok`, `error`, and `cancelled` where nobody waited for the end.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let registry = flightdeck::Registry::new();
/// # async fn fetch() -> Result<u32, std::io::Error> { Ok(7) }
/// let queries = flightdeck::dependency::Calls::register(&registry, "db_query")?;
/// let order = queries.timed("select_order", fetch()).await?;
/// # let _ = order;
/// # Ok(())
/// # }
/// ```
///
/// For calls to other services the field's prefix is `external_api`.
#[derive(Clone)]
pub struct Calls {
    duration: Family<[&'static str; 2], Histogram>,
    in_progress: Family<[&'static str; 1], Level>,
}

impl Calls {
    /// Calls under a prefix such as `db_query`, `redis_command` or `external_api`.
    pub fn register(registry: &Registry, prefix: &str) -> Result<Calls, Error> {
        let duration = format!("{prefix}_duration_seconds");
        Ok(Calls {
            duration: registry
                .histogram(&duration, "How long calls took, by operation and outcome.")
                .buckets(&LATENCY_BUCKETS)
                .labels(["operation", "outcome"])?,
            in_progress: registry
                .level(&format!("{prefix}_in_progress"), "Calls that have not ended.")
                .labels(["operation"])?,
        })
    }

    /// Awaits a call and records it, also when it is given up.
    pub async fn timed<T, E>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut recorded = self.begin(operation);
        let result = call.await;
        recorded.end(result.is_ok());
        result
    }

    /// The same for a call that does not wait.
    pub fn timed_blocking<T, E>(&self, operation: &str, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut recorded = self.begin(operation);
        let result = call();
        recorded.end(result.is_ok());
        result
    }

    /// A call that begins now.
    pub(super) fn begin<'a>(&self, operation: &'a str) -> Recorded<'a> {
        let tracked = self.in_progress.get(&[operation]).track();
        Recorded {
            calls: self.clone(),
            operation,
            started: Instant::now(),
            outcome: "cancelled",
            _tracked: tracked,
        }
    }
}

/// Records a call when it is dropped, which is how calls end that were given up.
pub(super) struct Recorded<'a> {
    calls: Calls,
    operation: &'a str,
    started: Instant,
    outcome: &'static str,
    _tracked: crate::metrics::Tracked,
}

impl Recorded<'_> {
    /// It was not given up.
    pub(super) fn end(&mut self, ok: bool) {
        self.outcome = if ok { "ok" } else { "error" };
    }
}

impl Drop for Recorded<'_> {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        self.calls
            .duration
            .with(&[self.operation, self.outcome], |histogram| histogram.observe_duration(elapsed));
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn calls_are_recorded_however_they_end() {
        let registry = Registry::new();
        let calls = Calls::register(&registry, "db_query").unwrap();
        let mut task = Context::from_waker(Waker::noop());
        let ok = async { Ok::<_, ()>(1) };
        assert!(pin!(calls.timed("select", ok)).poll(&mut task).is_ready());
        assert_eq!(calls.timed_blocking("select", || Err::<(), _>("refused")), Err("refused"));
        {
            let mut hangs = pin!(calls.timed("select", std::future::pending::<Result<(), ()>>()));
            assert!(hangs.as_mut().poll(&mut task).is_pending());
            assert!(registry.text().contains("db_query_in_progress{operation=\"select\"} 1.0\n"));
        }
        let text = registry.text();
        for outcome in ["ok", "error", "cancelled"] {
            let sample = format!(
                "db_query_duration_seconds_count{{operation=\"select\",outcome=\"{outcome}\"}} 1.0\n"
            );
            assert!(text.contains(&sample), "{text}");
        }
        assert!(text.contains("db_query_in_progress{operation=\"select\"} 0.0\n"));
    }
}
