//! OTLP metrics in protobuf, translated by every strategy.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::otlp::{Accumulator, Options, Strategy, decode, translate};

fuzz_target!(|data: &[u8]| {
    let Ok(request) = decode(data) else { return };
    for strategy in [Strategy::UnderscoreEscapingWithSuffixes, Strategy::NoUTF8EscapingWithSuffixes] {
        let mut translated = translate(&request, &Options { strategy, ..Options::default() });
        Accumulator::new(10).add(translated.deltas, &mut translated.batch);
    }
    let options = Options { histograms_to_custom: true, promote_all_resource_attributes: true, ..Options::default() };
    translate(&request, &options);
});
