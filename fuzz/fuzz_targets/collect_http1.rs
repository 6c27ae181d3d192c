//! An answer of HTTP/1 to a scrape: its head is read or refused, and chunks come to the same body however reads cut them.
#![no_main]
#![allow(dead_code, missing_docs, reason = "the files are parts of another crate, which uses the rest of them")]

#[path = "../../crates/collect/src/fetch/chunked.rs"]
mod chunked;
#[path = "../../crates/collect/src/fetch/head.rs"]
mod head;

use chunked::{Chunked, Fault};
use head::{Head, end_of_head};
use libfuzzer_sys::fuzz_target;

const BODY_BYTES_MAX: u64 = 1 << 10;

fuzz_target!(|data: &[u8]| {
    let Some((&cut, bytes)) = data.split_first() else { return };
    let end = end_of_head(bytes, 0);
    for searched in 0..bytes.len().min(end.unwrap_or(0)).min(64) {
        assert_eq!(end_of_head(bytes, searched), end, "searched {searched}");
    }
    let body = match end {
        Some(end) => {
            let _ = Head::parse(&bytes[..end]);
            &bytes[end..]
        }
        None => bytes,
    };
    let whole = assembled(body, body.len().max(1));
    let cut = assembled(body, usize::from(cut).max(1));
    assert_eq!(whole, cut);
});

/// The body and what follows it, of bytes that come in pieces of this length; `None` where it does not end.
fn assembled(bytes: &[u8], piece_bytes: usize) -> Option<Result<Vec<u8>, Fault>> {
    let (mut chunked, mut buffer) = (Chunked::new(0), Vec::new());
    for piece in bytes.chunks(piece_bytes) {
        buffer.extend_from_slice(piece);
        match chunked.advance(&mut buffer, BODY_BYTES_MAX) {
            Ok(true) => return Some(Ok(buffer[..chunked.end()].to_vec())),
            Ok(false) => assert!(chunked.end() as u64 <= BODY_BYTES_MAX),
            Err(fault) => return Some(Err(fault)),
        }
    }
    None
}
