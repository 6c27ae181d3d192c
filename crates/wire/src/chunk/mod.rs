//! Prometheus's chunks: runs of samples of one series, packed bit by bit. Its blocks are made of them, and so are
//! the streams of remote read.
//!
//! ```text
//! chunk     := count:16 samples                                   floats
//!            | count:16 flags:8 layout samples                    histograms
//!            | count:16 starts:8 samples                          floats with starts
//!            | reset:2 count:14 starts:8 layout samples           histograms with starts
//! ```

mod bits;
mod histogram;
mod starts;
mod xor;
mod xor2;

use model::{Sample, Value};

/// Why bytes are no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed chunk: {0}")]
pub struct ChunkError(pub(crate) &'static str);

/// What a chunk holds, numbered as Prometheus numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Floats.
    Xor = 1,
    /// Histograms of whole counts.
    Histogram = 2,
    /// Histograms of fractional counts.
    FloatHistogram = 3,
    /// Floats that may tell since when they count.
    Xor2 = 4,
    /// Histograms of whole counts that may.
    HistogramStarts = 5,
    /// Histograms of fractional counts that may.
    FloatHistogramStarts = 6,
}

impl Encoding {
    /// The encoding of that number.
    pub fn from_number(number: u64) -> Option<Encoding> {
        Some(match number {
            1 => Encoding::Xor,
            2 => Encoding::Histogram,
            3 => Encoding::FloatHistogram,
            4 => Encoding::Xor2,
            5 => Encoding::HistogramStarts,
            6 => Encoding::FloatHistogramStarts,
            _ => return None,
        })
    }

    /// The encoding in which a value is written here.
    pub fn of(value: &Value) -> Encoding {
        match value {
            Value::Float(_) => Encoding::Xor,
            Value::Histogram(_) => Encoding::Histogram,
            Value::FloatHistogram(_) => Encoding::FloatHistogram,
        }
    }
}

/// How many samples one chunk holds at most when it is written here.
pub const SAMPLES_PER_CHUNK_MAX: usize = 120;

/// A run of samples, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What it holds.
    pub encoding: Encoding,
    /// The time of its first sample.
    pub time_min: i64,
    /// The time of its last sample.
    pub time_max: i64,
    /// The packed bytes.
    pub bytes: Vec<u8>,
}

/// Packs samples, ascending in time, into as many chunks as they need: one ends where the kind of value or the
/// layout of buckets changes, and where a counter histogram was reset. Starts are not part of chunks.
pub fn encode(samples: &[Sample]) -> Vec<Chunk> {
    let (mut chunks, mut rest) = (Vec::new(), samples);
    while let [first, ..] = rest {
        let pairs = rest.windows(2).take(SAMPLES_PER_CHUNK_MAX - 1);
        let goes_on = |pair: &&[Sample]| histogram::belongs_after(&pair[0].value, &pair[1].value);
        let run;
        (run, rest) = rest.split_at(1 + pairs.take_while(goes_on).count());
        let encoding = Encoding::of(&first.value);
        let bytes = match &first.value {
            Value::Float(_) => xor::encode(run),
            Value::Histogram(_) | Value::FloatHistogram(_) => histogram::encode(run),
        };
        let time_max = run.last().map_or(first.time, |last| last.time);
        chunks.push(Chunk { encoding, time_min: first.time, time_max, bytes });
    }
    chunks
}

/// Unpacks the samples of a chunk.
pub fn decode(encoding: Encoding, bytes: &[u8]) -> Result<Vec<Sample>, ChunkError> {
    match encoding {
        Encoding::Xor => xor::decode(bytes),
        Encoding::Xor2 => xor2::decode(bytes),
        Encoding::Histogram => histogram::decode_whole(bytes, false),
        Encoding::HistogramStarts => histogram::decode_whole(bytes, true),
        Encoding::FloatHistogram => histogram::decode_float(bytes, false),
        Encoding::FloatHistogramStarts => histogram::decode_float(bytes, true),
    }
}

fn split_count(bytes: &[u8]) -> Result<(usize, &[u8]), ChunkError> {
    let (count, rest) = bytes.split_first_chunk::<2>().ok_or(ChunkError("the chunk is cut off"))?;
    Ok((usize::from(u16::from_be_bytes(*count)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use proptest::prelude::*;

    fn samples() -> impl Strategy<Value = Vec<Sample>> {
        let step = prop_oneof![Just(15_000i64), 14_990..15_010i64, 0..1i64 << 40];
        prop::collection::vec((step, testing::value(), 1..5usize), 0..12).prop_map(|steps| {
            let mut time = -5;
            let mut samples = Vec::new();
            for (step, value, repeats) in steps {
                for _ in 0..repeats {
                    time += step;
                    samples.push(Sample { time, start: None, value: value.clone() });
                }
            }
            samples
        })
    }

    proptest! {
        #[test]
        fn samples_come_back(samples in samples()) {
            let mut back = Vec::new();
            for chunk in encode(&samples) {
                let unpacked = decode(chunk.encoding, &chunk.bytes).unwrap();
                prop_assert_eq!((chunk.time_min, chunk.time_max), (unpacked[0].time, unpacked.last().unwrap().time));
                back.extend(unpacked);
            }
            // Only the first histogram of a chunk knows whether there was a reset before it.
            let shown = |samples: &[Sample]| format!("{:?}", samples.iter().map(testing::without_hint).collect::<Vec<_>>());
            prop_assert_eq!(shown(&back), shown(&samples));
        }

        #[test]
        fn histograms_of_chunks_that_could_have_starts_are_the_same_without(samples in samples()) {
            for chunk in encode(&samples).iter().filter(|chunk| chunk.encoding != Encoding::Xor) {
                let mut bytes = chunk.bytes.clone();
                bytes[0] |= bytes[2];
                bytes[2] = 0;
                let encoding = Encoding::from_number(chunk.encoding as u64 + 3).unwrap();
                let want = decode(chunk.encoding, &chunk.bytes).unwrap();
                prop_assert_eq!(format!("{:?}", decode(encoding, &bytes).unwrap()), format!("{:?}", want));
            }
        }

        #[test]
        fn bytes_from_outside_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), number in 1..7u64) {
            let _ = decode(Encoding::from_number(number).unwrap(), &bytes);
        }
    }

    #[test]
    fn floats_are_packed_as_prometheus_packs_them() {
        // Three samples 15 s apart; worked out by hand from the layout.
        let sample = |time, value| Sample { time, start: None, value: Value::Float(value) };
        let chunks = encode(&[sample(1000, 1.0), sample(16_000, 1.0), sample(31_000, 2.0)]);
        let mut want = vec![0, 3, 0xd0, 0x0f];
        want.extend(1.0f64.to_be_bytes());
        want.extend([0x98, 0x75]);
        // 0: same value. 0: same step. 11, 1 leading zero, 11 bits, 0x7ff.
        // 1.0 ^ 2.0 = 0x7ff0_0000_0000_0000: bits 62 to 52.
        want.extend([0b0011_0000, 0b1001_0111, 0b1111_1111, 0b1100_0000]);
        assert_eq!(chunks[0].bytes, want);
    }
}
