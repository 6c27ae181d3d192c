//! Remote write 2.0: what was decoded is encoded and decoded to the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::remote::{pack, write2};

fuzz_target!(|data: &[u8]| {
    let bytes_max = 1 << 20;
    let _ = write2::decode(data, bytes_max);
    let Ok(batch) = write2::decode(&pack(data).unwrap(), bytes_max) else { return };
    let again = write2::decode(&write2::encode(&batch.series).unwrap(), 1 << 24).unwrap();
    assert_eq!(again.series.len(), batch.series.len());
    assert_eq!(again.refused, 0, "{:?}", again.refusals);
});
