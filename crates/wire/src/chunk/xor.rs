//! Chunks of floats.
//!
//! ```text
//! samples := time:varint float:64            the first: its time, zigzag
//!            step:varint float               the second: how long after the first
//!            { change float }*               the others: how much longer the step is than the last
//! change  := 0 | 10 b14 | 110 b17 | 1110 b20 | 1111 b64
//! ```

use model::{Sample, Value};

use super::bits::{Reader, Writer, Xor, fits};
use super::{ChunkError, split_count};
use crate::protobuf::{unzigzag, zigzag};

const CHANGE_SIZES: [u32; 5] = [0, 14, 17, 20, 64];

pub(super) fn encode(samples: &[Sample]) -> Vec<u8> {
    let mut bits = Writer::default();
    bits.bits(samples.len() as u64, 16);
    let (mut xor, mut time, mut step) = (Xor::default(), 0i64, 0i64);
    for (index, sample) in samples.iter().enumerate() {
        let Value::Float(value) = sample.value else { continue };
        let next_step = sample.time.wrapping_sub(time);
        match index {
            0 => bits.varint(zigzag(sample.time)),
            1 => bits.varint(next_step as u64),
            _ => write_change(&mut bits, next_step.wrapping_sub(step)),
        }
        if index == 0 {
            bits.bits(value.to_bits(), 64);
            xor = Xor::new(value);
        } else {
            xor.write(&mut bits, value);
            step = next_step;
        }
        time = sample.time;
    }
    bits.into_bytes()
}

fn write_change(bits: &mut Writer, change: i64) {
    let class = match change {
        0 => 0,
        _ => (1..4).find(|&class| fits(change, CHANGE_SIZES[class])).unwrap_or(4),
    };
    bits.bits((1 << class) - 1, class as u32);
    if class < 4 {
        bits.bit(false);
    }
    bits.bits(change as u64, CHANGE_SIZES[class]);
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Sample>, ChunkError> {
    let (count, bytes) = split_count(bytes)?;
    let mut bits = Reader::new(bytes);
    // Every sample takes two bits at least.
    let mut samples = Vec::with_capacity(count.min(bytes.len() * 4));
    let (mut xor, mut time, mut step) = (Xor::default(), 0i64, 0i64);
    for index in 0..count {
        match index {
            0 => time = unzigzag(bits.varint()?),
            1 => step = bits.varint()? as i64,
            _ => {
                let class = bits.ones(4)? as usize;
                step = step.wrapping_add(bits.signed(CHANGE_SIZES[class])?);
            }
        }
        if index == 0 {
            xor = Xor::new(bits.float()?);
        } else {
            time = time.wrapping_add(step);
            xor.read(&mut bits)?;
        }
        samples.push(Sample { time, start: None, value: Value::Float(xor.value) });
    }
    Ok(samples)
}
