//! The two hours before the demo, written into the store as if the shop had been scraped all along.

use std::collections::BTreeMap;

use model::{Labels, METRIC_NAME, Sample, Series, Timestamp, Value};
use tsdb::Store;

use super::fault::Schedule;
use super::plan::{Chance, SERVICES, Service};

/// How long the history is.
const HISTORY_MS: i64 = 2 * 3_600_000;
/// How often it was scraped.
const STEP_MS: i64 = 15_000;
/// The bounds of the histograms, those of the services' library.
const BOUNDS: &[f64] = &flightdeck_instrument::LATENCY_BUCKETS;
/// How many requests of one endpoint and step are drawn one by one; they stand for all.
const DRAWN_MAX: u64 = 400;

/// Series under their labels, as they grow.
type Grown = BTreeMap<Labels, Vec<Sample>>;

/// Writes it up to `end`.
pub fn write(store: &Store, schedule: &Schedule, addresses: &[String], end: Timestamp) -> anyhow::Result<()> {
    let mut grown = Grown::new();
    for (service, address) in SERVICES.iter().zip(addresses) {
        let chance = Chance::new(address.len() as u64 + 11);
        let mut teller = Teller { service, address, chance, answers: BTreeMap::new() };
        let mut time = end - HISTORY_MS;
        // The last step is left to the first real scrape.
        while time < end - STEP_MS {
            teller.step(schedule, time, end, &mut grown);
            time += STEP_MS;
        }
        teller.answers.into_values().for_each(|answers| answers.into_series(&mut grown));
    }
    let batch: Vec<Series> = grown
        .into_iter()
        .map(|(labels, samples)| Series { labels, samples, exemplars: Vec::new(), metadata: None })
        .collect();
    store.append_series(&batch)?;
    store.sync()?;
    Ok(())
}

/// What an endpoint answered with one status: counted by bound, with a column of samples for each.
struct Answers {
    /// Labels and samples: the requests, their count and sum, then one per bound.
    columns: Vec<(Labels, Vec<Sample>)>,
    sum: f64,
    /// How many were not slower than each bound, and how many there were.
    counts: Vec<f64>,
}

struct Teller<'a> {
    service: &'a Service,
    address: &'a str,
    chance: Chance,
    answers: BTreeMap<(usize, &'static str), Answers>,
}

impl Teller<'_> {
    fn step(&mut self, schedule: &Schedule, time: Timestamp, end: Timestamp, grown: &mut Grown) {
        let fault = schedule.at(time);
        let hours = (end - time) as f64 / 3_600_000.0;
        // A slow swing and a fast one, so that the lines look like those of people.
        let swing = 1.0 + 0.2 * (hours * 2.1).sin() + 0.06 * (hours * 31.0).sin();
        for (at, endpoint) in self.service.endpoints.iter().enumerate() {
            let behaviour = self.service.behaviour(endpoint, fault);
            let expected = behaviour.rate * swing * STEP_MS as f64 / 1000.0;
            let count = (expected + self.chance.normal() * expected.sqrt()).round().max(0.0) as u64;
            for _ in 0..count.min(DRAWN_MAX) {
                let seconds = self.chance.duration(&behaviour);
                let status = match (self.chance.share() < behaviour.failing, endpoint.method) {
                    (true, _) => "500",
                    (false, "POST") => "201",
                    (false, _) => "200",
                };
                let own = [("method", endpoint.method), ("route", endpoint.route), ("status", status)];
                let (service, address) = (self.service.name, self.address);
                let answers =
                    self.answers.entry((at, status)).or_insert_with(|| Answers::new(service, address, &own));
                answers.add(seconds);
            }
        }
        self.answers.values_mut().for_each(|answers| answers.tell(time));
        push(grown, &self.labels("up", &[]), time, 1.0);
        let resident = 38e6 + 2e6 * (hours * 5.0).sin();
        push(grown, &self.labels("process_resident_memory_bytes", &[]), time, resident.round());
        push(grown, &self.labels("health_check_status", &[("check", "database")]), time, 1.0);
        if let Some(most) = self.service.pool_max {
            let used = self.service.pool_used(fault, self.chance.share());
            let pool = [("pool", "database"), ("state", "used")];
            push(grown, &self.labels("pool_connections", &pool), time, used as f64);
            push(grown, &self.labels("pool_connections_max", &[("pool", "database")]), time, most as f64);
        }
    }

    fn labels(&self, name: &str, own: &[(&str, &str)]) -> Labels {
        labels_of(self.service.name, self.address, name, own)
    }
}

impl Answers {
    fn new(service: &str, address: &str, own: &[(&str, &str)]) -> Answers {
        let column = |name: &str, more: &[(&str, &str)]| {
            let all: Vec<(&str, &str)> = own.iter().chain(more).copied().collect();
            (labels_of(service, address, name, &all), Vec::new())
        };
        let duration = "http_request_duration_seconds";
        let mut columns = vec![
            column("http_requests_total", &[]),
            column(&format!("{duration}_count"), &[]),
            column(&format!("{duration}_sum"), &[]),
        ];
        let bounds = BOUNDS.iter().map(|bound| format!("{bound:?}")).chain(["+Inf".to_owned()]);
        columns.extend(bounds.map(|bound| column(&format!("{duration}_bucket"), &[("le", &bound)])));
        Answers { columns, sum: 0.0, counts: vec![0.0; BOUNDS.len() + 1] }
    }

    fn add(&mut self, seconds: f64) {
        self.sum += seconds;
        for (count, bound) in self.counts.iter_mut().zip(BOUNDS.iter().chain([&f64::INFINITY])) {
            *count += f64::from(u8::from(seconds <= *bound));
        }
    }

    fn tell(&mut self, time: Timestamp) {
        let all = self.counts.last().copied().unwrap_or(0.0);
        let values = [all, all, self.sum].into_iter().chain(self.counts.iter().copied());
        for ((_, samples), value) in self.columns.iter_mut().zip(values) {
            samples.push(Sample { time, start: None, value: Value::Float(value) });
        }
    }

    fn into_series(self, grown: &mut Grown) {
        grown.extend(self.columns);
    }
}

fn labels_of(job: &str, instance: &str, name: &str, own: &[(&str, &str)]) -> Labels {
    let target = [(METRIC_NAME, name), ("job", job), ("instance", instance)];
    Labels::from_pairs(target.into_iter().chain(own.iter().copied()))
}

fn push(grown: &mut Grown, labels: &Labels, time: Timestamp, value: f64) {
    let sample = Sample { time, start: None, value: Value::Float(value) };
    match grown.get_mut(labels) {
        Some(samples) => samples.push(sample),
        None => drop(grown.insert(labels.clone(), vec![sample])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_there_for_every_service() {
        let store = Store::in_memory();
        let end = 1_700_000_000_000;
        let addresses: Vec<String> = (1..=SERVICES.len()).map(|port| format!("127.0.0.1:{port}")).collect();
        write(&store, &Schedule::new(end, None), &addresses, end).expect("it is written");
        let selection = store
            .select(&[model::Matcher::equal(METRIC_NAME, "up")], end - HISTORY_MS..=end)
            .expect("it is selected");
        assert_eq!(selection.len(), SERVICES.len());
    }
}
