//! Work on many things in parts, on all cores where there is enough of it; what the parts yield comes back in their order.

use std::ops::Range;

use rayon::prelude::*;

use crate::error::QueryError;

/// How much work is worth waking other threads for.
pub(crate) const PARALLEL_SAMPLES_MIN: usize = 1 << 16;

/// How many samples the work for one series is worth whatever it holds.
pub(crate) const SERIES_SAMPLES: usize = 64;

/// How many parts there are for each thread, so that one with less to do takes over from another.
pub(crate) const PARTS_EACH: usize = 4;

/// Whether work on so many series, of so many samples each, is done on one thread.
pub(crate) fn is_small(series: usize, samples: usize) -> bool {
    series.saturating_mul(samples.saturating_add(SERIES_SAMPLES)) < PARALLEL_SAMPLES_MIN
        || rayon::current_num_threads() == 1
}

/// Does `part` of the numbers up to `count`, each of which is the work of so many samples.
pub(crate) fn in_parts<R: Send>(
    count: usize,
    samples: usize,
    part: impl Fn(Range<usize>) -> Result<R, QueryError> + Sync,
) -> Result<Vec<R>, QueryError> {
    let parts = if is_small(count, samples) { 1 } else { rayon::current_num_threads() * PARTS_EACH };
    in_so_many(count, parts, part)
}

/// The same in a given number of parts.
pub(crate) fn in_so_many<R: Send>(
    count: usize,
    parts: usize,
    part: impl Fn(Range<usize>) -> Result<R, QueryError> + Sync,
) -> Result<Vec<R>, QueryError> {
    let parts = parts.clamp(1, count.max(1));
    if parts == 1 {
        return Ok(vec![part(0..count)?]);
    }
    let range = |number: usize| count * number / parts..count * (number + 1) / parts;
    (0..parts).into_par_iter().map(|number| part(range(number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole_in_order() {
        for count in [0, 1, 7, 10_000] {
            for samples in [0, 1_000_000] {
                let parts =
                    in_parts(count, samples, |range| Ok(range.collect::<Vec<_>>())).expect("no error");
                assert_eq!(parts.concat(), (0..count).collect::<Vec<_>>());
            }
        }
        let failed = in_parts(10_000, 1_000, |range| match range.contains(&5_000) {
            true => Err(QueryError::same_labels()),
            false => Ok(()),
        });
        assert!(failed.is_err());
    }
}
