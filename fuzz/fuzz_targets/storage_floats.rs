//! Any bytes as a column of floats; and any floats there and back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use storage::codec::{Tier, decode_floats, encode_floats};

fuzz_target!(|input: (u16, &[u8])| {
    let (count, bytes) = input;
    let count = usize::from(count);
    let mut values = Vec::new();
    if let Ok(read) = decode_floats(bytes, count, &mut values) {
        assert!(read <= bytes.len() && values.len() == count);
    }
    assert!(values.len() <= count);
    let floats: Vec<f64> =
        bytes.chunks_exact(8).map(|word| f64::from_le_bytes(word.try_into().unwrap())).collect();
    for tier in [Tier::Fast, Tier::Merged] {
        let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
        encode_floats(&floats, tier, &mut encoded);
        assert_eq!(decode_floats(&encoded, floats.len(), &mut decoded), Ok(encoded.len()));
        assert!(decoded.iter().map(|value| value.to_bits()).eq(floats.iter().map(|value| value.to_bits())));
    }
});
