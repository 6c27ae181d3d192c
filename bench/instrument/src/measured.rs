//! The crate `measured`: counting and rendering, with labels that are only known at run time, as all others have them.

use std::hint::black_box;

use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{Counter, CounterVec, Gauge, Histogram, HistogramVec, LabelGroup, MetricGroup};
use paracord::ParaCord;

use crate::counting::{LABELS, VALUE, both};
use crate::measure::Table;
use crate::rendering;

const COLUMN: &str = "measured";

#[derive(Clone, Copy, LabelGroup)]
#[label(set = RequestSet)]
struct Request<'a> {
    #[label(dynamic_with = ParaCord)]
    method: &'a str,
    #[label(dynamic_with = ParaCord)]
    route: &'a str,
    #[label(dynamic_with = ParaCord)]
    status: &'a str,
}

#[derive(MetricGroup)]
struct Requests {
    /// Requests.
    requests: CounterVec<RequestSet>,
}

fn set() -> RequestSet {
    RequestSet { method: ParaCord::default(), route: ParaCord::default(), status: ParaCord::default() }
}

fn request<'a>([method, route, status]: [&'a str; 3]) -> Request<'a> {
    Request { method, route, status }
}

pub fn count(table: &mut Table) {
    let counter = Counter::new();
    both(table, "counter.inc", COLUMN, || black_box(&counter).inc());
    let gauge = Gauge::new();
    both(table, "gauge.set", COLUMN, || black_box(&gauge).set(7));
    both(table, "gauge.inc", COLUMN, || black_box(&gauge).inc());
    let thresholds = || Thresholds::with_buckets(flightdeck::LATENCY_BUCKETS);
    let histogram = Histogram::with_metadata(thresholds());
    both(table, "histogram.observe", COLUMN, || black_box(&histogram).observe(black_box(VALUE)));
    let family = CounterVec::with_label_set(set());
    both(table, "labelled counter, three strings", COLUMN, || family.inc(request(black_box(LABELS))));
    let family = HistogramVec::with_label_set_and_metadata(set(), thresholds());
    both(table, "labelled histogram, three strings", COLUMN, || {
        family.observe(request(black_box(LABELS)), black_box(VALUE));
    });
}

pub fn render(table: &mut Table, row: &str, series: usize) {
    let metrics = Requests { requests: CounterVec::with_label_set(set()) };
    for number in 0..series {
        let [method, route, status] = rendering::labels(number);
        metrics.requests.inc_by(request([&method, &route, &status]), number as u64);
    }
    let mut encoder = BufferedTextEncoder::new();
    let work = || {
        metrics.collect_group_into(&mut encoder).unwrap();
        black_box(encoder.finish());
    };
    table.add(row, COLUMN, rendering::time(work));
}
