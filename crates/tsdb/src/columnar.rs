//! Columns of values as this store handles them, bit patterns, on top of the codecs of `storage`.

use storage::codec::{self, Tier};

/// Appends floats with little effort: for pages in memory.
pub(crate) fn encode_values_fast(values: &[f64], out: &mut Vec<u8>) {
    codec::encode_floats(values, Tier::Fast, out);
}

/// Appends floats given as bits, as small as they get: for parts.
pub(crate) fn encode_values(bits: &[u64], out: &mut Vec<u8>) {
    codec::encode_floats(&floats(bits), Tier::Merged, out);
}

/// Appends the `count` floats that `bytes` hold to `out`, as bits; `None` when the bytes are something else.
pub(crate) fn decode_values(bytes: &[u8], count: usize, out: &mut Vec<u64>) -> Option<()> {
    let mut values = Vec::new();
    let read = codec::decode_floats(bytes, count, &mut values).ok()?;
    let is_whole = read == bytes.len() && values.len() == count;
    out.extend(values.into_iter().map(f64::to_bits));
    is_whole.then_some(())
}

/// Appends integers.
pub(crate) fn encode_ints(values: &[i64], out: &mut Vec<u8>) {
    codec::encode_ints(values, Tier::Merged, out);
}

/// The `count` integers that `bytes` hold; `None` when the bytes are something else.
pub(crate) fn decode_ints(bytes: &[u8], count: usize) -> Option<Vec<i64>> {
    let mut values = Vec::new();
    let read = codec::decode_ints(bytes, count, &mut values).ok()?;
    (read == bytes.len() && values.len() == count).then_some(values)
}

fn floats(bits: &[u64]) -> Vec<f64> {
    bits.iter().map(|&bits| f64::from_bits(bits)).collect()
}
