//! Remote write 1.0: what was decoded is encoded and decoded to the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::remote::{pack, write1};

fuzz_target!(|data: &[u8]| {
    let bytes_max = 1 << 20;
    let _ = write1::decode(data, bytes_max);
    let Ok(batch) = write1::decode(&pack(data).unwrap(), bytes_max) else { return };
    let again = write1::decode(&write1::encode(&batch.series, &batch.metadata).unwrap(), 1 << 24).unwrap();
    assert_eq!(again.series.len(), batch.series.len());
    assert_eq!(again.refused, 0, "{:?}", again.refusals);
});
