//! Files that version 1 of each format wrote, whole and damaged, are read as they were meant.
//!
//! They lie in `tests/fixtures` and are never rewritten; `FLIGHTDECK_WRITE_FIXTURES=1` adds those that are missing
//! when a format gains something.

use std::fs;
use std::path::{Path, PathBuf};

use storage::codec::{self, FloatGroup, Tier, bitmap};
use storage::{
    Edit, Log, LogOptions, Manifest, PartEntry, PartReader, PartWriter, Position, Record, Rng, SimFs,
    SimOptions,
};

const DIR: &str = "/d";

fn fixture(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).join(name)
}

/// The fixture's bytes; `write` makes them when they are missing and may be added.
fn bytes(name: &str, write: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = fixture(name);
    if !path.exists() && std::env::var_os("FLIGHTDECK_WRITE_FIXTURES").is_some() {
        fs::create_dir_all(path.parent().expect("fixtures are in a directory")).expect("it can be made");
        fs::write(&path, write()).expect("the fixture can be written");
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn disk() -> SimFs {
    let disk = SimFs::new(SimOptions::default());
    disk.fs().create_dir(Path::new(DIR)).unwrap();
    disk
}

fn disk_with(name: &str, bytes: &[u8]) -> SimFs {
    let disk = disk();
    let mut file = disk.fs().create(&Path::new(DIR).join(name)).unwrap();
    file.append(bytes).unwrap();
    disk
}

fn contents(disk: &SimFs, name: &str) -> Vec<u8> {
    disk.fs().map(&Path::new(DIR).join(name)).unwrap().to_vec()
}

/// What an open of the log says, as text.
fn open_log(disk: &SimFs) -> String {
    let mut texts = Vec::new();
    let mut on_record = |record: Record<'_>| {
        texts.push(format!("{}:{}", record.kind, String::from_utf8_lossy(record.payload)))
    };
    let options = LogOptions { free_bytes_min: 0, ..LogOptions::default() };
    let mut rng = Rng::from_seed(1);
    match Log::open(&disk.fs(), Path::new(DIR), options, &mut rng, Position(0), &mut on_record) {
        Err(error) => error.to_string(),
        Ok((_, replayed)) => {
            let damages: Vec<String> = replayed.damages.iter().map(ToString::to_string).collect();
            format!("{} | torn {} | {}", texts.join(" "), replayed.torn_bytes, damages.join(", "))
        }
    }
}

fn write_log() -> Vec<u8> {
    let disk = disk();
    let options = LogOptions { free_bytes_min: 0, ..LogOptions::default() };
    let mut rng = Rng::from_seed(1);
    let (log, _) =
        Log::open(&disk.fs(), Path::new(DIR), options, &mut rng, Position(0), &mut |_| ()).unwrap();
    for (kind, text) in [(1, "first"), (2, ""), (255, "third record"), (4, "last")] {
        log.append(kind, text.as_bytes()).unwrap();
    }
    log.sync().unwrap();
    contents(&disk, "0000000000000000.log")
}

#[test]
fn logs_of_version_1() {
    let check = |name: &str, damage: fn(&mut Vec<u8>), want: &str| {
        let write = || {
            let mut bytes = write_log();
            damage(&mut bytes);
            bytes
        };
        let disk = disk_with("0000000000000000.log", &bytes(&format!("log/{name}.log"), write));
        assert_eq!(open_log(&disk), want, "{name}");
    };
    check("whole", |_| (), "1:first 2: 255:third record 4:last | torn 0 | ");
    check("torn", |bytes| bytes.truncate(bytes.len() - 3), "1:first 2: 255:third record | torn 13 | ");
    check(
        "flipped",
        |bytes| bytes[80 + 17 + 12 + 14] ^= 4,
        "1:first 2: 4:last | torn 0 | /d/0000000000000000.log is damaged in record at byte 109: 24 bytes were lost",
    );
    check("header", |bytes| bytes[20] ^= 1, "1:first 2: 255:third record 4:last | torn 0 | ");
    check(
        "headers",
        |bytes| (bytes[20], bytes[60]) = (1, 1),
        " | torn 0 | /d/0000000000000000.log is damaged in header at byte 0: it is no log segment or its header is damaged",
    );
    check(
        "newer",
        |bytes| (bytes[8], bytes[48]) = (2, 2),
        "/d/0000000000000000.log has format log version 2, this program reads version 1: use the program that wrote it",
    );
}

fn write_part() -> Vec<u8> {
    let disk = disk();
    let mut writer = PartWriter::create(&disk.fs(), Path::new(DIR), "x").unwrap();
    for (section, block) in [("times", "0 15 30"), ("values", "1 2 3"), ("values", ""), ("times", "45")] {
        writer.write(section, block.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    contents(&disk, "x.part")
}

/// What a reader of the part says, as text.
fn open_part(disk: &SimFs) -> String {
    let part = match PartReader::open(&disk.fs(), &Path::new(DIR).join("x.part")) {
        Err(error) => return error.to_string(),
        Ok(part) => part,
    };
    let block = |section: &str, index: u32| match part.block(section, index) {
        Ok(block) => format!("{section}={:?}", String::from_utf8_lossy(block)),
        Err(error) => error.to_string(),
    };
    let blocks =
        part.sections().flat_map(|section| (0..part.blocks(section)).map(move |index| block(section, index)));
    blocks.collect::<Vec<_>>().join(" ")
}

#[test]
fn parts_of_version_1() {
    let check = |name: &str, damage: fn(&mut Vec<u8>), want: &str| {
        let write = || {
            let mut bytes = write_part();
            damage(&mut bytes);
            bytes
        };
        let disk = disk_with("x.part", &bytes(&format!("part/{name}.part"), write));
        assert_eq!(open_part(&disk), want, "{name}");
    };
    let whole = r#"times="0 15 30" times="45" values="1 2 3" values="""#;
    check("whole", |_| (), whole);
    check(
        "flipped",
        |bytes| bytes[32] ^= 1,
        r#"/d/x.part is damaged in times at byte 32: block 0 fails its checksum times="45" values="1 2 3" values="""#,
    );
    check("index", |bytes| *bytes.iter_mut().rev().nth(100).unwrap() ^= 1, whole);
    check("trailer", |bytes| *bytes.last_mut().unwrap() ^= 1, whole);
    check(
        "cut",
        |bytes| bytes.truncate(bytes.len() - 64),
        "/d/x.part is damaged in index at byte 204: no copy of it is whole",
    );
    check(
        "newer",
        |bytes| (bytes[8], bytes[24]) = (2, 2),
        "/d/x.part has format part version 2, this program reads version 1: use the program that wrote it",
    );
}

fn write_manifest() -> Vec<u8> {
    let disk = disk();
    let (mut manifest, _) = Manifest::open(&disk.fs(), Path::new(DIR)).unwrap();
    let part =
        |name: &str, bytes, note: &[u8]| PartEntry { name: name.to_owned(), bytes, note: note.to_vec() };
    let add = vec![part("00000001.part", 1234, b"0-30"), part("00000002.part", 99, b"")];
    let edit =
        Edit { add, checkpoint: Some(Position(4711)), note: Some(b"tombs".to_vec()), ..Edit::default() };
    manifest.publish(edit).unwrap();
    contents(&disk, "manifest")
}

fn open_manifest(disk: &SimFs) -> String {
    match Manifest::open(&disk.fs(), Path::new(DIR)) {
        Err(error) => error.to_string(),
        Ok((manifest, _)) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let part = |part: &PartEntry| format!(" {}:{}:{}", part.name, part.bytes, text(&part.note));
            let parts: String = manifest.parts().iter().map(part).collect();
            let Position(checkpoint) = manifest.checkpoint();
            format!("{} {checkpoint} {}{parts}", manifest.generation(), text(manifest.note()))
        }
    }
}

#[test]
fn manifests_of_version_1() {
    let check = |name: &str, damage: fn(&mut Vec<u8>), want: &str| {
        let write = || {
            let mut bytes = write_manifest();
            damage(&mut bytes);
            bytes
        };
        let disk = disk_with("manifest", &bytes(&format!("manifest/{name}"), write));
        assert_eq!(open_manifest(&disk), want, "{name}");
    };
    let whole = "1 4711 tombs 00000001.part:1234:0-30 00000002.part:99:";
    check("whole", |_| (), whole);
    check("first-copy", |bytes| bytes[25] ^= 1, whole);
    check("second-copy", |bytes| *bytes.last_mut().unwrap() ^= 1, whole);
    check(
        "both-copies",
        |bytes| {
            let half = bytes.len() / 2;
            bytes[25] ^= 1;
            bytes[half + 30] ^= 1;
        },
        "/d/manifest is damaged in manifest at byte 0: both copies fail their checksum",
    );
    check(
        "newer",
        |bytes| {
            let half = bytes.len() / 2;
            (bytes[8], bytes[half + 8]) = (2, 2);
        },
        "/d/manifest has format manifest version 2, this program reads version 1: use the program that wrote it",
    );
}

/// Columns of which each codec is the best for one.
fn float_columns() -> Vec<(&'static str, Tier, Vec<f64>)> {
    let stale = f64::from_bits(0x7ff0_0000_0000_0002);
    let mut rng = Rng::from_seed(5);
    let noise: Vec<f64> = (0..20).map(|_| f64::from_bits(rng.next_u64())).collect();
    let near: Vec<f64> = (0..40).map(|_| (rng.below(1000) as f64).sqrt()).collect();
    let smooth: Vec<f64> =
        (0..300).map(|row| f64::from_bits(1.5_f64.to_bits() + row * row * 1_000_000)).collect();
    vec![
        ("constant", Tier::Fast, vec![stale; 30]),
        ("xor", Tier::Fast, near),
        ("raw", Tier::Fast, noise),
        ("runs", Tier::Fast, [vec![0.1_f64.sqrt(); 20], vec![0.2_f64.sqrt(); 20]].concat()),
        ("pco", Tier::Merged, smooth),
        ("decimal", Tier::Fast, (0..30).map(|row| f64::from(row * row) / 100.0).collect()),
        ("exceptions", Tier::Fast, vec![0.25, 0.5, -0.0, stale, f64::NAN, 1.0, 3.75, 2.0, f64::MAX, 1.0]),
    ]
}

fn int_columns() -> Vec<(&'static str, Tier, Vec<i64>)> {
    let mut rng = Rng::from_seed(6);
    let mut value = 0_i64;
    let mut steps = |row: i64| {
        value += 3 * row + rng.below(5) as i64;
        value
    };
    let second: Vec<i64> = (0..60).map(&mut steps).collect();
    vec![
        ("constant", Tier::Fast, vec![-7; 9]),
        ("linear", Tier::Fast, (0..9).map(|row| 1_700_000_000_000 + row * 15_000).collect()),
        ("runs", Tier::Fast, [vec![1; 90], vec![5; 60], vec![2; 50]].concat()),
        ("scaled", Tier::Merged, vec![0, 3000, 9000, 6000, 27_000, 81_000]),
        ("values", Tier::Fast, vec![9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 9, 1]),
        ("differences", Tier::Fast, vec![100, 203, 301, 407, 500, 601, 702, 811, 900, 1013]),
        ("second-differences", Tier::Fast, second),
        (
            "pco",
            Tier::Merged,
            (0..400)
                .map(|_| if rng.one_in(40) { rng.next_u64() as i64 >> 9 } else { rng.below(9) as i64 })
                .collect(),
        ),
    ]
}

#[test]
fn columns_of_version_1() {
    for (name, tier, values) in float_columns() {
        let write = || {
            let mut bytes = Vec::new();
            codec::encode_floats(&values, tier, &mut bytes);
            bytes
        };
        let bytes = bytes(&format!("codec/floats-{name}"), write);
        let mut read = Vec::new();
        assert_eq!(codec::decode_floats(&bytes, values.len(), &mut read), Ok(bytes.len()), "{name}");
        assert!(
            read.iter().map(|value| value.to_bits()).eq(values.iter().map(|value| value.to_bits())),
            "{name}"
        );
    }
    for (name, tier, values) in int_columns() {
        let write = || {
            let mut bytes = Vec::new();
            codec::encode_ints(&values, tier, &mut bytes);
            bytes
        };
        let bytes = bytes(&format!("codec/ints-{name}"), write);
        let mut read = Vec::new();
        assert_eq!(codec::decode_ints(&bytes, values.len(), &mut read), Ok(bytes.len()), "{name}");
        assert_eq!(read, values, "{name}");
    }
}

#[test]
fn every_codec_has_a_fixture() {
    let kinds = |prefix: &str, kind: fn(u8) -> u8| {
        let files = fs::read_dir(fixture("codec")).unwrap().map(|file| file.unwrap());
        let files = files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix));
        let mut kinds: Vec<u8> = files.map(|file| kind(fs::read(file.path()).unwrap()[0])).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    // Of the decimals the exponent does not matter; streamed integers occur in groups.
    assert_eq!(
        kinds("floats-", |kind| if kind < 32 { kind } else { kind / 32 * 32 }),
        [0, 1, 2, 3, 4, 32, 64]
    );
    assert_eq!(kinds("ints-", |kind| kind), [0, 1, 2, 3, 4, 5, 6, 10]);
    assert_eq!(kinds("group-", |kind| kind), [0, 1]);
    assert_eq!(kinds("bitmap-", |kind| kind), [0, 1, 2, 3]);
}

#[test]
fn groups_of_version_1() {
    let alike = |factor: f64| (0..100).map(|row| f64::from(row * row % 17) * factor).collect::<Vec<f64>>();
    for (name, columns) in [
        ("zstd", vec![alike(1.0), alike(2.0), alike(3.5), vec![0.5; 7]]),
        ("apart", vec![vec![1.0; 10], vec![2.0; 20]]),
    ] {
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let counts: Vec<usize> = columns.iter().map(Vec::len).collect();
        let write = || {
            let mut bytes = Vec::new();
            codec::encode_float_group(&slices, &mut bytes);
            bytes
        };
        let group = FloatGroup::open(&bytes(&format!("codec/group-{name}"), write), &counts).unwrap();
        for (index, column) in columns.iter().enumerate() {
            let mut read = Vec::new();
            group.column(index, &mut read).unwrap();
            assert_eq!(&read, column, "{name} {index}");
        }
    }
}

#[test]
fn bitmaps_of_version_1() {
    for (name, words, count) in [
        ("none", vec![0, 0], 70),
        ("all", vec![u64::MAX, 63], 70),
        ("runs", vec![u64::MAX << 9, 63], 70),
        ("raw", vec![0x1234_5678_9abc_def0, 21], 70),
    ] {
        let write = || {
            let mut bytes = Vec::new();
            bitmap::encode(&words, count, &mut bytes);
            bytes
        };
        let bytes = bytes(&format!("codec/bitmap-{name}"), write);
        let mut read = Vec::new();
        assert_eq!(bitmap::decode(&bytes, count, &mut read), Ok(bytes.len()), "{name}");
        assert_eq!(read, words, "{name}");
    }
}
