//! Tombstones: what was deleted and is not gone yet.
//!
//! A deletion holds at once for every reader. The samples leave the disk when their part is merged; the tombstone
//! stays until no part and no head that it concerns is left.

use model::{Labels, MatchOp, Matcher, Timestamp};

use crate::bytes::{Reader, put_bytes, put_signed, put_varint};

/// Samples of matching series within a range, both ends included, do not exist.
#[derive(Clone, Debug)]
pub(crate) struct Tombstone {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Parts with this number or a higher one were written without what is deleted, or came after.
    pub(crate) parts_below: u64,
}

impl Tombstone {
    /// Whether the tombstone concerns a series of these full labels.
    pub(crate) fn concerns(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels.value(&matcher.name)))
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.matchers.len() as u64);
        for matcher in &self.matchers {
            put_bytes(out, matcher.name.as_bytes());
            out.push(match matcher.op {
                MatchOp::Equal => 0,
                MatchOp::NotEqual => 1,
                MatchOp::Regex => 2,
                MatchOp::NotRegex => 3,
            });
            put_bytes(out, matcher.value.as_bytes());
        }
        put_signed(out, self.from);
        put_signed(out, self.to);
        put_varint(out, self.parts_below);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Tombstone> {
        let count = reader.count()?;
        let mut matchers = Vec::new();
        for _ in 0..count {
            let name = reader.text()?;
            let op = match reader.byte()? {
                0 => MatchOp::Equal,
                1 => MatchOp::NotEqual,
                2 => MatchOp::Regex,
                3 => MatchOp::NotRegex,
                _ => return None,
            };
            matchers.push(Matcher::new(name, op, reader.text()?).ok()?);
        }
        Some(Tombstone {
            matchers,
            from: reader.signed()?,
            to: reader.signed()?,
            parts_below: reader.varint()?,
        })
    }
}

/// Whether a sample at `time` is deleted by any of these ranges.
pub(crate) fn covers(ranges: &[(Timestamp, Timestamp)], time: Timestamp) -> bool {
    ranges.iter().any(|&(from, to)| (from..=to).contains(&time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_comes_back() {
        let matchers =
            vec![Matcher::equal("__name__", "up"), Matcher::new("job", MatchOp::NotRegex, "a|b.*").unwrap()];
        let tombstone = Tombstone { matchers, from: -5, to: i64::MAX, parts_below: 300 };
        let mut bytes = Vec::new();
        tombstone.put(&mut bytes);
        let mut reader = Reader::new(&bytes);
        let back = Tombstone::read(&mut reader).unwrap();
        assert!(reader.is_empty());
        assert_eq!(format!("{back:?}"), format!("{tombstone:?}"));
        assert!(back.concerns(&Labels::from_pairs([("__name__", "up"), ("job", "c")])));
        assert!(!back.concerns(&Labels::from_pairs([("__name__", "up"), ("job", "bb")])));
    }
}
