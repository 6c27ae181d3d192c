//! Protobuf, written: the few messages that go out need no code generator, which would be the crate's largest dependency.

/// A protobuf message under construction.
#[derive(Default)]
pub struct Message {
    /// What it has so far.
    pub bytes: Vec<u8>,
}

impl Message {
    fn key(&mut self, field: u32, wire_type: u32) {
        push_varint(&mut self.bytes, u64::from(field << 3 | wire_type));
    }

    /// An unsigned number, an enumeration, a truth.
    pub fn number(&mut self, field: u32, value: u64) {
        self.key(field, 0);
        push_varint(&mut self.bytes, value);
    }

    /// A `sint32` or `sint64`.
    pub fn signed(&mut self, field: u32, value: i64) {
        self.number(field, ((value << 1) ^ (value >> 63)) as u64);
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn fixed64(&mut self, field: u32, value: u64) {
        self.key(field, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn fixed32(&mut self, field: u32, value: u32) {
        self.key(field, 5);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A `double`.
    pub fn double(&mut self, field: u32, value: f64) {
        self.key(field, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Bytes, or text.
    pub fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, 2);
        push_varint(&mut self.bytes, value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    /// A message within. Its length goes in front of it once it is known.
    pub fn message(&mut self, field: u32, write: impl FnOnce(&mut Message)) {
        self.key(field, 2);
        let start = self.bytes.len();
        // Most are shorter than 128 bytes, whose length is one.
        self.bytes.push(0);
        write(self);
        let length = self.bytes.len() - start - 1;
        if length < 0x80 {
            self.bytes[start] = length as u8;
        } else {
            let mut prefix = Vec::with_capacity(5);
            push_varint(&mut prefix, length as u64);
            self.bytes.splice(start..=start, prefix);
        }
    }

    /// As it is sent among others: behind its length.
    pub fn delimited(&self, out: &mut Vec<u8>) {
        push_varint(out, self.bytes.len() as u64);
        out.extend_from_slice(&self.bytes);
    }
}

pub(crate) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The fields of a message that came from outside, as far as they make sense: number and content.
#[cfg(feature = "otlp")]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// What a field holds.
#[cfg(feature = "otlp")]
pub(crate) enum Content<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

#[cfg(feature = "otlp")]
impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The bytes of the first field of that number.
    pub(crate) fn find(mut self, wanted: u32) -> Option<&'a [u8]> {
        self.find_map(|(field, content)| match content {
            Content::Bytes(bytes) if field == wanted => Some(bytes),
            _ => None,
        })
    }

    /// The next of several messages that each stand behind their length.
    pub(crate) fn delimited(&mut self) -> Option<&'a [u8]> {
        let length = self.varint()?;
        self.take(length)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(feature = "otlp")]
impl<'a> Iterator for Reader<'a> {
    type Item = (u32, Content<'a>);

    fn next(&mut self) -> Option<(u32, Content<'a>)> {
        let key = self.varint()?;
        let content = match key & 7 {
            0 => Content::Number(self.varint()?),
            1 => Content::Bytes(self.take(8)?),
            2 => {
                let length = self.varint()?;
                Content::Bytes(self.take(length)?)
            }
            5 => Content::Bytes(self.take(4)?),
            _ => return None,
        };
        Some((u32::try_from(key >> 3).ok()?, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_as_the_specification_has_them() {
        let check = |write: fn(&mut Message), want: &[u8]| {
            let mut message = Message::default();
            write(&mut message);
            assert_eq!(message.bytes, want);
        };
        check(|message| message.number(1, 150), &[0x08, 0x96, 0x01]);
        check(|message| message.signed(2, -3), &[0x10, 0x05]);
        check(|message| message.bytes(2, b"testing"), b"\x12\x07testing");
        check(|message| message.message(3, |inner| inner.number(1, 150)), &[0x1a, 0x03, 0x08, 0x96, 0x01]);
        let mut long = Message::default();
        long.message(1, |inner| inner.bytes(1, &[7; 200]));
        assert_eq!((long.bytes.len(), &long.bytes[..4]), (206, &[0x0a, 0xcb, 0x01, 0x0a][..]));
    }
}
