//! Protobuf expositions, read twice by the same reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{Format, Options, Reader};

fuzz_target!(|data: &[u8]| {
    for keep_classic in [false, true] {
        let options = Options { keep_classic, classic_to_custom: keep_classic, ..Options::default() };
        let mut reader = Reader::new();
        let first = reader.read(data, Format::Protobuf, &options).map(|page| page.shape.id());
        let second = reader.read(data, Format::Protobuf, &options).map(|page| page.shape.id());
        assert_eq!(first, second);
    }
});
