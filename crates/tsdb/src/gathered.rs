//! The samples of one series, gathered from wherever they lie: head and parts, floats, histograms and starts.

use std::sync::Arc;

use model::{Sample, Timestamp, Value};

use crate::closed::Column;
use crate::samples::Samples;
use crate::starts::{Step, expand};

/// Samples of one series, floats and histograms apart, each ascending in time, no time twice.
#[derive(Clone, Default)]
pub(crate) struct Gathered {
    pub(crate) floats: Column,
    /// One per float, or empty when all are unknown.
    pub(crate) float_starts: Vec<Timestamp>,
    pub(crate) histograms: Vec<(Timestamp, Value)>,
    /// One per histogram, or empty when all are unknown.
    pub(crate) histogram_starts: Vec<Timestamp>,
}

impl Gathered {
    /// Samples whose starts are told by steps.
    pub(crate) fn new(floats: Column, histograms: Vec<(Timestamp, Value)>, steps: &[Step]) -> Gathered {
        let mut gathered = Gathered { floats, histograms, ..Gathered::default() };
        if !steps.is_empty() {
            gathered.float_starts = expand(steps, &gathered.floats.times);
            let times: Vec<Timestamp> = gathered.histograms.iter().map(|(time, _)| *time).collect();
            gathered.histogram_starts = expand(steps, &times);
        }
        gathered
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.floats.times.is_empty() && self.histograms.is_empty()
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.floats.times.len() + self.histograms.len()
    }

    /// The first and the last time.
    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let floats = self.floats.times.first().zip(self.floats.times.last());
        let histograms = self.histograms.first().zip(self.histograms.last());
        let spans = [floats.map(|(a, b)| (*a, *b)), histograms.map(|(a, b)| (a.0, b.0))];
        spans.into_iter().flatten().reduce(|left, right| (left.0.min(right.0), left.1.max(right.1)))
    }

    /// Adds samples from another place. Where both have a time, what is here already stays.
    pub(crate) fn absorb(&mut self, mut other: Gathered) {
        if self.is_empty() {
            *self = other;
            return;
        }
        let is_among = |times: &[Timestamp], time: Timestamp| times.binary_search(&time).is_ok();
        if !self.histograms.is_empty() && !other.floats.times.is_empty() {
            let taken: Vec<Timestamp> = self.histograms.iter().map(|(time, _)| *time).collect();
            other.retain_floats(|time| !is_among(&taken, time));
        }
        if !other.histograms.is_empty() {
            other.retain_histograms(|time| !is_among(&self.floats.times, time));
        }
        self.absorb_floats(other.floats, other.float_starts);
        self.absorb_histograms(other.histograms, other.histogram_starts);
    }

    fn absorb_floats(&mut self, floats: Column, starts: Vec<Timestamp>) {
        let counts = (self.floats.times.len(), floats.times.len());
        match order(ends(&self.floats.times, |&time| time), ends(&floats.times, |&time| time)) {
            Order::Mixed => self.merge_floats(floats, starts),
            order => {
                join_starts(&mut self.float_starts, starts, counts, order);
                join(&mut self.floats.times, floats.times, order);
                join(&mut self.floats.values, floats.values, order);
            }
        }
    }

    fn merge_floats(&mut self, floats: Column, starts: Vec<Timestamp>) {
        let mine = std::mem::take(&mut self.floats);
        let my_starts = padded(std::mem::take(&mut self.float_starts), mine.times.len());
        let their_starts = padded(starts, floats.times.len());
        let with_starts = |column: Column, starts: Vec<Timestamp>| {
            let samples = column.times.into_iter().zip(column.values).zip(starts);
            samples.map(|((time, value), start)| (time, (value, start)))
        };
        for (time, (value, start)) in merged(with_starts(mine, my_starts), with_starts(floats, their_starts))
        {
            self.floats.times.push(time);
            self.floats.values.push(value);
            self.float_starts.push(start);
        }
        clear_unknown(&mut self.float_starts);
    }

    fn absorb_histograms(&mut self, histograms: Vec<(Timestamp, Value)>, starts: Vec<Timestamp>) {
        let counts = (self.histograms.len(), histograms.len());
        match order(ends(&self.histograms, |(time, _)| *time), ends(&histograms, |(time, _)| *time)) {
            Order::Mixed => self.merge_histograms(histograms, starts),
            order => {
                join_starts(&mut self.histogram_starts, starts, counts, order);
                join(&mut self.histograms, histograms, order);
            }
        }
    }

    fn merge_histograms(&mut self, histograms: Vec<(Timestamp, Value)>, starts: Vec<Timestamp>) {
        let mine = std::mem::take(&mut self.histograms);
        let my_starts = padded(std::mem::take(&mut self.histogram_starts), mine.len());
        let their_starts = padded(starts, histograms.len());
        let with_starts = |histograms: Vec<(Timestamp, Value)>, starts: Vec<Timestamp>| {
            histograms.into_iter().zip(starts).map(|((time, value), start)| (time, (value, start)))
        };
        let all = merged(with_starts(mine, my_starts), with_starts(histograms, their_starts));
        for (time, (value, start)) in all {
            self.histograms.push((time, value));
            self.histogram_starts.push(start);
        }
        clear_unknown(&mut self.histogram_starts);
    }

    /// Keeps the samples whose time `keep` admits.
    pub(crate) fn retain(&mut self, keep: impl Fn(Timestamp) -> bool) {
        self.retain_floats(&keep);
        self.retain_histograms(keep);
    }

    fn retain_floats(&mut self, keep: impl Fn(Timestamp) -> bool) {
        let kept: Vec<bool> = self.floats.times.iter().map(|&time| keep(time)).collect();
        if kept.contains(&false) {
            keep_flagged(&mut self.floats.times, &kept);
            keep_flagged(&mut self.floats.values, &kept);
            keep_flagged_starts(&mut self.float_starts, &kept);
        }
    }

    fn retain_histograms(&mut self, keep: impl Fn(Timestamp) -> bool) {
        let kept: Vec<bool> = self.histograms.iter().map(|(time, _)| keep(*time)).collect();
        if kept.contains(&false) {
            keep_flagged(&mut self.histograms, &kept);
            keep_flagged_starts(&mut self.histogram_starts, &kept);
        }
    }

    /// The samples within a range that ends before `end`, `from` included.
    pub(crate) fn slice(&self, from: Timestamp, end: Option<Timestamp>) -> Gathered {
        let at = |time: Timestamp| self.floats.times.partition_point(|&other| other < time);
        let floats = at(from)..end.map_or(self.floats.times.len(), at);
        let at = |time: Timestamp| self.histograms.partition_point(|(other, _)| *other < time);
        let histograms = at(from)..end.map_or(self.histograms.len(), at);
        let mut slice = Gathered {
            floats: Column {
                times: self.floats.times[floats.clone()].to_vec(),
                values: self.floats.values[floats.clone()].to_vec(),
            },
            float_starts: self.float_starts.get(floats).unwrap_or(&[]).to_vec(),
            histograms: self.histograms[histograms.clone()].to_vec(),
            histogram_starts: self.histogram_starts.get(histograms).unwrap_or(&[]).to_vec(),
        };
        clear_unknown(&mut slice.float_starts);
        clear_unknown(&mut slice.histogram_starts);
        slice
    }

    /// The starts as steps, for both kinds together.
    pub(crate) fn steps(&self) -> Vec<Step> {
        if self.float_starts.is_empty() && self.histogram_starts.is_empty() {
            return Vec::new();
        }
        let float_starts = padded(self.float_starts.clone(), self.floats.times.len());
        let histogram_starts = padded(self.histogram_starts.clone(), self.histograms.len());
        let floats = self.floats.times.iter().copied().zip(float_starts);
        let histograms = self.histograms.iter().map(|(time, _)| *time).zip(histogram_starts);
        let mut steps: Vec<Step> = Vec::new();
        for (time, start) in merged(floats, histograms) {
            if steps.last().map_or(0, |step| step.start) != start {
                steps.push(Step { time, start });
            }
        }
        steps
    }

    /// As queries read it: histograms as floats. `times` is used in place of equal times of the floats.
    pub(crate) fn into_samples(self, times: impl FnOnce(Vec<Timestamp>) -> Arc<[Timestamp]>) -> Samples {
        let float = |value: Value| match value {
            Value::Histogram(histogram) => Arc::new(histogram.to_float()),
            Value::FloatHistogram(histogram) => histogram,
            Value::Float(_) => unreachable!("floats are not among the histograms"),
        };
        Samples {
            times: times(self.floats.times),
            values: self.floats.values.into_iter().map(f64::from_bits).collect(),
            starts: self.float_starts,
            histogram_times: self.histograms.iter().map(|(time, _)| *time).collect(),
            histograms: self.histograms.into_iter().map(|(_, value)| float(value)).collect(),
            histogram_starts: self.histogram_starts,
        }
    }

    /// As it was written.
    pub(crate) fn into_raw(self) -> Vec<Sample> {
        let float_starts = padded(self.float_starts, self.floats.times.len());
        let histogram_starts = padded(self.histogram_starts, self.histograms.len());
        let sample =
            |time, start, value| (time, Sample { time, start: Some(start).filter(|&s| s != 0), value });
        let floats = self.floats.times.iter().zip(self.floats.values).zip(float_starts);
        let floats =
            floats.map(|((&time, bits), start)| sample(time, start, Value::Float(f64::from_bits(bits))));
        let histograms = self.histograms.into_iter().zip(histogram_starts);
        let histograms = histograms.map(|((time, value), start)| sample(time, start, value));
        merged(floats, histograms).into_iter().map(|(_, sample)| sample).collect()
    }
}

/// How two pieces of a series lie in time. Mostly one goes on where the other ends: going through all there is for every
/// piece would take the square of them.
#[derive(Clone, Copy)]
enum Order {
    MineFirst,
    TheirsFirst,
    Mixed,
}

fn order(mine: Option<(Timestamp, Timestamp)>, theirs: Option<(Timestamp, Timestamp)>) -> Order {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) if theirs.1 < mine.0 => Order::TheirsFirst,
        (Some(mine), Some(theirs)) if theirs.0 <= mine.1 => Order::Mixed,
        _ => Order::MineFirst,
    }
}

/// The first and the last time of an ascending list.
fn ends<T>(items: &[T], time: impl Fn(&T) -> Timestamp) -> Option<(Timestamp, Timestamp)> {
    Some((time(items.first()?), time(items.last()?)))
}

fn join<T>(mine: &mut Vec<T>, mut theirs: Vec<T>, order: Order) {
    if let Order::TheirsFirst = order {
        std::mem::swap(mine, &mut theirs);
    }
    mine.append(&mut theirs);
}

/// Joins starts of so many samples each.
fn join_starts(mine: &mut Vec<Timestamp>, theirs: Vec<Timestamp>, counts: (usize, usize), order: Order) {
    if !(mine.is_empty() && theirs.is_empty()) {
        mine.resize(counts.0, 0);
        join(mine, padded(theirs, counts.1), order);
    }
}

/// Two ascending lists as one; where both have a time, the first wins.
fn merged<T>(
    first: impl Iterator<Item = (Timestamp, T)>,
    second: impl Iterator<Item = (Timestamp, T)>,
) -> Vec<(Timestamp, T)> {
    let (mut first, mut second) = (first.peekable(), second.peekable());
    let mut all = Vec::with_capacity(first.size_hint().0 + second.size_hint().0);
    loop {
        let next = match (first.peek(), second.peek()) {
            (Some((a, _)), Some((b, _))) if a == b => {
                second.next();
                first.next()
            }
            (Some((a, _)), Some((b, _))) if a < b => first.next(),
            (_, Some(_)) => second.next(),
            _ => first.next(),
        };
        match next {
            Some(next) => all.push(next),
            None => return all,
        }
    }
}

fn keep_flagged<T>(items: &mut Vec<T>, kept: &[bool]) {
    let mut flags = kept.iter();
    items.retain(|_| *flags.next().expect("one flag per item"));
}

/// Starts may be none, which stays so.
fn keep_flagged_starts(starts: &mut Vec<Timestamp>, kept: &[bool]) {
    keep_flagged(starts, kept);
    clear_unknown(starts);
}

fn padded(mut starts: Vec<Timestamp>, count: usize) -> Vec<Timestamp> {
    starts.resize(count, 0);
    starts
}

fn clear_unknown(starts: &mut Vec<Timestamp>) {
    if starts.iter().all(|&start| start == 0) {
        starts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(samples: &[(Timestamp, u64, Timestamp)]) -> Gathered {
        let mut gathered = Gathered::default();
        for &(time, value, start) in samples {
            gathered.floats.times.push(time);
            gathered.floats.values.push(value);
            gathered.float_starts.push(start);
        }
        clear_unknown(&mut gathered.float_starts);
        gathered
    }

    fn samples(gathered: &Gathered) -> Vec<(Timestamp, u64, Timestamp)> {
        let starts = padded(gathered.float_starts.clone(), gathered.floats.times.len());
        let floats = gathered.floats.times.iter().zip(&gathered.floats.values).zip(starts);
        floats.map(|((&time, &value), start)| (time, value, start)).collect()
    }

    #[test]
    fn the_first_place_wins() {
        let mut all = gathered(&[(1, 10, 0), (3, 30, 1)]);
        all.absorb(gathered(&[(1, 11, 0), (2, 20, 0), (4, 40, 0)]));
        assert_eq!(samples(&all), [(1, 10, 0), (2, 20, 0), (3, 30, 1), (4, 40, 0)]);
        assert_eq!(all.steps(), [Step { time: 3, start: 1 }, Step { time: 4, start: 0 }]);
    }

    #[test]
    fn pieces_may_come_in_any_order() {
        let pieces = [&[(1, 10, 0), (2, 20, 0)][..], &[(3, 30, 3), (4, 40, 3)], &[(5, 50, 0)]];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut all = Gathered::default();
            order.iter().for_each(|&piece| all.absorb(gathered(pieces[piece])));
            assert_eq!(samples(&all), pieces.concat(), "{order:?}");
        }
    }

    #[test]
    fn pieces_of_histograms_may_come_in_any_order() {
        let piece = |times: [Timestamp; 2], start: Timestamp| Gathered {
            histograms: times.map(|time| (time, Value::Float(0.0))).to_vec(),
            histogram_starts: if start == 0 { Vec::new() } else { vec![start; 2] },
            ..Gathered::default()
        };
        let pieces = [([1, 2], 0), ([3, 5], 3), ([4, 6], 0)];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut all = Gathered::default();
            order.iter().for_each(|&index| all.absorb(piece(pieces[index].0, pieces[index].1)));
            assert_eq!(all.histograms.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
            assert_eq!(all.histogram_starts, [0, 0, 3, 0, 3, 0], "{order:?}");
        }
    }

    #[test]
    fn a_float_and_a_histogram_never_share_a_time() {
        // What it is that stands among the histograms plays no part.
        let with = |time| Gathered { histograms: vec![(time, Value::Float(0.0))], ..Gathered::default() };
        let mut all = gathered(&[(1, 10, 0), (3, 30, 0)]);
        [with(3), with(2), gathered(&[(2, 20, 0), (4, 40, 0)])]
            .into_iter()
            .for_each(|piece| all.absorb(piece));
        assert_eq!(all.floats.times, [1, 3, 4]);
        assert_eq!(all.histograms.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn slices_and_deletions_keep_columns_aligned() {
        let mut all = gathered(&[(1, 10, 0), (2, 20, 5), (3, 30, 5)]);
        assert_eq!(samples(&all.slice(2, Some(3))), [(2, 20, 5)]);
        assert_eq!(samples(&all.slice(Timestamp::MIN, None)).len(), 3);
        all.retain(|time| time != 2);
        assert_eq!(samples(&all), [(1, 10, 0), (3, 30, 5)]);
    }
}
