//! Compaction: the same histogram without buckets that hold nothing.

use std::ops::AddAssign;

use super::spans::{Indexed, SpanWriter};
use super::types::{FloatHistogram, Histogram, Span};

impl Histogram {
    /// Removes empty buckets, but keeps or adds those of gaps of at most `gap_max` where that saves a span.
    pub fn compact(&mut self, gap_max: usize) {
        compact_side(&mut self.positive_spans, &mut self.positive, gap_max);
        compact_side(&mut self.negative_spans, &mut self.negative, gap_max);
    }
}

impl FloatHistogram {
    /// Removes empty buckets, but keeps or adds those of gaps of at most `gap_max` where that saves a span.
    pub fn compact(&mut self, gap_max: usize) {
        compact_side(&mut self.positive_spans, &mut self.positive, gap_max);
        compact_side(&mut self.negative_spans, &mut self.negative, gap_max);
    }
}

fn compact_side<Count: Copy + Default + PartialEq + AddAssign>(
    spans: &mut Vec<Span>,
    counts: &mut Vec<Count>,
    gap_max: usize,
) {
    let empty = Count::default();
    let tight = spans.iter().skip(1).all(|span| span.offset as usize > gap_max)
        && spans.iter().all(|span| span.length > 0);
    if tight && counts.iter().all(|&count| count != empty) {
        return;
    }
    let mut writer = SpanWriter::with_capacity(counts.len());
    for (index, count) in Indexed::new(spans, counts).filter(|&(_, count)| count != empty) {
        if writer.gap_before(index) <= gap_max {
            writer.fill_to(index);
        }
        writer.push(index, count);
    }
    (*spans, *counts) = (writer.spans, writer.counts);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        spans: &[(i32, u32)],
        counts: &[u64],
        gap_max: usize,
        want_spans: &[(i32, u32)],
        want_counts: &[u64],
    ) {
        let list =
            |spans: &[(i32, u32)]| spans.iter().map(|&(offset, length)| Span { offset, length }).collect();
        let (mut spans, mut counts): (Vec<Span>, _) = (list(spans), counts.to_vec());
        compact_side(&mut spans, &mut counts, gap_max);
        let want: Vec<Span> = list(want_spans);
        assert_eq!((spans, &counts[..]), (want, want_counts));
    }

    #[test]
    fn empty_buckets_go_wherever_they_are() {
        check(&[(0, 3)], &[0, 0, 0], 0, &[], &[]);
        check(&[(0, 3), (2, 1)], &[1, 2, 3, 4], 0, &[(0, 3), (2, 1)], &[1, 2, 3, 4]);
        check(&[(-3, 4), (1, 2)], &[0, 1, 0, 2, 0, 3], 0, &[(-2, 1), (1, 1), (2, 1)], &[1, 2, 3]);
        check(&[(5, 1), (0, 1), (3, 0), (0, 1)], &[1, 2, 3], 0, &[(5, 2), (3, 1)], &[1, 2, 3]);
    }

    #[test]
    fn small_gaps_are_filled() {
        check(&[(0, 3)], &[1, 0, 1], 1, &[(0, 3)], &[1, 0, 1]);
        check(&[(0, 1), (1, 1), (2, 1)], &[1, 2, 3], 1, &[(0, 3), (2, 1)], &[1, 0, 2, 3]);
        check(&[(0, 2), (1, 2)], &[1, 0, 0, 1], 2, &[(0, 1), (3, 1)], &[1, 1]);
        check(&[(0, 2), (1, 2)], &[1, 0, 0, 1], 3, &[(0, 5)], &[1, 0, 0, 0, 1]);
        check(&[(7, 2)], &[0, 1], 9, &[(8, 1)], &[1]);
    }
}
