//! Where each step's window begins and ends in the samples of a series.
//!
//! The series of one target share their times, so what is computed from the times is computed once per target.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::HashMap;
use model::Timestamp;

use crate::functions::column::Shape;

/// How many bytes of tables are kept.
const TABLES_BYTES_MAX: usize = 64 << 20;

/// What follows from the times of a series alone.
#[derive(Default)]
pub(crate) struct Table {
    /// The first sample of each step's window and the first behind it.
    pub(crate) windows: Box<[(u32, u32)]>,
    /// How many samples the windows hold, counted in each of them.
    pub(crate) samples: usize,
    /// The same without those of the window before.
    pub(crate) samples_once: usize,
    /// How the samples lie in each window; made for those who ask.
    pub(crate) shapes: OnceCell<Box<[Shape]>>,
}

/// Tables by the times they were computed from.
#[derive(Default)]
pub(crate) struct BoundsCache {
    /// The times are kept too, so that their address stays theirs.
    tables: HashMap<usize, (Arc<[Timestamp]>, Rc<Table>)>,
    bytes: usize,
}

impl Table {
    /// The table of some windows.
    pub(crate) fn new(windows: Box<[(u32, u32)]>) -> Table {
        let (mut samples, mut samples_once, mut end) = (0, 0, 0);
        for &(first, past) in &windows {
            samples += (past - first) as usize;
            samples_once += (past - first.max(end).min(past)) as usize;
            end = past;
        }
        Table { windows, samples, samples_once, shapes: OnceCell::new() }
    }
}

impl BoundsCache {
    /// The table of `times`, computed if they are new.
    pub(crate) fn get(
        &mut self,
        times: &Arc<[Timestamp]>,
        windows: impl FnOnce(&[Timestamp]) -> Box<[(u32, u32)]>,
    ) -> Rc<Table> {
        let address = times.as_ptr().addr();
        if let Some((known, table)) = self.tables.get(&address)
            && Arc::ptr_eq(known, times)
        {
            return table.clone();
        }
        let windows = windows(times);
        self.bytes += windows.len() * size_of::<((u32, u32), Shape)>() + times.len() * size_of::<Timestamp>();
        if self.bytes > TABLES_BYTES_MAX {
            self.tables.clear();
            self.bytes = 0;
        }
        let table = Rc::new(Table::new(windows));
        self.tables.insert(address, (times.clone(), table.clone()));
        table
    }
}

/// For each window, which excludes its start and includes its end, the samples in it. Windows ascend.
pub(crate) fn bounds_of(
    times: &[Timestamp],
    windows: impl Iterator<Item = (Timestamp, Timestamp)>,
) -> Box<[(u32, u32)]> {
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
