//! From what was seen to what is said: problems with their sentences, rows with their cells, and the verdict.

use model::Timestamp;

use super::conditions::{CONDITIONS, Condition, USED_WARNING, judge_used};
use super::conventions::selector;
use super::look::{Seen, Services};
use super::measures::{Measure, row};
use super::memory::Memory;
use super::state::{BAR_MS, Cell, Deck, Kind, Problem, Service, State};
use super::words;

/// How many problems are shown one by one.
const PROBLEMS_MAX: usize = 200;
/// How many problems the verdict names.
const HEADLINES_MAX: usize = 3;

/// Finds out since when a condition of a service holds: its matchers, the condition, and the time to fall back to.
pub type Begin<'a> = dyn Fn(&Seen, &Condition, Timestamp) -> Timestamp + 'a;

/// Judges everything that was seen.
pub fn judge(services: &Services, memory: &mut Memory, now: Timestamp, begin: &Begin<'_>) -> Deck {
    let mut problems = Vec::new();
    for (name, seen) in services {
        measured(name, seen, memory, now, begin, &mut problems);
        unmeasured(name, seen, memory, now, &mut problems);
    }
    let missed = memory.missed(services, now);
    for (name, last) in &missed {
        problems.push(silent(name, *last, now, memory));
    }
    memory.keep_since(|service, what| {
        problems.iter().any(|problem| problem.service == service && problem.condition == what)
    });
    problems.sort_by(|left, right| {
        let order = |problem: &Problem| (problem.state, problem.hit_per_minute as u64);
        order(right)
            .cmp(&order(left))
            .then(left.since.cmp(&right.since))
            .then(left.service.cmp(&right.service))
    });
    let mut rows: Vec<Service> =
        services.iter().map(|(name, seen)| service_row(name, seen, &problems, memory)).collect();
    for (name, _) in missed.iter().filter(|(name, _)| !services.contains_key(name)) {
        rows.push(service_row(name, &Seen::default(), &problems, memory));
    }
    rows.iter().for_each(|row| memory.note(&row.name, row.state));
    rows.sort_by(|left, right| {
        right.state.cmp(&left.state).then(left.kind.cmp(&right.kind)).then(left.name.cmp(&right.name))
    });
    problems.truncate(PROBLEMS_MAX);
    verdict(rows, problems, now)
}

/// The verdict over rows and problems that are sorted already.
fn verdict(services: Vec<Service>, problems: Vec<Problem>, at: Timestamp) -> Deck {
    let state = services.iter().map(|service| service.state).max();
    let all = noun(services.iter(), None);
    let of_all = |state: State| noun(services.iter(), Some(state));
    let title = match state {
        None => "Waiting for the first metrics".to_owned(),
        Some(State::Critical) => format!("{} failing", of_all(State::Critical)),
        Some(State::Warning) => format!("{} degraded", of_all(State::Warning)),
        Some(State::Silent) => format!("{} silent", of_all(State::Silent)),
        Some(State::Ok) if services.len() == 1 => format!("{} is fine", services[0].name),
        Some(State::Ok) => format!("All {all} fine"),
    };
    let worst: Vec<&Problem> = problems.iter().filter(|problem| Some(problem.state) == state).collect();
    let mut headlines: Vec<String> = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for problem in &worst {
        if headlines.len() < HEADLINES_MAX && !named.contains(&problem.service.as_str()) {
            named.push(&problem.service);
            headlines.push(format!("{} {}", problem.service, problem.headline));
        }
    }
    let since = worst.iter().map(|problem| problem.since).min();
    Deck { at, state, title, headlines, since, problems, services, bar_ms: BAR_MS }
}

/// `12 services and 2 hosts`; with a state `2 of 12 services`, where only hosts are in it `1 of 2 hosts`.
fn noun<'a>(services: impl Iterator<Item = &'a Service>, state: Option<State>) -> String {
    let (hosts, others): (Vec<&Service>, Vec<&Service>) =
        services.partition(|service| service.kind == Kind::Host);
    let told = |rows: &[&Service], noun: &str| {
        let all = words::count(rows.len(), noun);
        match state {
            None => (!rows.is_empty()).then_some(all),
            Some(state) => {
                let number = rows.iter().filter(|row| row.state == state).count();
                (number > 0).then(|| format!("{number} of {all}"))
            }
        }
    };
    [told(&others, "service"), told(&hosts, "host")].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn measured(
    name: &str,
    seen: &Seen,
    memory: &mut Memory,
    now: Timestamp,
    begin: &Begin<'_>,
    problems: &mut Vec<Problem>,
) {
    let Some(convention) = seen.convention else { return };
    let value = |measure: Measure| seen.now.get(&measure).copied();
    let traffic = value(Measure::Traffic).unwrap_or(0.0);
    for condition in CONDITIONS {
        let state = condition.judge(value);
        let Some(out) = value(condition.measure).filter(|_| state > State::Ok) else { continue };
        // What is slow already need not be called slower, too.
        if condition.name == "slower"
            && problems.iter().any(|problem| problem.service == name && problem.condition == "slow")
        {
            continue;
        }
        let (headline, sentence, hit) = say(condition, out, &value);
        problems.push(Problem {
            service: name.to_owned(),
            kind: kind(seen),
            condition: condition.name,
            state,
            headline,
            sentence,
            since: memory.since(name, condition.name, || begin(seen, condition, now)),
            hit_per_minute: hit * traffic * 60.0,
            query: row(condition.shown).query(convention, &seen.matchers).unwrap_or_default(),
            unit: row(condition.shown).unit,
            spark: memory.spark(name, condition.shown, value(condition.shown)),
            endpoints: Vec::new(),
            changes: Vec::new(),
            reasons: Vec::new(),
        });
    }
}

/// Headline, sentence, and which share of the requests is hit.
fn say(condition: &Condition, out: f64, value: &dyn Fn(Measure) -> Option<f64>) -> (String, String, f64) {
    let of = |measure| value(measure).unwrap_or(0.0);
    match condition.name {
        "errors" => (
            format!("{} errors", words::percent(out)),
            format!("{} of {} requests fail", words::percent(out), words::rate(of(Measure::Traffic))),
            out,
        ),
        "slow" => (
            format!("p99 {}", words::seconds(out)),
            format!("One request in a hundred takes more than {}", words::seconds(out)),
            0.01,
        ),
        "slower" => (
            format!("p95 {}", words::seconds(of(Measure::P95))),
            format!(
                "p95 is {}, {} times that of the hour before",
                words::seconds(of(Measure::P95)),
                words::digits(out)
            ),
            0.05,
        ),
        "traffic drop" => {
            let before = if out > 0.0 {
                format!(" from {}", words::rate(of(Measure::Traffic) / out))
            } else {
                String::new()
            };
            let now = words::rate(of(Measure::Traffic));
            (format!("traffic down to {now}"), format!("Traffic fell to {now}{before}"), 1.0)
        }
        _ => {
            let (now, before) = (of(Measure::Traffic), of(Measure::Traffic) / out);
            (
                format!("traffic up to {}", words::rate(now)),
                format!("Traffic rose to {} from {}", words::rate(now), words::rate(before)),
                0.0,
            )
        }
    }
}

/// What is wrong with something that needs no convention.
struct Plain {
    condition: &'static str,
    state: State,
    headline: String,
    sentence: String,
    query: String,
    /// Whose history shows it, with its value now and whether a value of before was out of bounds, too.
    shown: (Measure, f64, fn(f64) -> bool),
}

/// What needs no convention: targets, resources, health checks.
fn unmeasured(name: &str, seen: &Seen, memory: &mut Memory, now: Timestamp, problems: &mut Vec<Problem>) {
    for plain in [targets_down(seen), check_failing(seen), used_up(name, seen)].into_iter().flatten() {
        let (measure, value, out) = plain.shown;
        let begin = memory.out_since(name, measure, out, now);
        problems.push(Problem {
            service: name.to_owned(),
            kind: kind(seen),
            condition: plain.condition,
            state: plain.state,
            headline: plain.headline,
            sentence: plain.sentence,
            since: memory.since(name, plain.condition, || begin),
            hit_per_minute: 0.0,
            query: plain.query,
            unit: "percentunit",
            spark: memory.spark(name, measure, Some(value)),
            endpoints: Vec::new(),
            changes: Vec::new(),
            reasons: Vec::new(),
        });
    }
}

fn targets_down(seen: &Seen) -> Option<Plain> {
    let down = seen.targets - seen.up;
    if down == 0 {
        return None;
    }
    let which = seen.down.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let (headline, sentence) = match seen.targets {
        1 => ("down".to_owned(), format!("{which} does not answer")),
        targets => (
            format!("{down} of {targets} down"),
            format!("{down} of {targets} instances do not answer: {which}"),
        ),
    };
    Some(Plain {
        condition: "down",
        state: if seen.up == 0 { State::Critical } else { State::Warning },
        headline,
        sentence,
        query: format!("up{{{}}}", seen.matchers),
        shown: (Measure::Up, f64::from(seen.up) / f64::from(seen.targets), |up| up < 1.0),
    })
}

fn check_failing(seen: &Seen) -> Option<Plain> {
    let (check, metric) = seen.failing.first()?;
    let checks = seen.failing.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    Some(Plain {
        condition: "health check",
        state: State::Critical,
        headline: format!("health check {check} fails"),
        sentence: format!("Health checks fail: {checks}"),
        query: selector(metric, &[&seen.matchers]),
        shown: (Measure::Healthy, 0.0, |healthy| healthy == 0.0),
    })
}

fn used_up(name: &str, seen: &Seen) -> Option<Plain> {
    let worst = seen.used.iter().max_by(|left, right| left.share.total_cmp(&right.share));
    let used = worst.filter(|used| used.share > USED_WARNING)?;
    let place = match used.instance.as_str() {
        "" => String::new(),
        instance if instance == name => String::new(),
        instance => format!(" on {instance}"),
    };
    let meaning = if used.fails { "what needs more of it fails" } else { "work waits for its turn" };
    let share = words::percent(used.share);
    Some(Plain {
        condition: "resource",
        state: judge_used(used.share, used.fails),
        headline: format!("{} {share} used", used.what),
        sentence: words::sentence(&format!("{} is {share} used{place}: {meaning}", used.what)),
        query: used.query.to_owned(),
        shown: (Measure::Used, used.share, |share| share > USED_WARNING),
    })
}

fn silent(name: &str, last: Timestamp, now: Timestamp, memory: &mut Memory) -> Problem {
    let ago = words::seconds((now - last) as f64 / 1000.0);
    Problem {
        service: name.to_owned(),
        kind: Kind::Service,
        condition: "no data",
        state: State::Silent,
        headline: "no data".to_owned(),
        sentence: format!("Nothing has come for {ago}: nobody would notice a fault"),
        since: memory.since(name, "no data", || last),
        hit_per_minute: 0.0,
        query: String::new(),
        unit: "reqps",
        spark: memory.spark(name, Measure::Traffic, None),
        endpoints: Vec::new(),
        changes: Vec::new(),
        reasons: Vec::new(),
    }
}

fn kind(seen: &Seen) -> Kind {
    seen.kind.unwrap_or(if seen.convention.is_some() { Kind::Service } else { Kind::Job })
}

fn service_row(name: &str, seen: &Seen, problems: &[Problem], memory: &Memory) -> Service {
    let own = || problems.iter().filter(|problem| problem.service == name);
    let of = |conditions: &[&str]| {
        own().filter(|problem| conditions.contains(&problem.condition)).map(|problem| problem.state).max()
    };
    let cell = |measure, conditions: &[&str]| Cell {
        value: seen.now.get(&measure).copied(),
        state: of(conditions).unwrap_or_default(),
    };
    let used = seen.used.iter().max_by(|left, right| left.share.total_cmp(&right.share));
    let state = own().map(|problem| problem.state).max().unwrap_or_default();
    Service {
        name: name.to_owned(),
        kind: kind(seen),
        state,
        convention: seen.convention.map(|convention| convention.names(&seen.matchers)),
        matchers: seen.matchers.clone(),
        traffic: cell(Measure::Traffic, &["traffic drop", "traffic surge", "no data"]),
        errors: cell(Measure::Errors, &["errors"]),
        latency: cell(Measure::P95, &["slow", "slower"]),
        saturation: Cell { value: used.map(|used| used.share), state: of(&["resource"]).unwrap_or_default() },
        saturated: used.map(|used| used.what.clone()).unwrap_or_default(),
        up: seen.up,
        targets: seen.targets,
        bars: memory.bars(name, state),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::conventions::CONVENTIONS;
    use super::*;

    fn api(values: &[(Measure, f64)]) -> Seen {
        let now = BTreeMap::from_iter(values.iter().copied());
        Seen { convention: CONVENTIONS.first(), now, up: 1, targets: 1, ..Seen::default() }
    }

    fn told(services: &[(&str, Seen)]) -> Deck {
        let services = services.iter().map(|(name, seen)| ((*name).to_owned(), seen.clone())).collect();
        judge(&services, &mut Memory::default(), 1_000_000, &|_, _, now| now - 60_000)
    }

    fn check(services: &[(&str, Seen)], title: &str, headlines: &[&str]) {
        let deck = told(services);
        assert_eq!(deck.title, title);
        assert_eq!(deck.headlines, headlines);
    }

    #[test]
    fn the_verdict_names_the_worst_first() {
        use Measure::*;
        let fine = || api(&[(Traffic, 10.0), (Errors, 0.0), (Failures, 0.0), (P99, 0.1)]);
        let failing = || api(&[(Traffic, 10.0), (Errors, 0.07), (Failures, 200.0)]);
        let slow = || api(&[(Traffic, 2.0), (P99, 3.1)]);
        let degraded = || api(&[(Traffic, 2.0), (Errors, 0.02), (Failures, 12.0)]);
        let down = || Seen { targets: 1, down: vec!["b:80".to_owned()], ..Seen::default() };
        let host = || Seen { kind: Some(Kind::Host), up: 1, targets: 1, ..Seen::default() };
        check(&[], "Waiting for the first metrics", &[]);
        check(&[("a", fine())], "a is fine", &[]);
        check(&[("a", fine()), ("b", fine())], "All 2 services fine", &[]);
        check(&[("a", fine()), ("h", host())], "All 1 service and 1 host fine", &[]);
        check(
            &[("a", failing()), ("b", slow()), ("c", fine())],
            "2 of 3 services failing",
            &["a 7 % errors", "b p99 3.1 s"],
        );
        check(&[("a", degraded()), ("b", fine())], "1 of 2 services degraded", &["a 2 % errors"]);
        check(&[("a", fine()), ("b", down())], "1 of 2 services failing", &["b down"]);
    }

    #[test]
    fn a_row_has_the_state_of_its_worst_cell() {
        let deck = told(&[(
            "a",
            api(&[(Measure::Traffic, 10.0), (Measure::Errors, 0.07), (Measure::Failures, 200.0)]),
        )]);
        let row = &deck.services[0];
        assert_eq!(
            (row.state, row.errors.state, row.latency.state),
            (State::Critical, State::Critical, State::Ok)
        );
        assert_eq!(deck.problems[0].since, 940_000);
        assert_eq!(deck.since, Some(940_000));
        assert!(deck.problems[0].query.contains("http_server_request_duration_seconds_count"));
    }
}
