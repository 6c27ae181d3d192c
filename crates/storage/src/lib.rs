//! Bytes on disk for every signal: log, part, manifest, codec, cache, and the seam Fs/Clock/Rng.
//!
//! Synchronous; knows no signal, no HTTP, no async. In the order a store uses them:
//!
//! 1. [`Fs`] is a cheap handle to files: [`Fs::os`] for real ones, [`SimFs`] for a disk made from a seed that
//!    loses, tears and flips. [`Clock`] and [`Rng`] are the other two ways to the world. `Fs::lock_dir` makes
//!    sure that one process owns the directory.
//! 2. [`Manifest::open`] says which parts are live, up to where the log was sealed into them
//!    ([`Manifest::checkpoint`]), and removes what a crash left behind. [`Manifest::publish`] replaces that
//!    knowledge atomically: "these parts come, those go, the log counts from here".
//! 3. [`Log::open`] hands every record after the checkpoint to a callback, then takes new ones:
//!    [`Log::append`] buffers, [`Log::sync`] makes all that was appended durable (threads share one sync),
//!    [`Log::drop_before`] forgets what is sealed. All by `&self`.
//! 4. [`PartWriter`] streams blocks into named sections of one immutable file; [`PartReader`] maps it and checks
//!    each block when it is first read. A bad block costs that block alone.
//! 5. [`codec`] turns columns into few bytes and back: [`codec::encode_floats`], [`codec::encode_ints`], groups of
//!    columns ([`codec::encode_float_group`]) and sets of row numbers ([`codec::bitmap`]).
//! 6. [`Cache`] keeps decoded blocks within a number of bytes.
//!
//! The byte layouts are told in `docs/format/`.

#![warn(clippy::disallowed_methods)]

pub mod cache;
mod clock;
pub mod codec;
mod error;
mod fs;
pub mod log;
mod manifest;
mod part;
mod rng;

pub use cache::Cache;
pub use clock::Clock;
pub use error::{Corruption, Error, Result};
pub use fs::{DirLock, Entry, File, FileBytes, FileSystem, Fs, SimFs, SimOptions, Space};
pub use log::{Log, LogOptions, Position, Record, Replayed};
pub use manifest::{Edit, Manifest, PartEntry};
pub use part::{PartReader, PartWriter};
pub use rng::Rng;
