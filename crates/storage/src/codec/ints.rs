//! Columns of integers.
//!
//! ```text
//! 0 constant       value
//! 1 linear         first value, difference
//! 2 runs           count varint, for each run: length varint, difference from the run before
//! 3 scaled         factor varint, first value; then the column of (value - first value) / factor, not scaled again
//! 4 5 6 packed     of values, differences, differences of differences: 0, 1 or 2 first values, then for each 128
//!                  residuals: smallest of them, width u8, what each exceeds the smallest by, `width` bits each
//! 7 8 9 streamed   of the same: 0, 1 or 2 first values, then each residual; made to be compressed
//! 10 pco           length varint, a standalone file of the pco crate
//! ```
//! Integers are zigzag varints where nothing else is said. Arithmetic wraps, so every column has every form.

use super::bits::{self, BLOCK};
use super::{DecodeError, DecodeResult, Effort, pcodec, varint};

pub(super) const CONSTANT: u8 = 0;
const LINEAR: u8 = 1;
const RUNS: u8 = 2;
const SCALED: u8 = 3;
const PACKED: u8 = 4;
const STREAMED: u8 = 7;
const PCO: u8 = 10;

/// How often differences are taken, at most.
const ORDER_MAX: usize = 2;
/// Below this many values the pco crate's own header costs more than it saves.
const PCO_VALUES_MIN: usize = 48;
/// A streamed column that takes more than this for a value is mostly noise.
const NOISE_BYTES_TENTHS: usize = 15;

pub(super) fn encode(values: &[i64], effort: Effort, out: &mut Vec<u8>) {
    let Some(&first) = values.first() else { return };
    let second = values.get(1).copied().unwrap_or(first);
    let step = second.wrapping_sub(first);
    if values.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
        out.push(if step == 0 { CONSTANT } else { LINEAR });
        varint::write_signed(out, first);
        if step != 0 {
            varint::write_signed(out, step);
        }
        return;
    }
    match factor(values, effort) {
        1 => encode_unscaled(values, effort, out),
        factor => {
            out.push(SCALED);
            varint::write(out, factor);
            varint::write_signed(out, first);
            let scaled: Vec<i64> = values.iter().map(|&value| (value - first) / factor as i64).collect();
            encode_unscaled(&scaled, effort, out);
        }
    }
}

pub(super) fn decode(bytes: &mut &[u8], count: usize, out: &mut Vec<i64>) -> DecodeResult<()> {
    if count == 0 {
        return Ok(());
    }
    if bytes.first() != Some(&SCALED) {
        return decode_unscaled(bytes, count, out);
    }
    *bytes = &bytes[1..];
    let factor = varint::read(bytes)? as i64;
    let first = varint::read_signed(bytes)?;
    let start = out.len();
    decode_unscaled(bytes, count, out)?;
    for value in &mut out[start..] {
        *value = value.wrapping_mul(factor).wrapping_add(first);
    }
    Ok(())
}

/// What divides all distances from the first value: bytes come in pages, times in seconds.
fn factor(values: &[i64], effort: Effort) -> u64 {
    let first = values[0];
    let mut all = 0_u64;
    for &value in values {
        let Some(distance) = value.checked_sub(first) else { return 1 };
        all |= distance as u64;
    }
    let power = 1 << all.trailing_zeros().min(62);
    if effort == Effort::Fast {
        return power;
    }
    let mut divisor = 0;
    for &value in values {
        let (mut left, mut right) = (divisor, value.abs_diff(first));
        while right != 0 {
            (left, right) = (right, left % right);
        }
        divisor = left;
        if divisor == 1 {
            break;
        }
    }
    // Beyond the positive integers only the power of two is sure to divide as a signed number.
    if divisor <= i64::MAX as u64 { divisor.max(1) } else { power }
}

fn encode_unscaled(values: &[i64], effort: Effort, out: &mut Vec<u8>) {
    let streamed = effort == Effort::Grouped;
    let mut residuals = [values.to_vec(), Vec::new(), Vec::new()];
    let mut best = (usize::MAX, 0);
    for order in 0..=ORDER_MAX.min(values.len() - 1) {
        if order > 0 {
            residuals[order] = differences(&residuals[order - 1]);
        }
        let cost = if streamed { streamed_cost(&residuals[order]) } else { packed_cost(&residuals[order]) };
        // A difference needs first values, and must earn them.
        best = best.min((cost + order * 2, order));
    }
    let (cost, order) = best;
    let start = out.len();
    if runs_cost(values, cost) < cost {
        encode_runs(values, out);
    } else {
        out.push(if streamed { STREAMED } else { PACKED } + order as u8);
        for earlier in &residuals[..order] {
            varint::write_signed(out, earlier[0]);
        }
        let residuals = &residuals[order];
        if streamed {
            residuals.iter().for_each(|&residual| varint::write_signed(out, residual));
        } else {
            residuals.chunks(BLOCK).for_each(|block| encode_block(block, out));
        }
    }
    // A stream of noise is not shrunk by a compressor behind it, so there too pco is worth its time.
    let is_noise = out.len() - start > values.len() * NOISE_BYTES_TENTHS / 10;
    let may_be_pco = effort == Effort::Merged || (streamed && is_noise);
    if may_be_pco && values.len() >= PCO_VALUES_MIN {
        pcodec::encode_if_shorter(values, PCO, start, out);
    }
}

fn decode_unscaled(bytes: &mut &[u8], count: usize, out: &mut Vec<i64>) -> DecodeResult<()> {
    let codec = *bytes.split_off_first().ok_or(DecodeError("it ends too early"))?;
    let start = out.len();
    match codec {
        CONSTANT => out.resize(start + count, varint::read_signed(bytes)?),
        LINEAR => {
            let (mut value, step) = (varint::read_signed(bytes)?, varint::read_signed(bytes)?);
            for _ in 0..count {
                out.push(value);
                value = value.wrapping_add(step);
            }
        }
        RUNS => decode_runs(bytes, count, out)?,
        PACKED..STREAMED | STREAMED..PCO => {
            let streamed = codec >= STREAMED;
            let order = usize::from(codec - if streamed { STREAMED } else { PACKED });
            if order >= count {
                return Err(DecodeError("too few values for their differences"));
            }
            let mut firsts = [0; ORDER_MAX];
            for first in &mut firsts[..order] {
                *first = varint::read_signed(bytes)?;
            }
            out.reserve(count);
            // The first values take the places that their residuals leave.
            out.resize(start + order, 0);
            if streamed {
                for _ in order..count {
                    out.push(varint::read_signed(bytes)?);
                }
            } else {
                decode_blocks(bytes, count - order, out)?;
            }
            for level in (0..order).rev() {
                sum(firsts[level], &mut out[start + level..]);
            }
        }
        PCO => pcodec::decode(bytes, count, out)?,
        _ => return Err(DecodeError("unknown codec of integers")),
    }
    Ok(())
}

fn differences(values: &[i64]) -> Vec<i64> {
    values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect()
}

/// Undoes one order of differences: `values[0]` becomes `first`, the others are summed up.
fn sum(first: i64, values: &mut [i64]) {
    let mut value = first;
    values[0] = first;
    for place in &mut values[1..] {
        value = value.wrapping_add(*place);
        *place = value;
    }
}

fn encode_block(block: &[i64], out: &mut Vec<u8>) {
    let (smallest, width) = frame(block);
    varint::write_signed(out, smallest);
    out.push(width as u8);
    bits::pack(block.iter().map(|value| value.wrapping_sub(smallest) as u64), width, out);
}

fn decode_blocks(bytes: &mut &[u8], count: usize, out: &mut Vec<i64>) -> DecodeResult<()> {
    let mut left = count;
    while left > 0 {
        let smallest = varint::read_signed(bytes)?;
        let width = *bytes.split_off_first().ok_or(DecodeError("it ends too early"))?;
        bits::unpack(bytes, u32::from(width), left.min(BLOCK), smallest, out)?;
        left -= left.min(BLOCK);
    }
    Ok(())
}

/// The smallest of a block, and how many bits the distance to the largest needs.
fn frame(block: &[i64]) -> (i64, u32) {
    let (mut smallest, mut largest) = (i64::MAX, i64::MIN);
    for &value in block {
        smallest = smallest.min(value);
        largest = largest.max(value);
    }
    (smallest, bits::width(largest.wrapping_sub(smallest) as u64))
}

fn packed_cost(residuals: &[i64]) -> usize {
    let block_cost = |block: &[i64]| {
        let (smallest, width) = frame(block);
        1 + varint::signed_bytes(smallest) + bits::packed_bytes(block.len(), width)
    };
    residuals.chunks(BLOCK).map(block_cost).sum()
}

/// What a compressor can make of a stream is better told by the bits in it than by its bytes.
fn streamed_cost(residuals: &[i64]) -> usize {
    residuals.iter().map(|&value| bits::width(varint::zigzag(value)) as usize + 1).sum::<usize>() / 8
}

/// How many bytes runs take; gives up beyond `limit`.
fn runs_cost(values: &[i64], limit: usize) -> usize {
    let (mut cost, mut before) = (2, 0_i64);
    for run in values.chunk_by(|a, b| a == b) {
        cost += varint::bytes(run.len() as u64) + varint::signed_bytes(run[0].wrapping_sub(before));
        before = run[0];
        if cost > limit {
            break;
        }
    }
    cost
}

fn encode_runs(values: &[i64], out: &mut Vec<u8>) {
    out.push(RUNS);
    varint::write(out, values.chunk_by(|a, b| a == b).count() as u64);
    let mut before = 0_i64;
    for run in values.chunk_by(|a, b| a == b) {
        varint::write(out, run.len() as u64);
        varint::write_signed(out, run[0].wrapping_sub(before));
        before = run[0];
    }
}

fn decode_runs(bytes: &mut &[u8], count: usize, out: &mut Vec<i64>) -> DecodeResult<()> {
    let end = out.len() + count;
    let mut value = 0_i64;
    for _ in 0..varint::read(bytes)? {
        let length = varint::read(bytes)? as usize;
        value = value.wrapping_add(varint::read_signed(bytes)?);
        if length == 0 || length > end - out.len() {
            return Err(DecodeError("a run does not fit"));
        }
        out.resize(out.len() + length, value);
    }
    if out.len() == end { Ok(()) } else { Err(DecodeError("runs end too early")) }
}
