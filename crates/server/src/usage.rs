//! Who asks for which metric: people at the page, dashboards, and programs by their name. Counted since the process began, within
//! bounds, so that what nobody ever asks for can be found.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use model::{METRIC_NAME, MatchOp, Matcher, Timestamp};
use parking_lot::Mutex;
use promql::syntax::{Expr, VectorSelector};
use serde::Serialize;

/// How many metrics are counted; of those beyond nothing is known.
const METRICS_MAX: usize = 50_000;
/// How many programs are named per metric.
const CLIENTS_MAX: usize = 8;
/// How much of a program's name is kept.
const CLIENT_BYTES_MAX: usize = 40;
/// Where the page says which part of it asks.
const FROM: &str = "x-flightdeck-from";

/// What was asked so far.
#[derive(Default)]
pub struct Usage {
    asked: Mutex<BTreeMap<String, Asked>>,
}

/// How often one metric was asked for, by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// By somebody at a page.
    pub people: u64,
    /// By dashboards that were open.
    pub dashboards: u64,
    /// By programs.
    pub clients: u64,
    /// The last time.
    pub last: Timestamp,
    /// Which programs.
    pub names: Vec<String>,
}

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody at a page.
    Person,
    /// A dashboard that is open.
    Dashboard,
    /// A program.
    Client(String),
}

impl Who {
    /// Whom the headers of a request tell of.
    pub fn of(headers: &HeaderMap) -> Who {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let from = text(header::HeaderName::from_static(FROM));
        let agent = text(header::USER_AGENT);
        match from {
            "dashboards" => Who::Dashboard,
            // Browsers all begin alike; a data source that asks for one in a browser says so nowhere.
            _ if !from.is_empty() || agent.starts_with("Mozilla/") => Who::Person,
            _ => {
                let name =
                    agent.split(['/', ' ']).next().filter(|name| !name.is_empty()).unwrap_or("unnamed");
                Who::Client(name[..name.floor_char_boundary(CLIENT_BYTES_MAX)].to_owned())
            }
        }
    }
}

impl Usage {
    /// Counts the metrics that an expression names.
    pub fn note(&self, expr: &Expr, who: &Who, now: Timestamp) {
        let selectors = expr.selectors();
        let mut names: Vec<&str> = selectors.iter().filter_map(|selector| name_of(selector)).collect();
        names.sort_unstable();
        names.dedup();
        let mut asked = self.asked.lock();
        for name in names {
            if let Some(known) = asked.get_mut(name) {
                known.count(who, now);
            } else if asked.len() < METRICS_MAX {
                asked.entry(name.to_owned()).or_default().count(who, now);
            }
        }
    }

    /// Everything that was counted, by metric.
    pub fn all(&self) -> BTreeMap<String, Asked> {
        self.asked.lock().clone()
    }
}

/// The metric a selector names, before the braces or within them.
fn name_of(selector: &VectorSelector) -> Option<&str> {
    if !selector.name.is_empty() {
        return Some(&selector.name);
    }
    let exact = |one: &&Matcher| one.name == METRIC_NAME && one.op == MatchOp::Equal;
    selector.matchers.iter().find(exact).map(|one| one.value.as_str())
}

impl Asked {
    fn count(&mut self, who: &Who, now: Timestamp) {
        self.last = now;
        match who {
            Who::Person => self.people += 1,
            Who::Dashboard => self.dashboards += 1,
            Who::Client(name) => {
                self.clients += 1;
                if self.names.len() < CLIENTS_MAX && !self.names.contains(name) {
                    self.names.push(name.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        HeaderMap::from_iter(pairs.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), header::HeaderValue::from_static(value))
        }))
    }

    #[test]
    fn those_who_ask_are_told_apart() {
        let check = |pairs: &[(&'static str, &'static str)], want: Who| {
            assert_eq!(Who::of(&headers(pairs)), want, "{pairs:?}");
        };
        check(&[("user-agent", "Mozilla/5.0 (X11)")], Who::Person);
        check(&[("user-agent", "Mozilla/5.0"), (FROM, "explore")], Who::Person);
        check(&[("user-agent", "Mozilla/5.0"), (FROM, "dashboards")], Who::Dashboard);
        check(&[("user-agent", "Grafana/13.2.3")], Who::Client("Grafana".to_owned()));
        check(&[], Who::Client("unnamed".to_owned()));
    }

    #[test]
    fn each_metric_of_a_question_is_counted_once() {
        let usage = Usage::default();
        let expr = promql::parse::parse("rate(a[5m]) / rate(a[1h]) + {__name__=\"b\"} + {c=\"d\"}")
            .expect("it is a query");
        usage.note(&expr, &Who::Person, 1);
        usage.note(&expr, &Who::Client("curl".to_owned()), 2);
        let all = usage.all();
        assert_eq!(all.keys().collect::<Vec<_>>(), ["a", "b"]);
        let want = Asked { people: 1, dashboards: 0, clients: 1, last: 2, names: vec!["curl".to_owned()] };
        assert_eq!(all["a"], want);
    }
}
