//! Spans as what they stand for: a list of bucket indexes, and back.

use std::ops::AddAssign;

use super::types::Span;

/// The buckets of one side with their indexes, from either end.
///
/// Spans that promise more buckets than there are counts, or fewer, give only the buckets that have both.
#[derive(Clone, Debug)]
pub(super) struct Indexed<'a, Count> {
    spans: &'a [Span],
    counts: &'a [Count],
    front: Cursor,
    back: Cursor,
}

/// A place before a bucket: so many buckets of `spans[span]` lie before it, and it would have `index`.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    span: usize,
    within: u32,
    index: i32,
}

impl<'a, Count: Copy> Indexed<'a, Count> {
    pub(super) fn new(spans: &'a [Span], counts: &'a [Count]) -> Self {
        let front = Cursor { span: 0, within: 0, index: spans.first().map_or(0, |span| span.offset) };
        let mut back = Cursor::default();
        let mut remaining = counts.len();
        for (position, span) in spans.iter().enumerate() {
            let length = remaining.min(span.length as usize) as u32;
            remaining -= length as usize;
            let start = back.index.wrapping_add(span.offset);
            back = Cursor { span: position, within: length, index: start.wrapping_add(length as i32) };
            if remaining == 0 {
                break;
            }
        }
        Indexed { spans, counts: &counts[..counts.len() - remaining], front, back }
    }
}

impl<Count: Copy> Iterator for Indexed<'_, Count> {
    type Item = (i32, Count);

    fn next(&mut self) -> Option<Self::Item> {
        let (&count, rest) = self.counts.split_first()?;
        self.counts = rest;
        while self.front.within == self.spans[self.front.span].length {
            self.front.span += 1;
            self.front.within = 0;
            self.front.index = self.front.index.wrapping_add(self.spans[self.front.span].offset);
        }
        let index = self.front.index;
        self.front.within += 1;
        self.front.index = index.wrapping_add(1);
        Some((index, count))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.counts.len(), Some(self.counts.len()))
    }
}

impl<Count: Copy> DoubleEndedIterator for Indexed<'_, Count> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let (&count, rest) = self.counts.split_last()?;
        self.counts = rest;
        while self.back.within == 0 {
            let gap = self.spans[self.back.span].offset;
            self.back.span -= 1;
            self.back.within = self.spans[self.back.span].length;
            self.back.index = self.back.index.wrapping_sub(gap);
        }
        self.back.within -= 1;
        self.back.index = self.back.index.wrapping_sub(1);
        Some((self.back.index, count))
    }
}

impl<Count: Copy> ExactSizeIterator for Indexed<'_, Count> {}

/// Spans and counts being written, bucket by bucket in ascending order.
#[derive(Debug)]
pub(super) struct SpanWriter<Count> {
    pub(super) spans: Vec<Span>,
    pub(super) counts: Vec<Count>,
    /// The index after the last bucket.
    next: i32,
}

impl<Count: Copy + Default + AddAssign> SpanWriter<Count> {
    pub(super) fn with_capacity(buckets: usize) -> Self {
        SpanWriter { spans: Vec::new(), counts: Vec::with_capacity(buckets), next: 0 }
    }

    /// Writes a bucket; one with the index of the bucket before it is added to that.
    pub(super) fn push(&mut self, index: i32, count: Count) {
        match (self.spans.last_mut(), self.counts.last_mut()) {
            (Some(_), Some(last)) if index.wrapping_add(1) == self.next => {
                *last += count;
                return;
            }
            (Some(span), _) if index == self.next => span.length += 1,
            (Some(_), _) => self.spans.push(Span { offset: index.wrapping_sub(self.next), length: 1 }),
            (None, _) => self.spans.push(Span { offset: index, length: 1 }),
        }
        self.counts.push(count);
        self.next = index.wrapping_add(1);
    }

    /// How many indexes lie between the last bucket and `index`; none before the first bucket.
    pub(super) fn gap_before(&self, index: i32) -> usize {
        if self.spans.is_empty() { 0 } else { index.wrapping_sub(self.next).max(0) as usize }
    }

    /// Writes empty buckets from the last bucket up to `index`; none before the first.
    pub(super) fn fill_to(&mut self, index: i32) {
        let first = if self.spans.is_empty() { index } else { self.next };
        for empty in first..index {
            self.push(empty, Count::default());
        }
    }
}

/// Whether both lists of spans have buckets at the same indexes.
pub(super) fn same_layout(left: &[Span], right: &[Span]) -> bool {
    if left == right {
        return true;
    }
    runs(left).eq(runs(right))
}

/// The runs of adjacent buckets as (first index, length), with neither empty nor touching ones.
fn runs(spans: &[Span]) -> impl Iterator<Item = (i64, u64)> {
    let mut spans = spans.iter().peekable();
    let mut end = 0i64;
    std::iter::from_fn(move || {
        let mut run: Option<(i64, u64)> = None;
        while let Some(span) = spans.peek() {
            let start = end + i64::from(span.offset);
            match &mut run {
                _ if span.length == 0 => {}
                None => run = Some((start, u64::from(span.length))),
                Some((first, length)) if *first + *length as i64 == start => {
                    *length += u64::from(span.length)
                }
                Some(_) => break,
            }
            end = start + i64::from(span.length);
            spans.next();
        }
        run
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(list: &[(i32, u32)]) -> Vec<Span> {
        list.iter().map(|&(offset, length)| Span { offset, length }).collect()
    }

    fn check(list: &[(i32, u32)], buckets: u64, want: &[i32]) {
        let (spans, counts) = (spans(list), (0..buckets).collect::<Vec<_>>());
        let forward: Vec<_> = Indexed::new(&spans, &counts).collect();
        assert_eq!(forward.iter().map(|bucket| bucket.0).collect::<Vec<_>>(), want);
        assert_eq!(forward.iter().map(|bucket| bucket.1).collect::<Vec<_>>(), counts[..want.len()]);
        let mut backward: Vec<_> = Indexed::new(&spans, &counts).rev().collect();
        backward.reverse();
        assert_eq!(backward, forward);
    }

    #[test]
    fn spans_name_indexes_from_both_ends() {
        check(&[], 0, &[]);
        check(&[(-2, 3)], 3, &[-2, -1, 0]);
        check(&[(5, 1), (2, 2)], 3, &[5, 8, 9]);
        check(&[(5, 0), (2, 2), (0, 1), (3, 0), (1, 1), (7, 0)], 4, &[7, 8, 9, 14]);
    }

    #[test]
    fn spans_and_counts_that_disagree_give_what_both_have() {
        check(&[(0, 5)], 2, &[0, 1]);
        check(&[(0, 1), (1, u32::MAX)], 3, &[0, 2, 3]);
        check(&[(0, 2)], 9, &[0, 1]);
        check(&[], 3, &[]);
        check(&[(0, 0)], 3, &[]);
    }

    #[test]
    fn indexes_past_the_range_wrap_instead_of_panicking() {
        check(&[(i32::MAX, 2)], 2, &[i32::MAX, i32::MIN]);
        check(&[(i32::MAX, 1), (i32::MAX, 1)], 2, &[i32::MAX, -1]);
    }

    #[test]
    fn empty_and_touching_spans_change_no_layout() {
        let one = spans(&[(1, 3), (4, 1)]);
        assert!(same_layout(&one, &spans(&[(1, 1), (0, 2), (2, 0), (2, 1), (9, 0)])));
        assert!(!same_layout(&one, &spans(&[(1, 3), (5, 1)])));
        assert!(!same_layout(&one, &spans(&[(1, 3)])));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(mut indexes in proptest::collection::btree_set(-50i32..50, 0..40)) {
            let mut writer = SpanWriter::with_capacity(0);
            for &index in &indexes {
                writer.push(index, f64::from(index));
            }
            for (index, count) in Indexed::new(&writer.spans, &writer.counts) {
                prop_assert_eq!(f64::from(index), count);
                prop_assert!(indexes.remove(&index));
            }
            prop_assert!(indexes.is_empty());
            prop_assert!(writer.spans.iter().skip(1).all(|span| span.offset > 0));
        }
    }
}
