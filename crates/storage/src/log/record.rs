//! One record: twelve bytes that say how long it is and that it is one, then the caller's payload.
//!
//! ```text
//! offset size
//!      0    4  length of the payload
//!      4    1  kind, never 0
//!      5    3  check of the header: the low 24 bits of CRC32C over segment salt, position, length, kind
//!      8    4  CRC32C over segment salt, position, and payload
//!     12    n  payload
//! ```
//! Little endian. Salt and position are under both checks, so that neither bytes inside a payload nor what an older
//! segment left on the disk can pass for a record when a reader looks for the next one after damage.

use super::Position;

/// How many bytes a record takes beyond its payload.
pub const RECORD_OVERHEAD_BYTES: usize = 12;

/// A record as replay hands it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it begins.
    pub position: Position,
    /// What the caller named it.
    pub kind: u8,
    /// What the caller gave.
    pub payload: &'a [u8],
}

/// The first bytes of a record, found whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) payload_bytes: u32,
    pub(super) kind: u8,
    payload_crc: u32,
}

impl Header {
    /// Reads a header that stands at `position`; `None` where there is none.
    pub(super) fn read(bytes: &[u8; RECORD_OVERHEAD_BYTES], salt: u64, position: u64) -> Option<Header> {
        let [l0, l1, l2, l3, kind, c0, c1, c2, p0, p1, p2, p3] = *bytes;
        let payload_bytes = u32::from_le_bytes([l0, l1, l2, l3]);
        let check = u32::from_le_bytes([c0, c1, c2, 0]);
        let payload_crc = u32::from_le_bytes([p0, p1, p2, p3]);
        (kind != 0 && check == header_check(salt, position, payload_bytes, kind)).then_some(Header {
            payload_bytes,
            kind,
            payload_crc,
        })
    }

    pub(super) fn payload_is_whole(&self, payload: &[u8], salt: u64, position: u64) -> bool {
        payload_check(salt, position, payload) == self.payload_crc
    }
}

/// Appends a record that will stand at `position`.
pub(super) fn write(out: &mut Vec<u8>, salt: u64, position: u64, kind: u8, payload: &[u8]) {
    let payload_bytes = payload.len() as u32;
    out.extend_from_slice(&payload_bytes.to_le_bytes());
    out.push(kind);
    out.extend_from_slice(&header_check(salt, position, payload_bytes, kind).to_le_bytes()[..3]);
    out.extend_from_slice(&payload_check(salt, position, payload).to_le_bytes());
    out.extend_from_slice(payload);
}

fn header_check(salt: u64, position: u64, payload_bytes: u32, kind: u8) -> u32 {
    let mut bytes = [0; 21];
    bytes[..8].copy_from_slice(&salt.to_le_bytes());
    bytes[8..16].copy_from_slice(&position.to_le_bytes());
    bytes[16..20].copy_from_slice(&payload_bytes.to_le_bytes());
    bytes[20] = kind;
    crc32c::crc32c(&bytes) & 0x00ff_ffff
}

fn payload_check(salt: u64, position: u64, payload: &[u8]) -> u32 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&salt.to_le_bytes());
    bytes[8..].copy_from_slice(&position.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&bytes), payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_only_at_its_place_and_in_its_segment() {
        let mut bytes = Vec::new();
        write(&mut bytes, 7, 100, 3, b"hello");
        let header = bytes.first_chunk().unwrap();
        let read = Header::read(header, 7, 100).unwrap();
        assert_eq!((read.payload_bytes, read.kind), (5, 3));
        assert!(read.payload_is_whole(b"hello", 7, 100));
        assert!(!read.payload_is_whole(b"hellp", 7, 100));
        assert_eq!(Header::read(header, 7, 101), None);
        assert_eq!(Header::read(header, 8, 100), None);
        assert_eq!(Header::read(&[0; 12], 0, 0), None);
    }
}
