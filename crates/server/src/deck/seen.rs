//! What one look saw: services and hosts by name, each with what was measured of it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Labels, Timestamp};
use promql::parse::parse_selector;

use super::conventions::Convention;
use super::measures::Measure;
use super::resources::{HealthCheck, Resource};
use super::state::Kind;

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

impl Used {
    /// A resource as a series of its share tells it.
    pub fn of(resource: &'static Resource, labels: &Labels, share: f64) -> Used {
        let which = if resource.which.is_empty() { "" } else { labels.value(resource.which) };
        let what = format!("{} {which}", resource.name).trim_end().to_owned();
        Used { what, instance: labels.value("instance").to_owned(), share, resource }
    }

    /// Whether another one is the same resource of the same instance.
    pub fn is(&self, other: &Used) -> bool {
        (&self.what, &self.instance) == (&other.what, &other.instance)
    }
}

impl Seen {
    /// Whether series are its own, by their labels.
    pub fn owns(&self) -> impl Fn(&Labels) -> bool {
        let own = parse_selector(&format!("{{{}}}", self.matchers)).unwrap_or_default();
        move |labels| own.iter().all(|matcher| matcher.matches(labels.value(&matcher.name)))
    }

    /// The resource a measure is about.
    pub fn most_used_of(&self, measure: Measure) -> Option<&Used> {
        match measure {
            Measure::Used => self.most_used(),
            Measure::Needed => self.most_needed(),
            _ => None,
        }
    }

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

/// The service a series belongs to.
pub fn name_of(labels: &Labels) -> &str {
    match labels.value("service_name") {
        "" => labels.value("job"),
        name => name,
    }
}

/// The row a series belongs to: a service, or one host of a job of hosts.
pub fn row_of<'a>(labels: &'a Labels, hosts: &BTreeSet<String>) -> &'a str {
    let name = name_of(labels);
    if hosts.contains(name) && !labels.value("instance").is_empty() { labels.value("instance") } else { name }
}

/// The row a series belongs to, made if it is the first of it.
pub fn entry<'a>(services: &'a mut Services, labels: &Labels, hosts: &BTreeSet<String>) -> &'a mut Seen {
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
