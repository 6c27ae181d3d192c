//! What a scrape of ten thousand and of a hundred thousand series costs.

use std::hint::black_box;

use prometheus::Encoder;
use prometheus_client::encoding::text::encode;

use crate::measure::Table;

/// The quickest of a few: they take long.
pub fn time(mut work: impl FnMut()) -> f64 {
    let round = |work: &mut dyn FnMut()| {
        let started = std::time::Instant::now();
        work();
        started.elapsed().as_nanos() as f64
    };
    (0..15).map(|_| round(&mut work)).fold(f64::INFINITY, f64::min)
}

/// The label values of one series.
pub fn labels(number: usize) -> [String; 3] {
    ["GET".to_owned(), format!("/api/v1/{number}"), "200".to_owned()]
}

pub fn run(table: &mut Table) {
    for series in [10_000, 100_000] {
        let row = format!("text, {series} counters");
        let names = ["method", "route", "status"];

        let registry = flightdeck::Registry::new();
        let family = registry.counter("requests", "Requests.").series_max(series).labels(names).unwrap();
        (0..series).for_each(|number| family.get(&labels(number)).add(number as f64));
        table.add(&row, "flightdeck", time(|| drop(black_box(registry.text()))));

        let mut registry = prometheus_client::registry::Registry::default();
        let family = prometheus_client::metrics::family::Family::<
            Vec<(String, String)>,
            prometheus_client::metrics::counter::Counter,
        >::default();
        registry.register("requests", "Requests.", family.clone());
        for number in 0..series {
            let pairs = names.iter().map(|name| (*name).to_owned()).zip(labels(number)).collect();
            family.get_or_create(&pairs).inc_by(number as u64);
        }
        table.add(
            &row,
            "prometheus-client",
            time(|| {
                let mut text = String::new();
                encode(&mut text, &registry).unwrap();
                black_box(text);
            }),
        );

        let registry = prometheus::Registry::new();
        let family =
            prometheus::CounterVec::new(prometheus::Opts::new("requests", "Requests."), &names).unwrap();
        registry.register(Box::new(family.clone())).unwrap();
        (0..series).for_each(|number| family.with_label_values(&labels(number)).inc_by(number as f64));
        table.add(
            &row,
            "prometheus",
            time(|| {
                let mut text = Vec::new();
                prometheus::TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
                black_box(text);
            }),
        );

        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            for number in 0..series {
                let [method, route, status] = labels(number);
                metrics::counter!("requests", "method" => method, "route" => route, "status" => status)
                    .increment(number as u64);
            }
        });
        table.add(&row, "metrics", time(|| drop(black_box(handle.render()))));

        crate::measured::render(table, &row, series);
    }
}
