//! A disk made from a seed. It keeps apart what a program has written and what a crash would leave: unsynced bytes
//! may be lost, torn at any byte or come back as zeroes, unsynced names may be lost each by itself, and syncs,
//! space and single bits fail when told to.

mod disk;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use self::disk::{Change, Disk, Inode, end, failed, power_is_gone, split};
use super::{DirLock, Entry, File, FileBytes, FileSystem, Fs, Space};
use crate::error::{Error, Result};
use crate::rng::Rng;

/// A handle to a simulated disk; clones are the same disk.
#[derive(Clone)]
pub struct SimFs(Arc<Mutex<Disk>>);

/// How a simulated disk behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimOptions {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// The operation, counted from 1, in the middle of which the power goes.
    pub crash_at_operation: Option<u64>,
    /// How many more bytes can be written; `None` for no end.
    pub free_bytes: Option<u64>,
}

struct SimFile {
    disk: SimFs,
    path: PathBuf,
    inode: usize,
}

struct Unlock {
    disk: SimFs,
    dir: PathBuf,
}

impl SimFs {
    /// An empty disk.
    pub fn new(options: SimOptions) -> SimFs {
        SimFs(Arc::new(Mutex::new(Disk {
            rng: Rng::from_seed(options.seed),
            operations: 0,
            crash_at: options.crash_at_operation,
            crashed: false,
            free_bytes: options.free_bytes,
            free_bytes_told: None,
            total_bytes: u64::MAX,
            held_syncs: None,
            syncs_released: Arc::default(),
            syncs_to_fail: 0,
            files: Vec::new(),
            directories: BTreeMap::new(),
            locked: BTreeSet::new(),
        })))
    }

    /// The handle that the rest of the crate takes.
    pub fn fs(&self) -> Fs {
        Fs::new(self.clone())
    }

    /// How many operations were done so far.
    pub fn operations(&self) -> u64 {
        self.0.lock().operations
    }

    /// Whether the power went at the operation asked for.
    pub fn has_crashed(&self) -> bool {
        self.0.lock().crashed
    }

    /// The power goes in the middle of this operation, counted as [`SimFs::operations`] counts.
    pub fn crash_at_operation(&self, operation: Option<u64>) {
        self.0.lock().crash_at = operation;
    }

    /// Gives the disk this much room from now on; `None` for no end.
    pub fn set_free_bytes(&self, free_bytes: Option<u64>) {
        self.0.lock().free_bytes = free_bytes;
    }

    /// Makes the disk this large, as far as it tells; it is endless before.
    pub fn set_total_bytes(&self, total_bytes: u64) {
        self.0.lock().total_bytes = total_bytes;
    }

    /// Lets every sync of a file wait, from now on, until [`SimFs::release_syncs`].
    pub fn hold_syncs(&self) {
        self.0.lock().held_syncs = Some(0);
    }

    /// How many syncs wait.
    pub fn waiting_syncs(&self) -> usize {
        self.0.lock().held_syncs.unwrap_or(0)
    }

    /// Lets those go on that wait.
    pub fn release_syncs(&self) {
        let mut disk = self.0.lock();
        disk.held_syncs = None;
        disk.syncs_released.notify_all();
    }

    /// What the disk answers when asked for its room, whatever the truth: another program may write faster than the
    /// answer is used. `None` for the truth.
    pub fn tell_free_bytes(&self, free_bytes: Option<u64>) {
        self.0.lock().free_bytes_told = free_bytes;
    }

    /// The next so many syncs fail, and what they should have made durable may never be.
    pub fn fail_syncs(&self, count: u64) {
        self.0.lock().syncs_to_fail = count;
    }

    /// Flips one bit of a stored file.
    ///
    /// # Panics
    /// When there is no such file or byte.
    pub fn flip_bit(&self, path: &Path, byte: u64, bit: u8) {
        let mut disk = self.0.lock();
        let inode = disk.find(path).expect("the file to damage exists");
        disk.files[inode].data[byte as usize] ^= 1 << (bit % 8);
    }

    /// What the disk holds for a program that starts after the power went now.
    pub fn crash(&self) -> SimFs {
        let mut disk = self.0.lock();
        let mut rng = Rng::from_seed(disk.rng.next_u64());
        let files = disk.files.iter().map(|file| file.after_crash(&mut rng)).collect();
        let directories =
            disk.directories.iter().map(|(dir, names)| (dir.clone(), names.after_crash(&mut rng))).collect();
        SimFs(Arc::new(Mutex::new(Disk {
            rng,
            operations: 0,
            crash_at: None,
            crashed: false,
            free_bytes: None,
            free_bytes_told: None,
            total_bytes: u64::MAX,
            held_syncs: None,
            syncs_released: Arc::default(),
            syncs_to_fail: 0,
            files,
            directories,
            locked: BTreeSet::new(),
        })))
    }
}

impl FileSystem for SimFs {
    fn create_dir(&self, dir: &Path) -> Result<()> {
        let mut disk = self.0.lock();
        let going = disk.begin_atomic("create directory", dir)?;
        for dir in dir.ancestors() {
            disk.directories.entry(dir.to_owned()).or_default();
        }
        end(going, "create directory", dir)
    }

    fn list(&self, dir: &Path) -> Result<Vec<Entry>> {
        let mut disk = self.0.lock();
        if disk.begin("list", dir)? {
            return Err(power_is_gone("list", dir));
        }
        let Some(directory) = disk.directories.get(dir) else {
            return Err(failed("list", dir, io::ErrorKind::NotFound));
        };
        let files = directory.names.iter().map(|(name, &inode)| Entry {
            name: name.clone(),
            is_dir: false,
            bytes: disk.files[inode].data.len() as u64,
        });
        let below = disk.directories.keys().filter(|below| below.parent() == Some(dir));
        let below = below.map(|below| Entry { name: split(below).1.to_owned(), is_dir: true, bytes: 0 });
        let mut entries: Vec<Entry> = files.chain(below).collect();
        entries.sort();
        Ok(entries)
    }

    fn create(&self, path: &Path) -> Result<Box<dyn File>> {
        let mut disk = self.0.lock();
        let going = disk.begin_atomic("create", path)?;
        if disk.find(path).is_some() {
            return Err(failed("create", path, io::ErrorKind::AlreadyExists));
        }
        let inode = disk.files.len();
        disk.directory("create", path)?.change(Change::Set(split(path).1.to_owned(), inode));
        disk.files.push(Inode::default());
        end(going, "create", path)?;
        Ok(Box::new(SimFile { disk: self.clone(), path: path.to_owned(), inode }))
    }

    fn open_append(&self, path: &Path) -> Result<Box<dyn File>> {
        let mut disk = self.0.lock();
        if disk.begin("open", path)? {
            return Err(power_is_gone("open", path));
        }
        let inode = disk.existing("open", path)?;
        Ok(Box::new(SimFile { disk: self.clone(), path: path.to_owned(), inode }))
    }

    fn read_at(&self, path: &Path, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut disk = self.0.lock();
        if disk.begin("read", path)? {
            return Err(power_is_gone("read", path));
        }
        let inode = disk.existing("read", path)?;
        let data = &disk.files[inode].data;
        let data = data.get(offset as usize..).unwrap_or(&[]);
        let read = data.len().min(buffer.len());
        buffer[..read].copy_from_slice(&data[..read]);
        Ok(read)
    }

    fn map(&self, path: &Path) -> Result<FileBytes> {
        let mut disk = self.0.lock();
        if disk.begin("map", path)? {
            return Err(power_is_gone("map", path));
        }
        let inode = disk.existing("map", path)?;
        Ok(FileBytes::shared(disk.files[inode].data.as_slice().into()))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        let mut disk = self.0.lock();
        let going = disk.begin_atomic("rename", from)?;
        let inode = disk.existing("rename", from)?;
        let ((from_dir, from_name), (to_dir, to_name)) = (split(from), split(to));
        if from_dir == to_dir {
            let change = Change::Rename(from_name.to_owned(), to_name.to_owned(), inode);
            disk.directory("rename", to)?.change(change);
        } else {
            disk.directory("rename", to)?.change(Change::Set(to_name.to_owned(), inode));
            disk.directory("rename", from)?.change(Change::Remove(from_name.to_owned()));
        }
        end(going, "rename", from)
    }

    fn link(&self, from: &Path, to: &Path) -> Result<()> {
        let mut disk = self.0.lock();
        let going = disk.begin_atomic("link", from)?;
        let inode = disk.existing("link", from)?;
        if disk.find(to).is_some() {
            return Err(failed("link", to, io::ErrorKind::AlreadyExists));
        }
        disk.directory("link", to)?.change(Change::Set(split(to).1.to_owned(), inode));
        end(going, "link", from)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        let mut disk = self.0.lock();
        let going = disk.begin_atomic("remove", path)?;
        let inode = disk.existing("remove", path)?;
        disk.directory("remove", path)?.change(Change::Remove(split(path).1.to_owned()));
        let freed = disk.files[inode].data.len() as u64;
        if let Some(free) = &mut disk.free_bytes {
            *free += freed;
        }
        end(going, "remove", path)
    }

    fn remove_dir(&self, dir: &Path) -> Result<()> {
        let mut disk = self.0.lock();
        let going = disk.begin_atomic("remove", dir)?;
        match disk.directories.get(dir) {
            None => return Err(failed("remove", dir, io::ErrorKind::NotFound)),
            Some(directory) if !directory.names.is_empty() => {
                return Err(failed("remove", dir, io::ErrorKind::DirectoryNotEmpty));
            }
            Some(_) => disk.directories.remove(dir),
        };
        end(going, "remove", dir)
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        let mut disk = self.0.lock();
        let going = disk.begin_atomic("sync directory", dir)?;
        let Some(directory) = disk.directories.get_mut(dir) else {
            return Err(failed("sync directory", dir, io::ErrorKind::NotFound));
        };
        directory.durable = directory.names.clone();
        directory.pending.clear();
        end(going, "sync directory", dir)
    }

    fn space(&self, _: &Path) -> Result<Space> {
        let disk = self.0.lock();
        let free_bytes = disk.free_bytes_told.or(disk.free_bytes).unwrap_or(u64::MAX);
        Ok(Space { free_bytes, total_bytes: disk.total_bytes })
    }

    fn lock_dir(&self, dir: &Path) -> Result<DirLock> {
        let mut disk = self.0.lock();
        if disk.begin("lock", dir)? {
            return Err(power_is_gone("lock", dir));
        }
        if !disk.locked.insert(dir.to_owned()) {
            return Err(Error::Locked { path: dir.to_owned(), pid: "simulated".to_owned() });
        }
        Ok(DirLock { _held: Box::new(Unlock { disk: self.clone(), dir: dir.to_owned() }) })
    }

    fn lock_dir_to_read(&self, dir: &Path) -> Result<Option<DirLock>> {
        match self.0.lock().locked.contains(dir) {
            true => Err(Error::Locked { path: dir.to_owned(), pid: "simulated".to_owned() }),
            false => Ok(None),
        }
    }
}

impl File for SimFile {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let mut disk = self.disk.0.lock();
        let going = disk.begin("write", &self.path)?;
        let mut fits = bytes.len();
        if let Some(free) = &mut disk.free_bytes {
            fits = fits.min(*free as usize);
            *free -= fits as u64;
        }
        if going {
            fits = disk.rng.below(fits as u64 + 1) as usize;
        }
        disk.files[self.inode].data.extend_from_slice(&bytes[..fits]);
        end(going, "write", &self.path)?;
        match fits == bytes.len() {
            true => Ok(()),
            false => Err(failed("write", &self.path, io::ErrorKind::StorageFull)),
        }
    }

    fn sync(&mut self) -> Result<()> {
        let mut disk = self.disk.0.lock();
        if let Some(held) = &mut disk.held_syncs {
            *held += 1;
            let released = disk.syncs_released.clone();
            released.wait_while(&mut disk, |disk| disk.held_syncs.is_some());
        }
        let going = disk.begin_atomic("sync", &self.path)?;
        let fails = disk.syncs_to_fail > 0;
        disk.syncs_to_fail = disk.syncs_to_fail.saturating_sub(1);
        let file = &mut disk.files[self.inode];
        if fails {
            file.doomed.push(file.synced..file.data.len());
            return Err(failed("sync", &self.path, io::ErrorKind::Other));
        }
        file.synced = file.data.len();
        file.cut.clear();
        end(going, "sync", &self.path)
    }

    fn truncate(&mut self, bytes: u64) -> Result<()> {
        let mut disk = self.disk.0.lock();
        let going = disk.begin_atomic("truncate", &self.path)?;
        let file = &mut disk.files[self.inode];
        let bytes = (bytes as usize).min(file.data.len());
        let freed = file.data.len() - bytes;
        if bytes < file.synced {
            let mut cut = file.data[bytes..file.synced].to_vec();
            cut.append(&mut file.cut);
            file.cut = cut;
            file.synced = bytes;
        }
        file.data.truncate(bytes);
        if let Some(free) = &mut disk.free_bytes {
            *free += freed as u64;
        }
        end(going, "truncate", &self.path)
    }
}

impl Drop for Unlock {
    fn drop(&mut self) {
        self.disk.0.lock().locked.remove(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(seed: u64) -> SimFs {
        let disk = SimFs::new(SimOptions { seed, ..SimOptions::default() });
        disk.fs().create_dir(Path::new("/d")).unwrap();
        disk
    }

    fn contents(disk: &SimFs, path: &str) -> Option<Vec<u8>> {
        disk.fs().map(Path::new(path)).ok().map(|bytes| bytes.to_vec())
    }

    #[test]
    fn what_is_synced_survives_and_nothing_else_must() {
        let mut lengths = BTreeSet::new();
        for seed in 0..64 {
            let disk = disk(seed);
            let mut file = disk.fs().create(Path::new("/d/x")).unwrap();
            file.append(b"synced").unwrap();
            file.sync().unwrap();
            disk.fs().sync_dir(Path::new("/d")).unwrap();
            file.append(b"unsynced").unwrap();
            let after = contents(&disk.crash(), "/d/x").unwrap();
            assert!(after.starts_with(b"synced"), "seed {seed}");
            lengths.insert(after.len());
        }
        assert!(lengths.contains(&6) && lengths.contains(&14) && lengths.len() > 4, "{lengths:?}");
    }

    #[test]
    fn unsynced_names_are_lost_each_by_itself_and_renames_wholly() {
        let mut seen = BTreeSet::new();
        for seed in 0..64 {
            let disk = disk(seed);
            let fs = disk.fs();
            for (name, text) in [("old", "1"), ("new", "2")] {
                let mut file = fs.create(&Path::new("/d").join(name)).unwrap();
                file.append(text.as_bytes()).unwrap();
                file.sync().unwrap();
            }
            fs.sync_dir(Path::new("/d")).unwrap();
            fs.rename(Path::new("/d/new"), Path::new("/d/old")).unwrap();
            let after = disk.crash();
            seen.insert((contents(&after, "/d/old").unwrap(), contents(&after, "/d/new").is_some()));
        }
        assert_eq!(seen, BTreeSet::from([(b"1".to_vec(), true), (b"2".to_vec(), false)]));
    }

    #[test]
    fn the_power_goes_at_the_operation_asked_for() {
        let disk = disk(3);
        disk.crash_at_operation(Some(disk.operations() + 2));
        let mut file = disk.fs().create(Path::new("/d/x")).unwrap();
        assert!(file.append(&[7; 100]).is_err());
        assert!(disk.has_crashed() && file.sync().is_err() && disk.fs().list(Path::new("/d")).is_err());
        assert!(disk.crash().fs().list(Path::new("/d")).is_ok());
    }

    #[test]
    fn a_full_disk_takes_what_fits_and_room_can_return() {
        let disk = disk(4);
        let mut file = disk.fs().create(Path::new("/d/x")).unwrap();
        disk.set_free_bytes(Some(3));
        assert!(matches!(file.append(b"hello"), Err(Error::DiskFull { .. })));
        assert_eq!(contents(&disk, "/d/x").unwrap(), b"hel");
        disk.set_free_bytes(None);
        file.append(b"lo").unwrap();
        assert_eq!(contents(&disk, "/d/x").unwrap(), b"hello");
    }

    #[test]
    fn what_a_failed_sync_left_is_not_saved_by_the_next() {
        let lost = (0..32).filter(|&seed| {
            let disk = disk(seed);
            let mut file = disk.fs().create(Path::new("/d/x")).unwrap();
            disk.fs().sync_dir(Path::new("/d")).unwrap();
            file.append(b"hello").unwrap();
            disk.fail_syncs(1);
            assert!(file.sync().is_err());
            file.sync().unwrap();
            contents(&disk.crash(), "/d/x").unwrap() != b"hello"
        });
        assert!((4..28).contains(&lost.count()));
    }

    #[test]
    fn one_owner_at_a_time() {
        let disk = disk(5);
        let lock = disk.fs().lock_dir(Path::new("/d")).unwrap();
        assert!(matches!(disk.fs().lock_dir(Path::new("/d")), Err(Error::Locked { .. })));
        drop(lock);
        disk.fs().lock_dir(Path::new("/d")).unwrap();
    }
}
