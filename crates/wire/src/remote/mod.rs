//! Prometheus's remote protocols: samples that others push here, and queries that others send here.
//!
//! Every message travels as one snappy block. The block says how long it will be, which is checked before anything
//! is unpacked.

pub mod read;
pub mod write1;
pub mod write2;

mod histogram;
mod series;

pub use series::{Batch, Refused};

/// Why a message of a remote protocol could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// The body is no snappy block.
    #[error("the body is no snappy block: {0}")]
    Snappy(String),
    /// It would be longer than allowed.
    #[error("the body unpacks to {bytes} bytes, more than the {bytes_max} allowed")]
    TooLarge {
        /// How long it says it would be.
        bytes: usize,
        /// How long it may be.
        bytes_max: usize,
    },
    /// What was packed is no message.
    #[error(transparent)]
    Malformed(#[from] crate::protobuf::Malformed),
    /// The message contradicts itself.
    #[error("{0}")]
    Invalid(String),
}

/// Unpacks a snappy block of at most `bytes_max` bytes.
pub fn unpack(body: &[u8], bytes_max: usize) -> Result<Vec<u8>, RemoteError> {
    let bytes = snap::raw::decompress_len(body).map_err(|error| RemoteError::Snappy(error.to_string()))?;
    if bytes > bytes_max {
        return Err(RemoteError::TooLarge { bytes, bytes_max });
    }
    snap::raw::Decoder::new().decompress_vec(body).map_err(|error| RemoteError::Snappy(error.to_string()))
}

/// Packs a message as one snappy block.
pub fn pack(message: &[u8]) -> Result<Vec<u8>, RemoteError> {
    snap::raw::Encoder::new().compress_vec(message).map_err(|error| RemoteError::Snappy(error.to_string()))
}

#[cfg(test)]
mod tests {
    use model::{Metadata, MetricType, Sample, Series, Value};
    use proptest::prelude::*;

    use super::*;
    use crate::protobuf::Message;
    use crate::testing::{series, shown};

    const BYTES_MAX: usize = 1 << 20;

    proptest! {
        #[test]
        fn remote_write_1_round_trips(batch in prop::collection::vec(series(), 0..5)) {
            let metadata = vec![("a".to_owned(), Metadata { kind: MetricType::Gauge, unit: "s".into(), help: "h".into() })];
            let back = write1::decode(&write1::encode(&batch, &metadata).unwrap(), BYTES_MAX).unwrap();
            prop_assert_eq!(shown(&back.series, true), shown(&batch, false));
            prop_assert_eq!(back.metadata, metadata);
            prop_assert_eq!(back.refusals, vec![]);
        }

        #[test]
        fn remote_write_2_round_trips(mut batch in prop::collection::vec(series(), 0..5)) {
            if let Some(first) = batch.first_mut() {
                first.metadata = Some(Metadata { kind: MetricType::Counter, unit: "bytes".into(), help: "a".into() });
            }
            let back = write2::decode(&write2::encode(&batch).unwrap(), BYTES_MAX).unwrap();
            prop_assert_eq!(shown(&back.series, true), shown(&batch, true));
            prop_assert_eq!(back.refusals, vec![]);
        }

        #[test]
        fn bytes_from_outside_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = write1::decode(&bytes, BYTES_MAX);
            let _ = write1::decode(&pack(&bytes).unwrap(), BYTES_MAX);
            let _ = write2::decode(&pack(&bytes).unwrap(), BYTES_MAX);
        }
    }

    fn good() -> Series {
        let sample = Sample { time: 1, start: None, value: Value::Float(1.0) };
        Series {
            labels: model::Labels::from_pairs([("__name__", "good")]),
            samples: vec![sample],
            ..Series::default()
        }
    }

    #[test]
    fn one_bad_series_is_named_and_the_others_are_kept() {
        let mut request = Message::default();
        let label = |series: &mut Message, name: &[u8], value: &[u8]| {
            series.message(1, |label| {
                label.delimited(1, name);
                label.delimited(2, value);
            });
        };
        request.message(1, |series| label(series, b"__name__", b"bad\xff"));
        request.message(1, |series| {
            label(series, b"__name__", b"twice");
            label(series, b"a", b"1");
            label(series, b"a", b"2");
        });
        request.message(1, |series| label(series, b"a", b"nameless"));
        request.message(1, |message| write1::write_series(message, &good()));
        let batch = write1::decode(&pack(&request.into_bytes()).unwrap(), BYTES_MAX).unwrap();
        assert_eq!(batch.series, [good()]);
        let named: Vec<String> =
            batch.refusals.iter().map(|refused| format!("{}: {}", refused.series, refused.reason)).collect();
        assert_eq!(
            named,
            [
                "{__name__=\"bad\u{fffd}\"}: a label is not UTF-8",
                "{__name__=\"twice\", a=\"1\", a=\"2\"}: label \"a\" is given twice",
                "{a=\"nameless\"}: the metric name is missing",
            ]
        );
    }

    #[test]
    fn a_reference_beyond_the_symbols_costs_its_series_alone() {
        let mut request = Message::default();
        for symbol in ["", "__name__", "good"] {
            request.delimited(4, symbol.as_bytes());
        }
        request.message(5, |series| series.packed_varints(1, [1, 9]));
        request.message(5, |series| series.packed_varints(1, [1]));
        request.message(5, |series| series.packed_varints(1, [1, 2]));
        let batch = write2::decode(&pack(&request.into_bytes()).unwrap(), BYTES_MAX).unwrap();
        assert_eq!(batch.series.len(), 1);
        assert_eq!(batch.refused, 2);
        assert_eq!(batch.refusals[0].reason, "symbol 9 is referred to, of 3");
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let bomb = pack(&vec![0; BYTES_MAX + 1]).unwrap();
        let error = write1::decode(&bomb, BYTES_MAX).unwrap_err();
        assert_eq!(error.to_string(), "the body unpacks to 1048577 bytes, more than the 1048576 allowed");
    }
}
