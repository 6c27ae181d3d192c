//! What a query used, in the shape `stats=true` asks for.

use std::time::Duration;

use promql::{QueryStats, StepStats};
use serde::Serialize;
use serde_json::Number;

/// Where the time went.
pub struct Timings {
    /// Waiting for a turn.
    pub queued: Duration,
    /// Parsing.
    pub prepared: Duration,
    /// Evaluating.
    pub evaluated: Duration,
}

/// Time and samples.
#[derive(Serialize)]
pub struct Stats {
    timings: Seconds,
    samples: Samples,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Seconds {
    eval_total_time: f64,
    /// Sorting is part of the evaluation.
    result_sort_time: f64,
    query_preparation_time: f64,
    inner_eval_time: f64,
    exec_queue_time: f64,
    exec_total_time: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Samples {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    total_queryable_samples_per_step: Vec<(Number, u64)>,
    total_queryable_samples: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    samples_read_per_step: Vec<(Number, u64)>,
    samples_read: u64,
    peak_samples: u64,
}

impl Stats {
    /// The statistics of one query.
    pub fn new(used: &QueryStats, timings: &Timings) -> Stats {
        let seconds = |duration: Duration| duration.as_secs_f64();
        let by_step = |samples: fn(&StepStats) -> u64| {
            used.by_step.iter().map(|step| (in_seconds(step.time), samples(step))).collect()
        };
        Stats {
            timings: Seconds {
                eval_total_time: seconds(timings.prepared + timings.evaluated),
                result_sort_time: 0.0,
                query_preparation_time: seconds(timings.prepared),
                inner_eval_time: seconds(timings.evaluated),
                exec_queue_time: seconds(timings.queued),
                exec_total_time: seconds(timings.queued + timings.prepared + timings.evaluated),
            },
            samples: Samples {
                total_queryable_samples_per_step: by_step(|step| step.samples_touched),
                total_queryable_samples: used.samples_touched,
                samples_read_per_step: by_step(|step| step.samples_read),
                samples_read: used.samples_read,
                peak_samples: used.samples_peak,
            },
        }
    }
}

/// A time as short as it can be said: no fraction where there is none.
fn in_seconds(millis: i64) -> Number {
    match millis % 1000 {
        0 => Number::from(millis / 1000),
        _ => Number::from_f64(millis as f64 / 1000.0).unwrap_or_else(|| Number::from(millis / 1000)),
    }
}
