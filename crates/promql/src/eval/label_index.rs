//! Numbers for label sets, in the order they are first seen; a set is made once, however many series have it.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use model::Labels;

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
    pub(crate) fn number_of(&mut self, labels: &Labels, keep: impl FnMut(&str) -> bool) -> u32 {
        self.key.clear();
        labels.pack_where(keep, &mut self.key);
        let (sets, hasher, key) = (&self.sets, &self.hasher, &self.key);
        let hash = hasher.hash_one(key.as_slice());
        if let Some(&number) = self.numbers.find(hash, |&number| sets[number as usize].packed() == key) {
            return number;
        }
        let number = sets.len() as u32;
        let rehash = |&number: &u32| hasher.hash_one(sets[number as usize].packed());
        self.numbers.insert_unique(hash, number, rehash);
        self.sets.push(Labels::from_packed(&self.key).expect("a part of a label set is one"));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
