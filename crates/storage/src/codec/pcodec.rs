//! The pco crate as one of the competitors: for larger columns, integers or floats.
//!
//! ```text
//! length varint, a standalone file of the pco crate
//! ```

use pco::ChunkConfig;
use pco::data_types::Number;

use super::{DecodeError, DecodeResult, varint};

/// Replaces what `out` holds from `start` on by `codec` and the column's pco form, if that is shorter.
pub(super) fn encode_if_shorter<T: Number>(values: &[T], codec: u8, start: usize, out: &mut Vec<u8>) {
    // A column it cannot take stays as it is.
    let Ok(compressed) = pco::standalone::simple_compress(values, &ChunkConfig::default()) else { return };
    if 1 + varint::bytes(compressed.len() as u64) + compressed.len() < out.len() - start {
        out.truncate(start);
        out.push(codec);
        varint::write(out, compressed.len() as u64);
        out.extend_from_slice(&compressed);
    }
}

pub(super) fn decode<T: Number>(bytes: &mut &[u8], count: usize, out: &mut Vec<T>) -> DecodeResult<()> {
    let length = varint::read(bytes)?;
    let length = usize::try_from(length).map_err(|_| DecodeError("it ends too early"))?;
    let compressed = bytes.split_off(..length).ok_or(DecodeError("it ends too early"))?;
    let start = out.len();
    out.resize(start + count, T::default());
    let progress = pco::standalone::simple_decompress_into(compressed, &mut out[start..])
        .map_err(|_| DecodeError("pco does not read it"))?;
    if progress.n_processed != count || !progress.finished {
        return Err(DecodeError("pco has another number of values"));
    }
    Ok(())
}
