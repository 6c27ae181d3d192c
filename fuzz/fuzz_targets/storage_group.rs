//! Any bytes as a group of columns.
#![no_main]

use libfuzzer_sys::fuzz_target;
use storage::codec::FloatGroup;

fuzz_target!(|input: ([u8; 3], &[u8])| {
    let (counts, bytes) = input;
    let counts = counts.map(usize::from);
    let Ok(group) = FloatGroup::open(bytes, &counts) else { return };
    assert!(group.bytes() <= bytes.len());
    for (index, &count) in counts.iter().enumerate() {
        let mut values = Vec::new();
        let read = group.column(index, &mut values);
        assert!(values.len() <= count && (read.is_err() || values.len() == count));
    }
});
