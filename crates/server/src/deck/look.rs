//! One look at everything: which services there are and what is measured of each, now and over the last bars.

use std::collections::{BTreeMap, BTreeSet};

use model::{Labels, METRIC_NAME, Matcher, Timestamp};

use super::ask::{instant, range};
use super::conditions::CONDITIONS;
use super::conventions::{CONVENTIONS, Convention, HEALTH_CHECKS, HealthCheck, KINDS, RESOURCES, Resource};
use super::measures::{BY, BY_INSTANCE, MEASURES, Measure, Of, Row, Subject, When, row};
use super::state::{BAR_MS, BARS, Kind, State};
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
    pub failing: Vec<(String, &'static HealthCheck)>,
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
    /// How that is known.
    pub resource: &'static Resource,
}

impl Seen {
    /// The most used of its resources.
    pub fn most_used(&self) -> Option<&Used> {
        self.used.iter().max_by(|left, right| left.share.total_cmp(&right.share))
    }

    /// The most used of those without which requests fail.
    pub fn most_needed(&self) -> Option<&Used> {
        let needed = self.used.iter().filter(|used| used.resource.fails);
        needed.max_by(|left, right| left.share.total_cmp(&right.share))
    }
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
    see_silence(app, names, &hosts, time, &mut services);
    see_events(app, names, &hosts, time, &mut services);
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
        for row in MEASURES.iter().filter(|row| row.when == When::Kept && row.of == Of::Requests) {
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
    for row in MEASURES.iter().filter(|row| row.when == When::Kept && row.of != Of::Requests) {
        // A host is a row of its own, a service has one for all its instances.
        let grouped = [(BY, false), (BY_INSTANCE, true)];
        for (subject, (by, of_hosts)) in
            subjects(row, names).into_iter().flat_map(|one| grouped.map(|by| (one, by)))
        {
            if of_hosts && hosts.is_empty() {
                continue;
            }
            let Some(query) = subject.fill(row.query, "", by) else { continue };
            for (labels, values) in range(app, &query, start, end, BAR_MS) {
                if hosts.contains(name_of(&labels)) == of_hosts {
                    let name = row_of(&labels, &hosts).to_owned();
                    keep(past.entry((name, row.measure)).or_default(), &values, worse(row.measure));
                }
            }
        }
    }
    past
}

fn subjects(row: &Row, names: &BTreeSet<String>) -> Vec<Subject> {
    row.of.subjects(&|name| names.contains(name))
}

/// Of what several subjects say of the same service, which counts.
fn worse(measure: Measure) -> fn(f64, f64) -> f64 {
    match measure {
        Measure::Healthy | Measure::Up | Measure::Silence => f64::min,
        Measure::ScrapesFailed | Measure::ChecksFailed => |left, right| left + right,
        _ => f64::max,
    }
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

/// Jobs whose instances are machines of their own rather than copies of one service; one that went away was one, too.
fn hosts(app: &App, names: &BTreeSet<String>, time: Timestamp) -> BTreeSet<String> {
    let known = KINDS.iter().filter(|(metric, kind)| *kind == Kind::Host && names.contains(*metric));
    let bars = time - BARS as i64 * BAR_MS..=time;
    let mut hosts = BTreeSet::new();
    for (metric, _) in known {
        let selector = [vec![Matcher::equal(METRIC_NAME, *metric)]];
        for label in ["job", "service_name"] {
            hosts.extend(app.store.label_values(label, &selector, bars.clone()).unwrap_or_default());
        }
    }
    hosts
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
        seen.now.insert(Measure::Up, f64::from(seen.up) / f64::from(seen.targets));
    }
}

fn see_requests(app: &App, names: &BTreeSet<String>, time: Timestamp, services: &mut Services) {
    for convention in conventions(names) {
        for row in MEASURES.iter().filter(|row| row.of == Of::Requests && row.when != When::Needed) {
            requested(app, row, convention, time, services);
        }
    }
}

/// Asks one measure of the requests of one convention.
fn requested(
    app: &App,
    row: &Row,
    convention: &'static Convention,
    time: Timestamp,
    services: &mut Services,
) {
    let Some(query) = row.query(convention, "") else { return };
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
            seen.used.push(Used { what, instance, share, resource });
        }
    }
    for seen in services.values_mut() {
        let shares = [
            (Measure::Used, seen.most_used().map(|used| used.share)),
            (Measure::Needed, seen.most_needed().map(|used| used.share)),
        ];
        seen.now.extend(shares.into_iter().filter_map(|(measure, share)| Some((measure, share?))));
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
        for (labels, healthy) in instant(app, check.metric, time) {
            let what = match labels.value(check.which) {
                "" => check.metric,
                which => which,
            };
            let seen = entry(services, &labels, hosts);
            let worst = seen.now.entry(Measure::Healthy).or_insert(healthy);
            *worst = worst.min(healthy);
            if healthy <= 0.0 {
                seen.failing.push((what.to_owned(), check));
            }
        }
    }
}

/// For how long nothing came from each. What is silent for longer than one look is wide is remembered by who looks.
fn see_silence(
    app: &App,
    names: &BTreeSet<String>,
    hosts: &BTreeSet<String>,
    time: Timestamp,
    services: &mut Services,
) {
    let row = row(Measure::Silence);
    let query = row.query.replace("[6h]", "[5m]");
    for subject in subjects(row, names) {
        // Requests are many; they are only asked where no target tells.
        let told = |seen: &Seen| seen.targets > 0 || !seen.now.contains_key(&Measure::Traffic);
        if matches!(subject, Subject::Requests(_)) && services.values().all(told) {
            continue;
        }
        measured(app, row, subject.fill(&query, "", BY_INSTANCE), hosts, time, services);
    }
}

/// What conditions count, where their bounds are crossed: while all is well nobody needs to know.
fn see_events(
    app: &App,
    names: &BTreeSet<String>,
    hosts: &BTreeSet<String>,
    time: Timestamp,
    services: &mut Services,
) {
    for condition in CONDITIONS {
        let Some(counted) = condition.counted() else { continue };
        let crossed = |seen: &Seen| {
            let value = seen.now.get(&condition.measure);
            value.is_some_and(|value| condition.compare(*value) > State::Ok)
                && !seen.now.contains_key(&counted)
        };
        if !services.values().any(crossed) {
            continue;
        }
        let row = row(counted);
        for subject in subjects(row, names) {
            match subject {
                Subject::Requests(convention) => requested(app, row, convention, time, services),
                _ => measured(app, row, subject.fill(row.query, "", BY_INSTANCE), hosts, time, services),
            }
        }
    }
}

/// Asks one measure, and adds what it says of every instance up to rows.
fn measured(
    app: &App,
    row: &Row,
    query: Option<String>,
    hosts: &BTreeSet<String>,
    time: Timestamp,
    services: &mut Services,
) {
    for (labels, value) in query.map(|query| instant(app, &query, time)).unwrap_or_default() {
        let seen = entry(services, &labels, hosts);
        let known = seen.now.get(&row.measure).copied();
        seen.now.insert(row.measure, known.map_or(value, |known| worse(row.measure)(known, value)));
    }
}
