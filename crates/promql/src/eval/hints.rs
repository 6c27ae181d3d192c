//! Counter-reset hints of stored histograms: what a store that sees samples one after the other knows of each.
//!
//! A hint that says there was a reset is believed. Of every other sample with a predecessor it is found out by
//! comparing the two, so that whoever combines histograms of one series with those of another can tell when
//! their resets do not agree.

use std::sync::Arc;

use model::{CounterReset, FloatHistogram};
use tsdb::Samples;

/// Sets the hint of each histogram from the one before it.
pub(crate) fn infer_hints(samples: &mut Samples) {
    for index in 1..samples.histograms.len() {
        let (before, after) = samples.histograms.split_at_mut(index);
        let (previous, current) = (&before[index - 1], &mut after[0]);
        if let Some(hint) = hint_of(previous, current)
            && current.counter_reset != hint
        {
            Arc::make_mut(current).counter_reset = hint;
        }
    }
}

/// What the hint should be; `None` to leave it as it is.
fn hint_of(previous: &FloatHistogram, current: &FloatHistogram) -> Option<CounterReset> {
    if current.is_stale() || previous.is_stale() {
        return None;
    }
    match (previous.counter_reset, current.counter_reset) {
        (_, CounterReset::Gauge | CounterReset::Yes) | (CounterReset::Gauge, _) => None,
        _ => {
            let unhinted = match current.counter_reset {
                CounterReset::Unknown => current.is_reset_after(previous),
                _ => FloatHistogram { counter_reset: CounterReset::Unknown, ..current.clone() }
                    .is_reset_after(previous),
            };
            Some(if unhinted { CounterReset::Yes } else { CounterReset::No })
        }
    }
}
