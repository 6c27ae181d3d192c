//! The manifest: which parts are live and up to where the log was sealed into them, replaced as one.
//!
//! ```text
//! offset size
//!      0    8  "FDMANIF\n"
//!      8    4  version
//!     12    4  length n of the body
//!     16    4  CRC32C over the body
//!     20    n  body: generation u64, checkpoint u64, note (u32 length, bytes), count of parts u32,
//!              then for each part: name (u16 length, bytes), file bytes u64, note (u32 length, bytes)
//!   20+n 20+n  the same once more: one flipped bit must not cost a store
//! ```
//! A new manifest is written beside the old one, synced, and renamed over it. Parts are written before the manifest
//! names them and removed after it forgets them, so a crash leaves at most files that no manifest names; opening
//! removes those.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::fs::Fs;
use crate::log::Position;
use crate::part::{PART_SUFFIX, TEMPORARY_SUFFIX};

const MAGIC: &[u8; 8] = b"FDMANIF\n";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 20;
const FILE_NAME: &str = "manifest";

/// How large a manifest may be; a reader allocates no more.
const MANIFEST_BYTES_MAX: u64 = 1 << 30;

/// The live parts of a directory. One per directory, held by whoever holds the directory's lock.
#[derive(Debug)]
pub struct Manifest {
    fs: Fs,
    dir: PathBuf,
    contents: Contents,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Contents {
    generation: u64,
    checkpoint: Position,
    note: Vec<u8>,
    parts: Vec<PartEntry>,
}

/// One live part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartEntry {
    /// The file's name in the manifest's directory, as [`crate::PartWriter::finish`] told it.
    pub name: String,
    /// How large the file is.
    pub bytes: u64,
    /// What the caller wants to know before it opens the part: a time range, a level.
    pub note: Vec<u8>,
}

/// A change that happens wholly or not at all.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Parts that come; their files are in place and synced.
    pub add: Vec<PartEntry>,
    /// Names of parts that go. Their files are removed once the change is durable.
    pub remove: Vec<String>,
    /// From where on the log counts.
    pub checkpoint: Option<Position>,
    /// What the caller wants to keep beside the parts: tombstones, a next number.
    pub note: Option<Vec<u8>>,
}

impl Manifest {
    /// Opens the manifest of `dir`, which is created when missing, and removes the part files it does not name.
    /// Returns the names of those too.
    ///
    /// # Errors
    /// Also when there are parts but no manifest: then it was lost, and guessing would delete data.
    pub fn open(fs: &Fs, dir: &Path) -> Result<(Manifest, Vec<String>)> {
        fs.create_dir(dir)?;
        let path = dir.join(FILE_NAME);
        let names: Vec<String> = fs.list(dir)?.into_iter().map(|entry| entry.name).collect();
        if !names.iter().any(|name| name == FILE_NAME) {
            if let Some(part) = names.iter().find(|name| name.ends_with(PART_SUFFIX)) {
                let reason = format!("the file is missing although there are parts ({part})");
                return Err(Error::corrupt(&path, "manifest", 0, reason));
            }
            let manifest = Manifest { fs: fs.clone(), dir: dir.to_owned(), contents: Contents::default() };
            manifest.write(&manifest.contents)?;
            return Ok((manifest, Vec::new()));
        }
        let contents = read(fs, &path)?;
        let live: BTreeSet<&str> = contents.parts.iter().map(|part| part.name.as_str()).collect();
        let is_orphan = |name: &String| {
            name.ends_with(TEMPORARY_SUFFIX) || (name.ends_with(PART_SUFFIX) && !live.contains(name.as_str()))
        };
        let orphans: Vec<String> = names.into_iter().filter(is_orphan).collect();
        for orphan in &orphans {
            fs.remove(&dir.join(orphan))?;
        }
        // Also makes durable a rename that a crash may have left half known.
        fs.sync_dir(dir)?;
        Ok((Manifest { fs: fs.clone(), dir: dir.to_owned(), contents }, orphans))
    }

    /// Reads the manifest of `dir` and changes nothing there. Whoever writes to the directory may change it meanwhile.
    pub fn read(fs: &Fs, dir: &Path) -> Result<Manifest> {
        let contents = read(fs, &dir.join(FILE_NAME))?;
        Ok(Manifest { fs: fs.clone(), dir: dir.to_owned(), contents })
    }

    /// The live parts, in the order they came.
    pub fn parts(&self) -> &[PartEntry] {
        &self.contents.parts
    }

    /// Where a live part's file is.
    pub fn path(&self, part: &PartEntry) -> PathBuf {
        self.dir.join(&part.name)
    }

    /// From where on the log counts: everything before is in parts.
    pub fn checkpoint(&self) -> Position {
        self.contents.checkpoint
    }

    /// What the caller kept beside the parts.
    pub fn note(&self) -> &[u8] {
        &self.contents.note
    }

    /// Counts the changes ever made.
    pub fn generation(&self) -> u64 {
        self.contents.generation
    }

    /// Makes a change durable, then removes the files of parts that went. After an error the old state holds in
    /// memory; on disk either one holds.
    ///
    /// # Panics
    /// When a part to add is live already or a part to remove is not.
    pub fn publish(&mut self, edit: Edit) -> Result<()> {
        let mut contents = self.contents.clone();
        for name in &edit.remove {
            let found = contents.parts.iter().position(|part| part.name == *name);
            contents.parts.remove(found.expect("only live parts are removed"));
        }
        for part in edit.add {
            assert!(
                contents.parts.iter().all(|live| live.name != part.name),
                "part names are never used twice"
            );
            contents.parts.push(part);
        }
        contents.checkpoint = edit.checkpoint.unwrap_or(contents.checkpoint);
        contents.note = edit.note.unwrap_or(contents.note);
        contents.generation += 1;
        self.write(&contents)?;
        self.contents = contents;
        for name in &edit.remove {
            // A file that stays is an orphan now: the next open removes it.
            let _ = self.fs.remove(&self.dir.join(name));
        }
        Ok(())
    }

    fn write(&self, contents: &Contents) -> Result<()> {
        let temporary = self.dir.join(format!("{FILE_NAME}{TEMPORARY_SUFFIX}"));
        let path = self.dir.join(FILE_NAME);
        match self.fs.remove(&temporary) {
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
        let written = self.fs.create(&temporary).and_then(|mut file| {
            let bytes = contents.write();
            file.append(&bytes)?;
            file.sync()
        });
        if let Err(error) = written {
            let _ = self.fs.remove(&temporary);
            return Err(error);
        }
        self.fs.rename(&temporary, &path)?;
        self.fs.sync_dir(&self.dir)
    }
}

fn read(fs: &Fs, path: &Path) -> Result<Contents> {
    let map = fs.map(path)?;
    if map.len() as u64 > MANIFEST_BYTES_MAX {
        let (actual, limit) = (map.len() as u64, MANIFEST_BYTES_MAX);
        return Err(Error::Limit { what: "manifest bytes", actual, limit });
    }
    // The copies are equally long, so the second begins in the middle whatever the first one says.
    let (first, second) = map.split_at(map.len() / 2);
    let mut unknown = None;
    for copy in [first, second] {
        if copy.len() < HEADER_BYTES || &copy[..8] != MAGIC {
            continue;
        }
        let word = |at: usize| u32::from_le_bytes(copy[at..at + 4].try_into().expect("four bytes"));
        let body = &copy[HEADER_BYTES..];
        if word(8) != VERSION {
            unknown.get_or_insert(word(8));
        } else if word(12) as usize == body.len() && word(16) == crc32c::crc32c(body) {
            let contents = Contents::read(&mut { body });
            return contents.ok_or_else(|| Error::corrupt(path, "body", 0, "it ends too early"));
        }
    }
    Err(match unknown {
        Some(found) => {
            Error::UnknownVersion { path: path.to_owned(), format: "manifest", found, known: VERSION }
        }
        None => Error::corrupt(path, "manifest", 0, "both copies fail their checksum"),
    })
}

impl Contents {
    fn write(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend_from_slice(&self.generation.to_le_bytes());
        body.extend_from_slice(&self.checkpoint.0.to_le_bytes());
        write_bytes(&mut body, &self.note);
        body.extend_from_slice(&(self.parts.len() as u32).to_le_bytes());
        for part in &self.parts {
            body.extend_from_slice(&(part.name.len() as u16).to_le_bytes());
            body.extend_from_slice(part.name.as_bytes());
            body.extend_from_slice(&part.bytes.to_le_bytes());
            write_bytes(&mut body, &part.note);
        }
        let mut copy = Vec::with_capacity(HEADER_BYTES + body.len());
        copy.extend_from_slice(MAGIC);
        copy.extend_from_slice(&VERSION.to_le_bytes());
        copy.extend_from_slice(&(body.len() as u32).to_le_bytes());
        copy.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
        copy.extend_from_slice(&body);
        [copy.as_slice(), copy.as_slice()].concat()
    }

    fn read(bytes: &mut &[u8]) -> Option<Contents> {
        let generation = u64::from_le_bytes(take(bytes)?);
        let checkpoint = Position(u64::from_le_bytes(take(bytes)?));
        let note = read_bytes(bytes)?;
        let count = u32::from_le_bytes(take(bytes)?);
        let mut parts = Vec::new();
        for _ in 0..count {
            let name_bytes = u16::from_le_bytes(take(bytes)?);
            let name = bytes.split_off(..usize::from(name_bytes))?;
            let name = String::from_utf8(name.to_vec()).ok()?;
            let file_bytes = u64::from_le_bytes(take(bytes)?);
            parts.push(PartEntry { name, bytes: file_bytes, note: read_bytes(bytes)? });
        }
        bytes.is_empty().then_some(Contents { generation, checkpoint, note, parts })
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn read_bytes(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let count = u32::from_le_bytes(take(bytes)?);
    bytes.split_off(..count as usize).map(<[u8]>::to_vec)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    bytes.split_off(..N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{SimFs, SimOptions};

    fn part(name: &str) -> PartEntry {
        PartEntry { name: name.to_owned(), bytes: 7, note: b"note".to_vec() }
    }

    fn touch(fs: &Fs, name: &str) {
        fs.create(&Path::new("/d").join(name)).unwrap().sync().unwrap();
        fs.sync_dir(Path::new("/d")).unwrap();
    }

    fn names(manifest: &Manifest) -> Vec<&str> {
        manifest.parts().iter().map(|part| part.name.as_str()).collect()
    }

    #[test]
    fn a_change_is_there_after_a_crash_and_orphans_are_not() {
        let disk = SimFs::new(SimOptions::default());
        let (mut manifest, _) = Manifest::open(&disk.fs(), Path::new("/d")).unwrap();
        for name in ["a.part", "b.part", "c.part", "d.part.tmp"] {
            touch(&disk.fs(), name);
        }
        let add = vec![part("a.part"), part("b.part")];
        manifest.publish(Edit { add, checkpoint: Some(Position(99)), ..Edit::default() }).unwrap();
        let edit = Edit { remove: vec!["a.part".to_owned()], note: Some(vec![1]), ..Edit::default() };
        manifest.publish(edit).unwrap();
        let disk = disk.crash();
        let (manifest, orphans) = Manifest::open(&disk.fs(), Path::new("/d")).unwrap();
        assert_eq!(names(&manifest), ["b.part"]);
        assert_eq!(
            (manifest.checkpoint(), manifest.note(), manifest.generation()),
            (Position(99), &[1][..], 2)
        );
        assert!(orphans.contains(&"c.part".to_owned()) && orphans.contains(&"d.part.tmp".to_owned()));
        let left = disk.fs().list(Path::new("/d")).unwrap();
        assert_eq!(left.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["b.part", "manifest"]);
    }

    #[test]
    fn any_flipped_bit_is_survived() {
        let disk = SimFs::new(SimOptions::default());
        let (mut manifest, _) = Manifest::open(&disk.fs(), Path::new("/d")).unwrap();
        touch(&disk.fs(), "a.part");
        manifest.publish(Edit { add: vec![part("a.part")], ..Edit::default() }).unwrap();
        let path = Path::new("/d/manifest");
        for byte in 0..disk.fs().map(path).unwrap().len() as u64 {
            disk.flip_bit(path, byte, 3);
            assert_eq!(
                names(&Manifest::open(&disk.fs(), Path::new("/d")).unwrap().0),
                ["a.part"],
                "byte {byte}"
            );
            disk.flip_bit(path, byte, 3);
        }
    }

    #[test]
    fn parts_without_a_manifest_are_not_deleted() {
        let disk = SimFs::new(SimOptions::default());
        disk.fs().create_dir(Path::new("/d")).unwrap();
        touch(&disk.fs(), "a.part");
        let error = Manifest::open(&disk.fs(), Path::new("/d")).unwrap_err();
        assert!(error.to_string().contains("missing although there are parts (a.part)"), "{error}");
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let disk = SimFs::new(SimOptions::default());
        let fs = disk.fs();
        fs.create_dir(Path::new("/d")).unwrap();
        let mut bytes = Contents::default().write();
        let half = bytes.len() / 2;
        (bytes[8], bytes[half + 8]) = (2, 2);
        fs.create(Path::new("/d/manifest")).unwrap().append(&bytes).unwrap();
        let error = Manifest::open(&fs, Path::new("/d")).unwrap_err();
        assert!(matches!(error, Error::UnknownVersion { found: 2, known: 1, .. }), "{error}");
    }
}
