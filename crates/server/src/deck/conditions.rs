//! The one table of what counts as wrong, as PromQL. Rules and notifications will read it too.

use serde::Serialize;

use super::measures::{BY, Measure, Subject, row};
use super::state::State;

/// A measure that is out of bounds.
pub struct Condition {
    /// Its name.
    pub name: &'static str,
    /// What it is about: of several that hold about the same, the worst is said.
    pub about: About,
    /// What is compared.
    pub measure: Measure,
    /// Whose history shows it.
    pub shown: Measure,
    /// What is out of bounds, and how bad that is; the mildest first.
    bounds: &'static [(State, Bound)],
    /// What must have happened often enough to be more than chance.
    events: Events,
}

/// What a condition is about: the columns of the deck, and whether anything comes at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// How much is asked.
    Traffic,
    /// What fails.
    Errors,
    /// How long it takes.
    Latency,
    /// What is used up.
    Saturation,
    /// Whether targets answer.
    Answering,
    /// What services say of themselves.
    Health,
    /// Whether anything is known.
    Presence,
}

#[derive(Clone, Copy)]
enum Bound {
    Above(f64),
    Below(f64),
    AtMost(f64),
}

/// How often something must have happened.
enum Events {
    /// Requests in five minutes, from a rate.
    Requests(Measure, f64),
    /// What a measure counts.
    Counted(Measure, f64),
    /// The bound itself is made of many samples.
    Enough,
}

/// The table.
pub static CONDITIONS: &[Condition] = &[
    Condition {
        name: "errors",
        about: About::Errors,
        measure: Measure::Errors,
        shown: Measure::Errors,
        bounds: &[(State::Warning, Bound::Above(0.01)), (State::Critical, Bound::Above(0.05))],
        events: Events::Counted(Measure::Failures, 5.0),
    },
    Condition {
        name: "slow",
        about: About::Latency,
        measure: Measure::P99,
        shown: Measure::P99,
        bounds: &[(State::Critical, Bound::Above(2.0))],
        events: Events::Requests(Measure::Traffic, 20.0),
    },
    Condition {
        // Where no bucket reaches so far, or none is told, the mean still tells.
        name: "slow on average",
        about: About::Latency,
        measure: Measure::Mean,
        shown: Measure::Mean,
        bounds: &[(State::Critical, Bound::Above(2.0))],
        events: Events::Requests(Measure::Traffic, 20.0),
    },
    Condition {
        name: "slower",
        about: About::Latency,
        measure: Measure::P95Ratio,
        shown: Measure::P95,
        bounds: &[(State::Warning, Bound::Above(2.0))],
        events: Events::Requests(Measure::Traffic, 100.0),
    },
    Condition {
        name: "traffic drop",
        about: About::Traffic,
        measure: Measure::TrafficRatio,
        shown: Measure::Traffic,
        bounds: &[(State::Warning, Bound::Below(1.0 / 3.0)), (State::Critical, Bound::Below(0.02))],
        // What there would be now if it were as before.
        events: Events::Requests(Measure::TrafficBefore, 300.0),
    },
    Condition {
        name: "traffic surge",
        about: About::Traffic,
        measure: Measure::TrafficRatio,
        shown: Measure::Traffic,
        bounds: &[(State::Warning, Bound::Above(3.0))],
        events: Events::Requests(Measure::Traffic, 300.0),
    },
    Condition {
        name: "down",
        about: About::Answering,
        measure: Measure::Up,
        shown: Measure::Up,
        bounds: &[(State::Warning, Bound::Below(1.0)), (State::Critical, Bound::AtMost(0.0))],
        events: Events::Counted(Measure::ScrapesFailed, 2.0),
    },
    Condition {
        name: "health check",
        about: About::Health,
        measure: Measure::Healthy,
        shown: Measure::Healthy,
        bounds: &[(State::Critical, Bound::AtMost(0.0))],
        events: Events::Counted(Measure::ChecksFailed, 2.0),
    },
    Condition {
        name: "resource",
        about: About::Saturation,
        measure: Measure::Used,
        shown: Measure::Used,
        bounds: &[(State::Warning, Bound::Above(USED_WARNING))],
        events: Events::Counted(Measure::UsedReadings, 2.0),
    },
    Condition {
        name: "resource exhausted",
        about: About::Saturation,
        measure: Measure::Needed,
        shown: Measure::Needed,
        bounds: &[(State::Critical, Bound::Above(0.95))],
        events: Events::Counted(Measure::NeededReadings, 2.0),
    },
    Condition {
        name: "no data",
        about: About::Presence,
        measure: Measure::Silence,
        shown: Measure::Traffic,
        bounds: &[(State::Silent, Bound::Above(QUIET_SECONDS))],
        events: Events::Enough,
    },
];

/// How much of a resource may be used.
pub const USED_WARNING: f64 = 0.8;
/// How long nothing may come before it is said.
pub const QUIET_SECONDS: f64 = 300.0;
/// How many seconds a rate is multiplied by to be a number of requests.
const COUNTED_SECONDS: f64 = 300.0;

impl Condition {
    /// How a value is, given what else was measured.
    pub fn judge(&self, measured: impl Fn(Measure) -> Option<f64>) -> State {
        let Some(value) = measured(self.measure) else { return State::Ok };
        let enough = match self.events {
            Events::Requests(rate, least) => {
                measured(rate).is_some_and(|rate| rate * COUNTED_SECONDS >= least)
            }
            Events::Counted(count, least) => measured(count).is_some_and(|count| count >= least),
            Events::Enough => true,
        };
        if enough { self.compare(value) } else { State::Ok }
    }

    /// How a value is, whatever the number of events.
    pub fn compare(&self, value: f64) -> State {
        let out = self.bounds.iter().rev().find(|(_, bound)| bound.is_crossed(value));
        out.map_or(State::Ok, |(state, _)| *state)
    }

    /// The measure that counts its events.
    pub fn counted(&self) -> Option<Measure> {
        match self.events {
            Events::Requests(measure, _) | Events::Counted(measure, _) => Some(measure),
            Events::Enough => None,
        }
    }

    /// The condition as one expression per state: whatever it answers is in that state. `more` restricts it as `Subject::fill` does.
    /// Where a library measures in several ways, the first that tells counts for each service.
    pub fn rules(&self, ways: &[Subject], more: &str, by: &str) -> Vec<(State, String)> {
        let asked = |measure: Measure| {
            let query = row(measure).query;
            let mut told: Vec<String> =
                ways.iter().filter_map(|subject| subject.fill(query, more, by)).collect();
            told.dedup();
            (!told.is_empty()).then(|| format!("({})", told.join(" or ")))
        };
        let events = match self.events {
            Events::Requests(rate, least) => {
                asked(rate).map(|rate| format!(" and {rate} * {COUNTED_SECONDS} >= {least}"))
            }
            Events::Counted(count, least) => asked(count).map(|count| format!(" and {count} >= {least}")),
            Events::Enough => Some(String::new()),
        };
        let (Some(value), Some(events)) = (asked(self.measure), events) else { return Vec::new() };
        self.bounds
            .iter()
            .map(|(state, bound)| (*state, format!("{value} {}{events}", bound.told())))
            .collect()
    }
}

impl Bound {
    fn is_crossed(self, value: f64) -> bool {
        match self {
            Bound::Above(limit) => value > limit,
            Bound::Below(limit) => value < limit,
            Bound::AtMost(limit) => value <= limit,
        }
    }

    fn told(self) -> String {
        match self {
            Bound::Above(limit) => format!("> {limit}"),
            Bound::Below(limit) => format!("< {limit}"),
            Bound::AtMost(limit) => format!("<= {limit}"),
        }
    }
}

/// One condition as others are to read it.
#[derive(Serialize)]
pub struct Rule {
    condition: &'static str,
    about: About,
    /// What it is asked of: a library, a resource, a gauge.
    of: &'static str,
    state: State,
    expression: String,
    unit: &'static str,
}

/// The whole table as rules over everything whose metrics are known.
pub fn rules(known: &dyn Fn(&str) -> bool) -> Vec<Rule> {
    let mut rules = Vec::new();
    for condition in CONDITIONS {
        let measure = row(condition.measure);
        for ways in by_library(measure.subjects(known)) {
            for (state, expression) in condition.rules(&ways, "", BY) {
                let (of, unit) = (ways[0].name(), measure.unit);
                rules.push(Rule {
                    condition: condition.name,
                    about: condition.about,
                    of,
                    state,
                    expression,
                    unit,
                });
            }
        }
    }
    rules
}

/// Subjects with the ways of one library together, the most telling first, which is the one that counts.
fn by_library(subjects: Vec<Subject>) -> Vec<Vec<Subject>> {
    let mut all: Vec<Vec<Subject>> = Vec::new();
    for subject in subjects {
        let of_requests = matches!(subject, Subject::Requests(_));
        match all.iter_mut().find(|ways| of_requests && ways[0].name() == subject.name()) {
            Some(ways) => ways.insert(0, subject),
            None => all.push(vec![subject]),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::libraries::ROWS;
    use super::*;

    fn check(name: &str, measured: &[(Measure, f64)], want: State) {
        let condition = CONDITIONS.iter().find(|condition| condition.name == name).expect("it exists");
        let value = |measure| measured.iter().find(|(known, _)| *known == measure).map(|(_, value)| *value);
        assert_eq!(condition.judge(value), want, "{name} {measured:?}");
    }

    #[test]
    fn bounds_hold_and_chance_is_left_out() {
        use Measure::*;
        check("errors", &[(Errors, 0.2), (Failures, 4.0)], State::Ok);
        check("errors", &[(Errors, 0.02), (Failures, 5.0)], State::Warning);
        check("errors", &[(Errors, 0.06), (Failures, 50.0)], State::Critical);
        check("errors", &[(Errors, 0.01), (Failures, 50.0)], State::Ok);
        check("slow", &[(P99, 2.5), (Traffic, 0.05)], State::Ok);
        check("slow", &[(P99, 2.5), (Traffic, 1.0)], State::Critical);
        check("slow on average", &[(Mean, 2.5), (Traffic, 1.0)], State::Critical);
        check("slower", &[(P95Ratio, 2.5), (Traffic, 1.0)], State::Warning);
        check("traffic drop", &[(TrafficRatio, 0.2), (TrafficBefore, 10.0)], State::Warning);
        check("traffic drop", &[(TrafficRatio, 0.2), (TrafficBefore, 0.05)], State::Ok);
        check("traffic drop", &[(TrafficRatio, 0.0), (TrafficBefore, 10.0)], State::Critical);
        check("traffic surge", &[(TrafficRatio, 4.0), (Traffic, 2.0)], State::Warning);
        check("down", &[(Up, 0.5), (ScrapesFailed, 2.0)], State::Warning);
        check("down", &[(Up, 0.0), (ScrapesFailed, 2.0)], State::Critical);
        check("down", &[(Up, 0.0), (ScrapesFailed, 1.0)], State::Ok);
        check("down", &[(Up, 1.0), (ScrapesFailed, 9.0)], State::Ok);
        check("health check", &[(Healthy, 0.0), (ChecksFailed, 3.0)], State::Critical);
        check("health check", &[(Healthy, 1.0), (ChecksFailed, 3.0)], State::Ok);
        check("resource", &[(Used, 0.81), (UsedReadings, 2.0)], State::Warning);
        check("resource", &[(Used, 0.99), (UsedReadings, 1.0)], State::Ok);
        check("resource exhausted", &[(Needed, 0.96), (NeededReadings, 4.0)], State::Critical);
        check("no data", &[(Silence, 301.0)], State::Silent);
        check("no data", &[(Silence, 300.0)], State::Ok);
        check("errors", &[], State::Ok);
    }

    #[test]
    fn the_bounds_of_readings_are_those_of_what_is_read() {
        for condition in CONDITIONS {
            let Some(counted) = condition.counted().filter(|measure| row(*measure).query.contains("> 0."))
            else {
                continue;
            };
            let (_, bound) = condition.bounds[0];
            assert!(row(counted).query.contains(&bound.told()), "{}", condition.name);
        }
    }

    #[test]
    fn the_document_has_every_row_with_its_bounds() {
        let document = include_str!("../../../../docs/conditions.md");
        for condition in CONDITIONS {
            let name = format!("| `{}` |", condition.name);
            let row = document.lines().find(|line| line.starts_with(&name)).expect(condition.name);
            for (state, bound) in condition.bounds {
                let told = format!("`{}` {state:?}", bound.told()).to_lowercase();
                assert!(row.contains(&told), "{row}: {told}");
            }
            let least = match condition.events {
                Events::Requests(_, least) | Events::Counted(_, least) => least.to_string(),
                Events::Enough => "any".to_owned(),
            };
            assert!(row.contains(&least) || row.contains("twice") && least == "2", "{row}: {least}");
        }
    }

    #[test]
    fn what_a_library_is_asked_in_two_ways_is_one_rule() {
        let rules = rules(&|_| true);
        let name = "prometheus-fastapi-instrumentator";
        let slow: Vec<&str> = rules
            .iter()
            .filter(|rule| rule.condition == "slow" && rule.of == name)
            .map(|rule| rule.expression.as_str())
            .collect();
        let [slow] = slow[..] else { panic!("{slow:?}") };
        let finer = slow.find("http_request_duration_highr_seconds_bucket").expect("the finer is asked");
        let coarse = slow.find("http_request_duration_seconds_bucket").expect("so is the other");
        assert!(finer < coarse, "{slow}");
        for rule in rules.iter().filter(|rule| ROWS.iter().any(|row| row.name == rule.of)) {
            let same = |other: &&Rule| {
                (other.condition, other.of, other.state) == (rule.condition, rule.of, rule.state)
            };
            assert_eq!(rules.iter().filter(same).count(), 1, "{} of {}", rule.condition, rule.of);
        }
    }

    #[test]
    fn every_condition_is_an_expression() {
        let rules = rules(&|_| true);
        for condition in CONDITIONS {
            assert!(rules.iter().any(|rule| rule.condition == condition.name), "{}", condition.name);
        }
        for rule in rules {
            assert!(promql::parse::parse(&rule.expression).is_ok(), "{}", rule.expression);
        }
    }
}
