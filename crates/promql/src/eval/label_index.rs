//! Numbers for label sets, in the order they are first seen; a set is made once, however many series have it.

use std::borrow::Borrow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use model::Labels;

use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::parallel::in_parts;

/// Label sets and their numbers.
#[derive(Default)]
pub(crate) struct LabelIndex {
    /// The sets by number.
    pub(crate) sets: Vec<Labels>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    key: Vec<u8>,
}

impl LabelIndex {
    /// The number of those of `labels` whose names `keep` admits.
    pub(crate) fn number_of(&mut self, labels: &Labels, mut keep: impl FnMut(&str) -> bool) -> u32 {
        self.key.clear();
        labels.pack_where(&mut keep, &mut self.key);
        let (sets, hasher, key) = (&self.sets, &self.hasher, &self.key);
        let hash = hasher.hash_one(key.as_slice());
        if let Some(&number) = self.numbers.find(hash, |&number| sets[number as usize].packed() == key) {
            return number;
        }
        let number = sets.len() as u32;
        let rehash = |&number: &u32| hasher.hash_one(sets[number as usize].packed());
        self.numbers.insert_unique(hash, number, rehash);
        self.sets.push(labels.filter(keep));
        number
    }
}

impl LabelIndex {
    /// The numbers of many sets, as `number_of` would give them one after the other.
    pub(crate) fn numbers_of<L: Borrow<Labels>>(
        &mut self,
        count: usize,
        labels: impl Fn(usize) -> L + Sync,
        keep: impl Fn(&str) -> bool + Sync,
        meter: &Meter<'_>,
    ) -> Result<Vec<u32>, QueryError> {
        let parts = in_parts(count, 0, |range| {
            let mut index = LabelIndex::default();
            let mut numbers = Vec::with_capacity(range.len());
            for number in range {
                meter.check_at(number)?;
                numbers.push(index.number_of(labels(number).borrow(), &keep));
            }
            Ok((index, numbers))
        })?;
        let mut numbers = Vec::with_capacity(count);
        for (part, of_part) in parts {
            if self.sets.is_empty() {
                (*self, numbers) = (part, of_part);
                continue;
            }
            let mut known = Vec::with_capacity(part.sets.len());
            for (done, set) in part.sets.iter().enumerate() {
                meter.check_at(done)?;
                known.push(self.number_of(set, |_| true));
            }
            numbers.extend(of_part.into_iter().map(|number| known[number as usize]));
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QueryOptions;

    #[test]
    fn equal_parts_have_one_number() {
        let mut index = LabelIndex::default();
        let mut check = |pairs: &[(&str, &str)], want: u32| {
            let labels = Labels::from_pairs(pairs.iter().copied());
            assert_eq!(index.number_of(&labels, |name| name != "b"), want, "{labels}");
        };
        check(&[("a", "1"), ("b", "1")], 0);
        check(&[("a", "2"), ("b", "1")], 1);
        check(&[("a", "1"), ("b", "2")], 0);
        check(&[("b", "2")], 2);
        check(&[], 2);
        for number in 0..100 {
            index.number_of(&Labels::from_pairs([("a", number.to_string())]), |_| true);
        }
        assert_eq!(index.number_of(&Labels::from_pairs([("a", "1")]), |_| true), 0);
        assert_eq!(index.sets[2], Labels::empty());
    }

    #[test]
    fn many_sets_are_numbered_as_one_after_the_other() {
        let options = QueryOptions::default();
        let meter = Meter::new(&options, 0);
        let labels = |number: usize| {
            Labels::from_pairs([("a", (number * 7 % 1_000).to_string()), ("b", number.to_string())])
        };
        let (mut one, mut all) = (LabelIndex::default(), LabelIndex::default());
        let want: Vec<u32> =
            (0..5_000).map(|number| one.number_of(&labels(number), |name| name == "a")).collect();
        assert_eq!(all.numbers_of(2_000, labels, |name| name == "a", &meter).unwrap(), want[..2_000]);
        let rest = all.numbers_of(3_000, |number| labels(number + 2_000), |name| name == "a", &meter);
        assert_eq!(rest.unwrap(), want[2_000..]);
        assert_eq!(one.sets, all.sets);
    }
}
