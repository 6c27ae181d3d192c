//! Pages of OpenMetrics.
#![no_main]

mod pages;

use libfuzzer_sys::fuzz_target;
use wire::Format;

fuzz_target!(|data: &[u8]| {
    pages::fuzz(data, Format::OpenMetrics);
});
