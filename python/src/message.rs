//! Protobuf, written: the few messages that leave the process need no code generator, which would be this package's largest
//! dependency.

/// A protobuf message under construction.
#[derive(Default)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    fn key(&mut self, field: u32, wire_type: u32) {
        push_varint(&mut self.bytes, u64::from(field << 3 | wire_type));
    }

    pub(crate) fn number(&mut self, field: u32, value: u64) {
        self.key(field, 0);
        push_varint(&mut self.bytes, value);
    }

    /// A `sint32` or `sint64`.
    pub(crate) fn signed(&mut self, field: u32, value: i64) {
        self.number(field, ((value << 1) ^ (value >> 63)) as u64);
    }

    pub(crate) fn fixed64(&mut self, field: u32, value: u64) {
        self.key(field, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn fixed32(&mut self, field: u32, value: u32) {
        self.key(field, 5);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn double(&mut self, field: u32, value: f64) {
        self.fixed64(field, value.to_bits());
    }

    pub(crate) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, 2);
        push_varint(&mut self.bytes, value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    pub(crate) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// A message within. Its length goes in front of it once it is known.
    pub(crate) fn message(&mut self, field: u32, write: impl FnOnce(&mut Message)) {
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
}

pub(crate) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
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
        check(|message| message.text(2, "testing"), b"\x12\x07testing");
        check(|message| message.message(3, |inner| inner.number(1, 150)), &[0x1a, 0x03, 0x08, 0x96, 0x01]);
        let mut long = Message::default();
        long.message(1, |inner| inner.bytes(1, &[7; 200]));
        assert_eq!((long.bytes.len(), &long.bytes[..4]), (206, &[0x0a, 0xcb, 0x01, 0x0a][..]));
    }
}
