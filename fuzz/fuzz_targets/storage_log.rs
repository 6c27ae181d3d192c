//! Any bytes as the segments of a log: it opens or says why not, and what opens takes a record and gives it back.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use storage::{Log, LogOptions, Position, Rng, SimFs, SimOptions};

fuzz_target!(|segments: Vec<&[u8]>| {
    let disk = SimFs::new(SimOptions::default());
    let (fs, dir) = (disk.fs(), Path::new("/log"));
    fs.create_dir(dir).unwrap();
    let mut start = 0;
    for segment in segments.iter().take(3) {
        fs.create(&dir.join(format!("{start:016x}.log"))).unwrap().append(segment).unwrap();
        start += segment.len() as u64 + 1;
    }
    let options = LogOptions { free_bytes_min: 0, ..LogOptions::default() };
    let open = |kinds: &mut Vec<u8>| {
        let mut rng = Rng::from_seed(1);
        Log::open(&fs, dir, options, &mut rng, Position(0), &mut |record| kinds.push(record.kind))
    };
    let Ok((log, _)) = open(&mut Vec::new()) else { return };
    log.append(7, b"after").unwrap();
    log.sync().unwrap();
    drop(log);
    let mut kinds = Vec::new();
    open(&mut kinds).expect("what opened once opens again");
    assert_eq!(kinds.last(), Some(&7));
});
