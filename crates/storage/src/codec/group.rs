//! Columns that are read together, compressed together.
//!
//! ```text
//! 0 apart     length varint, the body with each column as small as it can be alone
//! 1 zstd      length of the body varint, length varint, a zstd frame of the body, whose integers are streamed
//! body        for each column: its length varint; then the columns
//! ```

use super::{DecodeError, DecodeResult, Effort, floats, varint};

const APART: u8 = 0;
const ZSTD: u8 = 1;

/// More costs more time than anything else here and saves less than 1 %.
const ZSTD_LEVEL: i32 = 6;

/// A column cannot be longer than this for each value, nor have more beside its values.
const VALUE_BYTES_MAX: usize = 24;
const COLUMN_BYTES_MAX: usize = 64;

/// Appends several columns of floats that are read together (16 series of one target, say; lengths may differ).
pub fn encode_float_group(columns: &[&[f64]], out: &mut Vec<u8>) {
    let mut body = body_of(columns, Effort::Grouped);
    // A frame that cannot be made is no competitor.
    let packed = zstd::bulk::compress(&body, ZSTD_LEVEL).unwrap_or(body.clone());
    if packed.len() + varint::bytes(packed.len() as u64) < body.len() {
        out.push(ZSTD);
        varint::write(out, body.len() as u64);
        varint::write(out, packed.len() as u64);
        out.extend_from_slice(&packed);
        return;
    }
    // Streams are made for a compressor; without one, bit-packed columns are shorter.
    body = body_of(columns, Effort::Merged);
    out.push(APART);
    varint::write(out, body.len() as u64);
    out.extend_from_slice(&body);
}

/// A group of columns, unpacked once and read column by column.
pub struct FloatGroup {
    body: Vec<u8>,
    /// Where each column begins in the body, and how many values it has.
    columns: Vec<(usize, usize)>,
    bytes: usize,
}

impl FloatGroup {
    /// Unpacks the group at the start of `bytes`, whose columns have `counts` values.
    pub fn open(bytes: &[u8], counts: &[usize]) -> DecodeResult<FloatGroup> {
        let mut rest = bytes;
        let kind = *rest.split_off_first().ok_or(DecodeError("it ends too early"))?;
        let body_bytes = varint::read(&mut rest)? as usize;
        let limit = counts.iter().map(|count| count.saturating_mul(VALUE_BYTES_MAX) + COLUMN_BYTES_MAX);
        if body_bytes > limit.fold(0, usize::saturating_add) {
            return Err(DecodeError("more bytes than its values can have"));
        }
        let body = match kind {
            APART => rest.split_off(..body_bytes).ok_or(DecodeError("it ends too early"))?.to_vec(),
            ZSTD => {
                let packed_bytes = varint::read(&mut rest)? as usize;
                let packed = rest.split_off(..packed_bytes).ok_or(DecodeError("it ends too early"))?;
                let body = zstd::bulk::decompress(packed, body_bytes);
                body.map_err(|_| DecodeError("zstd does not read it"))?
            }
            _ => return Err(DecodeError("unknown kind of group")),
        };
        let mut lengths = body.as_slice();
        let mut columns = Vec::with_capacity(counts.len());
        let mut offset = 0_usize;
        for &count in counts {
            columns.push((offset, count));
            offset = offset.saturating_add(varint::read(&mut lengths)? as usize);
        }
        if offset != lengths.len() {
            return Err(DecodeError("its columns have another length"));
        }
        let head = body.len() - lengths.len();
        columns.iter_mut().for_each(|(offset, _)| *offset += head);
        Ok(FloatGroup { body, columns, bytes: bytes.len() - rest.len() })
    }

    /// How many bytes the group takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the values of a column to `out`.
    pub fn column(&self, index: usize, out: &mut Vec<f64>) -> DecodeResult<()> {
        let &(offset, count) = self.columns.get(index).ok_or(DecodeError("the group has fewer columns"))?;
        floats::decode(&mut &self.body[offset..], count, out)
    }
}

fn body_of(columns: &[&[f64]], effort: Effort) -> Vec<u8> {
    let mut ends = Vec::with_capacity(columns.len());
    let mut content = Vec::new();
    for column in columns {
        floats::encode(column, effort, &mut content);
        ends.push(content.len());
    }
    let mut body = Vec::with_capacity(content.len() + columns.len() * 2);
    let mut start = 0;
    for end in ends {
        varint::write(&mut body, (end - start) as u64);
        start = end;
    }
    body.extend_from_slice(&content);
    body
}
