//! Any bytes as a part: what opens can be read wholly.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use storage::{PartReader, SimFs, SimOptions};

fuzz_target!(|bytes: &[u8]| {
    let disk = SimFs::new(SimOptions::default());
    let (fs, path) = (disk.fs(), Path::new("/p/x.part"));
    fs.create_dir(Path::new("/p")).unwrap();
    fs.create(path).unwrap().append(bytes).unwrap();
    let Ok(part) = PartReader::open(&fs, path) else { return };
    let bad = part.verify().len();
    let sections: Vec<&str> = part.sections().collect();
    let blocks: u32 = sections.iter().map(|section| part.blocks(section)).sum();
    assert!(bad <= blocks as usize);
    for section in sections {
        (0..part.blocks(section)).for_each(|index| drop(part.block(section, index)));
    }
});
