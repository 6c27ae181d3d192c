//! Bytes on disk for every signal: log, part, block, codec, checksum, manifest, cache, and the seam Fs/Clock/Rng.
//!
//! Synchronous; knows no signal, no HTTP, no async.
