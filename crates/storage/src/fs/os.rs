//! The machine's files.

#![allow(clippy::disallowed_methods, reason = "this is the seam")]

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{DirLock, Entry, File, FileBytes, FileSystem, Space};
use crate::error::{Error, Result};

/// The file that carries a directory's lock and the pid of who holds it.
const LOCK_FILE: &str = "lock";

pub(super) struct OsFs;

struct OsFile {
    path: PathBuf,
    file: fs::File,
}

impl FileSystem for OsFs {
    fn create_dir(&self, dir: &Path) -> Result<()> {
        if fs::metadata(dir).is_ok_and(|metadata| metadata.is_dir()) {
            return Ok(());
        }
        let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if above != dir {
            self.create_dir(above)?;
        }
        match fs::create_dir(dir) {
            Ok(()) => self.sync_dir(above),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
            Err(error) => Err(Error::io("create directory", dir, error)),
        }
    }

    fn list(&self, dir: &Path) -> Result<Vec<Entry>> {
        let failed = |error| Error::io("list", dir, error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                // Somebody removed it between the two calls.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            entries.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                is_dir: metadata.is_dir(),
                bytes: metadata.len(),
            });
        }
        entries.sort();
        Ok(entries)
    }

    fn create(&self, path: &Path) -> Result<Box<dyn File>> {
        let file = OpenOptions::new().append(true).create_new(true).open(path);
        let file = file.map_err(|error| Error::io("create", path, error))?;
        Ok(Box::new(OsFile { path: path.to_owned(), file }))
    }

    fn open_append(&self, path: &Path) -> Result<Box<dyn File>> {
        let file = OpenOptions::new().append(true).open(path);
        let file = file.map_err(|error| Error::io("open", path, error))?;
        Ok(Box::new(OsFile { path: path.to_owned(), file }))
    }

    fn read_at(&self, path: &Path, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let failed = |error| Error::io("read", path, error);
        let file = fs::File::open(path).map_err(failed)?;
        let mut filled = 0;
        while filled < buffer.len() {
            match file.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(filled)
    }

    fn map(&self, path: &Path) -> Result<FileBytes> {
        let mapped = fs::File::open(path).and_then(|file| FileBytes::mapped(&file));
        mapped.map_err(|error| Error::io("map", path, error))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        fs::rename(from, to).map_err(|error| Error::io("rename", from, error))
    }

    fn link(&self, from: &Path, to: &Path) -> Result<()> {
        fs::hard_link(from, to).map_err(|error| Error::io("link", from, error))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        fs::remove_file(path).map_err(|error| Error::io("remove", path, error))
    }

    fn remove_dir(&self, dir: &Path) -> Result<()> {
        fs::remove_dir(dir).map_err(|error| Error::io("remove", dir, error))
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        let synced = fs::File::open(dir).and_then(|file| file.sync_all());
        synced.map_err(|error| Error::io("sync directory", dir, error))
    }

    fn space(&self, dir: &Path) -> Result<Space> {
        let stat = rustix::fs::statvfs(dir).map_err(|error| Error::io("stat", dir, error.into()))?;
        Ok(Space {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }

    fn lock_dir(&self, dir: &Path) -> Result<DirLock> {
        let path = dir.join(LOCK_FILE);
        let failed = |error| Error::io("lock", &path, error);
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            // Who only reads has not said who it is.
            Err(fs::TryLockError::WouldBlock) if file.try_lock_shared().is_ok() => {
                return Err(Error::Locked {
                    path: dir.to_owned(),
                    pid: "unknown, which reads it".to_owned(),
                });
            }
            Err(fs::TryLockError::WouldBlock) => return Err(locked(dir, file)),
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The lock is the file's, the pid in it only tells others whom to ask: a full disk must not refuse it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        Ok(DirLock { _held: Box::new(file) })
    }

    fn lock_dir_to_read(&self, dir: &Path) -> Result<Option<DirLock>> {
        let path = dir.join(LOCK_FILE);
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("lock", &path, error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(DirLock { _held: Box::new(file) })),
            Err(fs::TryLockError::WouldBlock) => Err(locked(dir, file)),
            Err(fs::TryLockError::Error(error)) => Err(Error::io("lock", &path, error)),
        }
    }
}

/// Says who has the directory, as the lock's file tells.
fn locked(dir: &Path, file: fs::File) -> Error {
    let mut text = String::new();
    let told = file.take(32).read_to_string(&mut text).is_ok();
    let pid = text.trim().parse::<u32>().ok().filter(|_| told);
    let pid = pid.map_or("unknown".to_owned(), |pid| pid.to_string());
    Error::Locked { path: dir.to_owned(), pid }
}

impl File for OsFile {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| Error::io("write", &self.path, error))
    }

    fn sync(&mut self) -> Result<()> {
        self.file.sync_data().map_err(|error| Error::io("sync", &self.path, error))
    }

    fn truncate(&mut self, bytes: u64) -> Result<()> {
        self.file.set_len(bytes).map_err(|error| Error::io("truncate", &self.path, error))
    }
}

#[cfg(test)]
mod tests {
    use crate::fs::Fs;

    #[test]
    fn files_are_made_read_renamed_and_removed() {
        let above = tempfile::tempdir().unwrap();
        let fs = Fs::os();
        let dir = above.path().join("a/b");
        fs.create_dir(&dir).unwrap();
        fs.create_dir(&dir).unwrap();
        let mut file = fs.create(&dir.join("x")).unwrap();
        file.append(b"hello world").unwrap();
        file.truncate(5).unwrap();
        file.append(b"!").unwrap();
        file.sync().unwrap();
        assert!(fs.create(&dir.join("x")).is_err());
        let mut buffer = [0; 10];
        assert_eq!(fs.read_at(&dir.join("x"), 1, &mut buffer).unwrap(), 5);
        assert_eq!(&buffer[..5], b"ello!");
        fs.rename(&dir.join("x"), &dir.join("y")).unwrap();
        fs.sync_dir(&dir).unwrap();
        let map = fs.map(&dir.join("y")).unwrap();
        fs.remove(&dir.join("y")).unwrap();
        assert_eq!(&*map, b"hello!");
        assert_eq!(fs.list(&dir).unwrap(), []);
        assert!(fs.map(&dir.join("y")).unwrap_err().is_not_found());
        let space = fs.space(&dir).unwrap();
        assert!((1..=space.total_bytes).contains(&space.free_bytes), "{space:?}");
    }

    #[test]
    fn a_second_owner_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let fs = Fs::os();
        let lock = fs.lock_dir(dir.path()).unwrap();
        let error = fs.lock_dir(dir.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        let error = fs.lock_dir_to_read(dir.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        drop(lock);
        fs.lock_dir(dir.path()).unwrap();
    }

    #[test]
    fn readers_share_a_directory_and_leave_nothing_there() {
        let dir = tempfile::tempdir().unwrap();
        let fs = Fs::os();
        assert!(fs.lock_dir_to_read(dir.path()).unwrap().is_none());
        assert_eq!(fs.list(dir.path()).unwrap(), []);
        drop(fs.lock_dir(dir.path()).unwrap());
        let readers = [fs.lock_dir_to_read(dir.path()).unwrap(), fs.lock_dir_to_read(dir.path()).unwrap()];
        assert!(readers.iter().all(Option::is_some));
        let error = fs.lock_dir(dir.path()).unwrap_err().to_string();
        assert!(error.contains("unknown, which reads it"), "{error}");
        drop(readers);
        fs.lock_dir(dir.path()).unwrap();
    }
}
