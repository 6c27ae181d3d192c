//! Deleting by matchers and time: at once for every reader, later on the disk.

use std::sync::atomic::Ordering;

use model::{Matcher, Timestamp};

use crate::error::Result;
use crate::store::Store;
use crate::tombstone::Tombstone;
use crate::view::View;

impl Store {
    /// Deletes the samples of series that satisfy every matcher, from `from` to `to`, both included. Samples that are
    /// newer than every sample the store has now are not concerned; what comes late into the range is refused as long as
    /// the range is in the head. Durable when this returns.
    pub fn delete(&self, matchers: &[Matcher], from: Timestamp, to: Timestamp) -> Result<()> {
        let mut maintenance = self.lock_parts();
        // No append is under way: none takes what it could not know to be deleted.
        let gate = self.gate.write();
        let view = self.view.read().clone();
        // What was imported is in parts and may be newer than whatever was appended.
        let newest = view.parts.iter().map(|part| part.info.max_time).max().unwrap_or(Timestamp::MIN);
        let to = to.min(newest.max(self.newest.load(Ordering::Relaxed)));
        if from > to {
            return Ok(());
        }
        let mut note = view.note.clone();
        let parts_below = maintenance.number(&note);
        note.next_part = parts_below;
        note.tombstones.push(Tombstone { matchers: matchers.to_vec(), from, to, parts_below });
        match &self.disk {
            Some(disk) => self.publish(disk, None, &[], None, note, None)?,
            None => *self.view.write() = std::sync::Arc::new(View { parts: view.parts.clone(), note }),
        }
        drop((gate, maintenance));
        Ok(())
    }
}
