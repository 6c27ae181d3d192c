//! Prometheus's chunks; the first byte says of which kind. What was unpacked is packed and unpacked to the same times.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::chunk::{self, Encoding};

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else { return };
    let Some(encoding) = Encoding::from_number(u64::from(first % 4)) else { return };
    let Ok(samples) = chunk::decode(encoding, bytes) else { return };
    if samples.windows(2).any(|pair| pair[0].time >= pair[1].time) {
        return;
    }
    let again: Vec<i64> = chunk::encode(&samples)
        .iter()
        .flat_map(|chunk| chunk::decode(chunk.encoding, &chunk.bytes).unwrap())
        .map(|sample| sample.time)
        .collect();
    assert_eq!(again, samples.iter().map(|sample| sample.time).collect::<Vec<_>>());
});
