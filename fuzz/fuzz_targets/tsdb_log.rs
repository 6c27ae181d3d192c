//! Any records in a log that is whole: the store replays what it understands, and then works.
#![no_main]

mod tsdb;

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use storage::{Log, LogOptions, Position, Rng, SimFs, SimOptions};

/// The records that a store wrote, each with its kind before it.
static RECORDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let disk = tsdb::disk(false);
    let (fs, dir, mut records) = (disk.fs(), Path::new(tsdb::DATA).join("log"), Vec::new());
    for file in fs.list(&dir).unwrap() {
        storage::log::scan_segment(&fs, &dir.join(&file.name), &mut |record| {
            records.push([&[record.kind], record.payload].concat());
        })
        .unwrap();
    }
    records
});

fuzz_target!(|bytes: &[u8]| {
    let mut records = RECORDS.clone();
    tsdb::edit(&mut records, bytes);
    let disk = SimFs::new(SimOptions::default());
    let (fs, dir) = (disk.fs(), Path::new(tsdb::DATA).join("log"));
    let options = LogOptions::default();
    let (log, _) = Log::open(&fs, &dir, options, &mut Rng::from_seed(1), Position(0), &mut |_| {}).unwrap();
    for record in &records {
        if let Some((&kind, payload)) = record.split_first().filter(|(kind, _)| **kind != 0) {
            log.append(kind, payload).unwrap();
        }
    }
    log.sync().unwrap();
    drop(log);
    tsdb::read_all(&tsdb::open(&disk).unwrap());
});
