//! Bits, highest first, and numbers in as few of them as their size asks for.
//!
//! ```text
//! small number := 0 | 10 b3 | 110 b6 | 1110 b9 | 11110 b12 | 111110 b18 | 1111110 b25 | 11111110 b56 | 11111111 b64
//! float        := 0                                              the last one again
//!               | 10 bits                                        between the last one's leading and trailing zeros
//!               | 11 leading:5 length:6 bits                     length 0 means 64
//! ```
//! Floats are told by what their bits differ from the last one's. Signed numbers of n bits lie in
//! `-(2^(n-1)-1) ..= 2^(n-1)`.

use super::ChunkError;

/// How many bits a small number has behind a prefix of so many ones.
const SIZES: [u32; 9] = [0, 3, 6, 9, 12, 18, 25, 56, 64];

/// Bits being written.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// How many bits of the last byte are not used yet.
    free: u32,
}

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn bit(&mut self, bit: bool) {
        self.bits(u64::from(bit), 1);
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bits(u64::from(byte), 8);
    }

    /// The lowest `count` bits of `value`.
    pub(super) fn bits(&mut self, value: u64, mut count: u32) {
        while count > 0 {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let taken = count.min(self.free);
            let part = (value >> (count - taken)) as u8 & ((1u16 << taken) - 1) as u8;
            if let Some(last) = self.bytes.last_mut() {
                *last |= part << (self.free - taken);
            }
            self.free -= taken;
            count -= taken;
        }
    }

    pub(super) fn small_uint(&mut self, value: u64) {
        let needed = 64 - value.leading_zeros();
        let class = SIZES.iter().position(|&size| needed <= size).unwrap_or(8);
        self.small(class, value);
    }

    pub(super) fn small_int(&mut self, value: i64) {
        let class = if value == 0 { 0 } else { (1..8).find(|&class| fits(value, SIZES[class])).unwrap_or(8) };
        self.small(class, value as u64);
    }

    fn small(&mut self, class: usize, value: u64) {
        let ones = class as u32;
        self.bits((1 << ones) - 1, ones);
        if class < 8 {
            self.bit(false);
        }
        self.bits(value, SIZES[class]);
    }

    /// A number in groups of seven bits, lowest first, each in a byte.
    pub(super) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }
}

/// Whether a signed number can be told in so many bits.
pub(super) fn fits(value: i64, size: u32) -> bool {
    let half = 1i64 << (size - 1);
    -(half - 1) <= value && value <= half
}

/// Bits being read.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub(super) fn bit(&mut self) -> Result<bool, ChunkError> {
        let byte = self.bytes.get(self.at / 8).ok_or(ChunkError("the chunk is cut off"))?;
        let bit = byte >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Ok(bit)
    }

    pub(super) fn bits(&mut self, count: u32) -> Result<u64, ChunkError> {
        let (mut value, mut left) = (0u64, count as usize);
        while left > 0 {
            let byte = *self.bytes.get(self.at / 8).ok_or(ChunkError("the chunk is cut off"))?;
            let available = 8 - self.at % 8;
            let taken = left.min(available);
            let part = (byte >> (available - taken)) & ((1u16 << taken) - 1) as u8;
            value = value << taken | u64::from(part);
            self.at += taken;
            left -= taken;
        }
        Ok(value)
    }

    /// How many of at most `ones_max` ones come first; the zero that ends them is taken too.
    pub(super) fn ones(&mut self, ones_max: u32) -> Result<u32, ChunkError> {
        for ones in 0..ones_max {
            if !self.bit()? {
                return Ok(ones);
            }
        }
        Ok(ones_max)
    }

    pub(super) fn small_uint(&mut self) -> Result<u64, ChunkError> {
        let class = self.ones(8)? as usize;
        self.bits(SIZES[class])
    }

    pub(super) fn small_int(&mut self) -> Result<i64, ChunkError> {
        let class = self.ones(8)? as usize;
        self.signed(SIZES[class])
    }

    /// A signed number of so many bits.
    pub(super) fn signed(&mut self, size: u32) -> Result<i64, ChunkError> {
        let bits = self.bits(size)?;
        let is_negative = size > 0 && size < 64 && bits > 1 << (size - 1);
        Ok(if is_negative { (bits as i64).wrapping_sub(1 << size) } else { bits as i64 })
    }

    pub(super) fn varint(&mut self) -> Result<u64, ChunkError> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.bits(8)?;
            value |= (byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ChunkError("a number is too long"))
    }

    pub(super) fn float(&mut self) -> Result<f64, ChunkError> {
        self.bits(64).map(f64::from_bits)
    }
}

/// A float that is told again and again: the last one, and where its bits differed from the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Xor {
    pub(super) value: f64,
    /// Leading and trailing zeros of the last difference that was told in full.
    window: Option<(u32, u32)>,
}

impl Xor {
    pub(super) fn new(value: f64) -> Xor {
        Xor { value, window: None }
    }

    pub(super) fn write(&mut self, bits: &mut Writer, value: f64) {
        let difference = value.to_bits() ^ self.value.to_bits();
        self.value = value;
        bits.bit(difference != 0);
        if difference == 0 {
            return;
        }
        let (leading, trailing) = (difference.leading_zeros().min(31), difference.trailing_zeros());
        if let Some((wide_leading, wide_trailing)) = self.window
            && leading >= wide_leading
            && trailing >= wide_trailing
        {
            bits.bit(false);
            bits.bits(difference >> wide_trailing, 64 - wide_leading - wide_trailing);
            return;
        }
        self.window = Some((leading, trailing));
        let length = 64 - leading - trailing;
        bits.bit(true);
        bits.bits(u64::from(leading), 5);
        bits.bits(u64::from(length % 64), 6);
        bits.bits(difference >> trailing, length);
    }

    pub(super) fn read(&mut self, bits: &mut Reader<'_>) -> Result<f64, ChunkError> {
        if bits.bit()? {
            if bits.bit()? {
                let leading = bits.bits(5)? as u32;
                let length = match bits.bits(6)? as u32 {
                    0 => 64,
                    length => length,
                };
                let trailing =
                    64u32.checked_sub(leading + length).ok_or(ChunkError("a float has too many bits"))?;
                self.window = Some((leading, trailing));
            }
            // A chunk that begins with the short form means the whole of the float.
            let (leading, trailing) = self.window.unwrap_or((0, 0));
            let difference = bits.bits(64 - leading - trailing)? << trailing;
            self.value = f64::from_bits(self.value.to_bits() ^ difference);
        }
        Ok(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec((any::<i64>(), 0..64u32, any::<u64>()), 0..40)) {
            let mut writer = Writer::default();
            let mut xor = Xor::default();
            for &(signed, shift, bits) in &values {
                writer.small_int(signed >> shift);
                writer.small_uint(bits >> shift);
                writer.varint(bits >> shift);
                xor.write(&mut writer, f64::from_bits(bits << shift));
            }
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            let mut xor = Xor::default();
            for (signed, shift, bits) in values {
                prop_assert_eq!(reader.small_int().unwrap(), signed >> shift);
                prop_assert_eq!(reader.small_uint().unwrap(), bits >> shift);
                prop_assert_eq!(reader.varint().unwrap(), bits >> shift);
                prop_assert_eq!(xor.read(&mut reader).unwrap().to_bits(), bits << shift);
            }
        }
    }

    #[test]
    fn small_numbers_take_the_bits_the_format_says() {
        let check = |value: i64, want: &str| {
            let mut writer = Writer::default();
            writer.small_int(value);
            let bits: String = writer.into_bytes().iter().map(|byte| format!("{byte:08b}")).collect();
            assert_eq!(bits.trim_end_matches('0'), want.trim_end_matches('0'), "{value}");
        };
        check(0, "0");
        check(1, "10001");
        check(4, "10100");
        check(-3, "10101");
        check(5, "110000101");
        check(-31, "110100001");
    }
}
