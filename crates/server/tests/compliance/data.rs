//! The metrics the compliance suite asks about, over two hours: three instances of one demo service with counters that
//! reset, a gauge that comes and goes, histograms, and a batch job.
//!
//! Samples lie at odd milliseconds, so that no window or look-back ever ends on one: older engines count a sample on
//! the left edge of a window, newer ones do not.

use model::{Labels, Sample, Series, Timestamp, Value};

/// When the data begins. A round time, so that steps are round too.
pub const START: Timestamp = 1_750_000_000_000;
/// The time between samples.
pub const INTERVAL: Timestamp = 10_000;
/// How many samples a series without gaps has.
pub const SAMPLES: i64 = 720;
/// How far after a round time each sample lies.
const SHIFT: Timestamp = 3_217;

const INSTANCES: [&str; 3] =
    ["demo.promlabs.com:10000", "demo.promlabs.com:10001", "demo.promlabs.com:10002"];
const BUCKETS: [f64; 8] = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Every series with all its samples.
pub fn generate() -> Vec<Series> {
    let mut series = Vec::new();
    for (number, instance) in INSTANCES.iter().enumerate() {
        let phase = number as f64 + 1.0;
        gauges(&mut series, instance, phase);
        counters(&mut series, instance, phase);
        histograms(&mut series, instance, phase);
    }
    series
}

fn gauges(series: &mut Vec<Series>, instance: &str, phase: f64) {
    for (index, kind) in ["free", "used", "buffers", "cached"].iter().enumerate() {
        let base = 1e9 * (index as f64 + phase);
        let labels = [("type", *kind)];
        series.push(one(instance, "demo_memory_usage_bytes", &labels, |step| {
            Some((base + 1e8 * (step as f64 / 37.0 * phase).sin()).floor())
        }));
    }
    series.push(one(instance, "demo_num_cpus", &[], |_| Some(4.0 * phase)));
    series.push(one(instance, "demo_disk_total_bytes", &[], |_| Some(2e11)));
    series.push(one(instance, "demo_disk_usage_bytes", &[], |step| {
        Some(1e11 + step as f64 * 12_345.678 * phase)
    }));
    series.push(one(instance, "demo_intermittent_metric", &[], |step| {
        (step / 11 % 3 != 1).then_some(step as f64)
    }));
    series.push(one(instance, "demo_batch_last_success_timestamp_seconds", &[], |step| {
        Some((START / 1000 + step / 40 * 400) as f64 + phase)
    }));
}

fn counters(series: &mut Vec<Series>, instance: &str, phase: f64) {
    for (index, mode) in ["user", "system", "idle"].iter().enumerate() {
        let rate = (index as f64 + 1.0) * phase * 0.731;
        // A restart every 300 samples resets the counter.
        let value = |step: i64| Some((step % 300) as f64 * rate + (step as f64 / 5.0).sin().abs());
        series.push(one(instance, "demo_cpu_usage_seconds_total", &[("mode", mode)], value));
    }
}

fn histograms(series: &mut Vec<Series>, instance: &str, phase: f64) {
    for (method, path, status, weight) in
        [("GET", "/api/foo", "200", 9.0), ("GET", "/api/bar", "200", 5.0), ("POST", "/api/foo", "500", 1.0)]
    {
        let labels = [("method", method), ("path", path), ("status", status)];
        let requests = move |step: i64| (step as f64 * weight * phase).floor();
        let name = "demo_api_request_duration_seconds";
        for (index, bound) in BUCKETS.iter().enumerate() {
            let share = (index as f64 + 1.0) / (BUCKETS.len() as f64 + 1.0);
            let le = bound.to_string();
            let labels = [labels.as_slice(), &[("le", &le)]].concat();
            series.push(one(instance, &format!("{name}_bucket"), &labels, |step| {
                Some((requests(step) * share).floor())
            }));
        }
        let labels_of_last = [labels.as_slice(), &[("le", "+Inf")]].concat();
        series.push(one(instance, &format!("{name}_bucket"), &labels_of_last, |step| Some(requests(step))));
        series.push(one(instance, &format!("{name}_count"), &labels, |step| Some(requests(step))));
        series.push(one(instance, &format!("{name}_sum"), &labels, |step| Some(requests(step) * 0.0421)));
    }
}

fn one(instance: &str, name: &str, labels: &[(&str, &str)], value: impl Fn(i64) -> Option<f64>) -> Series {
    let fixed = [("__name__", name), ("instance", instance), ("job", "demo")];
    let samples = (0..SAMPLES).filter_map(|step| {
        let time = START + step * INTERVAL + SHIFT;
        Some(Sample { time, start: None, value: Value::Float(value(step)?) })
    });
    Series {
        labels: Labels::from_pairs(fixed.iter().chain(labels).copied()),
        samples: samples.collect(),
        ..Series::default()
    }
}
