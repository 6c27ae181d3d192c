//! One look at everything: which services there are and what is measured of each, now and over the last bars.

use std::collections::{BTreeMap, BTreeSet};

use model::{Labels, METRIC_NAME, Timestamp};

use super::ask::{instant, range};
use super::conventions::{CONVENTIONS, Convention, HEALTH_CHECKS, KINDS, RESOURCES};
use super::measures::{MEASURES, Measure};
use super::state::{BAR_MS, BARS, Kind};
use crate::app::App;

/// What is known of one service.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How its requests are named.
    pub convention: Option<&'static Convention>,
    /// What it is, where its metrics tell.
    pub kind: Option<Kind>,
    /// The matchers that select its series.
    pub matchers: String,
    /// What was measured.
    pub now: BTreeMap<Measure, f64>,
    /// Targets that answer, and all of them.
    pub up: u32,
    /// How many targets there are.
    pub targets: u32,
    /// The instances that do not answer.
    pub down: Vec<String>,
    /// Resources and how much of them is used, with what they belong to.
    pub used: Vec<Used>,
    /// Health checks that fail, each with its gauge.
    pub failing: Vec<(String, &'static str)>,
}

/// How much of a resource is used.
#[derive(Clone, Debug)]
pub struct Used {
    /// What it is: `disk /dev/sda1`.
    pub what: String,
    /// On which instance.
    pub instance: String,
    /// The share.
    pub share: f64,
    /// The query that tells.
    pub query: &'static str,
    /// Whether running out of it fails requests, rather than slowing them.
    pub fails: bool,
}

/// Services by name.
pub type Services = BTreeMap<String, Seen>;
/// Kept measures by service, each with the bars' ends and values.
pub type Past = BTreeMap<(String, Measure), Vec<(Timestamp, f64)>>;

/// Which of the known names the store has.
pub fn known_names(app: &App) -> BTreeSet<String> {
    let range = crate::app::now_millis() - BARS as i64 * BAR_MS..=Timestamp::MAX;
    match app.store.label_values(METRIC_NAME, &[], range) {
        Ok(names) => names.into_iter().collect(),
        Err(error) => {
            tracing::debug!(%error, "listing metric names failed");
            BTreeSet::new()
        }
    }
}

/// The conventions that anything follows.
pub fn conventions(names: &BTreeSet<String>) -> Vec<&'static Convention> {
    CONVENTIONS.iter().filter(|convention| names.contains(convention.requests)).collect()
}

/// Looks at everything as it is at `time`.
pub fn look(app: &App, names: &BTreeSet<String>, time: Timestamp) -> Services {
    let mut services = Services::new();
    let hosts = hosts(app, names, time);
    see_targets(app, &hosts, time, &mut services);
    see_requests(app, names, time, &mut services);
    see_resources(app, names, &hosts, time, &mut services);
    see_checks(app, names, &hosts, time, &mut services);
    for (metric, kind) in KINDS.iter().filter(|(metric, kind)| names.contains(*metric) && *kind != Kind::Host)
    {
        for (labels, _) in instant(app, &format!("count by (job, service_name) ({metric})"), time) {
            if let Some(seen) = services.get_mut(name_of(&labels)) {
                seen.kind.get_or_insert(*kind);
            }
        }
    }
    services
}

/// What the kept measures were at the ends of the bars from `start` to `end`.
pub fn look_back(app: &App, names: &BTreeSet<String>, start: Timestamp, end: Timestamp) -> Past {
    let mut past = Past::new();
    let mut follows: BTreeMap<String, &str> = BTreeMap::new();
    for convention in conventions(names) {
        for row in MEASURES.iter().filter(|row| row.kept) {
            let Some(query) = row.query(convention, "") else { continue };
            for (labels, values) in range(app, &query, start, end, BAR_MS) {
                let name = name_of(&labels);
                if row.measure == Measure::Traffic {
                    follows.entry(name.to_owned()).or_insert(convention.name);
                }
                if follows.get(name) == Some(&convention.name) {
                    past.entry((name.to_owned(), row.measure)).or_insert(values);
                }
            }
        }
    }
    let hosts = hosts(app, names, end);
    for by in ["job, service_name", "job, service_name, instance"] {
        for (labels, values) in range(app, &format!("avg by ({by}) (up)"), start, end, BAR_MS) {
            if hosts.contains(name_of(&labels)) == by.ends_with("instance") {
                past.entry((row_of(&labels, &hosts).to_owned(), Measure::Up)).or_insert(values);
            }
        }
    }
    for resource in RESOURCES.iter().filter(|resource| names.contains(resource.needs)) {
        for (labels, values) in range(app, resource.used, start, end, BAR_MS) {
            let row = row_of(&labels, &hosts).to_owned();
            keep(past.entry((row, Measure::Used)).or_default(), &values, f64::max);
        }
    }
    for check in HEALTH_CHECKS.iter().filter(|check| names.contains(check.metric)) {
        for (labels, values) in range(app, check.metric, start, end, BAR_MS) {
            let row = row_of(&labels, &hosts).to_owned();
            keep(past.entry((row, Measure::Healthy)).or_default(), &values, f64::min);
        }
    }
    past
}

/// Of several values of one bar the worse is kept.
fn keep(kept: &mut Vec<(Timestamp, f64)>, values: &[(Timestamp, f64)], worse: fn(f64, f64) -> f64) {
    for (time, value) in values {
        match kept.iter_mut().find(|(known, _)| known == time) {
            Some((_, known)) => *known = worse(*known, *value),
            None => kept.push((*time, *value)),
        }
    }
}

/// Jobs whose instances are machines of their own rather than copies of one service.
fn hosts(app: &App, names: &BTreeSet<String>, time: Timestamp) -> BTreeSet<String> {
    let known = KINDS.iter().filter(|(metric, kind)| *kind == Kind::Host && names.contains(*metric));
    known
        .flat_map(|(metric, _)| instant(app, &format!("count by (job, service_name) ({metric})"), time))
        .map(|(labels, _)| name_of(&labels).to_owned())
        .collect()
}

/// The service a series belongs to.
fn name_of(labels: &Labels) -> &str {
    match labels.value("service_name") {
        "" => labels.value("job"),
        name => name,
    }
}

/// The row a series belongs to: a service, or one host of a job of hosts.
fn row_of<'a>(labels: &'a Labels, hosts: &BTreeSet<String>) -> &'a str {
    let name = name_of(labels);
    if hosts.contains(name) && !labels.value("instance").is_empty() { labels.value("instance") } else { name }
}

fn entry<'a>(services: &'a mut Services, labels: &Labels, hosts: &BTreeSet<String>) -> &'a mut Seen {
    let row = row_of(labels, hosts);
    let is_host = hosts.contains(name_of(labels));
    services.entry(row.to_owned()).or_insert_with(|| {
        let mut matchers = format!("job={}", model::names::quote(labels.value("job")));
        if !labels.value("service_name").is_empty() {
            matchers += &format!(",service_name={}", model::names::quote(labels.value("service_name")));
        }
        if is_host {
            matchers += &format!(",instance={}", model::names::quote(row));
        }
        Seen { kind: is_host.then_some(Kind::Host), matchers, ..Seen::default() }
    })
}

fn see_targets(app: &App, hosts: &BTreeSet<String>, time: Timestamp, services: &mut Services) {
    for (labels, up) in instant(app, "max by (job, service_name, instance) (up)", time) {
        let seen = entry(services, &labels, hosts);
        seen.targets += 1;
        if up > 0.0 {
            seen.up += 1;
        } else {
            seen.down.push(labels.value("instance").to_owned());
        }
    }
}

fn see_requests(app: &App, names: &BTreeSet<String>, time: Timestamp, services: &mut Services) {
    for convention in conventions(names) {
        for row in MEASURES {
            let Some(query) = row.query(convention, "") else { continue };
            for (labels, value) in instant(app, &query, time) {
                let seen = entry(services, &labels, &BTreeSet::new());
                // Names of durations are shared by several libraries; the counter of requests tells which it is.
                if row.measure == Measure::Traffic {
                    seen.convention.get_or_insert(convention);
                }
                let own = seen.convention.is_some_and(|own| own.name == convention.name);
                if own && value.is_finite() {
                    seen.now.insert(row.measure, value);
                }
            }
        }
    }
}

fn see_resources(
    app: &App,
    names: &BTreeSet<String>,
    hosts: &BTreeSet<String>,
    time: Timestamp,
    services: &mut Services,
) {
    for resource in RESOURCES.iter().filter(|resource| names.contains(resource.needs)) {
        for (labels, share) in instant(app, resource.used, time) {
            let which = if resource.which.is_empty() { "" } else { labels.value(resource.which) };
            let what = format!("{} {which}", resource.name).trim_end().to_owned();
            let instance = labels.value("instance").to_owned();
            let seen = entry(services, &labels, hosts);
            seen.used.push(Used { what, instance, share, query: resource.used, fails: resource.fails });
        }
    }
}

fn see_checks(
    app: &App,
    names: &BTreeSet<String>,
    hosts: &BTreeSet<String>,
    time: Timestamp,
    services: &mut Services,
) {
    for check in HEALTH_CHECKS.iter().filter(|check| names.contains(check.metric)) {
        for (labels, _) in instant(app, &format!("{} == 0", check.metric), time) {
            let what = match labels.value(check.which) {
                "" => check.metric,
                which => which,
            };
            entry(services, &labels, hosts).failing.push((what.to_owned(), check.metric));
        }
    }
}
