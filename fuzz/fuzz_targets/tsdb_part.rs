//! Any blocks in a part that is whole: it opens or is named, and what it says is read, merged or left out.
#![no_main]

mod tsdb;

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use storage::{Edit, Manifest, PartReader, PartWriter, SimFs, SimOptions};

/// Sections that are compressed as a whole, behind their length.
const PACKED: [&str; 3] = ["targets", "points", "series"];

struct Base {
    sections: Vec<String>,
    blocks: Vec<Vec<u8>>,
    note: Vec<u8>,
}

/// The part that a store wrote, block by block, unpacked.
static BASE: LazyLock<Base> = LazyLock::new(|| {
    let disk = tsdb::disk(true);
    let (fs, dir) = (disk.fs(), Path::new(tsdb::DATA).join("parts"));
    let (manifest, _) = Manifest::open(&fs, &dir).unwrap();
    let part = PartReader::open(&fs, &dir.join(&manifest.parts()[0].name)).unwrap();
    let mut base = Base { sections: Vec::new(), blocks: Vec::new(), note: manifest.note().to_vec() };
    for section in part.sections().filter(|section| !section.ends_with(".copy")) {
        for index in 0..part.blocks(section) {
            let block = part.block(section, index).unwrap();
            base.sections.push(section.to_owned());
            base.blocks.push(match PACKED.contains(&section) {
                true => unpack(block),
                false => block.to_vec(),
            });
        }
    }
    base
});

fuzz_target!(|bytes: &[u8]| {
    let mut blocks = BASE.blocks.clone();
    tsdb::edit(&mut blocks, bytes);
    let disk = SimFs::new(SimOptions::default());
    let (fs, dir) = (disk.fs(), Path::new(tsdb::DATA).join("parts"));
    fs.create_dir(&dir).unwrap();
    let (mut manifest, _) = Manifest::open(&fs, &dir).unwrap();
    let mut part = PartWriter::create(&fs, &dir, "0000000000000001").unwrap();
    for (section, block) in BASE.sections.iter().zip(&blocks) {
        if PACKED.contains(&section.as_str()) {
            part.write(section, &pack(block)).unwrap();
        } else {
            part.write(section, block).unwrap();
        }
    }
    let entry = part.finish().unwrap();
    manifest.publish(Edit { add: vec![entry], note: Some(BASE.note.clone()), ..Edit::default() }).unwrap();
    drop(manifest);
    tsdb::read_all(&tsdb::open(&disk).unwrap());
});

fn unpack(block: &[u8]) -> Vec<u8> {
    let length_bytes = block.iter().position(|byte| byte & 128 == 0).unwrap() + 1;
    zstd::bulk::decompress(&block[length_bytes..], 1 << 20).unwrap()
}

fn pack(block: &[u8]) -> Vec<u8> {
    let (mut packed, mut length) = (Vec::new(), block.len());
    while length > 127 {
        packed.push(length as u8 | 128);
        length >>= 7;
    }
    packed.push(length as u8);
    packed.extend(zstd::bulk::compress(block, 1).unwrap());
    packed
}
