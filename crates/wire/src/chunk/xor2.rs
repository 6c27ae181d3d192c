//! Chunks of floats as Prometheus 3 writes them where it stores starts: time and value share their first bits.
//!
//! ```text
//! samples := starts header:8
//!            time:varint float:64 [ start ]                          the first: its time, zigzag
//!            step:varint value [ start ]                             the second: how long after the first
//!            { joint [ start ] }*                                    the others
//! joint   := 0                                                       the same step and value again
//!          | 10 ( 0 | 1 window ) bits                                the same step
//!          | 110 b13 value | 1110 b20 value | 11110 b64 value        how much longer the step is
//!          | 11111                                                   the same step, a staleness marker
//! value   := 0 | 10 bits | 110 window bits | 111                     the same, changed, changed, a staleness marker
//! window  := leading:5 length:6                                      length 0 means 64
//! ```
//! Values are told by what their bits differ from the last one's that is no staleness marker. Signed numbers of n bits
//! lie in `-2^(n-1) .. 2^(n-1)`. Starts are as `starts` says.

use model::{STALE_NAN, Sample, Value, is_stale_nan};

use super::bits::Reader;
use super::starts::Starts;
use super::{ChunkError, split_count};
use crate::protobuf::unzigzag;

/// How many bits tell the change of a step behind a prefix of so many ones.
const CHANGE_SIZES: [u32; 5] = [0, 0, 13, 20, 64];

/// What is known between two samples.
#[derive(Default)]
struct Values {
    /// The bits of the last value that is no staleness marker.
    last: u64,
    leading: u32,
    trailing: u32,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Sample>, ChunkError> {
    let (count, bytes) = split_count(bytes)?;
    let (&header, bytes) = bytes.split_first().ok_or(ChunkError("the chunk is cut off"))?;
    let (mut bits, mut starts) = (Reader::new(bytes), Starts::new(header));
    // Every sample takes a bit at least.
    let mut samples = Vec::with_capacity(count.min(bytes.len() * 8));
    let (mut values, mut time, mut step) = (Values::default(), 0i64, 0i64);
    for index in 0..count {
        let value = match index {
            0 => {
                time = unzigzag(bits.varint()?);
                values.first(bits.float()?)
            }
            1 => {
                step = bits.varint()? as i64;
                values.read(&mut bits)?
            }
            _ => match bits.ones(5)? {
                0 => f64::from_bits(values.last),
                1 => {
                    let is_new = bits.bit()?;
                    values.changed(&mut bits, is_new)?
                }
                5 => STALE_NAN,
                ones => {
                    step = step.wrapping_add(signed(&mut bits, CHANGE_SIZES[ones as usize])?);
                    values.read(&mut bits)?
                }
            },
        };
        if index > 0 {
            time = time.wrapping_add(step);
        }
        let start = starts.read(&mut bits, index, time)?;
        samples.push(Sample { time, start, value: Value::Float(value) });
    }
    Ok(samples)
}

/// A signed number of so many bits, two's complement.
fn signed(bits: &mut Reader<'_>, size: u32) -> Result<i64, ChunkError> {
    let unused = 64 - size;
    Ok((bits.bits(size)? << unused) as i64 >> unused)
}

impl Values {
    fn first(&mut self, value: f64) -> f64 {
        if !is_stale_nan(value) {
            self.last = value.to_bits();
        }
        value
    }

    fn read(&mut self, bits: &mut Reader<'_>) -> Result<f64, ChunkError> {
        match bits.ones(3)? {
            0 => Ok(f64::from_bits(self.last)),
            3 => Ok(STALE_NAN),
            ones => self.changed(bits, ones == 2),
        }
    }

    fn changed(&mut self, bits: &mut Reader<'_>, window_is_new: bool) -> Result<f64, ChunkError> {
        if window_is_new {
            let leading = bits.bits(5)? as u32;
            let length = match bits.bits(6)? as u32 {
                0 => 64,
                length => length,
            };
            self.trailing =
                64u32.checked_sub(leading + length).ok_or(ChunkError("a float has too many bits"))?;
            self.leading = leading;
        }
        let length = 64 - self.leading - self.trailing;
        self.last ^= bits.bits(length)? << self.trailing;
        Ok(f64::from_bits(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::bits::{Writer, fits};
    use crate::protobuf::zigzag;
    use proptest::prelude::*;

    /// Writes what `decode` reads, with a window of its own for every change.
    fn encode(samples: &[(i64, f64, i64)]) -> Vec<u8> {
        let changes = samples.windows(2).position(|pair| pair[0].2 != pair[1].2).map(|at| at + 1);
        let changes = changes.filter(|&at| at < 127).or((samples.len() > 127).then_some(127));
        let told = samples.first().is_some_and(|first| first.2 != 0);
        let mut bits = Writer::default();
        bits.bits(samples.len() as u64, 16);
        bits.byte(u8::from(told) << 7 | changes.unwrap_or(0) as u8);
        let (mut last, mut step, mut before) = (0u64, 0i64, 0i64);
        for (index, &(time, value, start)) in samples.iter().enumerate() {
            let previous = index.checked_sub(1).map_or(0, |index| samples[index].0);
            let next_step = time.wrapping_sub(previous);
            let difference = value.to_bits() ^ last;
            let is_stale = is_stale_nan(value);
            let window = |bits: &mut Writer| {
                let (leading, trailing) = (difference.leading_zeros().min(31), difference.trailing_zeros());
                bits.bits(u64::from(leading), 5);
                bits.bits(u64::from((64 - leading - trailing) % 64), 6);
                bits.bits(difference >> trailing, 64 - leading - trailing);
            };
            let change = next_step.wrapping_sub(step);
            if index == 0 {
                bits.varint(zigzag(time));
                bits.bits(value.to_bits(), 64);
            } else if index > 1 && change == 0 {
                match (is_stale, difference) {
                    (true, _) => bits.bits(0b11111, 5),
                    (_, 0) => bits.bit(false),
                    _ => {
                        bits.bits(0b101, 3);
                        window(&mut bits);
                    }
                }
            } else {
                match index {
                    1 => bits.varint(next_step as u64),
                    _ if fits(change, 13) && change < 1 << 12 => {
                        bits.bits(0b110, 3);
                        bits.bits(change as u64, 13);
                    }
                    _ if fits(change, 20) && change < 1 << 19 => {
                        bits.bits(0b1110, 4);
                        bits.bits(change as u64, 20);
                    }
                    _ => {
                        bits.bits(0b11110, 5);
                        bits.bits(change as u64, 64);
                    }
                }
                match (is_stale, difference) {
                    (true, _) => bits.bits(0b111, 3),
                    (_, 0) => bits.bit(false),
                    _ => {
                        bits.bits(0b110, 3);
                        window(&mut bits);
                    }
                }
            }
            if index > 0 {
                step = next_step;
            }
            if !is_stale {
                last = value.to_bits();
            }
            match changes {
                _ if index == 0 && told => bits.varint(zigzag(time.wrapping_sub(start))),
                Some(changes) if index >= changes => {
                    let now = previous.wrapping_sub(start);
                    bits.small_int(if index == changes { now } else { now.wrapping_sub(before) });
                    before = now;
                }
                _ => {}
            }
        }
        bits.into_bytes()
    }

    fn check(samples: &[(i64, f64, i64)]) {
        let got: Vec<(i64, u64, i64)> = decode(&encode(samples))
            .unwrap()
            .into_iter()
            .map(|sample| {
                let Value::Float(value) = sample.value else { panic!("a float") };
                (sample.time, value.to_bits(), sample.start.unwrap_or(0))
            })
            .collect();
        let want: Vec<_> =
            samples.iter().map(|&(time, value, start)| (time, value.to_bits(), start)).collect();
        assert_eq!(got, want);
    }

    proptest! {
        #[test]
        fn samples_come_back(
            steps in prop::collection::vec((prop_oneof![Just(15_000i64), 14_000..16_000i64, 0..1i64 << 40],
                prop_oneof![Just(1.0), Just(STALE_NAN), any::<f64>()],
                prop_oneof![4 => Just(0i64), 1 => 1..100_000i64]), 0..200),
            starts in any::<bool>(),
        ) {
            let (mut time, mut start) = (-5, 0);
            let samples: Vec<_> = steps.into_iter().map(|(step, value, change)| {
                time += step;
                start = if starts && change > 0 { time - change } else { start };
                (time, value, start)
            }).collect();
            check(&samples);
        }
    }

    #[test]
    fn bits_are_where_the_format_says() {
        // Worked out by hand: three samples 15 s apart, the last one 1 ms late, of 1.0, 1.0 and a staleness marker.
        let mut bytes = vec![0, 3, 0, 0xd0, 0x0f];
        bytes.extend(1.0f64.to_be_bytes());
        bytes.extend([0x98, 0x75]);
        // 0: the same value. 110 0000000000001: one longer. 111: stale.
        bytes.extend([0b0110_0000, 0b0000_0000, 0b1111_0000]);
        let samples = decode(&bytes).unwrap();
        assert_eq!(samples.iter().map(|sample| sample.time).collect::<Vec<_>>(), [1_000, 16_000, 31_001]);
        assert!(matches!(samples[2].value, Value::Float(value) if is_stale_nan(value)));
        assert!(samples.iter().all(|sample| sample.start.is_none()));
    }
}
