//! The protobuf encoding itself: fields out of bytes without copying, and bytes out of fields.
//!
//! The messages of the formats here are few and flat, batches are large, and one bad string must not cost the
//! rest of a batch. So messages are read field by field where they are needed, instead of into structs that copy everything.
//!
//! ```text
//! message := { tag value }*      tag := varint(number << 3 | type)
//! type    := 0 varint | 1 eight bytes | 2 varint(length) bytes | 5 four bytes
//! ```

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed protobuf: {0}")]
pub struct Malformed(pub(crate) &'static str);

/// The value of a field as it lies in the bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// The fields of a message, in the order they were written.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

/// The fields of the message that `bytes` are.
pub(crate) fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { rest: bytes }
}

impl<'a> Fields<'a> {
    /// The number and the value of the next field; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = take_varint(&mut self.rest)?;
        let number = u32::try_from(tag >> 3).map_err(|_| Malformed("a field number is too large"))?;
        let field = match tag & 7 {
            0 => Field::Varint(take_varint(&mut self.rest)?),
            1 => Field::Fixed64(u64::from_le_bytes(take_array(&mut self.rest)?)),
            2 => Field::Bytes(take_delimited(&mut self.rest)?),
            5 => Field::Fixed32(u32::from_le_bytes(take_array(&mut self.rest)?)),
            _ => return Err(Malformed("an unknown wire type")),
        };
        match number {
            0 => Err(Malformed("field number 0")),
            _ => Ok(Some((number, field))),
        }
    }
}

impl<'a> Field<'a> {
    pub(crate) fn uint(self) -> Result<u64, Malformed> {
        match self {
            Field::Varint(value) => Ok(value),
            _ => Err(Malformed("expected a varint")),
        }
    }

    pub(crate) fn int(self) -> Result<i64, Malformed> {
        self.uint().map(|value| value as i64)
    }

    /// An integer whose sign is in its lowest bit.
    pub(crate) fn sint(self) -> Result<i64, Malformed> {
        self.uint().map(unzigzag)
    }

    pub(crate) fn uint32(self) -> Result<u32, Malformed> {
        self.uint()?.try_into().map_err(|_| Malformed("a number of 32 bits is too large"))
    }

    pub(crate) fn sint32(self) -> Result<i32, Malformed> {
        self.sint()?.try_into().map_err(|_| Malformed("a number of 32 bits is too large"))
    }

    pub(crate) fn fixed64(self) -> Result<u64, Malformed> {
        match self {
            Field::Fixed64(value) => Ok(value),
            _ => Err(Malformed("expected eight bytes")),
        }
    }

    pub(crate) fn double(self) -> Result<f64, Malformed> {
        self.fixed64().map(f64::from_bits)
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Field::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed("expected bytes")),
        }
    }

    pub(crate) fn message(self) -> Result<Fields<'a>, Malformed> {
        self.bytes().map(fields)
    }

    pub(crate) fn text(self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a string is not UTF-8"))
    }

    /// The numbers of a repeated field, of which this is one or, packed, several.
    pub(crate) fn each_varint(self, mut take: impl FnMut(u64)) -> Result<(), Malformed> {
        match self {
            Field::Bytes(mut packed) => {
                while !packed.is_empty() {
                    take(take_varint(&mut packed)?);
                }
            }
            single => take(single.uint()?),
        }
        Ok(())
    }

    /// As `each_varint`, for numbers of eight bytes.
    pub(crate) fn each_fixed64(self, mut take: impl FnMut(u64)) -> Result<(), Malformed> {
        match self {
            Field::Bytes(mut packed) => {
                while !packed.is_empty() {
                    take(u64::from_le_bytes(take_array(&mut packed)?));
                }
            }
            single => take(single.fixed64()?),
        }
        Ok(())
    }
}

/// Takes the length and then that many bytes.
pub(crate) fn take_delimited<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let length = usize::try_from(take_varint(rest)?).unwrap_or(usize::MAX);
    let (bytes, tail) = rest.split_at_checked(length).ok_or(Malformed("bytes are cut off"))?;
    *rest = tail;
    Ok(bytes)
}

/// Takes a number in groups of seven bits, lowest first.
#[inline]
pub(crate) fn take_varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0u64;
    for (index, &byte) in rest.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *rest = &rest[index + 1..];
            return Ok(value);
        }
    }
    Err(Malformed("a varint is cut off or too long"))
}

pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (array, tail) = rest.split_first_chunk().ok_or(Malformed("a number is cut off"))?;
    *rest = tail;
    Ok(*array)
}

/// A message under construction. Fields at their default are left out, as proto3 does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn uint(&mut self, number: u32, value: u64) {
        if value != 0 {
            self.uint_always(number, value);
        }
    }

    /// Written even when it is 0: a member of a `oneof` says by its presence which member it is.
    pub(crate) fn uint_always(&mut self, number: u32, value: u64) {
        self.tag(number, 0);
        push_varint(&mut self.bytes, value);
    }

    pub(crate) fn int(&mut self, number: u32, value: i64) {
        self.uint(number, value as u64);
    }

    pub(crate) fn sint(&mut self, number: u32, value: i64) {
        self.uint(number, zigzag(value));
    }

    pub(crate) fn double(&mut self, number: u32, value: f64) {
        if value.to_bits() != 0 {
            self.double_always(number, value);
        }
    }

    pub(crate) fn double_always(&mut self, number: u32, value: f64) {
        self.tag(number, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn text(&mut self, number: u32, text: &str) {
        if !text.is_empty() {
            self.delimited(number, text.as_bytes());
        }
    }

    /// Bytes, written even when there are none: an element of a repeated field.
    pub(crate) fn delimited(&mut self, number: u32, bytes: &[u8]) {
        self.tag(number, 2);
        push_varint(&mut self.bytes, bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn message(&mut self, number: u32, fill: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        fill(&mut inner);
        self.delimited(number, &inner.bytes);
    }

    pub(crate) fn packed_varints(&mut self, number: u32, values: impl IntoIterator<Item = u64>) {
        let mut packed = Vec::new();
        values.into_iter().for_each(|value| push_varint(&mut packed, value));
        if !packed.is_empty() {
            self.delimited(number, &packed);
        }
    }

    pub(crate) fn packed_doubles(&mut self, number: u32, values: &[f64]) {
        if !values.is_empty() {
            let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            self.delimited(number, &packed);
        }
    }

    fn tag(&mut self, number: u32, wire_type: u64) {
        push_varint(&mut self.bytes, u64::from(number) << 3 | wire_type);
    }
}

pub(crate) fn push_varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_written() {
        let mut message = Message::default();
        message.uint(1, 300);
        message.sint(2, -5);
        message.double(3, 1.5);
        message.text(4, "four");
        message.message(5, |inner| inner.uint(1, 1));
        message.packed_varints(6, [1, 1 << 40]);
        message.uint(7, 0);
        let bytes = message.into_bytes();
        let mut fields = fields(&bytes);
        assert_eq!(fields.next(), Ok(Some((1, Field::Varint(300)))));
        assert_eq!(fields.next().unwrap().unwrap().1.sint(), Ok(-5));
        assert_eq!(fields.next().unwrap().unwrap().1.double(), Ok(1.5));
        assert_eq!(fields.next().unwrap().unwrap().1.text(), Ok("four"));
        assert_eq!(fields.next(), Ok(Some((5, Field::Bytes(&[8, 1])))));
        let mut numbers = Vec::new();
        fields.next().unwrap().unwrap().1.each_varint(|number| numbers.push(number)).unwrap();
        assert_eq!(numbers, [1, 1 << 40]);
        assert_eq!(fields.next(), Ok(None));
    }

    #[test]
    fn malformed_bytes_are_errors() {
        for bad in [
            &b"\x08"[..],
            b"\x0a\x05ab",
            b"\x09\x00",
            b"\x0b",
            b"\x00\x00",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            let mut fields = fields(bad);
            assert!(fields.next().is_err(), "{bad:?}");
        }
    }
}
