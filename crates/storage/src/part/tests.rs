//! What parts promise, told by examples.

use std::path::Path;

use super::*;
use crate::error::Error;
use crate::fs::{Fs, SimFs, SimOptions};

fn disk() -> SimFs {
    let disk = SimFs::new(SimOptions::default());
    disk.fs().create_dir(Path::new("/p")).unwrap();
    disk
}

/// Sections "a" and "b" take turns; block i holds i + 1 times the byte i.
fn write(fs: &Fs) -> u64 {
    let mut writer = PartWriter::create(fs, Path::new("/p"), "x").unwrap();
    for block in 0..10_u8 {
        let section = if block % 2 == 0 { "a" } else { "b" };
        let index = writer.write(section, &vec![block; usize::from(block) + 1]).unwrap();
        assert_eq!(index, u32::from(block) / 2);
    }
    let entry = writer.finish().unwrap();
    assert_eq!(entry.name, "x.part");
    entry.bytes
}

fn open(fs: &Fs) -> crate::Result<PartReader> {
    PartReader::open(fs, Path::new("/p/x.part"))
}

#[test]
fn blocks_come_back_after_a_crash() {
    let disk = disk();
    let bytes = write(&disk.fs());
    let part = open(&disk.crash().fs()).unwrap();
    assert_eq!(part.sections().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((part.blocks("a"), part.blocks("b"), part.blocks("c"), part.bytes()), (5, 5, 0, bytes));
    assert_eq!(part.block("b", 1).unwrap(), [3; 4]);
    assert!(part.block("b", 5).is_err() && part.block("c", 0).is_err());
    assert_eq!(part.verify(), []);
}

#[test]
fn an_unfinished_part_leaves_nothing() {
    let disk = disk();
    let mut writer = PartWriter::create(&disk.fs(), Path::new("/p"), "x").unwrap();
    writer.write("a", b"block").unwrap();
    drop(writer);
    assert_eq!(disk.fs().list(Path::new("/p")).unwrap(), []);
}

#[test]
fn a_flipped_bit_costs_at_most_one_block() {
    let disk = disk();
    for byte in 0..write(&disk.fs()) {
        disk.flip_bit(Path::new("/p/x.part"), byte, byte as u8);
        let part = open(&disk.fs()).unwrap();
        let damaged = part.verify();
        let in_blocks = (32..32 + 55 + 40).contains(&byte);
        assert_eq!(damaged.len(), usize::from(in_blocks), "byte {byte}");
        disk.flip_bit(Path::new("/p/x.part"), byte, byte as u8);
    }
}

#[test]
fn a_damaged_block_is_named_and_remembered() {
    let disk = disk();
    write(&disk.fs());
    disk.flip_bit(Path::new("/p/x.part"), 32 + 5, 0);
    let part = open(&disk.fs()).unwrap();
    assert_eq!(part.quarantined(), []);
    assert!(part.block("a", 0).is_ok());
    let error = part.block("b", 0).unwrap_err().to_string();
    assert_eq!(error, "/p/x.part is damaged in b at byte 37: block 0 fails its checksum");
    assert_eq!(part.quarantined().len(), 1);
    assert!(part.block("b", 0).is_err() && part.block("b", 1).is_ok());
}

#[test]
fn another_version_is_refused_by_name() {
    let disk = disk();
    write(&disk.fs());
    for byte in [8, 24] {
        disk.flip_bit(Path::new("/p/x.part"), byte, 1);
    }
    assert!(matches!(open(&disk.fs()), Err(Error::UnknownVersion { format: "part", found: 3, .. })));
}

#[test]
fn a_shortened_part_is_an_error() {
    let disk = disk();
    let bytes = write(&disk.fs());
    let mut file = disk.fs().open_append(Path::new("/p/x.part")).unwrap();
    for length in (0..bytes - 64).rev() {
        file.truncate(length).unwrap();
        assert!(open(&disk.fs()).is_err(), "{length} bytes");
    }
}
