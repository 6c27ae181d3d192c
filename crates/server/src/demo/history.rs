//! The two hours before the demo, written into the store as if the shop had been scraped all along.

use std::collections::BTreeMap;

use flightdeck_instrument::Flightdeck;
use model::{Labels, METRIC_NAME, Sample, Series, Timestamp, Value};
use tsdb::Store;

use super::counters::Counters;
use super::fault::{Fault, Schedule};
use super::machine;
use super::plan::{CALL_SHARE, Chance, SERVICES, Service};

/// How long the history is.
const HISTORY_MS: i64 = 2 * 3_600_000;
/// How often it was scraped.
const STEP_MS: i64 = 15_000;
/// The bounds of the histograms, those of the services' library.
const BOUNDS: &[f64] = &flightdeck_instrument::LATENCY_BUCKETS;
/// How many requests of one endpoint and step are drawn one by one; they stand for all.
const DRAWN_MAX: u64 = 400;
/// What a service does while nobody asks, in cores, and what a request costs, in seconds of a core.
const CPU_IDLE: f64 = 0.015;
const CPU_PER_REQUEST: f64 = 0.001_5;
/// What it takes of memory on an ordinary day.
const RESIDENT_BYTES: f64 = 38e6;

/// Series under their labels, as they grow.
pub type Grown = BTreeMap<Labels, Vec<Sample>>;

/// Where a service of the shop is, and what it measures itself with.
pub struct Place {
    /// Its address.
    pub address: String,
    /// Its library, whose counters the history leaves as they would be.
    pub deck: Flightdeck,
}

/// Writes it up to `end`.
pub fn write(store: &Store, schedule: &Schedule, places: &[Place], end: Timestamp) -> anyhow::Result<()> {
    let mut grown = told(schedule, places, end)?;
    machine::tell(end - HISTORY_MS, end, STEP_MS, &mut grown);
    let batch: Vec<Series> = grown
        .into_iter()
        .map(|(labels, samples)| Series { labels, samples, exemplars: Vec::new(), metadata: None })
        .collect();
    store.append_series(&batch)?;
    store.sync()?;
    Ok(())
}

/// What the services told of themselves.
fn told(schedule: &Schedule, places: &[Place], end: Timestamp) -> anyhow::Result<Grown> {
    let mut grown = Grown::new();
    for (service, Place { address, deck }) in SERVICES.iter().zip(places) {
        let chance = Chance::new(address.len() as u64 + 11);
        let mut teller = Teller {
            service,
            address,
            chance,
            counters: Counters::of(deck.registry(), service)?,
            answers: BTreeMap::new(),
            calls: BTreeMap::new(),
            processor_seconds: 0.0,
        };
        let mut time = end - HISTORY_MS;
        // The first real scrape follows within seconds; a longer gap would look like an outage.
        while time <= end {
            teller.step(schedule, time, end, &mut grown);
            time += STEP_MS;
        }
        let told = teller.answers.into_values().chain(teller.calls.into_values());
        told.for_each(|answers| grown.extend(answers.columns));
    }
    Ok(grown)
}

/// What an endpoint answered with one status, or a call with one outcome: counted by bound, with a column of samples for
/// each.
struct Answers {
    /// Labels and samples: sum, counts, then one per bound.
    columns: Vec<(Labels, Vec<Sample>)>,
    sum: f64,
    /// How many were not slower than each bound, and how many there were.
    counts: Vec<f64>,
}

struct Teller<'a> {
    service: &'a Service,
    address: &'a str,
    chance: Chance,
    /// Those of the living service.
    counters: Counters,
    answers: BTreeMap<(usize, &'static str), Answers>,
    calls: BTreeMap<(usize, &'static str), Answers>,
    processor_seconds: f64,
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
                let answers = self.answers.entry((at, status));
                let durations = "http_request_duration_seconds";
                let new = || Answers::new(service, address, Some("http_requests_total"), durations, &own);
                answers.or_insert_with(new).add(seconds);
                let outcome = if status == "500" { "error" } else { "ok" };
                let calls = self.calls.entry((at, outcome));
                let durations = format!("{}_duration_seconds", endpoint.call.prefix);
                let own = [("operation", endpoint.call.operation), ("outcome", outcome)];
                let new = || Answers::new(service, address, None, &durations, &own);
                calls.or_insert_with(new).add(seconds * CALL_SHARE);
                self.counters.count(endpoint, status, outcome, seconds);
            }
        }
        self.answers.values_mut().chain(self.calls.values_mut()).for_each(|answers| answers.tell(time));
        self.process(fault, time, swing, grown);
        if let Some(most) = self.service.pool_max {
            let used = self.service.pool_used(fault, self.chance.share());
            let pool = [("pool", "database"), ("state", "used")];
            push(grown, &self.labels("pool_connections", &pool), time, used as f64);
            push(grown, &self.labels("pool_connections_max", &[("pool", "database")]), time, most as f64);
        }
    }

    /// What the process told of itself, and what its endpoints were at.
    fn process(&mut self, fault: Option<Fault>, time: Timestamp, swing: f64, grown: &mut Grown) {
        let mut busy = 0.0;
        for endpoint in self.service.endpoints {
            let behaviour = self.service.behaviour(endpoint, fault);
            busy += behaviour.rate * swing;
            let waiting = behaviour.rate * behaviour.median * (0.9 + 0.1 * behaviour.tail) * swing;
            let own = [("method", endpoint.method), ("route", endpoint.route)];
            let there = (waiting + self.chance.share()).floor();
            push(grown, &self.labels("http_requests_in_progress", &own), time, there);
        }
        self.processor_seconds += STEP_MS as f64 / 1000.0 * (CPU_IDLE + CPU_PER_REQUEST * busy);
        let chance = self.chance.share();
        let told = [
            ("up", 1.0),
            ("process_cpu_seconds_total", self.processor_seconds),
            ("process_resident_memory_bytes", (RESIDENT_BYTES * (0.9 + 0.1 * swing)).round()),
            ("process_open_fds", (36.0 + 4.0 * swing + 2.0 * chance).round()),
            ("process_threads", 12.0),
        ];
        told.into_iter().for_each(|(name, value)| push(grown, &self.labels(name, &[]), time, value));
        push(grown, &self.labels("health_check_status", &[("check", "database")]), time, 1.0);
    }

    fn labels(&self, name: &str, own: &[(&str, &str)]) -> Labels {
        labels_of(self.service.name, self.address, name, own)
    }
}

impl Answers {
    fn new(
        service: &str,
        address: &str,
        counter: Option<&str>,
        durations: &str,
        own: &[(&str, &str)],
    ) -> Answers {
        let column = |name: &str, more: &[(&str, &str)]| {
            let all: Vec<(&str, &str)> = own.iter().chain(more).copied().collect();
            (labels_of(service, address, name, &all), Vec::new())
        };
        let mut columns = vec![column(&format!("{durations}_sum"), &[])];
        columns.extend(counter.map(|counter| column(counter, &[])));
        columns.push(column(&format!("{durations}_count"), &[]));
        let bounds = BOUNDS.iter().map(|bound| format!("{bound:?}")).chain(["+Inf".to_owned()]);
        columns.extend(bounds.map(|bound| column(&format!("{durations}_bucket"), &[("le", &bound)])));
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
        let totals = self.columns.len() - self.counts.len() - 1;
        let values = std::iter::once(self.sum)
            .chain(std::iter::repeat_n(all, totals))
            .chain(self.counts.iter().copied());
        for ((_, samples), value) in self.columns.iter_mut().zip(values) {
            samples.push(Sample { time, start: None, value: Value::Float(value) });
        }
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

    const END: Timestamp = 1_700_000_000_000;

    fn places() -> Vec<Place> {
        let place = |(service, port): (&Service, u16)| Place {
            address: format!("127.0.0.1:{port}"),
            deck: Flightdeck::new(service.name),
        };
        SERVICES.iter().zip(1..).map(place).collect()
    }

    #[test]
    fn living_counters_go_on_where_the_history_ends() {
        let places = places();
        let grown = told(&Schedule::new(END, None), &places, END).expect("it is told");
        for (service, place) in SERVICES.iter().zip(&places) {
            let page = place.deck.registry().text();
            let living = page.lines().filter_map(|line| line.rsplit_once(' '));
            let living: BTreeMap<Vec<&str>, &str> =
                living.map(|(series, value)| (sorted(series), value)).collect();
            let own = grown.iter().filter(|(labels, _)| labels.value("job") == service.name);
            let counted = own.filter(|(labels, _)| {
                let name = labels.metric_name();
                name == "http_requests_total" || name.contains("duration_seconds")
            });
            let mut compared = 0;
            for (labels, samples) in counted {
                let more = labels.iter().filter(|(name, _)| ![METRIC_NAME, "job", "instance"].contains(name));
                let more: Vec<String> = more.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
                let series = format!("{}{{{}}}", labels.metric_name(), more.join(","));
                let Some(Sample { time: END, value: Value::Float(last), .. }) = samples.last() else {
                    panic!("{series} ends before the history does")
                };
                let found =
                    living.get(&sorted(&series)).unwrap_or_else(|| panic!("{series} is not in {page}"));
                let found: f64 = found.parse().expect("a number");
                assert!((found - last).abs() < 1e-6 * last.max(1.0), "{series}: {found}, not {last}");
                compared += 1;
            }
            assert!(compared > 100, "{}: {compared}", service.name);
        }
    }

    /// A series as its name and its labels, in an order of their own.
    fn sorted(series: &str) -> Vec<&str> {
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let mut words: Vec<&str> = labels.trim_end_matches('}').split(',').collect();
        words.sort_unstable();
        words.insert(0, name);
        words
    }

    #[test]
    fn the_history_is_there_for_every_service() {
        let store = Store::in_memory();
        let end = END;
        write(&store, &Schedule::new(end, None), &places(), end).expect("it is written");
        let selection = store
            .select(&[model::Matcher::equal(METRIC_NAME, "up")], end - HISTORY_MS..=end)
            .expect("it is selected");
        assert_eq!(selection.len(), SERVICES.len());
    }
}
