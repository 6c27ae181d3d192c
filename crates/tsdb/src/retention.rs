//! Which parts go because they are too old, or because there is too little room: a pure decision.

use model::Timestamp;

use crate::part_info::PartInfo;

/// What may be kept. 0 means no limit.
#[derive(Clone, Copy, Debug)]
pub struct RetentionOptions {
    /// Samples older than this go.
    pub age_ms_max: i64,
    /// All parts together take no more than this.
    pub bytes_max: u64,
    /// The disk has at least this left.
    pub free_bytes_min: u64,
}

/// The numbers of the parts that go, oldest first. Age counts from the newest part's end where that is before `now`: a
/// clock that was set wrong for a moment must not cost everything. For want of room the newest part is never given up:
/// where even that does not help, something else fills the disk.
pub fn choose(
    parts: &[PartInfo],
    now: Timestamp,
    free_bytes: Option<u64>,
    options: &RetentionOptions,
) -> Vec<u64> {
    let mut sorted: Vec<&PartInfo> = parts.iter().collect();
    sorted.sort_by_key(|part| (part.max_time, part.number));
    let mut kept: u64 = sorted.iter().map(|part| part.bytes).sum();
    let mut missing = match free_bytes {
        Some(free) if options.free_bytes_min > 0 => options.free_bytes_min.saturating_sub(free),
        _ => 0,
    };
    let newest = sorted.iter().map(|part| part.max_time).max().unwrap_or(now);
    let oldest_kept = now.min(newest).saturating_sub(options.age_ms_max);
    let mut gone = Vec::new();
    for (index, part) in sorted.iter().enumerate() {
        let is_newest = index + 1 == sorted.len();
        let too_old = options.age_ms_max > 0 && part.max_time < oldest_kept;
        let too_much = options.bytes_max > 0 && kept > options.bytes_max;
        if too_old || (too_much || missing > 0) && !is_newest {
            gone.push(part.number);
            kept -= part.bytes;
            missing = missing.saturating_sub(part.bytes);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: RetentionOptions, free_bytes: Option<u64>, want: &[u64]) {
        check_at(500, options, free_bytes, want);
    }

    fn check_at(now: Timestamp, options: RetentionOptions, free_bytes: Option<u64>, want: &[u64]) {
        let part = |number: u64| PartInfo {
            number,
            min_time: number as i64 * 100,
            max_time: number as i64 * 100 + 99,
            series: 1,
            samples: 1,
            bytes: 1_000,
        };
        let parts: Vec<PartInfo> = [3, 1, 2, 4].map(part).into();
        assert_eq!(choose(&parts, now, free_bytes, &options), want, "{options:?} {free_bytes:?}");
    }

    #[test]
    fn the_oldest_go_first() {
        let none = RetentionOptions { age_ms_max: 0, bytes_max: 0, free_bytes_min: 0 };
        check(none, Some(0), &[]);
        check(RetentionOptions { age_ms_max: 250, ..none }, None, &[1]);
        check(RetentionOptions { age_ms_max: 301, ..none }, None, &[]);
        check(RetentionOptions { bytes_max: 2_500, ..none }, None, &[1, 2]);
        check(RetentionOptions { free_bytes_min: 1_500, ..none }, Some(400), &[1, 2]);
        check(RetentionOptions { free_bytes_min: 1_500, ..none }, Some(1_500), &[]);
        check(RetentionOptions { age_ms_max: 250, bytes_max: 3_000, free_bytes_min: 0 }, None, &[1]);
    }
    #[test]
    fn a_clock_that_jumps_ahead_costs_nothing() {
        let options = RetentionOptions { age_ms_max: 250, bytes_max: 0, free_bytes_min: 0 };
        check_at(1_000_000, options, None, &[1]);
    }

    #[test]
    fn the_newest_part_is_not_given_up_for_room() {
        let options = RetentionOptions { age_ms_max: 0, bytes_max: 1, free_bytes_min: 1_000_000 };
        check(options, Some(0), &[1, 2, 3]);
    }
}
