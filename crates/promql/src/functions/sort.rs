//! Order: `sort`, `sort_by_label`, and the heap that `topk` and `bottomk` keep the best series in.

use std::cmp::Ordering;

use crate::error::QueryError;
use crate::eval::meter::Meter;
use crate::eval::row::Row;

/// Orders rows by their float at the first step, NaN last; histograms are dropped.
pub(crate) fn by_value(rows: &mut Vec<Row>, descending: bool, meter: &Meter<'_>) -> Result<(), QueryError> {
    for row in rows.iter_mut() {
        row.points.histograms = None;
    }
    rows.retain(|row| !row.points.is_empty());
    if rows.iter().any(|row| row.points.len() != 1) {
        return Ok(());
    }
    meter.sort(rows, |left, right| best_first(left.points.floats[0], right.points.floats[0], !descending))
}

/// Orders rows by labels as people count, `a2` before `a10`; then by all labels.
pub(crate) fn by_labels(
    rows: &mut Vec<Row>,
    names: &[String],
    descending: bool,
    meter: &Meter<'_>,
) -> Result<(), QueryError> {
    meter.sort(rows, |left, right| {
        let differing = names
            .iter()
            .map(|name| (left.labels.value(name), right.labels.value(name)))
            .find(|(left, right)| left != right);
        let order = match differing {
            Some((left, right)) => natural_order(left, right),
            None => left.labels.cmp(&right.labels),
        };
        if descending { order.reverse() } else { order }
    })
}

/// Ascending or descending, NaN last either way.
fn best_first(left: f64, right: f64, smallest: bool) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = left.partial_cmp(&right).unwrap_or(Ordering::Equal);
            if smallest { order } else { order.reverse() }
        }
    }
}

/// The order in which runs of digits count as numbers. Texts that differ never count as equal, since sorting needs an
/// order without contradictions: `01` comes before `1`.
fn natural_order(left: &str, right: &str) -> Ordering {
    let (lefts, rights) = (chunks(left), chunks(right));
    let differing = lefts.iter().zip(&rights).map(|(left, right)| chunk_order(left, right));
    let order = differing.into_iter().find(|order| order.is_ne());
    order.unwrap_or_else(|| lefts.len().cmp(&rights.len()).then_with(|| left.cmp(right)))
}

/// Numbers of any length by their size, everything else as text.
fn chunk_order(left: &str, right: &str) -> Ordering {
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    if !is_number(left) || !is_number(right) {
        return left.cmp(right);
    }
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|character: char| character.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (chunk, tail) = rest.split_at(end);
        chunks.push(chunk);
        rest = tail;
    }
    chunks
}

/// The best few of many values, the worst of them on top. Of equal values the earliest stay.
#[derive(Clone)]
pub(crate) struct Heap {
    smallest: bool,
    entries: Vec<(f64, usize)>,
}

impl Heap {
    /// An empty heap that keeps the smallest values, or the largest.
    pub(crate) fn new(smallest: bool) -> Heap {
        Heap { smallest, entries: Vec::new() }
    }

    /// Takes a value if there are less than `wanted` yet, or in place of the worst; says whether there is one more now.
    pub(crate) fn offer(&mut self, value: f64, number: usize, wanted: usize) -> bool {
        if self.entries.len() < wanted {
            self.entries.push((value, number));
            self.rise(self.entries.len() - 1);
            return true;
        }
        let Some(top) = self.entries.first_mut() else { return false };
        let better = if self.smallest { top.0 > value } else { top.0 < value };
        if better || (top.0.is_nan() && !value.is_nan()) {
            *top = (value, number);
            self.sink();
        }
        false
    }

    /// What was kept, best first.
    pub(crate) fn take_best_first(&mut self) -> Vec<(f64, usize)> {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by(|left, right| best_first(left.0, right.0, self.smallest));
        entries
    }

    /// Whether one value is worse than another; NaN is worse than everything, itself included.
    fn is_worse(&self, left: usize, right: usize) -> bool {
        let (left, right) = (self.entries[left].0, self.entries[right].0);
        left.is_nan() || if self.smallest { left > right } else { left < right }
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.is_worse(at, parent) {
                break;
            }
            self.entries.swap(at, parent);
            at = parent;
        }
    }

    fn sink(&mut self) {
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= self.entries.len() {
                break;
            }
            let child = if right < self.entries.len() && self.is_worse(right, left) { right } else { left };
            if !self.is_worse(child, at) {
                break;
            }
            self.entries.swap(at, child);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_texts_count_as_numbers() {
        let check = |left: &str, right: &str, want: bool| {
            assert_eq!(natural_order(left, right).is_lt(), want, "{left} {right}")
        };
        check("a2", "a10", true);
        check("a10", "a2", false);
        check("cpu9x", "cpu9y", true);
        check("a", "a1", true);
        check("a1", "a", false);
        check("2.6.0", "2.10.0", true);
        check("99999999999999999999", "1", false);
        check("5", "20000000000000000000", true);
    }

    #[test]
    fn no_texts_contradict_each_other() {
        let numbers =
            ["1", "01", "001", "10", "010", "9", "5", "20000000000000000000", "60000000000000000000"];
        let texts: Vec<String> = ["", "a", "a0", "-"]
            .iter()
            .flat_map(|before| numbers.iter().map(move |number| format!("{before}{number}")))
            .flat_map(|text| [format!("{text}b"), text])
            .collect();
        for (left, right) in texts.iter().flat_map(|left| texts.iter().map(move |right| (left, right))) {
            let order = natural_order(left, right);
            assert_eq!(order, natural_order(right, left).reverse(), "{left} {right}");
            for third in texts.iter().filter(|third| order.is_lt() && natural_order(right, third).is_lt()) {
                assert!(natural_order(left, third).is_lt(), "{left} {right} {third}");
            }
        }
    }

    #[test]
    fn the_best_come_first_and_nan_last() {
        let check = |smallest, values: &[f64], wanted, want: &[usize]| {
            let mut heap = Heap::new(smallest);
            for (number, &value) in values.iter().enumerate() {
                heap.offer(value, number, wanted);
            }
            let got: Vec<usize> = heap.take_best_first().into_iter().map(|(_, number)| number).collect();
            assert_eq!(got, want, "{values:?}");
        };
        check(false, &[1.0, 5.0, 3.0], 2, &[1, 2]);
        check(true, &[1.0, 5.0, 3.0], 2, &[0, 2]);
        check(false, &[f64::NAN, 1.0, 2.0], 3, &[2, 1, 0]);
        check(false, &[f64::NAN, 1.0, 2.0], 2, &[2, 1]);
        check(true, &[f64::NAN, f64::NAN, 7.0], 2, &[2, 0]);
        check(false, &[1.0, 1.0, 1.0], 2, &[0, 1]);
    }
}
