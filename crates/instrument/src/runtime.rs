//! The tokio runtime, as far as tokio tells of itself without unstable flags.

use tokio::runtime::Handle;

use crate::metrics::Registry;

/// Exposes a runtime: `tokio_workers`, `tokio_alive_tasks`, `tokio_global_queue_tasks`, and for each worker how long it was busy
/// and how often it went to sleep. A worker that is always busy is one that something blocks.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let registry = flightdeck::Registry::new();
/// flightdeck::runtime::watch(&registry, runtime.handle());
/// assert!(registry.text().contains("tokio_workers 1.0"));
/// ```
pub fn watch(registry: &Registry, runtime: &Handle) {
    let metrics = runtime.metrics();
    registry.collect_with(move |samples| {
        let workers = metrics.num_workers();
        samples.gauge("tokio_workers", "Threads that run tasks.", &[], workers as f64);
        samples.gauge(
            "tokio_alive_tasks",
            "Tasks that have not ended.",
            &[],
            metrics.num_alive_tasks() as f64,
        );
        let queued = metrics.global_queue_depth() as f64;
        samples.gauge("tokio_global_queue_tasks", "Tasks that no worker has taken yet.", &[], queued);
        #[cfg(target_has_atomic = "64")]
        for worker in 0..workers {
            let label = worker.to_string();
            let label = [("worker", label.as_str())];
            let busy = metrics.worker_total_busy_duration(worker).as_secs_f64();
            samples.counter("tokio_worker_busy_seconds", "Time that the worker ran tasks.", &label, busy);
            let parks = metrics.worker_park_count(worker) as f64;
            samples.counter(
                "tokio_worker_parks",
                "Times that the worker found nothing to do.",
                &label,
                parks,
            );
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_worker_is_told_of() {
        let registry = Registry::new();
        watch(&registry, &Handle::current());
        tokio::spawn(async {}).await.unwrap();
        let text = registry.text();
        for sample in
            ["tokio_workers 2.0\n", "tokio_alive_tasks ", "tokio_worker_busy_seconds_total{worker=\"1\"} "]
        {
            assert!(text.contains(sample), "{text}");
        }
    }
}
