//! Where each step's window begins and ends in the samples of a series.
//!
//! The series of one target share their times, so what is computed from the times is computed once per target.

use std::sync::Arc;

use hashbrown::HashMap;
use model::Timestamp;

/// How many tables of bounds are kept.
const TABLES_MAX: usize = 256;

/// The first sample of each step's window and the first behind it.
pub(crate) type Bounds = Arc<[(u32, u32)]>;

/// Bounds by the times they were computed from.
#[derive(Default)]
pub(crate) struct BoundsCache {
    /// The times are kept too, so that their address stays theirs.
    tables: HashMap<usize, (Arc<[Timestamp]>, Bounds)>,
}

impl BoundsCache {
    /// The bounds for `times`, computed if they are new.
    pub(crate) fn get(
        &mut self,
        times: &Arc<[Timestamp]>,
        compute: impl FnOnce(&[Timestamp]) -> Bounds,
    ) -> Bounds {
        let address = times.as_ptr().addr();
        if let Some((known, bounds)) = self.tables.get(&address)
            && Arc::ptr_eq(known, times)
        {
            return bounds.clone();
        }
        if self.tables.len() >= TABLES_MAX {
            self.tables.clear();
        }
        let bounds = compute(times);
        self.tables.insert(address, (times.clone(), bounds.clone()));
        bounds
    }
}

/// For each window, which excludes its start and includes its end, the samples in it. Windows ascend.
pub(crate) fn bounds_of(
    times: &[Timestamp],
    windows: impl Iterator<Item = (Timestamp, Timestamp)>,
) -> Bounds {
    let (mut first, mut past) = (0, 0);
    let mut previous: Option<(Timestamp, Timestamp)> = None;
    windows
        .map(|(start, end)| {
            if previous.is_none_or(|(before, _)| start < before) {
                first = times.partition_point(|&time| time <= start);
            }
            if previous.is_none_or(|(_, before)| end < before) {
                past = times.partition_point(|&time| time <= end);
            }
            previous = Some((start, end));
            while first < times.len() && times[first] <= start {
                first += 1;
            }
            while past < times.len() && times[past] <= end {
                past += 1;
            }
            (first as u32, past.max(first) as u32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_open_on_the_left() {
        let check = |windows: &[(i64, i64)], want: &[(u32, u32)]| {
            assert_eq!(&*bounds_of(&[0, 10, 20, 30], windows.iter().copied()), want);
        };
        check(&[(0, 10), (10, 20)], &[(1, 2), (2, 3)]);
        check(&[(-1, 0), (-100, -50)], &[(0, 1), (0, 0)]);
        check(&[(5, 25), (5, 25)], &[(1, 3), (1, 3)]);
        check(&[(40, 50)], &[(4, 4)]);
        check(&[(15, 15)], &[(2, 2)]);
    }

    #[test]
    fn equal_times_are_computed_once() {
        let mut cache = BoundsCache::default();
        let times: Arc<[i64]> = Arc::from([1, 2, 3]);
        let mut computed = 0;
        for _ in 0..2 {
            cache.get(&times, |times| {
                computed += 1;
                bounds_of(times, [(0, 2)].into_iter())
            });
        }
        assert_eq!(computed, 1);
    }
}
