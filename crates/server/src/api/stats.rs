//! What a query used, in the shape `stats=true` asks for.

use std::time::Duration;

use promql::QueryStats;
use serde::Serialize;

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
    total_queryable_samples: u64,
    samples_read: u64,
    peak_samples: u64,
}

impl Stats {
    /// The statistics of one query.
    pub fn new(used: &QueryStats, timings: &Timings) -> Stats {
        let seconds = |duration: Duration| duration.as_secs_f64();
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
                total_queryable_samples: used.samples_read,
                samples_read: used.samples_read,
                peak_samples: used.samples_peak,
            },
        }
    }
}
