//! What this machine would have said over the last two hours: from what it says now, backwards. Counters have grown since it was
//! booted, about evenly; what is used of memory and load has swung a little.

use collect::config::Span;
use collect::host::{Host, HostConfig};
use model::{Frame, MetricType, Sample, Timestamp, Value};

use super::history::Grown;

/// How often a swing comes back, per hour, and how far it goes.
const SWING: (f64, f64) = (9.0, 0.15);
/// Gauges that are never quite the same, and of which no sum is made: parts of a whole that swing each for itself are more than it.
const SWINGING: &[&str] = &[
    "node_load1",
    "node_load5",
    "node_load15",
    "node_memory_Active_bytes",
    "node_memory_Dirty_bytes",
    "node_procs_running",
    "node_sockstat_TCP_inuse",
];

/// Adds the machine's past from `start` up to `end`.
pub fn tell(start: Timestamp, end: Timestamp, step: i64, grown: &mut Grown) {
    let mut host = Host::new(&HostConfig { interval: Span::from_secs(step / 1000) });
    for frame in host.read(end) {
        let booted = booted(&frame).unwrap_or(start);
        for (column, value) in frame.values.iter().enumerate() {
            if !value.is_finite() || frame.absent.contains(&(column as u32)) {
                continue;
            }
            let samples = past(Course::of(&frame, column), *value, booted.max(start), booted, end, step);
            grown.insert(frame.layout.series(column), samples);
        }
    }
}

/// How a value came to be what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Course {
    Counted,
    Swinging,
    Constant,
    /// It was so at first, and is nothing since.
    AtFirst,
}

/// To the first reading all series are new.
const AT_FIRST: &str = "scrape_series_added";

impl Course {
    fn of(frame: &Frame, column: usize) -> Course {
        let name = frame.layout.points[column].metric_name();
        let kind =
            frame.layout.metadata.iter().find(|(family, _)| family == name).map(|(_, known)| known.kind);
        match kind {
            Some(MetricType::Counter) => Course::Counted,
            _ if name.ends_with("_total") => Course::Counted,
            _ if SWINGING.contains(&name) => Course::Swinging,
            _ if name == AT_FIRST => Course::AtFirst,
            _ => Course::Constant,
        }
    }
}

fn past(
    course: Course,
    value: f64,
    start: Timestamp,
    booted: Timestamp,
    end: Timestamp,
    step: i64,
) -> Vec<Sample> {
    let (per_hour, depth) = SWING;
    let hours = |from: Timestamp| (end - from) as f64 / 3_600_000.0;
    let since_boot = hours(booted).max(1e-3);
    let at = |time: Timestamp| match course {
        Course::Constant => value,
        Course::AtFirst if time == start => value,
        Course::AtFirst => 0.0,
        Course::Swinging => value * (1.0 + depth * (hours(time) * per_hour).sin()),
        // What went by evenly, and a swing of the rate that is none now.
        Course::Counted => {
            let swing = depth / per_hour * (hours(time) * per_hour).sin();
            value * (1.0 - (hours(time) + swing) / since_boot).max(0.0)
        }
    };
    let times = std::iter::successors(Some(start), |time| Some(time + step)).take_while(|time| *time <= end);
    times.map(|time| Sample { time, start: None, value: Value::Float(at(time)) }).collect()
}

fn booted(frame: &Frame) -> Option<Timestamp> {
    let is_boot = |name: &str| name == "node_boot_time_seconds";
    let column = frame.layout.points.iter().position(|point| is_boot(point.metric_name()))?;
    Some((frame.values[column] * 1000.0) as Timestamp)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn series_are_new_only_once() {
        let told = past(Course::AtFirst, 300.0, 0, 0, 60_000, 15_000);
        let values: Vec<Value> = told.into_iter().map(|sample| sample.value).collect();
        assert_eq!(values, [300.0, 0.0, 0.0, 0.0, 0.0].map(Value::Float));
        let mut grown = Grown::new();
        // A machine has no past before it was booted.
        let now = Timestamp::try_from(SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_millis());
        let now = now.expect("a time of this age");
        tell(now - 60_000, now, 15_000, &mut grown);
        let added = grown.iter().find(|(labels, _)| labels.metric_name() == AT_FIRST);
        let (_, samples) = added.expect("the machine tells of its scrapes");
        assert!(samples.last().is_some_and(|last| last.value == Value::Float(0.0)), "{samples:?}");
    }

    #[test]
    fn counters_only_grow_up_to_what_they_are() {
        let hour = 3_600_000;
        let told = past(Course::Counted, 500.0, 8 * hour, 0, 10 * hour, 15_000);
        let values: Vec<f64> = told
            .iter()
            .map(|sample| match sample.value {
                Value::Float(value) => value,
                _ => f64::NAN,
            })
            .collect();
        assert_eq!(values.len(), 481);
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            values[479] < 500.0 && values[480] == 500.0 && values[0] > 380.0,
            "{} {}",
            values[0],
            values[479]
        );
    }
}
