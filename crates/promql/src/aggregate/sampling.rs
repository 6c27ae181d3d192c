//! Which series `limit_ratio` takes: those whose labels hash into the wanted share.
//!
//! The hash is XXH64 over the labels as Prometheus keeps them, so that both take the same series.
//!
//! ```text
//! labels := { text(name) text(value) }*     by name
//! text   := length bytes                    length: one byte, or 255 and three bytes, little-endian
//! ```

use model::Labels;

/// Where a series lies between 0 and 1.
pub(super) fn offset_of(labels: &Labels) -> f64 {
    let mut bytes = Vec::with_capacity(128);
    for (name, value) in labels.iter() {
        push_text(&mut bytes, name);
        push_text(&mut bytes, value);
    }
    xxh64(&bytes) as f64 / u64::MAX as f64
}

/// Whether a series at `offset` is in the share: from the bottom, or with a negative ratio from the top.
pub(super) fn is_in_share(ratio: f64, offset: f64) -> bool {
    if ratio >= 0.0 { offset < ratio } else { offset >= 1.0 + ratio }
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()) {
        Ok(length) if length < 255 => bytes.push(length),
        _ => {
            bytes.push(255);
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes()[..3]);
        }
    }
    bytes.extend_from_slice(text.as_bytes());
}

const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME_5: u64 = 0x27d4_eb2f_1656_67c5;

/// XXH64 without a seed.
fn xxh64(bytes: &[u8]) -> u64 {
    let (blocks, _) = bytes.as_chunks::<32>();
    let mut hash = if blocks.is_empty() { PRIME_5 } else { hash_blocks(blocks) };
    hash = hash.wrapping_add(bytes.len() as u64);
    let rest = &bytes[blocks.len() * 32..];
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        hash ^= round(0, u64::from_le_bytes(*word));
        hash = hash.rotate_left(27).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
    }
    let (halves, rest) = rest.as_chunks::<4>();
    for half in halves {
        hash ^= u64::from(u32::from_le_bytes(*half)).wrapping_mul(PRIME_1);
        hash = hash.rotate_left(23).wrapping_mul(PRIME_2).wrapping_add(PRIME_3);
    }
    for &byte in rest {
        hash ^= u64::from(byte).wrapping_mul(PRIME_5);
        hash = hash.rotate_left(11).wrapping_mul(PRIME_1);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(PRIME_2);
    hash = (hash ^ (hash >> 29)).wrapping_mul(PRIME_3);
    hash ^ (hash >> 32)
}

fn hash_blocks(blocks: &[[u8; 32]]) -> u64 {
    let mut lanes = [PRIME_1.wrapping_add(PRIME_2), PRIME_2, 0, 0u64.wrapping_sub(PRIME_1)];
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = round(*lane, u64::from_le_bytes(*word));
        }
    }
    let rotations = [1, 7, 12, 18];
    let mut hash = 0u64;
    for (lane, rotation) in lanes.iter().zip(rotations) {
        hash = hash.wrapping_add(lane.rotate_left(rotation));
    }
    for lane in lanes {
        hash = (hash ^ round(0, lane)).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
    }
    hash
}

fn round(lane: u64, word: u64) -> u64 {
    lane.wrapping_add(word.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_specification() {
        let check = |text: &str, want: u64| assert_eq!(xxh64(text.as_bytes()), want, "{text}");
        check("", 0xef46_db37_51d8_e999);
        check("a", 0xd24e_c4f1_a98c_6e5b);
        check("abc", 0x44bc_2cf5_ad77_0999);
        check("Nobody inspects the spammish repetition", 0xfbce_a83c_8a37_8bf1);
    }

    #[test]
    fn a_share_and_its_complement_make_the_whole() {
        for offset in [0.0, 0.1, 0.25, 0.25001, 0.7, 0.999] {
            assert_ne!(is_in_share(0.25, offset), is_in_share(-0.75, offset), "{offset}");
        }
        assert!(!is_in_share(0.0, 0.0));
    }
}
