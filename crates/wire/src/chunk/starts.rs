//! Since when the samples of a chunk count, for the chunks that tell it.
//!
//! ```text
//! header := first_is_told:1 changes_from:7
//! first  := time - start: varint, zigzag                        behind the first sample, if it is told
//! start  := previous time - start: small number                 behind sample `changes_from`, if that is not 0
//!         | how much larger that is than before: small number   behind every sample after it
//! ```

use model::Timestamp;

use super::ChunkError;
use super::bits::Reader;
use crate::protobuf::unzigzag;

/// The starts of one chunk, told sample by sample.
#[derive(Debug, Default)]
pub(super) struct Starts {
    first_is_told: bool,
    changes_from: usize,
    start: Timestamp,
    /// How long before the previous sample the start was.
    before: i64,
    previous: Timestamp,
}

impl Starts {
    pub(super) fn new(header: u8) -> Starts {
        Starts {
            first_is_told: header & 0x80 != 0,
            changes_from: usize::from(header & 0x7f),
            ..Starts::default()
        }
    }

    /// Reads what stands behind sample `index`, which is of `time`.
    pub(super) fn read(
        &mut self,
        bits: &mut Reader<'_>,
        index: usize,
        time: Timestamp,
    ) -> Result<Option<Timestamp>, ChunkError> {
        if index == 0 {
            if self.first_is_told {
                self.start = time.wrapping_sub(unzigzag(bits.varint()?));
            }
        } else if self.changes_from > 0 && index >= self.changes_from {
            let told = bits.small_int()?;
            self.before = if index == self.changes_from { told } else { self.before.wrapping_add(told) };
            self.start = self.previous.wrapping_sub(self.before);
        }
        self.previous = time;
        Ok(Some(self.start).filter(|&start| start != 0))
    }
}
