//! A condition that holds, in words: a headline, a sentence, and the query that shows it.

use super::conditions::{About, Condition, USED_WARNING};
use super::conventions::selector;
use super::measures::{Measure, Subject, row};
use super::seen::{Seen, Used};
use super::words;

/// What is said of a condition.
pub struct Said {
    /// In few words: `p99 3.1 s`.
    pub headline: String,
    /// In a sentence.
    pub sentence: String,
    /// Which share of the requests is hit.
    pub hit: f64,
    /// The query whose answer shows it.
    pub query: String,
    /// What the condition was asked of, if anything is there.
    pub subject: Option<Subject>,
}

/// Says a condition that holds of a service.
pub fn say(condition: &Condition, name: &str, seen: &Seen) -> Said {
    match condition.about {
        About::Answering => not_answering(seen),
        About::Health => unhealthy(seen),
        About::Saturation => used_up(condition, name, seen),
        About::Presence => silent(seen),
        About::Traffic | About::Errors | About::Latency => of_requests(condition, seen),
    }
}

fn of_requests(condition: &Condition, seen: &Seen) -> Said {
    let of = |measure| seen.now.get(&measure).copied().unwrap_or(0.0);
    let (out, traffic) = (of(condition.measure), words::rate(of(Measure::Traffic)));
    let (headline, sentence, hit) = match condition.name {
        "errors" => {
            let share = words::percent(out);
            (format!("{share} errors"), format!("{share} of {traffic} requests fail"), out)
        }
        "slow" => {
            let seconds = words::seconds(out);
            (format!("p99 {seconds}"), format!("One request in a hundred takes more than {seconds}"), 0.01)
        }
        "slow on average" => {
            let seconds = words::seconds(out);
            (format!("mean {seconds}"), format!("Requests take {seconds} on average"), 1.0)
        }
        "slower" => {
            let (p95, times) = (words::seconds(of(Measure::P95)), words::digits(out));
            (format!("p95 {p95}"), format!("p95 is {p95}, {times} times that of the hour before"), 0.05)
        }
        _ => {
            let (verb, word, hit) = if out < 1.0 { ("fell", "down", 1.0) } else { ("rose", "up", 0.0) };
            let before = match out > 0.0 {
                true => format!(" from {}", words::rate(of(Measure::Traffic) / out)),
                false => String::new(),
            };
            (format!("traffic {word} to {traffic}"), format!("Traffic {verb} to {traffic}{before}"), hit)
        }
    };
    let asked = |convention| row(condition.shown).query(convention, &seen.matchers);
    let query = seen.convention.and_then(asked).unwrap_or_default();
    Said { headline, sentence, hit, query, subject: seen.convention.map(Subject::Requests) }
}

fn not_answering(seen: &Seen) -> Said {
    let down = seen.targets - seen.up;
    let which = seen.down.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let (headline, sentence) = match seen.targets {
        1 => ("down".to_owned(), format!("{which} cannot be scraped")),
        targets => {
            let share = format!("{down} of {targets}");
            (format!("{share} down"), format!("{share} instances cannot be scraped: {which}"))
        }
    };
    let query = selector("up", &[&seen.matchers]);
    Said { headline, sentence, hit: 0.0, query, subject: Some(Subject::Targets) }
}

fn unhealthy(seen: &Seen) -> Said {
    let checks = seen.failing.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let (first, gauge) = match seen.failing.first() {
        Some((first, gauge)) => (first.as_str(), Some(*gauge)),
        None => ("", None),
    };
    Said {
        headline: format!("health check {first} fails"),
        sentence: format!("Health checks fail: {checks}"),
        hit: 0.0,
        query: gauge.map(|gauge| selector(gauge.metric, &[&seen.matchers])).unwrap_or_default(),
        subject: gauge.map(Subject::Check),
    }
}

fn used_up(condition: &Condition, name: &str, seen: &Seen) -> Said {
    let worst = seen.most_used_of(condition.measure);
    let told = |used: &Used| {
        let place = match used.instance.as_str() {
            "" => String::new(),
            instance if instance == name => String::new(),
            instance => format!(" on {instance}"),
        };
        let meaning =
            if used.resource.fails { "what needs more of it fails" } else { "work waits for its turn" };
        let share = words::percent(used.share);
        (
            format!("{} {share} used", used.what),
            words::sentence(&format!("{} is {share} used{place}: {meaning}", used.what)),
        )
    };
    let (headline, mut sentence) = worst.map(told).unwrap_or_default();
    let others = seen.used.iter().filter(|used| used.share > USED_WARNING);
    let others = others.filter(|used| !worst.is_some_and(|worst| worst.is(used)));
    let others: Vec<_> =
        others.take(3).map(|used| format!("{} {}", used.what, words::percent(used.share))).collect();
    if !others.is_empty() {
        sentence += &format!(". Also used up: {}", others.join(", "));
    }
    Said {
        headline,
        sentence,
        hit: 0.0,
        query: worst.map(|used| used.resource.used.to_owned()).unwrap_or_default(),
        subject: worst.map(|used| Subject::Resource(used.resource)),
    }
}

fn silent(seen: &Seen) -> Said {
    let ago = words::seconds(seen.now.get(&Measure::Silence).copied().unwrap_or(0.0));
    Said {
        headline: "no data".to_owned(),
        sentence: format!("Nothing has come for {ago}: nobody would notice a fault"),
        hit: 0.0,
        query: String::new(),
        subject: Some(seen.convention.map_or(Subject::Targets, Subject::Requests)),
    }
}
