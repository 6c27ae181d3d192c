//! Floats by what changed in their bits, for those that are no short decimals.
//!
//! ```text
//! first value as 64 bits, then for each value its exclusive or with the one before:
//! 0                                     it is zero
//! 10 bits                               its set bits lie within those of the last "11"
//! 11 leading-zeros:5 length-1:6 bits    it has that many leading zeros (at most 31) and that many bits
//! ```

use super::bits::{BitReader, BitWriter};
use super::{DecodeError, DecodeResult};

pub(super) fn encode(values: &[f64], out: &mut Vec<u8>) {
    let Some((first, rest)) = values.split_first() else { return };
    let mut writer = BitWriter::new(out);
    let mut before = first.to_bits();
    writer.write(before, 64);
    // No exclusive or fits a window of length zero.
    let (mut leading, mut length) = (0, 0);
    for value in rest {
        let change = before ^ value.to_bits();
        before = value.to_bits();
        if change == 0 {
            writer.write(0, 1);
            continue;
        }
        let (zeros_before, zeros_after) = (change.leading_zeros().min(31), change.trailing_zeros());
        if length > 0 && zeros_before >= leading && zeros_after >= 64 - leading - length {
            writer.write(0b10, 2);
        } else {
            (leading, length) = (zeros_before, 64 - zeros_before - zeros_after);
            writer.write(0b11 << 11 | u64::from(leading) << 6 | u64::from(length - 1), 13);
        }
        writer.write(change >> (64 - leading - length), length);
    }
    writer.finish();
}

pub(super) fn decode(bytes: &mut &[u8], count: usize, out: &mut Vec<f64>) -> DecodeResult<()> {
    // Every value takes a bit, so more values than bits are a lie not worth memory.
    if count > bytes.len().saturating_mul(8) {
        return Err(DecodeError("it ends too early"));
    }
    if count == 0 {
        return Ok(());
    }
    let mut reader = BitReader::new(bytes);
    let mut value = reader.read(64)?;
    out.reserve(count);
    out.push(f64::from_bits(value));
    let (mut leading, mut length) = (0, 0);
    for _ in 1..count {
        if reader.read(1)? == 1 {
            if reader.read(1)? == 1 {
                leading = reader.read(5)? as u32;
                length = reader.read(6)? as u32 + 1;
            }
            if length == 0 || leading + length > 64 {
                return Err(DecodeError("more than 64 bits changed"));
            }
            value ^= reader.read(length)? << (64 - leading - length);
        }
        out.push(f64::from_bits(value));
    }
    *bytes = &bytes[reader.bytes_read()..];
    Ok(())
}
