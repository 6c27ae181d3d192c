//! Which parts become one: a pure decision.
//!
//! Parts of neighbouring times are merged once there are enough of about the same span; parts whose times overlap
//! (an import's) are merged with what they overlap; a part with deleted samples is written anew.

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

/// Parts whose times overlap, if they may become one.
fn overlap(sorted: &[&PartInfo], options: &MergeOptions) -> Option<Vec<u64>> {
    for (index, first) in sorted.iter().enumerate() {
        let mut end = first.max_time;
        let mut group = vec![first.number];
        for next in sorted[index + 1..].iter().take(options.parts_max - 1) {
            let span = next.max_time.max(end).saturating_sub(first.min_time);
            if next.min_time > end || span > options.span_ms_max {
                break;
            }
            end = end.max(next.max_time);
            group.push(next.number);
        }
        if group.len() > 1 {
            return Some(group);
        }
    }
    None
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

    #[test]
    fn deleted_samples_leave_the_disk() {
        check(&[(0, 2), (2, 4)], &[2], &[2]);
    }
}
