//! The one table of what counts as wrong. Rules and notifications will read it too.

use super::measures::Measure;
use super::state::State;

/// A measure that is out of bounds.
pub struct Condition {
    /// Its name.
    pub name: &'static str,
    /// What is compared.
    pub measure: Measure,
    /// Whose history shows it.
    pub shown: Measure,
    /// Out of which bounds it is.
    bounds: Bounds,
    /// What must have happened often enough to be more than chance, and how often in five minutes.
    events: (Measure, f64),
}

enum Bounds {
    Above { warning: f64, critical: f64 },
    Below { warning: f64, critical: f64 },
}

/// What a bound that is never crossed looks like.
const NEVER: f64 = f64::INFINITY;

/// How much of a resource may be used.
pub const USED_WARNING: f64 = 0.8;
/// How much of a resource is as good as all of it.
pub const USED_CRITICAL: f64 = 0.95;

/// The table.
pub static CONDITIONS: &[Condition] = &[
    Condition {
        name: "errors",
        measure: Measure::Errors,
        shown: Measure::Errors,
        bounds: Bounds::Above { warning: 0.01, critical: 0.05 },
        events: (Measure::Failures, 5.0),
    },
    Condition {
        name: "slow",
        measure: Measure::P99,
        shown: Measure::P99,
        bounds: Bounds::Above { warning: 2.0, critical: 2.0 },
        events: (Measure::Traffic, 20.0),
    },
    Condition {
        name: "slower",
        measure: Measure::P95Ratio,
        shown: Measure::P95,
        bounds: Bounds::Above { warning: 2.0, critical: NEVER },
        events: (Measure::Traffic, 100.0),
    },
    Condition {
        name: "traffic drop",
        measure: Measure::TrafficRatio,
        shown: Measure::Traffic,
        bounds: Bounds::Below { warning: 1.0 / 3.0, critical: 0.02 },
        events: (Measure::TrafficRatio, 300.0),
    },
    Condition {
        name: "traffic surge",
        measure: Measure::TrafficRatio,
        shown: Measure::Traffic,
        bounds: Bounds::Above { warning: 3.0, critical: NEVER },
        events: (Measure::Traffic, 300.0),
    },
];

impl Condition {
    /// How a value is, given what else was measured.
    pub fn judge(&self, measured: impl Fn(Measure) -> Option<f64>) -> State {
        let Some(value) = measured(self.measure) else { return State::Ok };
        let events = match self.events.0 {
            Measure::Failures => measured(Measure::Failures),
            // What the traffic would be now if it were as before.
            Measure::TrafficRatio => match (measured(Measure::Traffic), measured(Measure::TrafficRatio)) {
                (Some(traffic), Some(ratio)) if ratio > 0.0 => Some(traffic / ratio * 300.0),
                // Nothing at all comes any more, and the baseline was not empty or there would be no ratio.
                (Some(_), Some(_)) => Some(f64::INFINITY),
                _ => None,
            },
            _ => measured(Measure::Traffic).map(|rate| rate * 300.0),
        };
        if events.is_none_or(|events| events < self.events.1) {
            return State::Ok;
        }
        self.compare(value)
    }

    /// How a value is, whatever the number of events.
    pub fn compare(&self, value: f64) -> State {
        let (warning, critical) = match self.bounds {
            Bounds::Above { warning, critical } => (value > warning, value > critical),
            Bounds::Below { warning, critical } => (value < warning, value < critical),
        };
        if critical {
            State::Critical
        } else if warning {
            State::Warning
        } else {
            State::Ok
        }
    }
}

/// How a used share of a resource is, by whether running out of it fails requests.
pub fn judge_used(used: f64, fails: bool) -> State {
    if fails && used > USED_CRITICAL {
        State::Critical
    } else if used > USED_WARNING {
        State::Warning
    } else {
        State::Ok
    }
}

#[cfg(test)]
mod tests {
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
        check("slower", &[(P95Ratio, 2.5), (Traffic, 1.0)], State::Warning);
        check("traffic drop", &[(TrafficRatio, 0.2), (Traffic, 2.0)], State::Warning);
        check("traffic drop", &[(TrafficRatio, 0.2), (Traffic, 0.01)], State::Ok);
        check("traffic drop", &[(TrafficRatio, 0.0), (Traffic, 0.0)], State::Critical);
        check("traffic surge", &[(TrafficRatio, 4.0), (Traffic, 2.0)], State::Warning);
        check("errors", &[], State::Ok);
    }
}
