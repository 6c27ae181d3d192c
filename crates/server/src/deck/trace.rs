//! What is asked only of what is wrong: since when, which endpoints, what changed then, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use model::{Labels, Timestamp};

use super::ask::{instant, range};
use super::conditions::{CONDITIONS, Condition};
use super::measures::{Measure, Of, Subject, row};
use super::reasons;
use super::seen::{Seen, Services, Used};
use super::state::{BAR_MS, BARS, Change, Deck, Endpoint, State};
use crate::app::App;

/// How far back the beginning is looked for.
const BACK_MS: i64 = 2 * 3_600_000;
/// How exactly.
const BACK_STEP_MS: i64 = 20_000;
/// The same for a resource: what fills up does so for long, and slowly.
const USED_BACK_MS: i64 = BARS as i64 * BAR_MS;
const USED_BACK_STEP_MS: i64 = 60_000;
/// How far back a copy of a service is looked for to tell a start that is its first from another one.
const KNOWN_WINDOW: &str = "[1d]";
/// How many problems are explained; the others have their sentence.
const EXPLAINED_MAX: usize = 20;
/// How many endpoints are named.
const ENDPOINTS: usize = 3;
/// How long before the beginning a change counts as one that may have caused it.
const CHANGE_BEFORE_MS: i64 = 15 * 60_000;
/// How long after, as measures over five minutes tell late.
const CHANGE_AFTER_MS: i64 = 60_000;

/// Since when a condition holds without a break.
pub fn begin(app: &App, seen: &Seen, condition: &Condition, now: Timestamp) -> Timestamp {
    let row = row(condition.measure);
    let line = |query: &str| range(app, query, now - BACK_MS, now, BACK_STEP_MS);
    let used = seen.most_used_of(condition.measure);
    let lines = match (used, seen.convention) {
        (Some(used), _) => {
            let mut lines = range(app, used.resource.used, now - USED_BACK_MS, now, USED_BACK_STEP_MS);
            let is_own = seen.owns();
            lines.retain(|(labels, _)| is_own(labels) && Used::of(used.resource, labels, 0.0).is(used));
            lines
        }
        (None, Some(convention)) if row.of == Of::Requests => {
            row.query(convention, &seen.matchers).map(|query| line(&query)).unwrap_or_default()
        }
        _ if row.of == Of::Targets => {
            Subject::Targets.fill(row.query, &seen.matchers, "").map(|query| line(&query)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let Some((_, values)) = lines.first() else { return now };
    let held = values.iter().rev().take_while(|(_, value)| condition.compare(*value) > State::Ok);
    held.last().map_or(now, |(time, _)| *time)
}

/// Adds endpoints, changes and reasons to the worst problems.
pub fn explain(app: &App, names: &BTreeSet<String>, services: &Services, deck: &mut Deck) {
    let now = deck.at;
    let known = |name: &str| names.contains(name);
    for problem in deck.problems.iter_mut().take(EXPLAINED_MAX) {
        let Some(seen) = services.get(&problem.service) else { continue };
        problem.endpoints = endpoints(app, seen, problem.condition, now);
        problem.changes = changes(app, &problem.service, seen, problem.since, now);
        problem.reasons = reasons::find(app, &known, seen, problem, now);
    }
}

/// By which measure endpoints are told apart, and which of theirs is shown.
fn told_by(condition: &str) -> Option<(Measure, Measure)> {
    Some(match condition {
        "errors" => (Measure::Errors, Measure::Errors),
        "slow" => (Measure::P99, Measure::P99),
        "slow on average" => (Measure::Mean, Measure::Mean),
        "slower" => (Measure::P95, Measure::P95),
        "traffic drop" | "traffic surge" => (Measure::TrafficRatio, Measure::Traffic),
        // What waits for what is used up takes longer.
        "resource" | "resource exhausted" => (Measure::P95Ratio, Measure::P95),
        _ => return None,
    })
}

fn endpoints(app: &App, seen: &Seen, condition: &str, now: Timestamp) -> Vec<Endpoint> {
    let (Some(convention), Some((measure, shown))) = (seen.convention, told_by(condition)) else {
        return Vec::new();
    };
    let ask = |measure| -> Vec<(String, f64)> {
        let labels = [convention.method, convention.endpoint].join(", ");
        let query = row(measure).grouped(convention, &seen.matchers, &labels);
        let answer = query.map(|query| instant(app, &query, now)).unwrap_or_default();
        let known = answer
            .into_iter()
            .filter(|(labels, value)| value.is_finite() && !labels.value(convention.endpoint).is_empty());
        known
            .map(|(labels, value)| {
                let name =
                    format!("{} {}", labels.value(convention.method), labels.value(convention.endpoint));
                (name.trim_start().to_owned(), value)
            })
            .collect()
    };
    let mut found = ask(measure);
    found.sort_by(|left, right| right.1.total_cmp(&left.1));
    if condition == "traffic drop" {
        found.reverse();
    } else {
        found.retain(|(_, value)| *value > 0.0);
    }
    // Those that are as they should be would only distract from the others.
    let bounds = CONDITIONS.iter().filter(|known| known.measure == measure);
    let bounds = bounds.max_by_key(|known| known.name == condition);
    let worst = found.first().map_or(0.0, |(_, value)| *value);
    found.retain(|(_, value)| {
        let out = bounds.is_some_and(|bounds| bounds.compare(*value) > State::Ok);
        out || measure == shown && *value >= worst / 2.0
    });
    found.truncate(ENDPOINTS);
    let values = if measure == shown { found.clone() } else { ask(shown) };
    let value = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let unit = row(shown).unit;
    found.into_iter().filter_map(|(name, _)| Some(Endpoint { value: value(&name)?, name, unit })).collect()
}

fn changes(app: &App, service: &str, seen: &Seen, since: Timestamp, now: Timestamp) -> Vec<Change> {
    let around = since - CHANGE_BEFORE_MS..=since + CHANGE_AFTER_MS;
    let mut changes = starts(app, seen, &around, now);
    let told = app.annotations.between(*around.start(), *around.end(), &[]);
    let told = told.into_iter().filter(|told| concerns(&told.tags, service));
    changes.extend(told.map(|told| Change { at: told.time, text: told.text }));
    changes.sort_by_key(|change| change.at);
    changes.truncate(ENDPOINTS);
    changes
}

/// When each copy of a service started in a range, and whether it had been there before.
fn starts(app: &App, seen: &Seen, range: &RangeInclusive<Timestamp>, now: Timestamp) -> Vec<Change> {
    let query = format!("process_start_time_seconds{{{}}}", seen.matchers);
    let instance = |labels: &Labels| labels.value("instance").to_owned();
    let mut started = instant(app, &query, now);
    started.retain(|(_, at)| range.contains(&millis(*at)));
    // Nothing of a day is read for those that have long been there.
    if started.is_empty() {
        return Vec::new();
    }
    let first = instant(app, &format!("ts_of_first_over_time({query}{KNOWN_WINDOW})"), now);
    let first: BTreeMap<String, f64> =
        first.into_iter().map(|(labels, first)| (instance(&labels), first)).collect();
    let start = |(labels, at): (Labels, f64)| {
        let instance = instance(&labels);
        let again = first.get(&instance).is_some_and(|first| *first < at);
        let what = if again { "restarted" } else { "started" };
        Change { at: millis(at), text: format!("{instance} {what}") }
    };
    started.into_iter().map(start).collect()
}

fn millis(seconds: f64) -> Timestamp {
    (seconds * 1000.0) as Timestamp
}

/// Whether what happened concerns a service: it names that one, or none.
fn concerns(tags: &[String], service: &str) -> bool {
    let mut named = tags.iter().filter_map(|tag| tag.strip_prefix("service:")).peekable();
    named.peek().is_none() || named.any(|name| name == service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_of_one_service_is_no_change_of_another() {
        let check = |tags: &[&str], want: bool| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            assert_eq!(concerns(&tags, "orders"), want, "{tags:?}");
        };
        check(&[], true);
        check(&["deploy"], true);
        check(&["deploy", "service:orders"], true);
        check(&["service:payments", "service:orders"], true);
        check(&["deploy", "service:payments"], false);
    }
}
