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
mod bits;
mod decimal;
mod floats;
mod group;
mod ints;
mod pcodec;
mod varint;
mod xor;

pub use group::{FloatGroup, encode_float_group};

/// How much effort an encoder may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Some nanoseconds a value.
    Fast,
    /// As much as makes it smaller.
    Merged,
}

/// As [`Tier`], and what the columns inside a compressed group are written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    Fast,
    Merged,
    Grouped,
}

/// Why bytes are no column. The caller knows the file and the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no column: {0}")]
pub struct DecodeError(pub(crate) &'static str);

/// The result of decoding.
pub type DecodeResult<T> = Result<T, DecodeError>;

impl From<Tier> for Effort {
    fn from(tier: Tier) -> Effort {
        match tier {
            Tier::Fast => Effort::Fast,
            Tier::Merged => Effort::Merged,
        }
    }
}

/// Appends a column of floats to `out`, every bit kept: NaN payloads, negative zero, staleness markers.
pub fn encode_floats(values: &[f64], tier: Tier, out: &mut Vec<u8>) {
    floats::encode(values, tier.into(), out);
}

/// Appends the `count` floats of the column at the start of `bytes` to `out`; returns how many bytes it takes.
pub fn decode_floats(bytes: &[u8], count: usize, out: &mut Vec<f64>) -> DecodeResult<usize> {
    let mut rest = bytes;
    floats::decode(&mut rest, count, out)?;
    Ok(bytes.len() - rest.len())
}

/// Appends a column of signed integers (times, starts, differences) to `out`.
pub fn encode_ints(values: &[i64], tier: Tier, out: &mut Vec<u8>) {
    ints::encode(values, tier.into(), out);
}

/// As [`decode_floats`], for [`encode_ints`].
pub fn decode_ints(bytes: &[u8], count: usize, out: &mut Vec<i64>) -> DecodeResult<usize> {
    let mut rest = bytes;
    ints::decode(&mut rest, count, out)?;
    Ok(bytes.len() - rest.len())
}

/// Appends a column of unsigned integers (counts, references) to `out`.
pub fn encode_uints(values: &[u64], tier: Tier, out: &mut Vec<u8>) {
    // Arithmetic wraps, so large numbers are as good as negative ones.
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

#[cfg(test)]
mod tests;
