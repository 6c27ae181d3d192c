//! Any bytes as a column of integers; and any integers there and back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use storage::codec::{Tier, decode_ints, encode_ints};

fuzz_target!(|input: (u16, &[u8])| {
    let (count, bytes) = input;
    let count = usize::from(count);
    let mut values = Vec::new();
    if let Ok(read) = decode_ints(bytes, count, &mut values) {
        assert!(read <= bytes.len() && values.len() == count);
    }
    assert!(values.len() <= count);
    let ints: Vec<i64> =
        bytes.chunks_exact(8).map(|word| i64::from_le_bytes(word.try_into().unwrap())).collect();
    for tier in [Tier::Fast, Tier::Merged] {
        let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
        encode_ints(&ints, tier, &mut encoded);
        assert_eq!(decode_ints(&encoded, ints.len(), &mut decoded), Ok(encoded.len()));
        assert_eq!(decoded, ints);
    }
});
