//! How the numbers of several workers become one.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::log::Family;
use crate::cells;
use crate::shape::Shape;

/// What happens to the numbers of a series in several workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Merge {
    /// As the shape of the numbers says.
    Add,
    Min,
    Max,
    /// Two numbers, the second one when the first was set.
    Recent,
    /// Nothing: every worker has a series of its own.
    Each,
}

impl Merge {
    pub(super) fn of(family: &Family) -> Merge {
        match (family.kind.as_str(), family.mode.trim_start_matches("live")) {
            ("gauge", "sum") => Merge::Add,
            // Of these only what a process knows of itself has a mode without a number.
            ("counter" | "histogram" | "summary", mode) if mode.is_empty() || mode.contains(':') => {
                Merge::Add
            }
            ("gauge", "min") => Merge::Min,
            ("gauge", "max") | ("info", _) => Merge::Max,
            ("gauge", "mostrecent") | ("stateset", _) => Merge::Recent,
            _ => Merge::Each,
        }
    }

    /// Whether the dead have no part in it.
    pub(super) fn is_of_the_living(self, family: &Family) -> bool {
        self == Merge::Each || family.mode.starts_with("live")
    }

    /// Reads a worker's numbers; whether they are to be taken: what nobody set is no least or greatest.
    pub(super) fn take(self, cells: &[AtomicU64], into: &mut Vec<f64>) -> bool {
        into.clear();
        cells::read(cells, into);
        self == Merge::Add || cells[0].load(Relaxed) != 0
    }

    /// Adds a worker's numbers to those of others.
    pub(super) fn combine(self, shape: &Shape, into: &mut Vec<f64>, numbers: &[f64]) {
        if into.is_empty() {
            into.extend_from_slice(numbers);
            return;
        }
        match self {
            Merge::Add => shape.combine(into, numbers),
            Merge::Recent => {
                if numbers.get(1) > into.get(1) {
                    into.copy_from_slice(numbers);
                }
            }
            _ => {
                for (sum, number) in into.iter_mut().zip(numbers) {
                    *sum = match self {
                        Merge::Min => sum.min(*number),
                        _ => sum.max(*number),
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_says_what_becomes_of_several_workers() {
        let check = |kind: &str, mode: &str, want: &[f64], living: bool| {
            let family = Family { kind: kind.to_owned(), mode: mode.to_owned(), ..Family::default() };
            let merge = Merge::of(&family);
            let mut numbers = Vec::new();
            merge.combine(&family.shape, &mut numbers, &[3.0, 1.0]);
            merge.combine(&family.shape, &mut numbers, &[2.0, 5.0]);
            assert_eq!(numbers, want, "{kind} {mode}");
            assert_eq!(merge.is_of_the_living(&family), living, "{kind} {mode}");
        };
        check("counter", "", &[5.0, 6.0], false);
        check("histogram", "", &[5.0, 6.0], false);
        check("gauge", "sum", &[5.0, 6.0], false);
        check("gauge", "livesum", &[5.0, 6.0], true);
        check("gauge", "min", &[2.0, 1.0], false);
        check("gauge", "livemax", &[3.0, 5.0], true);
        check("gauge", "mostrecent", &[2.0, 5.0], false);
        check("stateset", "", &[2.0, 5.0], false);
        assert_eq!(
            Merge::of(&Family { kind: "gauge".to_owned(), mode: "all".to_owned(), ..Family::default() }),
            Merge::Each
        );
    }
}
