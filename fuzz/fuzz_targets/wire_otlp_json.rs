//! OTLP metrics in JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::otlp::{Options, decode_json, translate};

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = decode_json(data) {
        translate(&request, &Options { promote_scope_metadata: true, ..Options::default() });
    }
});
