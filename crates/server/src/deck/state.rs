//! What the deck shows, as it goes to the page: one verdict, what is wrong, and a row per service.

use model::Timestamp;
use serde::Serialize;

use super::conditions::About;

/// How many bars the history of a service has.
pub const BARS: usize = 90;
/// How long one bar is.
pub const BAR_MS: i64 = 4 * 60_000;

/// How something is doing; the worst wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing is wrong.
    #[default]
    Ok,
    /// Something is not as it should be.
    Warning,
    /// Nothing is known: the case in which nobody would notice a fault.
    Silent,
    /// People are hit.
    Critical,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something that answers requests.
    Service,
    /// A database, cache or queue.
    Database,
    /// A machine.
    Host,
    /// Something else that is scraped.
    Job,
}

/// The whole deck.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deck {
    /// When it was computed.
    pub at: Timestamp,
    /// The worst state of all; `None` while nothing has been scraped yet.
    pub state: Option<State>,
    /// The verdict: one sentence.
    pub title: String,
    /// The worst of it, in few words each.
    pub headlines: Vec<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What is wrong, worst first.
    pub problems: Vec<Problem>,
    /// How many problems there are, of which the worst are told one by one.
    pub problem_count: usize,
    /// Every service, worst first.
    pub services: Vec<Service>,
    /// How long one bar of the histories is.
    pub bar_ms: i64,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The service it is wrong with.
    pub service: String,
    /// What that is.
    pub kind: Kind,
    /// Which condition holds.
    pub condition: &'static str,
    /// What that is about: the column it is shown in.
    #[serde(skip)]
    pub about: About,
    /// How bad it is.
    pub state: State,
    /// What is wrong, in few words: `p99 3.1 s`.
    pub headline: String,
    /// What is wrong, in a sentence.
    pub sentence: String,
    /// Since when.
    pub since: Timestamp,
    /// How many requests per minute are hit.
    pub hit_per_minute: f64,
    /// The query whose answer shows it.
    pub query: String,
    /// The condition as PromQL: whatever it answers is in this state.
    pub rule: String,
    /// The unit of that query's values, as dashboards name it.
    pub unit: &'static str,
    /// The last hours of the value, one per bar.
    pub spark: Vec<Option<f32>>,
    /// The endpoints it comes from, worst first.
    pub endpoints: Vec<Endpoint>,
    /// What changed about when it began.
    pub changes: Vec<Change>,
    /// Why it is so, as far as the service's own metrics tell; the likeliest first.
    pub reasons: Vec<Reason>,
}

/// Why something is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// In words: `Database select_order p95 3.1 s, before 12 ms`.
    pub text: String,
    /// The query whose answer shows it.
    pub query: String,
    /// Where the page of the service shows it: `dependencies`, `saturation`, `latency` or `instances`.
    pub about: &'static str,
}

/// One endpoint's share of a problem.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Endpoint {
    /// The route.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// One row of the deck.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its name: the label `service_name`, else `job`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The worst of its cells.
    pub state: State,
    /// Which convention its requests are read by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention: Option<Names>,
    /// The matchers that select its series.
    pub matchers: String,
    /// Requests per second.
    pub traffic: Cell,
    /// The share of requests that fail.
    pub errors: Cell,
    /// The duration that 95 of 100 requests stay below, in seconds.
    pub latency: Cell,
    /// The most used resource.
    pub saturation: Cell,
    /// What that resource is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub saturated: String,
    /// How many targets answer.
    pub up: u32,
    /// How many there are.
    pub targets: u32,
    /// One character per bar, oldest first: `0` fine, `1` silent, `2` warning, `3` critical, space unknown.
    pub bars: String,
}

/// How a service names its requests and their durations, so that a page can ask for more.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Names {
    /// The library.
    pub name: &'static str,
    /// The selector of its requests.
    pub requests: String,
    /// The selector of those that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The selector of the histogram of its durations: its buckets, or itself where it is a native one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<String>,
    /// The selector of a finer histogram of all requests together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overall: Option<String>,
    /// The selector of their sum, where there is no histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums: Option<String>,
    /// The selector of their number, where there is no histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<String>,
    /// Whether the requests are what a native histogram counts.
    pub requests_are_histograms: bool,
    /// How many units of the durations make a second.
    pub per_second: f64,
    /// The label of the endpoint.
    pub endpoint: &'static str,
    /// The label of the status.
    pub status: &'static str,
    /// The label of the method.
    pub method: &'static str,
    /// The matcher of failures, where the durations have it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_durations: Option<&'static str>,
}

/// One signal of one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    /// Its value now, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// How that is.
    pub state: State,
}

impl State {
    /// The character of a bar.
    pub fn bar(self) -> char {
        match self {
            State::Ok => '0',
            State::Silent => '1',
            State::Warning => '2',
            State::Critical => '3',
        }
    }
}
