//! Columns of numbers to few bytes and back, bit for bit.
//!
//! Codecs compete: several describe the column, the shortest description wins, and its first byte says which it is.
//! An encoded column ends where its content ends, so that columns can follow each other; how many values it has
//! is for the caller to keep, and a decoder never makes more than that, whatever the bytes say.
//!
//! [`Tier::Fast`] is for pages of up to some hundred values that are being collected: only codecs that cost
//! nanoseconds compete. [`Tier::Merged`] is for parts: everything competes. Columns that are read together shrink
//! most as a group ([`encode_float_group`]).

pub mod bitmap;
mod varint;

/// How much effort an encoder may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Some nanoseconds a value.
    Fast,
    /// As much as makes it smaller.
    Merged,
}

/// Why bytes are no column. The caller knows the file and the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no column: {0}")]
pub struct DecodeError(pub(crate) &'static str);

/// The result of decoding.
pub type DecodeResult<T> = Result<T, DecodeError>;

/// Appends a column of floats to `out`, every bit kept: NaN payloads, negative zero, staleness markers.
pub fn encode_floats(values: &[f64], _tier: Tier, out: &mut Vec<u8>) {
    for value in values {
        out.extend_from_slice(&value.to_bits().to_le_bytes());
    }
}

/// Appends the `count` floats of the column at the start of `bytes` to `out`; returns how many bytes it takes.
pub fn decode_floats(bytes: &[u8], count: usize, out: &mut Vec<f64>) -> DecodeResult<usize> {
    let column = count.checked_mul(8).and_then(|length| bytes.get(..length));
    let column = column.ok_or(DecodeError("it ends too early"))?;
    out.extend(column.chunks_exact(8).map(|word| f64::from_le_bytes(word.try_into().expect("eight bytes"))));
    Ok(column.len())
}

/// Appends a column of signed integers (times, starts, differences) to `out`.
pub fn encode_ints(values: &[i64], _tier: Tier, out: &mut Vec<u8>) {
    for value in values {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// As [`decode_floats`], for [`encode_ints`].
pub fn decode_ints(bytes: &[u8], count: usize, out: &mut Vec<i64>) -> DecodeResult<usize> {
    let column = count.checked_mul(8).and_then(|length| bytes.get(..length));
    let column = column.ok_or(DecodeError("it ends too early"))?;
    out.extend(column.chunks_exact(8).map(|word| i64::from_le_bytes(word.try_into().expect("eight bytes"))));
    Ok(column.len())
}

/// Appends a column of unsigned integers (counts, references) to `out`.
pub fn encode_uints(values: &[u64], tier: Tier, out: &mut Vec<u8>) {
    let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
    encode_ints(&values, tier, out);
}

/// As [`decode_floats`], for [`encode_uints`].
pub fn decode_uints(bytes: &[u8], count: usize, out: &mut Vec<u64>) -> DecodeResult<usize> {
    let mut values = Vec::new();
    let read = decode_ints(bytes, count, &mut values)?;
    out.extend(values.into_iter().map(|value| value as u64));
    Ok(read)
}

/// Appends several columns of floats that are read together (16 series of one target, say; lengths may differ).
pub fn encode_float_group(columns: &[&[f64]], out: &mut Vec<u8>) {
    for column in columns {
        encode_floats(column, Tier::Merged, out);
    }
}

/// A group of columns, unpacked once, read column by column.
pub struct FloatGroup {
    columns: Vec<Vec<f64>>,
    bytes: usize,
}

impl FloatGroup {
    /// Unpacks the group at the start of `bytes`, whose columns have `counts` values.
    pub fn open(bytes: &[u8], counts: &[usize]) -> DecodeResult<FloatGroup> {
        let mut read = 0;
        let mut columns = Vec::new();
        for &count in counts {
            let mut column = Vec::new();
            read += decode_floats(&bytes[read..], count, &mut column)?;
            columns.push(column);
        }
        Ok(FloatGroup { columns, bytes: read })
    }

    /// How many bytes the group takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the values of a column to `out`.
    pub fn column(&self, index: usize, out: &mut Vec<f64>) -> DecodeResult<()> {
        let column = self.columns.get(index).ok_or(DecodeError("the group has fewer columns"))?;
        out.extend_from_slice(column);
        Ok(())
    }
}
