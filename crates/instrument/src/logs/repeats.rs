//! The same line over and over: the first ones of a second are written, the others are counted.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use tracing::callsite::Identifier;

use crate::lock;

/// Places in the program that write lines, and how many lines each wrote lately.
pub(super) struct Repeats {
    started: Instant,
    lines_per_second_max: u32,
    places: Mutex<HashMap<Identifier, Place>>,
}

#[derive(Default)]
struct Place {
    second: u64,
    lines: u32,
    suppressed: u64,
}

/// What to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Write it, and that so many were left out before it.
    Write { suppressed: u64 },
    /// Leave it out.
    Suppress,
}

impl Repeats {
    /// At most so many lines a second from one place.
    pub(super) fn new(lines_per_second_max: u32) -> Repeats {
        Repeats { started: Instant::now(), lines_per_second_max, places: Mutex::default() }
    }

    pub(super) fn judge(&self, place: Identifier) -> Verdict {
        self.judge_at(place, self.started.elapsed().as_secs())
    }

    fn judge_at(&self, place: Identifier, second: u64) -> Verdict {
        // There are as many places as the program has lines that log.
        let mut places = lock(&self.places);
        let place = places.entry(place).or_default();
        if place.second != second {
            place.second = second;
            place.lines = 0;
        }
        if place.lines >= self.lines_per_second_max {
            place.suppressed += 1;
            return Verdict::Suppress;
        }
        place.lines += 1;
        Verdict::Write { suppressed: std::mem::take(&mut place.suppressed) }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Callsite;
    use tracing::callsite::DefaultCallsite;
    use tracing::field::FieldSet;
    use tracing::metadata::{Kind, Metadata};

    use super::*;

    static PLACE: DefaultCallsite = DefaultCallsite::new(&METADATA);
    static METADATA: Metadata<'static> = Metadata::new(
        "event",
        "test",
        tracing::Level::INFO,
        None,
        None,
        None,
        FieldSet::new(&[], Identifier(&PLACE)),
        Kind::EVENT,
    );

    #[test]
    fn a_place_that_repeats_itself_is_cut_short_and_says_so() {
        let repeats = Repeats::new(2);
        let judge = |second| repeats.judge_at(PLACE.metadata().callsite(), second);
        assert_eq!([judge(0), judge(0)], [Verdict::Write { suppressed: 0 }; 2]);
        assert_eq!([judge(0), judge(0)], [Verdict::Suppress; 2]);
        assert_eq!(
            [judge(1), judge(1)],
            [Verdict::Write { suppressed: 2 }, Verdict::Write { suppressed: 0 }]
        );
    }
}
