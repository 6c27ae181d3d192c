//! A file in memory that several processes have mapped, and the lock on it.
//!
//! What is mapped stays mapped as long as the process lives, so it can be handed out as `&'static`. All of it is `AtomicU64`,
//! because other processes change it at any time.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{self, Error, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// A part of the file, for good.
pub(super) type Words = &'static [AtomicU64];

/// Nobody needs the lock for longer than milliseconds; who has it for longer was stopped.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(1);

/// The file. It must not be closed while the process lives: that would give up its lock.
pub(super) struct SharedFile {
    file: File,
}

impl SharedFile {
    /// Opens the file, made if it is not there, if it is this user's and nobody else can write it.
    pub(super) fn open(path: &Path) -> io::Result<SharedFile> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(path)?;
        let found = file.metadata()?;
        // SAFETY: geteuid reads a number and cannot fail.
        let own = unsafe { libc::geteuid() };
        if !found.is_file() || found.uid() != own || found.mode() & 0o022 != 0 {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "the file of the workers is somebody else's",
            ));
        }
        Ok(SharedFile { file })
    }

    /// Makes sure that these bytes exist, zero where nothing was written. Where memory is short that is an error here, instead
    /// of a signal when they are first touched.
    pub(super) fn reserve(&self, offset: u64, bytes: usize) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: the descriptor is open; the call touches no memory of ours.
            let code = unsafe {
                libc::posix_fallocate(self.file.as_raw_fd(), offset as libc::off_t, bytes as libc::off_t)
            };
            if code == 0 { Ok(()) } else { Err(Error::from_raw_os_error(code)) }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let wanted = offset + bytes as u64;
            if self.file.metadata()?.len() < wanted { self.file.set_len(wanted) } else { Ok(()) }
        }
    }

    /// Maps bytes that were reserved.
    pub(super) fn map(&self, offset: u64, bytes: usize) -> io::Result<Words> {
        let place = self.map_at(ptr::null_mut(), 0, offset, bytes)?;
        // SAFETY: the mapping is of that many bytes, aligned to a page, and never undone; atomics may be changed by others.
        Ok(unsafe { std::slice::from_raw_parts(place.cast::<AtomicU64>(), bytes / 8) })
    }

    /// Puts other bytes of the file where these are; who holds on to `place` sees those from now on.
    pub(super) fn map_over(&self, place: Words, offset: u64) -> io::Result<()> {
        let bytes = size_of_val(place);
        self.map_at(place.as_ptr().cast_mut().cast(), libc::MAP_FIXED, offset, bytes).map(drop)
    }

    fn map_at(
        &self,
        place: *mut libc::c_void,
        flags: libc::c_int,
        offset: u64,
        bytes: usize,
    ) -> io::Result<*mut libc::c_void> {
        // SAFETY: without MAP_FIXED the system chooses unused addresses. With it, `place` is a mapping made above of the same
        // length, which is replaced in one step and stays readable and writable.
        let found = unsafe {
            libc::mmap(
                place,
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | flags,
                self.file.as_raw_fd(),
                offset as libc::off_t,
            )
        };
        if found == libc::MAP_FAILED { Err(Error::last_os_error()) } else { Ok(found) }
    }

    /// Waits until no other process has the lock. The system takes it away from processes that die; threads of one process
    /// have to keep apart by themselves.
    pub(super) fn lock(&self) -> io::Result<Locked<'_>> {
        let deadline = Instant::now() + LOCK_WAIT_MAX;
        while let Err(error) = self.set_lock(libc::F_WRLCK) {
            if !matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES | libc::EINTR)) {
                return Err(error);
            }
            if Instant::now() > deadline {
                return Err(Error::new(ErrorKind::TimedOut, "another worker has the lock for too long"));
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(Locked { file: self })
    }

    fn set_lock(&self, kind: libc::c_int) -> io::Result<()> {
        // SAFETY: `flock` is plain numbers, for which zeros are a valid value.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = kind as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        // SAFETY: the descriptor is open and `lock` lives until the call is over.
        let code = unsafe { libc::fcntl(self.file.as_raw_fd(), libc::F_SETLK, &lock) };
        if code == 0 { Ok(()) } else { Err(Error::last_os_error()) }
    }
}

/// Puts memory of this process alone where a part of the file was, all zero.
pub(super) fn abandon(place: Words) {
    // SAFETY: `place` is a mapping made above of that length; it is replaced in one step and stays readable and writable.
    unsafe {
        libc::mmap(
            place.as_ptr().cast_mut().cast(),
            size_of_val(place),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0,
        );
    }
}

/// Whether a process is there; for systems that do not tell more.
#[cfg(not(target_os = "linux"))]
pub(super) fn exists(pid: u64) -> bool {
    // SAFETY: signal 0 is sent to nobody, it only asks.
    unsafe { libc::kill(pid as libc::pid_t, 0) == 0 }
}

/// The lock, given back when this goes.
pub(super) struct Locked<'a> {
    file: &'a SharedFile,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // It can only fail for a descriptor that is not open.
        let _ = self.file.set_lock(libc::F_UNLCK);
    }
}
