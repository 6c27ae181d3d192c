//! Columns of floats.
//!
//! ```text
//! 0 constant     64 bits
//! 1 xor          see `xor`
//! 2 raw          64 bits each
//! 3 runs         count varint, for each run: length varint, 64 bits
//! 4 pco          length varint, a standalone file of the pco crate
//! 32 + e         decimals: a column of integers to be divided by 10^e
//! 64 + e         decimals with exceptions: the integers, then count varint and for each exception: values before it
//!                since the last varint, kind u8 (0: 64 bits follow, 1.. one of the common special values)
//! ```

use super::{DecodeError, DecodeResult, Effort, decimal, ints, pcodec, varint, xor};

const CONSTANT: u8 = 0;
const XOR: u8 = 1;
const RAW: u8 = 2;
const RUNS: u8 = 3;
const PCO: u8 = 4;
const DECIMAL: u8 = 32;
const DECIMAL_WITH_EXCEPTIONS: u8 = 64;

/// A value may take so many bytes by decimals before another codec is worth a try.
const DECIMAL_BYTES_FINE: usize = 4;
/// The codec's byte and one value's bits.
const CONSTANT_BYTES: usize = 9;
/// Below this many values the pco crate's own header costs more than it saves.
const PCO_VALUES_MIN: usize = 48;

pub(super) fn encode(values: &[f64], effort: Effort, out: &mut Vec<u8>) {
    let start = out.len();
    let runs = values.chunk_by(|a, b| a.to_bits() == b.to_bits()).count();
    if runs <= 1 {
        // One value says as much as many: most columns of most targets end here.
        encode_decimals(&values[..runs], effort, out);
        // An exception would be one for the first value alone.
        if out.len() - start > CONSTANT_BYTES || out[start] >= DECIMAL_WITH_EXCEPTIONS {
            out.truncate(start);
            out.push(CONSTANT);
            out.extend_from_slice(&values[0].to_bits().to_le_bytes());
        }
        return;
    }
    encode_decimals(values, effort, out);
    let is_fine = out.len() - start <= values.len() * DECIMAL_BYTES_FINE;
    if runs * 9 < out.len() - start {
        try_codec(start, out, |out| encode_runs(values, runs, out));
    }
    if !is_fine {
        try_codec(start, out, |out| {
            out.push(XOR);
            xor::encode(values, out);
        });
    }
    if effort != Effort::Fast && !is_fine && values.len() >= PCO_VALUES_MIN {
        pcodec::encode_if_shorter(values, PCO, start, out);
    }
}

/// The column as decimals, or raw when most of its values are none.
fn encode_decimals(values: &[f64], effort: Effort, out: &mut Vec<u8>) {
    let Some(decimals) = decimal::find(values) else {
        out.push(RAW);
        return out.extend(values.iter().flat_map(|value| value.to_bits().to_le_bytes()));
    };
    let kind = if decimals.exceptions.is_empty() { DECIMAL } else { DECIMAL_WITH_EXCEPTIONS };
    out.push(kind + decimals.exponent as u8);
    ints::encode(&decimals.integers, effort, out);
    if !decimals.exceptions.is_empty() {
        decimal::write_exceptions(&decimals.exceptions, out);
    }
}

pub(super) fn decode(bytes: &mut &[u8], count: usize, out: &mut Vec<f64>) -> DecodeResult<()> {
    let codec = *bytes.split_off_first().ok_or(DecodeError("it ends too early"))?;
    let word = |bytes: &mut &[u8]| {
        let word = bytes.split_off(..8).ok_or(DecodeError("it ends too early"))?;
        Ok(f64::from_le_bytes(word.try_into().expect("eight bytes")))
    };
    let start = out.len();
    match codec {
        CONSTANT => out.resize(start + count, word(bytes)?),
        XOR => xor::decode(bytes, count, out)?,
        RAW => {
            let length = count.checked_mul(8).ok_or(DecodeError("it ends too early"))?;
            let mut raw = bytes.split_off(..length).ok_or(DecodeError("it ends too early"))?;
            out.reserve(count);
            while !raw.is_empty() {
                out.push(word(&mut raw)?);
            }
        }
        RUNS => {
            for _ in 0..varint::read(bytes)? {
                let length = varint::read(bytes)? as usize;
                let value = word(bytes)?;
                if length == 0 || length > start + count - out.len() {
                    return Err(DecodeError("a run does not fit"));
                }
                out.resize(out.len() + length, value);
            }
        }
        PCO => pcodec::decode(bytes, count, out)?,
        DECIMAL.. => {
            let exceptions = codec >= DECIMAL_WITH_EXCEPTIONS;
            let exponent = usize::from(codec - if exceptions { DECIMAL_WITH_EXCEPTIONS } else { DECIMAL });
            if exponent > decimal::EXPONENT_MAX {
                return Err(DecodeError("unknown codec of floats"));
            }
            let is_constant = bytes.first() == Some(&ints::CONSTANT);
            let mut integers = Vec::new();
            ints::decode(bytes, if is_constant { count.min(1) } else { count }, &mut integers)?;
            decimal::restore(&integers, exponent, out);
            if let (true, Some(&value)) = (is_constant, out[start..].first()) {
                out.resize(start + count, value);
            }
            if exceptions {
                decimal::read_exceptions(bytes, &mut out[start..])?;
            }
        }
        _ => return Err(DecodeError("unknown codec of floats")),
    }
    if out.len() == start + count { Ok(()) } else { Err(DecodeError("it has fewer values")) }
}

fn encode_runs(values: &[f64], runs: usize, out: &mut Vec<u8>) {
    out.push(RUNS);
    varint::write(out, runs as u64);
    for run in values.chunk_by(|a, b| a.to_bits() == b.to_bits()) {
        varint::write(out, run.len() as u64);
        out.extend_from_slice(&run[0].to_bits().to_le_bytes());
    }
}

/// Keeps what `encode` appends instead of what `out` holds from `start` on, if it is shorter.
fn try_codec(start: usize, out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) {
    let middle = out.len();
    encode(out);
    if out.len() - middle < middle - start {
        out.drain(start..middle);
    } else {
        out.truncate(middle);
    }
}
