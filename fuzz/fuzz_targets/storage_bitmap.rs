//! Any bytes as a set of rows; what is read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use storage::codec::bitmap;

fuzz_target!(|input: (u16, &[u8])| {
    let (count, bytes) = input;
    let count = usize::from(count);
    let mut words = Vec::new();
    if bitmap::decode(bytes, count, &mut words).is_ok() {
        let (mut encoded, mut again) = (Vec::new(), Vec::new());
        bitmap::encode(&words, count, &mut encoded);
        assert_eq!(bitmap::decode(&encoded, count, &mut again), Ok(encoded.len()));
        assert_eq!(words, again);
    }
});
