//! Faults on a schedule: each holds for a while, then all is well for a while, then comes the next.

use clap::ValueEnum;
use model::Timestamp;

/// Something that goes wrong in the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// The database of the orders answers slowly.
    SlowDatabase,
    /// Payments fail.
    Errors,
    /// All connections of the orders' pool are taken.
    Pool,
    /// Nobody searches the catalogue any more.
    Traffic,
}

/// The order in which they come.
const ORDER: [Fault; 4] = [Fault::SlowDatabase, Fault::Errors, Fault::Pool, Fault::Traffic];
/// How long one holds.
const HOLDS_MS: i64 = 12 * 60_000;
/// How long all is well after it.
const WELL_MS: i64 = 3 * 60_000;
/// For how long the first one holds already when the demo starts: long enough to be seen at once.
const BEFORE_MS: i64 = 7 * 60_000;
/// An old fault, to be found in the history: when it began before the start, and for how long it held.
const OLD_MS: (i64, i64) = (75 * 60_000, 9 * 60_000);

/// When which fault holds.
#[derive(Clone, Debug)]
pub struct Schedule {
    start: Timestamp,
    only: Option<Fault>,
}

impl Schedule {
    /// The schedule of a demo that starts now; with one fault only, that one holds all the time.
    pub fn new(start: Timestamp, only: Option<Fault>) -> Schedule {
        Schedule { start, only }
    }

    /// When the first fault began.
    pub fn began(&self) -> Timestamp {
        self.start - BEFORE_MS
    }

    /// Which fault holds at a time.
    pub fn at(&self, time: Timestamp) -> Option<Fault> {
        let since = time - self.start + BEFORE_MS;
        let (began, held) = OLD_MS;
        if (0..held).contains(&(time - self.start + began)) {
            return Some(Fault::Errors);
        }
        if since < 0 {
            return None;
        }
        if self.only.is_some() {
            return self.only;
        }
        let (round, within) = (since / (HOLDS_MS + WELL_MS), since % (HOLDS_MS + WELL_MS));
        (within < HOLDS_MS).then(|| ORDER[(round % ORDER.len() as i64) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_holds_at_the_start_and_the_next_follows() {
        let start = 1_000_000_000_000;
        let schedule = Schedule::new(start, None);
        let check = |minutes: i64, want: Option<Fault>| {
            assert_eq!(schedule.at(start + minutes * 60_000), want, "{minutes}");
        };
        check(-100, None);
        check(-70, Some(Fault::Errors));
        check(-30, None);
        check(0, Some(Fault::SlowDatabase));
        check(6, None);
        check(9, Some(Fault::Errors));
        check(24, Some(Fault::Pool));
        check(39, Some(Fault::Traffic));
        assert_eq!(Schedule::new(start, Some(Fault::Pool)).at(start + 100 * 60_000), Some(Fault::Pool));
    }
}
