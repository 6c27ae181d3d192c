//! The table of a page's lines, and how two pages are compared.

use model::MetricType;

/// One line of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// How many bytes of the line come before its value; of a line without a value, all.
    pub(crate) value_start: u32,
    /// What the line's value is of.
    pub(crate) meaning: Meaning,
    /// The type in force when the line was read: it decides how bounds are spelled.
    pub(crate) kind: MetricType,
}

/// What a line's value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The line has no value: a comment, or blank.
    Nothing,
    /// The value of a column.
    Series(u32),
    /// The value of a column that an earlier line told.
    Duplicate,
    /// The start of the series of a slot.
    Start(u32),
}

/// How many bytes `left` and `right` have in common from their beginnings on.
#[inline]
pub(crate) fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    let mut same = 0;
    let (mut left_blocks, mut right_blocks) = (left.chunks_exact(32), right.chunks_exact(32));
    // Blocks of 32 bytes, which the compiler compares in two or one vector registers.
    for (left_block, right_block) in left_blocks.by_ref().zip(right_blocks.by_ref()) {
        if left_block != right_block {
            return same + first_difference(left_block, right_block);
        }
        same += 32;
    }
    same + first_difference(&left[same..], &right[same..])
}

/// The same, for little.
#[inline]
fn first_difference(left: &[u8], right: &[u8]) -> usize {
    let mut same = 0;
    for (left_word, right_word) in left.chunks_exact(8).zip(right.chunks_exact(8)) {
        let difference = word(left_word) ^ word(right_word);
        if difference != 0 {
            return same + difference.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    let rest = left[same..].iter().zip(&right[same..]);
    same + rest.take_while(|(left, right)| left == right).count()
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_found_wherever_it_is() {
        let left: Vec<u8> = (0..200u8).collect();
        for length in 0..left.len() {
            assert_eq!(common_prefix(&left, &left[..length]), length);
            let mut right = left.clone();
            right[length] ^= 0x40;
            assert_eq!(common_prefix(&left, &right), length);
            assert_eq!(common_prefix(&right, &left), length);
        }
    }
}
