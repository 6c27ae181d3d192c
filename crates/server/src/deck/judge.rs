//! From what was seen to what is said: problems with their sentences, rows with their cells, and the verdict.

use model::Timestamp;

use super::conditions::{About, CONDITIONS, Condition};
use super::measures::{BY, BY_INSTANCE, Measure, row};
use super::memory::Memory;
use super::say::{Said, say};
use super::seen::{Seen, Services};
use super::state::{BAR_MS, Cell, Deck, Kind, Problem, Service, State};
use super::words;

/// How many problems are shown one by one.
const PROBLEMS_MAX: usize = 200;
/// How many problems the verdict names.
const HEADLINES_MAX: usize = 3;

/// Finds out since when a condition of a service holds: its matchers, the condition, and the time to fall back to.
pub type Begin<'a> = dyn Fn(&Seen, &Condition, Timestamp) -> Timestamp + 'a;

/// Judges everything that was seen.
pub fn judge(services: &mut Services, memory: &mut Memory, now: Timestamp, begin: &Begin<'_>) -> Deck {
    let mut problems = Vec::new();
    for (name, last, found) in memory.missed(services, now) {
        let silence = (now - last) as f64 / 1000.0;
        services.entry(name).or_insert(found).now.insert(Measure::Silence, silence);
    }
    for (name, seen) in services.iter() {
        problems_of(name, seen, memory, now, begin, &mut problems);
    }
    memory.forget_ended();
    problems.sort_by(|left, right| {
        let order = |problem: &Problem| (problem.state, hit(problem));
        order(right)
            .cmp(&order(left))
            .then(left.since.cmp(&right.since))
            .then(left.service.cmp(&right.service))
    });
    let mut rows: Vec<Service> =
        services.iter().map(|(name, seen)| service_row(name, seen, &problems, memory)).collect();
    rows.iter().for_each(|row| memory.note(&row.name, row.state));
    rows.sort_by(|left, right| {
        right.state.cmp(&left.state).then(left.kind.cmp(&right.kind)).then(left.name.cmp(&right.name))
    });
    let problem_count = problems.len();
    problems.truncate(PROBLEMS_MAX);
    Deck { problem_count, ..verdict(rows, problems, now) }
}

/// How many requests a minute are hit. Where nobody answers those are all there would be.
fn hit(problem: &Problem) -> u64 {
    match (problem.about, problem.state) {
        (About::Answering, State::Critical) => u64::MAX,
        _ => problem.hit_per_minute as u64,
    }
}

/// The verdict over rows and problems that are sorted already.
fn verdict(services: Vec<Service>, problems: Vec<Problem>, at: Timestamp) -> Deck {
    let state = services.iter().map(|service| service.state).max();
    let all = noun(services.iter(), None);
    let of_all = |state: State| noun(services.iter(), Some(state));
    let title = match state {
        None => "Waiting for the first metrics".to_owned(),
        Some(State::Critical) => match services.iter().filter(|row| row.state == State::Silent).count() {
            0 => format!("{} failing", of_all(State::Critical)),
            silent => format!("{} failing, {silent} silent", of_all(State::Critical)),
        },
        Some(State::Warning) => format!("{} degraded", of_all(State::Warning)),
        Some(State::Silent) => format!("{} silent", of_all(State::Silent)),
        Some(State::Ok) if services.len() == 1 && services[0].name == crate::collecting::OWN_JOB => {
            "Only Flightdeck itself is watched".to_owned()
        }
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
    // Of what is named first: the beginning of something else would be read as its own.
    let since = worst.first().map(|problem| problem.since);
    let problem_count = problems.len();
    Deck { at, state, title, headlines, since, problems, problem_count, services, bar_ms: BAR_MS }
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

/// Holds one service against the table. Of several conditions that hold about the same, the worst is a problem.
fn problems_of(
    name: &str,
    seen: &Seen,
    memory: &mut Memory,
    now: Timestamp,
    begin: &Begin<'_>,
    problems: &mut Vec<Problem>,
) {
    let value = |measure: Measure| seen.now.get(&measure).copied();
    let mut held: Vec<(&Condition, State)> = Vec::new();
    for condition in CONDITIONS {
        let state = condition.judge(value);
        match held.iter_mut().find(|(other, _)| other.about == condition.about) {
            _ if state == State::Ok => {}
            Some(other) if other.1 < state => *other = (condition, state),
            Some(_) => {}
            None => held.push((condition, state)),
        }
    }
    // Who does not answer serves nobody: what was measured before says nothing of now.
    let is_down =
        held.iter().any(|(held, state)| (held.about, *state) == (About::Answering, State::Critical));
    held.retain(|(held, _)| {
        !is_down || !matches!(held.about, About::Traffic | About::Errors | About::Latency)
    });
    for (condition, state) in held {
        let since = || match condition.measure {
            Measure::Silence => now - (value(Measure::Silence).unwrap_or(0.0) * 1000.0) as Timestamp,
            measure if seen.most_used_of(measure).is_some() => begin(seen, condition, now),
            measure => begin(seen, condition, now).min(memory.out_since(
                name,
                measure,
                |value| condition.compare(value) > State::Ok,
                now,
            )),
        };
        // Of several resources each has its own beginning.
        let what = match seen.most_used_of(condition.measure) {
            Some(used) => format!("{} {} {}", condition.name, used.what, used.instance),
            None => condition.name.to_owned(),
        };
        let since = memory.known_since(name, &what).unwrap_or_else(since);
        memory.hold(name, &what, since);
        let Said { headline, sentence, hit, query, subject } = say(condition, name, seen);
        let (by, rule) = (if kind(seen) == Kind::Host { BY_INSTANCE } else { BY }, subject.as_ref());
        let rule = rule.map(|subject| condition.rules(std::slice::from_ref(subject), &seen.matchers, by));
        let rule = rule.unwrap_or_default();
        problems.push(Problem {
            service: name.to_owned(),
            kind: kind(seen),
            condition: condition.name,
            about: condition.about,
            state,
            headline,
            sentence,
            since,
            hit_per_minute: hit * value(Measure::Traffic).unwrap_or(0.0) * 60.0,
            query,
            rule: rule.into_iter().find(|(of, _)| *of == state).map(|(_, rule)| rule).unwrap_or_default(),
            unit: row(condition.shown).unit,
            spark: memory.spark(name, condition.shown, value(condition.shown)),
            endpoints: Vec::new(),
            changes: Vec::new(),
            reasons: Vec::new(),
        });
    }
}

fn kind(seen: &Seen) -> Kind {
    seen.kind.unwrap_or(if seen.convention.is_some() { Kind::Service } else { Kind::Job })
}

fn service_row(name: &str, seen: &Seen, problems: &[Problem], memory: &Memory) -> Service {
    let own = || problems.iter().filter(|problem| problem.service == name);
    let of = |about: &[About]| {
        let problems = own().filter(|problem| about.contains(&problem.about));
        problems.map(|problem| problem.state).max().unwrap_or_default()
    };
    let cell = |measure, about: &[About]| Cell { value: seen.now.get(&measure).copied(), state: of(about) };
    let state = own().map(|problem| problem.state).max().unwrap_or_default();
    Service {
        name: name.to_owned(),
        kind: kind(seen),
        state,
        convention: seen.convention.map(|convention| convention.names(&seen.matchers)),
        matchers: seen.matchers.clone(),
        traffic: cell(Measure::Traffic, &[About::Traffic, About::Presence]),
        errors: cell(Measure::Errors, &[About::Errors]),
        latency: cell(Measure::P95, &[About::Latency]),
        saturation: cell(Measure::Used, &[About::Saturation]),
        saturated: seen.most_used().map(|used| used.what.clone()).unwrap_or_default(),
        up: seen.up,
        targets: seen.targets,
        bars: memory.bars(name, state),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::conventions::{CONVENTIONS, Shape};
    use super::super::resources::RESOURCES;
    use super::super::seen::Used;
    use super::*;

    fn api(values: &[(Measure, f64)]) -> Seen {
        let now = BTreeMap::from_iter(values.iter().copied());
        let convention = CONVENTIONS.iter().find(|convention| convention.shape == Shape::Buckets);
        Seen { convention, now, up: 1, targets: 1, ..Seen::default() }
    }

    fn told(services: &[(&str, Seen)]) -> Deck {
        let mut services = services.iter().map(|(name, seen)| ((*name).to_owned(), seen.clone())).collect();
        judge(&mut services, &mut Memory::default(), 1_000_000, &|_, _, now| now - 60_000)
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
        let now = BTreeMap::from([(Up, 0.0), (ScrapesFailed, 2.0)]);
        let down = || Seen { targets: 1, down: vec!["b:80".to_owned()], now: now.clone(), ..Seen::default() };
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
        // Who is down had errors before, and has no requests now; it comes before those that answer some.
        let dead = || {
            let now = [(Up, 0.0), (ScrapesFailed, 2.0), (Traffic, 1.0), (Errors, 0.17), (Failures, 90.0)];
            Seen { up: 0, down: vec!["c:80".to_owned()], ..api(&now) }
        };
        check(&[("a", failing()), ("c", dead())], "2 of 2 services failing", &["c down", "a 7 % errors"]);
        // What nobody would notice is worse than what is only degraded, and said beside what fails.
        let silent =
            || Seen { kind: Some(Kind::Service), now: BTreeMap::from([(Silence, 400.0)]), ..Seen::default() };
        check(&[("a", silent()), ("b", degraded())], "1 of 2 services silent", &["a no data"]);
        check(&[("a", silent()), ("b", down())], "1 of 2 services failing, 1 silent", &["b down"]);
        check(&[("flightdeck", fine())], "Only Flightdeck itself is watched", &[]);
    }

    #[test]
    fn the_verdict_began_when_what_it_names_first_did() {
        let now = [(Measure::Used, 0.99), (Measure::UsedReadings, 4.0)];
        let used = |name: &str| {
            let resource = RESOURCES.iter().find(|known| known.name == "memory").expect("it is known");
            let (what, instance) = ("memory".to_owned(), name.to_owned());
            Seen { used: vec![Used { what, instance, share: 0.99, resource }], ..api(&now) }
        };
        let slower = [(Measure::Traffic, 9.0), (Measure::P95, 0.4), (Measure::P95Ratio, 4.0)];
        let mut services = BTreeMap::from([("a".to_owned(), used("a")), ("b".to_owned(), api(&slower))]);
        let begin = |_: &Seen, condition: &Condition, now: Timestamp| {
            if condition.about == About::Saturation { now - 900_000 } else { now - 60_000 }
        };
        let deck = judge(&mut services, &mut Memory::default(), 1_000_000, &begin);
        assert_eq!((deck.headlines[0].as_str(), deck.since), ("b p95 400 ms", Some(940_000)));
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

    #[test]
    fn the_worst_are_told_and_all_are_counted() {
        let names: Vec<String> = (0..PROBLEMS_MAX + 50).map(|number| format!("s{number:03}")).collect();
        let failing = api(&[(Measure::Traffic, 10.0), (Measure::Errors, 0.07), (Measure::Failures, 200.0)]);
        let services: Vec<(&str, Seen)> = names.iter().map(|name| (name.as_str(), failing.clone())).collect();
        let deck = told(&services);
        assert_eq!((deck.problems.len(), deck.problem_count), (PROBLEMS_MAX, PROBLEMS_MAX + 50));
    }

    #[test]
    fn each_resource_has_its_own_beginning() {
        let resource = |name: &str| RESOURCES.iter().find(|known| known.name == name).expect("it is known");
        let used = |name: &str, share: f64| Used {
            what: name.to_owned(),
            instance: "h".to_owned(),
            share,
            resource: resource(name),
        };
        let host = |memory: f64, disk: f64| {
            let now = BTreeMap::from([(Measure::Used, memory.max(disk)), (Measure::UsedReadings, 4.0)]);
            let used = vec![used("memory", memory), used("disk", disk)];
            BTreeMap::from([("h".to_owned(), Seen { now, used, up: 1, targets: 1, ..Seen::default() })])
        };
        let begin = |seen: &Seen, _: &Condition, now: Timestamp| {
            if seen.most_used().is_some_and(|used| used.what == "disk") { now - 7_000 } else { now - 90_000 }
        };
        let mut memory = Memory::default();
        let mut since =
            |services: &mut Services, now| judge(services, &mut memory, now, &begin).problems[0].since;
        assert_eq!(since(&mut host(0.9, 0.5), 1_000_000), 910_000);
        assert_eq!(since(&mut host(0.9, 0.5), 1_010_000), 910_000, "it is remembered");
        assert_eq!(since(&mut host(0.85, 0.94), 1_020_000), 1_013_000, "another one, and later");
    }
}
