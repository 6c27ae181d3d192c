//! Sorting that can be stopped: in runs that are merged, between which the caller is asked whether to go on.

use std::cmp::Ordering;

/// How many items are sorted or merged between two questions: a few milliseconds' worth.
const RUN: usize = 8 << 10;

/// Sorts `items`, equal ones staying in their order, for as long as `goes_on` says so. Returns whether it came to the
/// end; if not, the items lie in any order.
pub fn sort_while<T: Copy>(
    items: &mut Vec<T>,
    compare: impl Fn(&T, &T) -> Ordering,
    goes_on: impl Fn() -> bool,
) -> bool {
    for run in items.chunks_mut(RUN) {
        if !goes_on() {
            return false;
        }
        run.sort_by(&compare);
    }
    let mut merged: Vec<T> = Vec::new();
    let mut length = RUN;
    while length < items.len() {
        merged.clear();
        merged.reserve(items.len());
        for pair in items.chunks(2 * length) {
            let (left, right) = pair.split_at(length.min(pair.len()));
            if !merge(left, right, &mut merged, &compare, &goes_on) {
                return false;
            }
        }
        std::mem::swap(items, &mut merged);
        length *= 2;
    }
    true
}

/// Appends both sorted runs as one, of equals the left one first; false where it was stopped.
fn merge<T: Copy>(
    mut left: &[T],
    mut right: &[T],
    merged: &mut Vec<T>,
    compare: &impl Fn(&T, &T) -> Ordering,
    goes_on: &impl Fn() -> bool,
) -> bool {
    let are_in_order = match (left.last(), right.first()) {
        (Some(last), Some(first)) => compare(last, first).is_le(),
        _ => true,
    };
    if are_in_order {
        merged.extend_from_slice(left);
        merged.extend_from_slice(right);
        return goes_on();
    }
    while let (Some(first), Some(other)) = (left.first(), right.first()) {
        if merged.len().is_multiple_of(RUN) && !goes_on() {
            return false;
        }
        if compare(first, other).is_le() {
            merged.push(*first);
            left = &left[1..];
        } else {
            merged.push(*other);
            right = &right[1..];
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    true
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// So many pairs of a key that repeats, in no order, and their place.
    fn shuffled(count: u32) -> Vec<(u32, u32)> {
        (0..count).map(|place| (place.wrapping_mul(2_654_435_761) % 1_000, place)).collect()
    }

    #[test]
    fn items_are_sorted_and_equals_keep_their_order() {
        for count in [0, 1, 2, RUN as u32, RUN as u32 + 1, 3 * RUN as u32 + 17] {
            let (mut items, mut want) = (shuffled(count), shuffled(count));
            want.sort_by_key(|item| item.0);
            assert!(sort_while(&mut items, |left, right| left.0.cmp(&right.0), || true));
            assert_eq!(items, want, "{count} items");
            assert!(sort_while(&mut items, |left, right| left.0.cmp(&right.0), || true));
            assert_eq!(items, want, "{count} sorted items");
        }
    }

    #[test]
    fn sorting_stops_within_a_run_of_being_told() {
        for patience in (0..48).step_by(7) {
            let mut items = shuffled(12 * RUN as u32);
            let (asked, compared, late) = (Cell::new(0), Cell::new(0), Cell::new(0));
            let compare = |left: &(u32, u32), right: &(u32, u32)| {
                compared.set(compared.get() + 1);
                if asked.get() > patience {
                    late.set(late.get() + 1);
                }
                left.cmp(right)
            };
            let goes_on = || {
                asked.set(asked.get() + 1);
                asked.get() <= patience
            };
            assert!(!sort_while(&mut items, compare, goes_on), "after {patience} questions");
            assert_eq!(late.get(), 0, "after {patience} questions it went on");
            assert!(compared.get() <= (patience + 1) * RUN * 16, "after {patience} questions");
        }
    }
}
