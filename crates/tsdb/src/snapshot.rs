//! A snapshot: all the store has at one moment, in a directory that is a store of its own.

use std::path::Path;

use model::Timestamp;
use storage::{Edit, Fs, Manifest, PartEntry};

use crate::error::{Result, StoreError};
use crate::store::{PARTS_DIR, Store};
use crate::view::Note;

impl Store {
    /// Writes everything into `dir`, which must be empty or missing. Parts are linked where the disk allows it, so a
    /// snapshot costs little; the head becomes a part of the snapshot.
    pub fn snapshot(&self, dir: &Path) -> Result<()> {
        self.write_snapshot(dir, true)
    }

    /// As `snapshot`, without what is not sealed yet: the newest hour and a half at most.
    pub fn snapshot_of_parts(&self, dir: &Path) -> Result<()> {
        self.write_snapshot(dir, false)
    }

    fn write_snapshot(&self, dir: &Path, with_head: bool) -> Result<()> {
        let Some(disk) = &self.disk else {
            return Err(StoreError::Io("a store in memory has no snapshots".to_owned()));
        };
        let mut maintenance = self.lock_parts();
        let view = self.view.read().clone();
        let parts_dir = dir.join(PARTS_DIR);
        disk.fs.create_dir(&parts_dir)?;
        let (mut manifest, _) = Manifest::open(&disk.fs, &parts_dir)?;
        if !manifest.parts().is_empty() {
            return Err(StoreError::Io(format!(
                "{} holds a store already: choose another directory",
                dir.display()
            )));
        }
        let from_dir = disk.dir.join(PARTS_DIR);
        let mut add = Vec::new();
        for part in &view.parts {
            copy(&disk.fs, &from_dir.join(&part.name), &parts_dir.join(&part.name))?;
            add.push(PartEntry {
                name: part.name.clone(),
                bytes: part.info.bytes,
                note: part.info.to_note(),
            });
        }
        let range = (view.note.sealed_until, Timestamp::MAX);
        let number = maintenance.number(&view.note);
        if with_head {
            add.extend(self.write_head(&disk.fs, &parts_dir, number, range, &view)?);
        }
        let note = Note { sealed_until: Timestamp::MIN, next_part: number + 1, ..view.note.clone() };
        manifest.publish(Edit { add, note: Some(note.to_bytes()), ..Edit::default() })?;
        Ok(disk.fs.sync_dir(dir)?)
    }
}

/// Gives a file a second name, or copies it where that cannot be done.
fn copy(fs: &Fs, from: &Path, to: &Path) -> Result<()> {
    if fs.link(from, to).is_ok() {
        return Ok(());
    }
    let bytes = fs.map(from)?;
    let mut file = fs.create(to)?;
    file.append(&bytes)?;
    Ok(file.sync()?)
}
