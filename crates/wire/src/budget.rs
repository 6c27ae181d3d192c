//! How much memory the decoded form of one pushed message may take.
//!
//! An empty message takes two bytes on the wire and hundreds once it is a data point, and two bytes again and again
//! compress a thousandfold. A limit on the body alone would let a few kilobytes fill the memory of the machine.

use crate::protobuf::Malformed;

/// How many bytes the parts of one message may take once they are decoded. A batch of a hundred thousand data points with
/// ten attributes each stays below half of it.
const DECODED_BYTES_MAX: usize = 256 << 20;

/// How many labels one series, exemplar or reference list may name. They are only held while it is read.
pub(crate) const LABELS_MAX: usize = 10_000;

/// What is left for one message.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes_left: usize,
}

impl Budget {
    /// A full budget.
    pub(crate) fn new() -> Budget {
        Budget { bytes_left: DECODED_BYTES_MAX }
    }

    /// Pays for one more `T`, before it is kept.
    pub(crate) fn take<T>(&mut self) -> Result<(), Malformed> {
        self.take_bytes(size_of::<T>())
    }

    /// Pays for so many bytes.
    pub(crate) fn take_bytes(&mut self, bytes: usize) -> Result<(), Malformed> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.ok_or(Malformed("too many parts for one message; send smaller batches"))?;
        Ok(())
    }
}

/// Whether so many labels may be followed by one more.
pub(crate) fn check_labels(count: usize) -> Result<(), Malformed> {
    if count < LABELS_MAX { Ok(()) } else { Err(Malformed("too many labels for one series")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp;
    use crate::protobuf::Message;
    use crate::remote::{pack, write1, write2};

    /// A message whose innermost field, at the end of the path, is empty and stands there very often.
    fn swarm(path: &[u32], count: usize) -> Vec<u8> {
        let (last, outer) = path.split_last().expect("a path has a field");
        let mut bytes = [u8::try_from(last << 3 | 2).expect("a small field"), 0].repeat(count);
        for number in outer.iter().rev() {
            let mut message = Message::default();
            message.delimited(*number, &bytes);
            bytes = message.into_bytes();
        }
        bytes
    }

    #[test]
    fn swarms_of_small_json_values_are_refused() {
        for part in [r#"{"":0},"#, "[],", "0,", r#""","#] {
            let body = format!(r#"{{"resourceMetrics":[{}0]}}"#, part.repeat(5 << 20));
            let error = otlp::decode_json(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("too many parts for one message; send smaller batches"), "{part} {error}");
        }
        let text = format!(r#"{{"a":"{}"}}"#, r#"\"{[,"#.repeat(1 << 20));
        assert!(otlp::decode_json(text.as_bytes()).is_ok(), "what stands in a text is no part");
    }

    #[test]
    fn swarms_of_empty_parts_are_refused() {
        const COUNT: usize = 7 << 20;
        let otlp: [&[u32]; 6] =
            [&[1], &[1, 2], &[1, 2, 2], &[1, 1, 1], &[1, 2, 2, 10, 1], &[1, 2, 2, 5, 1, 7]];
        for path in otlp {
            assert!(otlp::decode(&swarm(path, COUNT)).is_err(), "OTLP {path:?}");
        }
        for path in [&[3][..], &[1, 1], &[1, 2], &[1, 3], &[1, 4]] {
            assert!(write1::decode(&pack(&swarm(path, COUNT)).unwrap(), usize::MAX).is_err(), "1.0 {path:?}");
        }
        for path in [&[5][..], &[5, 2], &[5, 3], &[5, 4]] {
            assert!(write2::decode(&pack(&swarm(path, COUNT)).unwrap(), usize::MAX).is_err(), "2.0 {path:?}");
        }
    }

    #[test]
    fn a_long_symbol_is_paid_for_by_every_series_that_names_it() {
        let mut request = Message::default();
        for symbol in ["", "__name__", &"a".repeat(1 << 20)] {
            request.delimited(4, symbol.as_bytes());
        }
        for _ in 0..300 {
            request.message(5, |series| series.packed_varints(1, [1, 2]));
        }
        assert!(write2::decode(&pack(&request.into_bytes()).unwrap(), 64 << 20).is_err());
    }

    #[test]
    fn a_budget_is_spent_once() {
        let mut budget = Budget::new();
        assert_eq!(budget.take_bytes(DECODED_BYTES_MAX), Ok(()));
        assert!(budget.take::<u8>().is_err());
    }
}
