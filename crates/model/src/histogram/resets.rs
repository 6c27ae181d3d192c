//! Counter resets: what the hints of two histograms come to, and how a reset shows when there is no hint.

use super::types::{CounterReset, FloatHistogram};
use super::working::{Cell, Working, shared_bounds};

impl FloatHistogram {
    /// Whether the counter started anew between `previous` and this histogram.
    ///
    /// A hint decides. Without one, any count that fell tells, buckets that vanished or were split included, but the
    /// sum does not: observations can be negative.
    pub fn is_reset_after(&self, previous: &FloatHistogram) -> bool {
        match self.counter_reset {
            CounterReset::Yes => return true,
            CounterReset::No => return false,
            // Functions for counters may be applied to gauges; they come with a warning of their own.
            CounterReset::Unknown | CounterReset::Gauge => {}
        }
        if self.count < previous.count || self.has_custom_buckets() != previous.has_custom_buckets() {
            return true;
        }
        if self.has_shape_of(previous) {
            let sides = [(&self.positive, &previous.positive), (&self.negative, &previous.negative)];
            return self.zero_count < previous.zero_count
                || sides
                    .iter()
                    .any(|(now, before)| now.iter().zip(*before).any(|(now, before)| now < before));
        }
        // A counter becomes coarser while it runs, never finer.
        if self.schema > previous.schema || self.zero_threshold < previous.zero_threshold {
            return true;
        }
        let (mut now, mut before) = (Working::exact(self), Working::exact(previous));
        if now.custom_values != before.custom_values {
            let shared = shared_bounds(&now.custom_values, &before.custom_values);
            now.keep_bounds(shared.clone());
            before.keep_bounds(shared);
        }
        before.grow_zero_bucket(self.zero_threshold);
        if before.zero_threshold != self.zero_threshold || self.zero_count < before.zero_count.sum {
            return true;
        }
        before.reduce_to(self.schema);
        any_fell(&now.positive, &before.positive) || any_fell(&now.negative, &before.negative)
    }

    /// Makes the hint that of both histograms together; says whether they contradict each other.
    pub(super) fn merge_counter_reset(&mut self, other: &FloatHistogram) -> bool {
        use CounterReset::{Gauge, No, Unknown, Yes};
        let (hint, conflict) = match (self.counter_reset, other.counter_reset) {
            (left, right) if left == right => (left, false),
            (Gauge, _) | (_, Gauge) => (Gauge, false),
            (Yes, No) | (No, Yes) => (Unknown, true),
            _ => (Unknown, false),
        };
        self.counter_reset = hint;
        conflict
    }
}

/// Whether any bucket has less than `before`, or is missing though it was populated.
fn any_fell(now: &[Cell], before: &[Cell]) -> bool {
    let mut now = now.iter().peekable();
    before.iter().any(|before| {
        while now.next_if(|cell| cell.index < before.index).is_some() {}
        match now.next_if(|cell| cell.index == before.index) {
            Some(cell) => cell.count.sum < before.count.sum,
            None => before.count.sum != 0.0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;

    fn check(previous: &str, now: &str, want: bool) {
        let parse = |notation| parse_notation(notation).unwrap().histogram;
        assert_eq!(parse(now).is_reset_after(&parse(previous)), want, "{previous} then {now}");
    }

    #[test]
    fn counts_that_fall_are_resets() {
        check("{{count:2 buckets:[1 1]}}", "{{count:2 buckets:[1 1]}}", false);
        check("{{count:2 buckets:[1 1]}}", "{{count:4 buckets:[2 2]}}", false);
        check("{{count:2 sum:9 buckets:[1 1]}}", "{{count:4 sum:-9 buckets:[2 2]}}", false);
        check("{{count:2 buckets:[1 1]}}", "{{count:1 buckets:[1 1]}}", true);
        check("{{count:2 buckets:[1 1]}}", "{{count:4 buckets:[4 0]}}", true);
        check("{{count:2 n_buckets:[1 1]}}", "{{count:4 n_buckets:[4 0]}}", true);
        check("{{count:2 z_bucket:2}}", "{{count:4 z_bucket:1 buckets:[3]}}", true);
    }

    #[test]
    fn populated_buckets_that_vanish_are_resets() {
        check("{{count:2 buckets:[1 0 1]}}", "{{count:4 buckets:[4]}}", true);
        check("{{count:2 buckets:[2 0 0]}}", "{{count:4 buckets:[4]}}", false);
        check("{{count:2 buckets:[2] offset:5}}", "{{count:4 buckets:[4]}}", true);
        check("{{count:2 buckets:[2]}}", "{{count:4}}", true);
        check("{{count:2 buckets:[1]}}", "{{count:4 buckets:[1 1 1] offset:-1}}", false);
    }

    #[test]
    fn hints_decide() {
        check("{{count:9}}", "{{count:1 counter_reset_hint:not_reset}}", false);
        check("{{count:1}}", "{{count:9 counter_reset_hint:reset}}", true);
        check("{{count:9}}", "{{count:1 counter_reset_hint:gauge}}", true);
    }

    #[test]
    fn coarser_is_no_reset_but_finer_is() {
        check("{{schema:1 count:2 buckets:[1 1 1]}}", "{{count:4 buckets:[1 2]}}", false);
        check("{{schema:1 count:2 buckets:[1 1 1]}}", "{{count:4 buckets:[1 1]}}", true);
        check("{{count:2 buckets:[1 1]}}", "{{schema:1 count:4 buckets:[1 1 1]}}", true);
    }

    #[test]
    fn a_zero_bucket_may_swallow_whole_buckets_only() {
        check("{{count:3 z_bucket:1 buckets:[2]}}", "{{count:3 z_bucket:3 z_bucket_w:1}}", false);
        check("{{count:3 z_bucket:1 buckets:[2]}}", "{{count:3 z_bucket:2 z_bucket_w:1}}", true);
        check("{{count:3 z_bucket:1 buckets:[2]}}", "{{count:3 z_bucket:3 z_bucket_w:0.75}}", true);
        check(
            "{{count:3 z_bucket:1 buckets:[0 2]}}",
            "{{count:3 z_bucket:1 z_bucket_w:0.75 buckets:[0 2]}}",
            false,
        );
        check("{{count:3 z_bucket:3 z_bucket_w:1}}", "{{count:3 z_bucket:3 z_bucket_w:0.5}}", true);
    }

    #[test]
    fn custom_buckets_are_compared_at_the_bounds_that_both_have() {
        check("{{schema:-53 count:3 custom_values:[1 2] buckets:[1 1 1]}}", "{{count:9 buckets:[9]}}", true);
        check("{{count:1 buckets:[1]}}", "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 1 1]}}", true);
        let before = "{{schema:-53 count:6 custom_values:[1 2 3] buckets:[1 2 1 2]}}";
        check(before, "{{schema:-53 count:6 custom_values:[2 4] buckets:[3 1 2]}}", false);
        check(before, "{{schema:-53 count:6 custom_values:[2 4] buckets:[2 2 2]}}", true);
        check(before, "{{schema:-53 count:6 custom_values:[7] buckets:[6 0]}}", false);
    }
}
