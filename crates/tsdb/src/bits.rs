//! A small set of column or row numbers as a bitmap of 64-bit words.

/// A set of small numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The words, lowest numbers first; numbers beyond them are not in the set.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words to write to, at least `count` of them.
    pub(crate) fn words_mut(&mut self, count: usize) -> &mut [u64] {
        if self.words.len() < count {
            self.words.resize(count, 0);
        }
        &mut self.words
    }

    /// The word at `index`, zero beyond the end.
    pub(crate) fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    /// Adds a number.
    pub(crate) fn insert(&mut self, number: usize) {
        self.words_mut(number / 64 + 1)[number / 64] |= 1 << (number % 64);
    }

    /// Whether the number is in the set.
    pub(crate) fn contains(&self, number: usize) -> bool {
        self.word(number / 64) >> (number % 64) & 1 == 1
    }

    /// Empties the set and keeps its room.
    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// How many numbers there are.
    pub(crate) fn count(&self) -> usize {
        count(&self.words)
    }

    /// One more than the highest number; 0 for an empty set.
    pub(crate) fn end(&self) -> usize {
        let highest = self.words.iter().rposition(|&word| word != 0);
        highest.map_or(0, |index| index * 64 + 64 - self.words[index].leading_zeros() as usize)
    }

    /// The numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        ones(&self.words)
    }
}

/// How many bits are set.
pub(crate) fn count(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

/// The numbers of the set bits, ascending.
pub(crate) fn ones(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(index, &word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(index * 64 + bit)
        })
    })
}

/// Whether bit `number` is set.
pub(crate) fn contains(words: &[u64], number: usize) -> bool {
    words.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
}

/// How many bits below `number` are set.
pub(crate) fn rank(words: &[u64], number: usize) -> usize {
    let (word, bit) = (number / 64, number % 64);
    count(&words[..word]) + (words[word] & ((1 << bit) - 1)).count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_in_order() {
        let mut bits = Bits::default();
        for number in [130, 0, 63, 64] {
            bits.insert(number);
        }
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 130]);
        assert_eq!((bits.count(), rank(bits.words(), 64), rank(bits.words(), 130)), (4, 2, 3));
        assert_eq!((bits.end(), Bits::default().end()), (131, 0));
        assert!(bits.contains(63) && !bits.contains(62) && !bits.contains(1_000));
    }
}
