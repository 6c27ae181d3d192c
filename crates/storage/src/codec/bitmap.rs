//! Sets of row numbers: which rows of a column are there.
//!
//! ```text
//! 0 none | 1 all | 2 runs: count varint, then for each run: varint rows absent before it, varint rows in it
//! 3 raw: the words, the last one cut to whole bytes
//! ```
//! Bit `row % 64` of word `row / 64` stands for a row. Bits at or beyond the count are zero.

use super::{DecodeError, DecodeResult, varint};

const NONE: u8 = 0;
const ALL: u8 = 1;
const RUNS: u8 = 2;
const RAW: u8 = 3;

/// Appends the set of the first `count` rows in `words` to `out`.
///
/// # Panics
/// When there are not exactly as many words as `count` needs.
pub fn encode(words: &[u64], count: usize, out: &mut Vec<u8>) {
    assert_eq!(words.len(), count.div_ceil(64), "as many words as rows need");
    let present: usize = words.iter().map(|word| word.count_ones() as usize).sum();
    if present == 0 || present == count {
        return out.push(if present == 0 { NONE } else { ALL });
    }
    let raw_bytes = count.div_ceil(8);
    let start = out.len();
    out.push(RUNS);
    let runs = runs(words, count);
    varint::write(out, runs.len() as u64);
    let mut end = 0;
    for (from, to) in runs {
        varint::write(out, (from - end) as u64);
        varint::write(out, (to - from) as u64);
        end = to;
    }
    if out.len() - start > raw_bytes + 1 {
        out.truncate(start);
        out.push(RAW);
        out.extend(words.iter().flat_map(|word| word.to_le_bytes()).take(raw_bytes));
    }
}

/// Appends the words of a set of `count` rows to `out`; returns how many bytes it takes.
pub fn decode(bytes: &[u8], count: usize, out: &mut Vec<u64>) -> DecodeResult<usize> {
    let mut rest = bytes;
    let codec = *rest.split_off_first().ok_or(DecodeError("it ends too early"))?;
    let first = out.len();
    match codec {
        NONE => out.resize(first + count.div_ceil(64), 0),
        ALL => {
            out.resize(first + count.div_ceil(64), 0);
            set(&mut out[first..], 0, count);
        }
        RUNS => {
            out.resize(first + count.div_ceil(64), 0);
            let runs = varint::read(&mut rest)?;
            let mut end = 0_usize;
            for _ in 0..runs {
                let from = end.saturating_add(varint::read(&mut rest)? as usize);
                let to = from.saturating_add(varint::read(&mut rest)? as usize);
                if to > count || from == to {
                    return Err(DecodeError("a run of rows does not fit"));
                }
                set(&mut out[first..], from, to);
                end = to;
            }
        }
        RAW => {
            let raw = rest.split_off(..count.div_ceil(8)).ok_or(DecodeError("it ends too early"))?;
            out.extend(raw.chunks(8).map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(word)
            }));
            // Shifted in two steps, because a full last word has nothing beyond.
            let used = (count + 63) % 64 + 1;
            if out.last().is_some_and(|last| count > 0 && last >> (used - 1) >> 1 != 0) {
                return Err(DecodeError("rows beyond the count"));
            }
        }
        _ => return Err(DecodeError("unknown kind of bitmap")),
    }
    Ok(bytes.len() - rest.len())
}

/// The runs of set bits, as first and one past the last.
fn runs(words: &[u64], count: usize) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut row = 0;
    while let Some(from) = next(words, row, count, true) {
        let to = next(words, from, count, false).unwrap_or(count);
        runs.push((from, to));
        row = to;
    }
    runs
}

/// The first row from `row` on that is `wanted`.
fn next(words: &[u64], mut row: usize, count: usize, wanted: bool) -> Option<usize> {
    while row < count {
        let word = if wanted { words[row / 64] } else { !words[row / 64] } >> (row % 64);
        if word != 0 {
            return Some(row + word.trailing_zeros() as usize).filter(|&row| row < count);
        }
        row = (row / 64 + 1) * 64;
    }
    None
}

fn set(words: &mut [u64], from: usize, to: usize) {
    let mut row = from;
    while row < to {
        let in_word = (64 - row % 64).min(to - row);
        words[row / 64] |= (u64::MAX >> (64 - in_word)) << (row % 64);
        row += in_word;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(words: &[u64], count: usize) -> usize {
        let mut bytes = Vec::new();
        encode(words, count, &mut bytes);
        let mut read = Vec::new();
        assert_eq!(decode(&bytes, count, &mut read), Ok(bytes.len()));
        assert_eq!(read, words);
        bytes.len()
    }

    #[test]
    fn dense_and_regular_sets_cost_little() {
        assert_eq!(check(&[], 0), 1);
        assert_eq!(check(&[0], 10), 1);
        assert_eq!(check(&[u64::MAX, 3], 66), 1);
        assert_eq!(check(&[u64::MAX << 5, 3], 66), 4);
        assert_eq!(check(&[0x5555_5555_5555_5555], 64), 9);
    }

    proptest! {
        #[test]
        fn any_set_comes_back(words in prop::collection::vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 1..20), cut in 0..64_usize) {
            let count = words.len() * 64 - cut;
            let mut words = words;
            *words.last_mut().unwrap() &= u64::MAX >> cut;
            check(&words, count);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..100), count in 0..1000_usize) {
            let mut out = Vec::new();
            if decode(&bytes, count, &mut out).is_ok() {
                check(&out, count);
            }
        }
    }
}
