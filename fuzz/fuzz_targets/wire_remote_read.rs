//! Remote read: requests, answers and streams.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::remote::{pack, read};

fuzz_target!(|data: &[u8]| {
    let bytes_max = 1 << 20;
    let packed = pack(data).unwrap();
    let _ = read::decode_request(&packed, bytes_max);
    let _ = read::decode_response(&packed, bytes_max);
    let _ = read::decode_stream(data);
});
