//! Numbers packed into as many bits as the widest of a block needs, and single bits one after another.

use super::{DecodeError, DecodeResult};

/// How many numbers a block holds: each block has a width of its own.
pub(super) const BLOCK: usize = 128;

/// How many bits `value` needs.
pub(super) fn width(value: u64) -> u32 {
    64 - value.leading_zeros()
}

/// How many bytes `count` numbers of `width` bits take.
pub(super) fn packed_bytes(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// Appends `values`, each of which fits `width` bits, lowest bits first.
pub(super) fn pack(values: impl Iterator<Item = u64>, width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let (mut word, mut filled) = (0_u64, 0_u32);
    for value in values {
        word |= value << filled;
        filled += width;
        if filled >= 64 {
            out.extend_from_slice(&word.to_le_bytes());
            filled -= 64;
            word = if filled == 0 { 0 } else { value >> (width - filled) };
        }
    }
    out.extend_from_slice(&word.to_le_bytes()[..filled.div_ceil(8) as usize]);
}

/// Appends the `count` (at most [`BLOCK`]) numbers of `width` bits at the start of `bytes` to `out`, each added to
/// `base`; moves `bytes` behind them.
pub(super) fn unpack(
    bytes: &mut &[u8],
    width: u32,
    count: usize,
    base: i64,
    out: &mut Vec<i64>,
) -> DecodeResult<()> {
    debug_assert!(count <= BLOCK);
    if width > 64 {
        return Err(DecodeError("a number of more than 64 bits"));
    }
    let packed = bytes.split_off(..packed_bytes(count, width)).ok_or(DecodeError("it ends too early"))?;
    // With room behind them every number can be loaded as a whole word.
    let mut padded = [0_u8; BLOCK * 8 + 16];
    padded[..packed.len()].copy_from_slice(packed);
    let word = |at: usize| u64::from_le_bytes(padded[at..at + 8].try_into().expect("eight bytes"));
    let width = width as usize;
    if width == 0 {
        out.resize(out.len() + count, base);
    } else if width <= 56 {
        let mask = (1_u64 << width) - 1;
        out.extend((0..count).map(|index| {
            let bit = index * width;
            base.wrapping_add(((word(bit / 8) >> (bit % 8)) & mask) as i64)
        }));
    } else {
        let mask = u64::MAX >> (64 - width);
        out.extend((0..count).map(|index| {
            let bit = index * width;
            let wide = u128::from(word(bit / 8)) | u128::from(padded[bit / 8 + 8]) << 64;
            base.wrapping_add(((wide >> (bit % 8)) as u64 & mask) as i64)
        }));
    }
    Ok(())
}

/// Appends bits, highest first.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    word: u64,
    filled: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> BitWriter<'a> {
        BitWriter { out, word: 0, filled: 0 }
    }

    /// Appends the lowest `count` (at most 64) bits of `bits`; those above are zero.
    pub(super) fn write(&mut self, bits: u64, count: u32) {
        let room = 64 - self.filled;
        if count < room {
            self.word |= bits << (room - count);
            self.filled += count;
            return;
        }
        let rest = count - room;
        self.word |= bits >> rest;
        self.out.extend_from_slice(&self.word.to_be_bytes());
        self.word = if rest == 0 { 0 } else { bits << (64 - rest) };
        self.filled = rest;
    }

    /// Writes what does not fill a word, in whole bytes.
    pub(super) fn finish(self) {
        self.out.extend_from_slice(&self.word.to_be_bytes()[..self.filled.div_ceil(8) as usize]);
    }
}

/// Takes bits, highest first.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    bit: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> BitReader<'a> {
        BitReader { bytes, bit: 0 }
    }

    /// The next `count` (1 to 64) bits.
    pub(super) fn read(&mut self, count: u32) -> DecodeResult<u64> {
        let end = self.bit + count as usize;
        if end > self.bytes.len() * 8 {
            return Err(DecodeError("it ends too early"));
        }
        let from = self.bit / 8;
        let mut window = [0; 16];
        let near = self.bytes.len().min(from + 9) - from;
        window[..near].copy_from_slice(&self.bytes[from..from + near]);
        let wide = u128::from_be_bytes(window) << (self.bit % 8);
        self.bit = end;
        Ok((wide >> (128 - count)) as u64)
    }

    /// How many bytes were begun.
    pub(super) fn bytes_read(&self) -> usize {
        self.bit.div_ceil(8)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packed_numbers_come_back(values in prop::collection::vec(any::<u64>(), 0..=BLOCK), width in 0..=64_u32) {
            let mask = if width == 0 { 0 } else { u64::MAX >> (64 - width) };
            let mut bytes = Vec::new();
            pack(values.iter().map(|value| value & mask), width, &mut bytes);
            prop_assert_eq!(bytes.len(), packed_bytes(values.len(), width));
            let (mut out, mut rest) = (Vec::new(), bytes.as_slice());
            unpack(&mut rest, width, values.len(), -5, &mut out).unwrap();
            prop_assert!(rest.is_empty());
            let want: Vec<i64> = values.iter().map(|value| ((value & mask) as i64).wrapping_sub(5)).collect();
            prop_assert_eq!(out, want);
        }

        #[test]
        fn single_bits_come_back(values in prop::collection::vec((any::<u64>(), 1..=64_u32), 0..100)) {
            let mut bytes = Vec::new();
            let mut writer = BitWriter::new(&mut bytes);
            for &(bits, count) in &values {
                writer.write(bits >> (64 - count), count);
            }
            writer.finish();
            let mut reader = BitReader::new(&bytes);
            for &(bits, count) in &values {
                prop_assert_eq!(reader.read(count), Ok(bits >> (64 - count)));
            }
            prop_assert_eq!(reader.bytes_read(), bytes.len());
            prop_assert!(reader.read(8).is_err());
        }
    }
}
