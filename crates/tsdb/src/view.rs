//! A view: which parts there are, what of the head counts, and what was deleted. Readers hold one and it never changes.

use std::sync::Arc;

use model::{Labels, Timestamp};

use crate::bytes::{Reader, put_signed, put_varint};
use crate::part::Part;
use crate::tombstone::Tombstone;

/// What a reader sees.
#[derive(Clone, Default)]
pub(crate) struct View {
    pub(crate) parts: Vec<Arc<Part>>,
    pub(crate) note: Note,
}

/// What the manifest keeps beside the parts.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// Head samples before this time are in parts.
    pub(crate) sealed_until: Timestamp,
    /// The number of the next part.
    pub(crate) next_part: u64,
    pub(crate) tombstones: Vec<Tombstone>,
}

impl Default for Note {
    fn default() -> Note {
        Note { sealed_until: Timestamp::MIN, next_part: 1, tombstones: Vec::new() }
    }
}

impl Note {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, NOTE_VERSION);
        put_signed(&mut bytes, self.sealed_until);
        put_varint(&mut bytes, self.next_part);
        put_varint(&mut bytes, self.tombstones.len() as u64);
        self.tombstones.iter().for_each(|tombstone| tombstone.put(&mut bytes));
        bytes
    }

    /// Reads a note; an empty one is that of a new store.
    pub(crate) fn read(bytes: &[u8]) -> Option<Note> {
        if bytes.is_empty() {
            return Some(Note::default());
        }
        let mut reader = Reader::new(bytes);
        (reader.varint()? == NOTE_VERSION).then_some(())?;
        let (sealed_until, next_part) = (reader.signed()?, reader.varint()?);
        (next_part <= PART_NUMBER_MAX).then_some(())?;
        let count = reader.count()?;
        let tombstones = (0..count).map(|_| Tombstone::read(&mut reader)).collect::<Option<Vec<_>>>()?;
        reader.is_empty().then_some(Note { sealed_until, next_part, tombstones })
    }

    /// The ranges deleted from a series, in a part of this number or, for `None`, in the head.
    pub(crate) fn deleted(&self, labels: &Labels, part: Option<u64>) -> Vec<(Timestamp, Timestamp)> {
        self.tombstones
            .iter()
            .filter(|tombstone| part.is_none_or(|part| part < tombstone.parts_below))
            .filter(|tombstone| tombstone.concerns(labels))
            .map(|tombstone| (tombstone.from, tombstone.to))
            .collect()
    }
}

const NOTE_VERSION: u64 = 1;
/// A store that made a part every second would get here in nine million years.
const PART_NUMBER_MAX: u64 = 1 << 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_part_can_have_are_refused() {
        let check = |next_part: u64, is_read: bool| {
            let bytes = Note { next_part, ..Note::default() }.to_bytes();
            assert_eq!(Note::read(&bytes).is_some(), is_read, "{next_part}");
        };
        check(1, true);
        check(PART_NUMBER_MAX, true);
        check(PART_NUMBER_MAX + 1, false);
        check(u64::MAX, false);
    }
}
