//! Counter-reset hints of stored histograms: what is known of each from the one before it.
//!
//! A histogram that follows another without a reset says so, which lets whoever combines histograms of several
//! series tell when their resets do not agree. Where there was a reset the hint stays unknown, as it is for the
//! first histogram: what comes before may be missing, and then everything is a reset.

use std::sync::Arc;

use model::{CounterReset, FloatHistogram};

/// Leaves of each histogram what `histogram_count`, `histogram_sum` and `histogram_avg` need: count and sum. What was
/// only known from buckets, that of resets, is told by the hints from now on.
pub(crate) fn strip_buckets(histograms: &mut [Arc<FloatHistogram>]) {
    for histogram in histograms {
        *histogram = Arc::new(FloatHistogram {
            schema: histogram.schema,
            counter_reset: histogram.counter_reset,
            count: histogram.count,
            sum: histogram.sum,
            ..FloatHistogram::default()
        });
    }
}

/// Sets the hint of each histogram from the one before it. `tell_resets` also says of resets that they are ones.
pub(crate) fn infer_hints(histograms: &mut [Arc<FloatHistogram>], tell_resets: bool) {
    for index in 0..histograms.len() {
        let (before, after) = histograms.split_at_mut(index);
        let current = &mut after[0];
        let hint = hint_of(before.last(), current, tell_resets);
        if current.counter_reset != hint {
            Arc::make_mut(current).counter_reset = hint;
        }
    }
}

fn hint_of(
    previous: Option<&Arc<FloatHistogram>>,
    current: &FloatHistogram,
    tell_resets: bool,
) -> CounterReset {
    use CounterReset::{Gauge, No, Unknown, Yes};
    if current.is_stale() || matches!(current.counter_reset, Gauge | No) {
        return current.counter_reset;
    }
    match previous {
        Some(previous) if previous.counter_reset != Gauge && !previous.is_stale() => {
            match (current.is_reset_after(previous), tell_resets) {
                (false, _) => No,
                (true, true) => Yes,
                (true, false) => Unknown,
            }
        }
        _ => Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_follow_from_the_histogram_before() {
        use CounterReset::{Gauge, No, Unknown, Yes};
        let check = |given: &[(f64, CounterReset)], tell_resets, want: &[CounterReset]| {
            let histogram = |&(count, counter_reset): &(f64, CounterReset)| {
                Arc::new(FloatHistogram { count, counter_reset, ..FloatHistogram::default() })
            };
            let mut histograms: Vec<_> = given.iter().map(histogram).collect();
            infer_hints(&mut histograms, tell_resets);
            assert_eq!(histograms.iter().map(|found| found.counter_reset).collect::<Vec<_>>(), want);
        };
        check(&[(1.0, Unknown), (2.0, Unknown), (1.0, Unknown)], false, &[Unknown, No, Unknown]);
        check(&[(1.0, Unknown), (2.0, Unknown), (1.0, Unknown)], true, &[Unknown, No, Yes]);
        check(&[(1.0, No), (2.0, Yes)], false, &[No, Unknown]);
        check(&[(1.0, Gauge), (2.0, Unknown), (3.0, Unknown)], false, &[Gauge, Unknown, No]);
    }
}
