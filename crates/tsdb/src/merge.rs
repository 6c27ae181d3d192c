//! Which parts become one: a pure decision.
//!
//! Parts of neighbouring times are merged once there are enough of about the same span; parts whose times overlap
//! (an import's) are merged with what they overlap, a small one with a large one only once there are enough of them; a
//! part with deleted samples is written anew.
//!
//! Small parts never become many: who wants to write one more first merges those there are (`crowded`).

use std::collections::BTreeMap;

use crate::part_info::PartInfo;

/// What to merge, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing needs merging.
    Nothing,
    /// These parts, by number, become one.
    Merge(Vec<u64>),
}

/// What the choice depends on beside the parts.
#[derive(Clone, Copy, Debug)]
pub struct MergeOptions {
    /// How much time a merged part covers at most.
    pub span_ms_max: i64,
    /// How many neighbours make a merge worth its work.
    pub parts_min: usize,
    /// How many parts one merge reads at most.
    pub parts_max: usize,
}

/// Overlapping parts are written anew with others that together have at least one part in so many of their size.
const SMALLER_PARTS: u64 = 8;
/// A part below this size is small.
const SMALL_BYTES: u64 = 1 << 20;
/// How many small parts one span of time has at most before imports wait for their merge.
const SMALL_PARTS_MAX: usize = 16;

/// Chooses the next merge. `rewrite` holds the numbers of parts with deleted samples.
pub fn choose(parts: &[PartInfo], rewrite: &[u64], options: &MergeOptions) -> Choice {
    let mut sorted: Vec<&PartInfo> = parts.iter().filter(|part| part.series > 0).collect();
    sorted.sort_by_key(|part| (part.min_time, part.max_time, part.number));
    if let Some(overlapping) = overlap(&sorted, options) {
        return Choice::Merge(overlapping);
    }
    // The smallest run of neighbours first: its merge is the cheapest and makes the others rarer.
    let runs = sorted.windows(options.parts_min.max(2)).filter(|run| is_worth_it(run, options));
    if let Some(run) = runs.min_by_key(|run| run.iter().map(|part| part.bytes).sum::<u64>()) {
        return Choice::Merge(run.iter().map(|part| part.number).collect());
    }
    match sorted.iter().find(|part| rewrite.contains(&part.number)) {
        Some(part) => Choice::Merge(vec![part.number]),
        None => Choice::Nothing,
    }
}

/// Small parts of one span of time that must become one before an import writes another.
pub fn crowded(parts: &[PartInfo], span_ms: i64) -> Option<Vec<u64>> {
    let span_of = |time: i64| time.div_euclid(span_ms.max(1));
    let mut by_span: BTreeMap<i64, Vec<&PartInfo>> = BTreeMap::new();
    for part in parts {
        if part.bytes < SMALL_BYTES && span_of(part.min_time) == span_of(part.max_time) {
            by_span.entry(span_of(part.min_time)).or_default().push(part);
        }
    }
    let crowd = by_span.into_values().find(|of_span| of_span.len() >= SMALL_PARTS_MAX)?;
    Some(crowd.iter().map(|part| part.number).collect())
}

/// Parts whose times overlap, if they may become one.
fn overlap(sorted: &[&PartInfo], options: &MergeOptions) -> Option<Vec<u64>> {
    for (index, first) in sorted.iter().enumerate() {
        let mut end = first.max_time;
        let mut group = vec![*first];
        for next in sorted[index + 1..].iter().take(options.parts_max - 1) {
            let span = next.max_time.max(end).saturating_sub(first.min_time);
            if next.min_time > end || span > options.span_ms_max {
                break;
            }
            end = end.max(next.max_time);
            group.push(*next);
        }
        let group = of_a_size(group);
        if group.len() > 1 {
            return Some(group);
        }
    }
    None
}

/// The parts of a group that are not much larger than the smaller ones together: a day is not written anew for each
/// sample that is pushed into it.
fn of_a_size(mut group: Vec<&PartInfo>) -> Vec<u64> {
    let order: Vec<u64> = group.iter().map(|part| part.number).collect();
    group.sort_by_key(|part| (part.bytes, part.number));
    let mut smaller_bytes = 0;
    let mut is_small = |part: &PartInfo| {
        let fits = smaller_bytes == 0 || part.bytes / SMALLER_PARTS <= smaller_bytes;
        smaller_bytes += part.bytes;
        fits
    };
    let taken: Vec<u64> = group.iter().take_while(|part| is_small(part)).map(|part| part.number).collect();
    order.into_iter().filter(|number| taken.contains(number)).collect()
}

/// Whether neighbours are of about the same span and together not too long.
fn is_worth_it(run: &[&PartInfo], options: &MergeOptions) -> bool {
    let span = run[run.len() - 1].max_time.saturating_sub(run[0].min_time);
    let longest = run.iter().map(|part| part.span_ms()).max().unwrap_or(0);
    let together: i64 = run.iter().map(|part| part.span_ms()).fold(0, i64::saturating_add);
    // One long part beside short ones would be written again and again.
    span <= options.span_ms_max && longest <= (together / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// Parts as `from..to` in hours, numbered from 1.
    fn check(parts: &[(i64, i64)], rewrite: &[u64], want: &[u64]) {
        let parts: Vec<PartInfo> = (1..)
            .zip(parts)
            .map(|(number, &(from, to))| PartInfo {
                number,
                min_time: from * HOUR,
                max_time: to * HOUR - 1,
                series: 10,
                samples: 100,
                bytes: (to - from) as u64 * 1_000,
            })
            .collect();
        let options = MergeOptions { span_ms_max: 24 * HOUR, parts_min: 3, parts_max: 16 };
        let want = if want.is_empty() { Choice::Nothing } else { Choice::Merge(want.to_vec()) };
        assert_eq!(choose(&parts, rewrite, &options), want, "{parts:?}");
    }

    #[test]
    fn neighbours_of_one_size_are_merged() {
        check(&[(0, 2), (2, 4)], &[], &[]);
        check(&[(0, 2), (2, 4), (4, 6)], &[], &[1, 2, 3]);
        check(&[(0, 6), (6, 8), (8, 10)], &[], &[]);
        check(&[(0, 6), (6, 12), (12, 18), (18, 20), (20, 22), (22, 24)], &[], &[4, 5, 6]);
    }

    #[test]
    fn a_merged_part_does_not_grow_beyond_its_span() {
        check(&[(0, 18), (18, 36), (36, 54)], &[], &[]);
    }

    #[test]
    fn overlapping_parts_are_merged_first() {
        check(&[(0, 2), (2, 4), (4, 6), (1, 3)], &[], &[1, 4, 2]);
        check(&[(0, 20), (10, 30)], &[], &[]);
    }

    fn sized(number: u64, from: i64, bytes: u64) -> PartInfo {
        let (min_time, max_time) = (from, if bytes > SMALL_BYTES { from + 20 * HOUR } else { from });
        PartInfo { number, min_time, max_time, series: 1, samples: 1, bytes }
    }

    #[test]
    fn a_large_part_is_not_written_anew_for_a_small_one() {
        let options = MergeOptions { span_ms_max: 24 * HOUR, parts_min: 3, parts_max: 16 };
        let check = |sizes: &[u64], want: &[u64]| {
            let parts: Vec<PartInfo> =
                (1..).zip(sizes).map(|(number, &bytes)| sized(number, number as i64, bytes)).collect();
            let want = if want.is_empty() { Choice::Nothing } else { Choice::Merge(want.to_vec()) };
            assert_eq!(choose(&parts, &[], &options), want, "{sizes:?}");
        };
        check(&[80 << 20, 1_000], &[]);
        check(&[80 << 20, 1_000, 2_000], &[2, 3]);
        check(&[8 << 20, 1_000_000, 1_000_000], &[1, 2, 3]);
    }

    #[test]
    fn small_parts_of_one_day_crowd() {
        let day = 24 * HOUR;
        let check = |parts: &[(i64, u64)], want: usize| {
            let parts: Vec<PartInfo> =
                (1..).zip(parts).map(|(number, &(from, bytes))| sized(number, from, bytes)).collect();
            assert_eq!(crowded(&parts, day).map_or(0, |crowd| crowd.len()), want, "{parts:?}");
        };
        check(&[(0, 100); 15], 0);
        check(&[(0, 100); 16], 16);
        check(&(0..40).map(|day_number| (day_number * day, 100)).collect::<Vec<_>>(), 0);
        check(&[(0, 2 << 20); 20], 0);
    }

    #[test]
    fn deleted_samples_leave_the_disk() {
        check(&[(0, 2), (2, 4)], &[2], &[2]);
    }
}
