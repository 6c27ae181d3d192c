//! Integers in as many bytes as they need, seven bits to a byte, lowest first; signed ones by zigzag.

use super::{DecodeError, DecodeResult};

pub(crate) fn write(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn read(bytes: &mut &[u8]) -> DecodeResult<u64> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            if index == 9 && byte > 1 {
                break;
            }
            *bytes = &bytes[index + 1..];
            return Ok(value);
        }
    }
    Err(DecodeError("a number does not end"))
}

pub(crate) fn write_signed(out: &mut Vec<u8>, value: i64) {
    write(out, zigzag(value));
}

pub(crate) fn read_signed(bytes: &mut &[u8]) -> DecodeResult<i64> {
    read(bytes).map(unzigzag)
}

/// How many bytes `value` takes.
pub(crate) fn bytes(value: u64) -> usize {
    (64 - (value | 1).leading_zeros()).div_ceil(7) as usize
}

/// How many bytes `value` takes by zigzag.
pub(crate) fn signed_bytes(value: i64) -> usize {
    bytes(zigzag(value))
}

/// Small numbers of either sign become small numbers.
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                write(&mut bytes, value);
                assert_eq!(bytes.len(), super::bytes(value));
                write_signed(&mut bytes, value as i64);
                let mut rest = bytes.as_slice();
                assert_eq!((read(&mut rest), read_signed(&mut rest)), (Ok(value), Ok(value as i64)));
                assert!(rest.is_empty());
            }
        }
        assert!(read(&mut &[0x80; 12][..]).is_err());
        assert!(read(&mut &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2][..]).is_err());
    }
}
