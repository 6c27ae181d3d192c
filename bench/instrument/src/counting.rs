//! Counters, gauges and histograms: alone, with two threads at one, and looked up by three labels.

use std::hint::black_box;

use metrics_exporter_prometheus::PrometheusHandle;
use prometheus_client::metrics::counter::Counter as OfficialCounter;
use prometheus_client::metrics::family::Family as OfficialFamily;
use prometheus_client::metrics::gauge::Gauge as OfficialGauge;
use prometheus_client::metrics::histogram::Histogram as OfficialHistogram;

use crate::measure::{Table, time, time_shared};

const CALLS: u32 = 10_000;
const THREADS: usize = 2;
pub const LABELS: [&str; 3] = ["GET", "/api/v1/orders/{id}", "200"];
pub const VALUE: f64 = 0.2;

/// Measures one thing alone and shared.
pub fn both(table: &mut Table, row: &str, column: &str, work: impl Fn() + Sync) {
    table.add(row, column, time(CALLS, &work));
    table.add(&format!("{row}, second thread"), column, time_shared(THREADS, CALLS, &work));
}

pub fn run(table: &mut Table, recorder: &PrometheusHandle) {
    flightdeck(table);
    official(table);
    prometheus(table);
    metrics(table, recorder);
    crate::measured::count(table);
}

fn flightdeck(table: &mut Table) {
    let column = "flightdeck";
    let registry = flightdeck::Registry::new();
    let counter = registry.counter("counter", "A counter.").register().unwrap();
    both(table, "counter.inc", column, || black_box(&counter).inc());
    let gauge = registry.gauge("gauge", "A gauge.").register().unwrap();
    both(table, "gauge.set", column, || black_box(&gauge).set(VALUE));
    let level = registry.level("level", "A level.").register().unwrap();
    both(table, "gauge.inc", column, || black_box(&level).inc());
    let histogram = registry.histogram("histogram", "A histogram.").register().unwrap();
    both(table, "histogram.observe", column, || black_box(&histogram).observe(black_box(VALUE)));
    let native =
        registry.histogram("native", "A histogram.").native_only(Default::default()).register().unwrap();
    both(table, "native histogram.observe", column, || black_box(&native).observe(black_box(VALUE)));
    let family = registry.counter("family", "A family.").labels(["method", "route", "status"]).unwrap();
    for number in 0..200 {
        family.get(&["GET", &format!("/api/v1/{number}"), "200"]).inc();
    }
    both(table, "labelled counter, three strings", column, || {
        family.with(black_box(&LABELS), flightdeck::Counter::inc);
    });
    let family = registry.histogram("durations", "A family.").labels(["method", "route", "status"]).unwrap();
    both(table, "labelled histogram, three strings", column, || {
        family.with(black_box(&LABELS), |histogram| histogram.observe(black_box(VALUE)));
    });
}

type OfficialLabels = Vec<(String, String)>;

fn official_labels() -> OfficialLabels {
    ["method", "route", "status"]
        .iter()
        .zip(LABELS)
        .map(|(name, value)| ((*name).to_owned(), value.to_owned()))
        .collect()
}

fn official(table: &mut Table) {
    let column = "prometheus-client";
    let counter = OfficialCounter::<u64>::default();
    both(table, "counter.inc", column, || {
        black_box(&counter).inc();
    });
    let gauge = OfficialGauge::<i64>::default();
    both(table, "gauge.set", column, || {
        black_box(&gauge).set(7);
    });
    both(table, "gauge.inc", column, || {
        black_box(&gauge).inc();
    });
    let new = || OfficialHistogram::new(flightdeck::LATENCY_BUCKETS);
    let histogram = new();
    both(table, "histogram.observe", column, || black_box(&histogram).observe(black_box(VALUE)));
    let family = OfficialFamily::<OfficialLabels, OfficialCounter>::default();
    both(table, "labelled counter, three strings", column, || {
        black_box(&family).get_or_create(&official_labels()).inc();
    });
    let family = OfficialFamily::<OfficialLabels, OfficialHistogram, _>::new_with_constructor(
        new as fn() -> OfficialHistogram,
    );
    both(table, "labelled histogram, three strings", column, || {
        black_box(&family).get_or_create(&official_labels()).observe(black_box(VALUE));
    });
}

fn prometheus(table: &mut Table) {
    use prometheus::{Counter, CounterVec, Gauge, Histogram, HistogramOpts, HistogramVec, Opts};
    let column = "prometheus";
    let names = ["method", "route", "status"];
    let counter = Counter::new("counter", "A counter.").unwrap();
    both(table, "counter.inc", column, || black_box(&counter).inc());
    let gauge = Gauge::new("gauge", "A gauge.").unwrap();
    both(table, "gauge.set", column, || black_box(&gauge).set(VALUE));
    both(table, "gauge.inc", column, || black_box(&gauge).inc());
    let options =
        || HistogramOpts::new("histogram", "A histogram.").buckets(flightdeck::LATENCY_BUCKETS.to_vec());
    let histogram = Histogram::with_opts(options()).unwrap();
    both(table, "histogram.observe", column, || black_box(&histogram).observe(black_box(VALUE)));
    let family = CounterVec::new(Opts::new("family", "A family."), &names).unwrap();
    both(table, "labelled counter, three strings", column, || {
        black_box(&family).with_label_values(black_box(&LABELS)).inc();
    });
    let family = HistogramVec::new(options(), &names).unwrap();
    both(table, "labelled histogram, three strings", column, || {
        black_box(&family).with_label_values(black_box(&LABELS)).observe(black_box(VALUE));
    });
}

fn metrics(table: &mut Table, handle: &PrometheusHandle) {
    let column = "metrics";
    let counter = metrics::counter!("counter");
    both(table, "counter.inc", column, || black_box(&counter).increment(1));
    let gauge = metrics::gauge!("gauge");
    both(table, "gauge.set", column, || black_box(&gauge).set(VALUE));
    both(table, "gauge.inc", column, || black_box(&gauge).increment(1.0));
    both(table, "labelled counter, three strings", column, || {
        let [method, route, status] = black_box(LABELS);
        metrics::counter!("family", "method" => method, "route" => route, "status" => status).increment(1);
    });
    // Samples are kept until somebody drains them, so rounds are short and drained.
    let histogram = metrics::histogram!("histogram");
    both(table, "histogram.observe", column, || black_box(&histogram).record(black_box(VALUE)));
    handle.run_upkeep();
    both(table, "labelled histogram, three strings", column, || {
        let [method, route, status] = black_box(LABELS);
        metrics::histogram!("durations", "method" => method, "route" => route, "status" => status)
            .record(VALUE);
    });
    handle.run_upkeep();
}
