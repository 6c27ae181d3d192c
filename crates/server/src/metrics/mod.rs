//! What this process says about itself, at `/metrics` and in the store as job `flightdeck`.
//!
//! Every family stands here by name; `docs/metrics.md` explains them and a test compares the two.

mod family;
mod process;
mod store;

use std::fmt::Write as _;
use std::sync::Arc;

use model::{Frame, Labels, Layout, METRIC_NAME, Metadata, MetricType, Timestamp};
use parking_lot::Mutex;
use tsdb::{Appended, Refusal, Stats};

pub use family::{Durations, Family, Point};

/// The registry: one field per family.
pub struct Metrics {
    /// Which build runs.
    pub build_info: Family,
    /// The memory ceiling.
    pub memory_limit: Family,
    /// Requests answered.
    pub http_requests: Family,
    /// How long they took.
    pub http_request_seconds: Durations,
    /// Samples the store took, by where they came from.
    pub samples: Family,
    /// Exemplars the store took.
    pub exemplars: Family,
    /// Exemplars that were refused, by where they came from and why.
    pub exemplars_refused: Family,
    /// Samples that were refused.
    pub samples_refused: Family,
    /// Whole batches that could not be read or stored.
    pub batches_failed: Family,
    /// Loads of the configuration.
    pub config_reloads: Family,
    /// Whether the last load worked.
    pub config_last_reload_ok: Family,
    /// When the running configuration was loaded.
    pub config_loaded_time: Family,
    /// How long making writes durable took.
    pub sync_seconds: Durations,
    /// How long maintenance took.
    pub maintain_seconds: Durations,
    /// What the store failed at.
    pub store_errors: Family,
    last_layout: Mutex<Option<Arc<Layout>>>,
}

/// A family as it is exposed.
pub struct Exposed {
    /// The family's name.
    pub name: &'static str,
    /// What it tells, for people.
    pub help: &'static str,
    /// What kind of metric it is.
    pub kind: MetricType,
    /// Its series; those of a histogram as the text format has them.
    pub points: Vec<Point>,
}

impl Metrics {
    /// A registry with everything at its start.
    pub fn new() -> Metrics {
        let metrics = Metrics {
            build_info: Family::gauge(
                "flightdeck_build_info",
                &["version"],
                "Always 1; the label tells the version.",
            ),
            memory_limit: Family::gauge(
                "flightdeck_memory_limit_bytes",
                &[],
                "Memory this process may use; near it new series are refused, and expensive queries.",
            ),
            http_requests: Family::counter(
                "flightdeck_http_requests_total",
                &["handler", "code"],
                "HTTP requests answered, by route and status code.",
            ),
            http_request_seconds: Durations::new(
                "flightdeck_http_request_duration_seconds",
                &["handler"],
                "How long HTTP requests took until their response began, by route.",
            ),
            samples: Family::counter(
                "flightdeck_samples_appended_total",
                &["source"],
                "Samples the store took, by where they came from.",
            ),
            exemplars: Family::counter(
                "flightdeck_exemplars_appended_total",
                &["source"],
                "Exemplars the store took, by where they came from.",
            ),
            exemplars_refused: Family::counter(
                "flightdeck_exemplars_refused_total",
                &["source", "reason"],
                "Exemplars that were refused, by where they came from and why.",
            ),
            samples_refused: Family::counter(
                "flightdeck_samples_refused_total",
                &["source", "reason"],
                "Samples that were refused, by where they came from and why.",
            ),
            batches_failed: Family::counter(
                "flightdeck_batches_failed_total",
                &["source"],
                "Scrapes or requests of which nothing could be stored, by where they came from.",
            ),
            config_reloads: Family::counter(
                "flightdeck_config_reloads_total",
                &["outcome"],
                "Attempts to load the configuration, by outcome.",
            ),
            config_last_reload_ok: Family::gauge(
                "flightdeck_config_last_reload_successful",
                &[],
                "Whether the last attempt to load the configuration worked.",
            ),
            config_loaded_time: Family::gauge(
                "flightdeck_config_last_reload_success_timestamp_seconds",
                &[],
                "When the running configuration was loaded.",
            ),
            sync_seconds: Durations::new(
                "flightdeck_store_sync_duration_seconds",
                &[],
                "How long it took to make accepted samples durable.",
            ),
            maintain_seconds: Durations::new(
                "flightdeck_store_maintain_duration_seconds",
                &[],
                "How long sealing, merging and expiring took.",
            ),
            store_errors: Family::counter(
                "flightdeck_store_errors_total",
                &["operation"],
                "Operations of the store that failed.",
            ),
            last_layout: Mutex::new(None),
        };
        metrics.build_info.set(&[crate::commands::version::VERSION], 1.0);
        metrics
    }

    /// Counts what became of an append.
    pub fn count(&self, source: &str, appended: &Appended) {
        self.samples.add(&[source], appended.samples);
        if appended.exemplars > 0 {
            self.exemplars.add(&[source], appended.exemplars);
        }
        count_refused(&self.samples_refused, source, appended.refused, &appended.refusals);
        let (refused, named) = (appended.exemplars_refused, &appended.exemplar_refusals);
        count_refused(&self.exemplars_refused, source, refused, named);
    }

    /// The exposition text.
    pub fn text(&self, store: &Stats) -> String {
        let mut text = String::with_capacity(16 * 1024);
        for family in self.gather(store) {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "# HELP {} {}\n# TYPE {} {}",
                family.name, family.help, family.name, family.kind
            );
            for point in family.points {
                let _ = writeln!(text, "{} {}", point.labels, point.value);
            }
        }
        text
    }

    /// The same as a row for the store, without a detour over HTTP and text.
    pub fn frame(&self, store: &Stats, target: &Labels, time: Timestamp) -> Frame {
        let families = self.gather(store);
        let (mut points, mut values) = (Vec::new(), Vec::new());
        for point in families.iter().flat_map(|family| &family.points) {
            points.push(point.labels.clone());
            values.push(point.value);
        }
        points.push(Labels::from_pairs([(METRIC_NAME, "up")]));
        values.push(1.0);
        let mut last = self.last_layout.lock();
        let layout = match last.as_ref() {
            Some(layout) if *layout.points == *points && layout.target == *target => layout.clone(),
            _ => {
                let metadata = |family: &Exposed| Metadata {
                    kind: family.kind,
                    unit: String::new(),
                    help: family.help.to_owned(),
                };
                let metadata =
                    families.iter().map(|family| (family.name.to_owned(), metadata(family))).collect();
                Layout::new(target.clone(), points, metadata)
            }
        };
        *last = Some(layout.clone());
        Frame {
            layout,
            time,
            values,
            absent: Vec::new(),
            histograms: Vec::new(),
            exemplars: Vec::new(),
            starts: Arc::from([]),
        }
    }

    /// Every family with its values now.
    pub fn gather(&self, store: &Stats) -> Vec<Exposed> {
        let simple = [
            &self.build_info,
            &self.memory_limit,
            &self.http_requests,
            &self.samples,
            &self.exemplars,
            &self.exemplars_refused,
            &self.samples_refused,
            &self.batches_failed,
            &self.config_reloads,
            &self.config_last_reload_ok,
            &self.config_loaded_time,
            &self.store_errors,
        ];
        let mut exposed: Vec<Exposed> = simple
            .into_iter()
            .map(|family| {
                let mut points = Vec::new();
                family.gather(&mut points);
                Exposed { name: family.name, help: family.help, kind: family.kind, points }
            })
            .collect();
        for durations in [&self.http_request_seconds, &self.sync_seconds, &self.maintain_seconds] {
            let mut points = Vec::new();
            durations.gather(&mut points);
            let (name, help) = (durations.name, durations.help);
            exposed.push(Exposed { name, help, kind: MetricType::Histogram, points });
        }
        let figures = process::gather().into_iter().chain(store::gather(store));
        exposed.extend(figures.map(|(name, kind, help, value)| Exposed {
            name,
            help,
            kind,
            points: vec![Point { labels: Labels::from_pairs([(METRIC_NAME, name)]), value }],
        }));
        exposed
    }
}

/// Counts what was refused by its reason, as far as it was named.
fn count_refused(family: &Family, source: &str, refused: u64, named: &[Refusal]) {
    for refusal in named {
        family.add(&[source, refusal.reason.name()], 1);
    }
    let rest = refused.saturating_sub(named.len() as u64);
    if rest > 0 {
        family.add(&[source, "not_named"], rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_documented_and_every_documented_one_exists() {
        let document = include_str!("../../../../docs/metrics.md");
        let mut documented: Vec<&str> =
            document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let stats = Stats { min_time: Some(0), max_time: Some(0), ..Stats::default() };
        let mut exposed: Vec<&str> = Metrics::new().gather(&stats).iter().map(|family| family.name).collect();
        documented.sort_unstable();
        exposed.sort_unstable();
        assert_eq!(documented, exposed);
    }

    #[test]
    fn the_exposition_is_well_formed() {
        let metrics = Metrics::new();
        metrics.http_requests.add(&["/a\"b", "200"], 1);
        metrics.sync_seconds.observe(&[], std::time::Duration::from_millis(3));
        let text = metrics.text(&Stats::default());
        let problems = wire::check::check(text.as_bytes(), wire::Format::Text);
        assert!(problems.is_empty(), "{problems:?}\n{text}");
    }
}
