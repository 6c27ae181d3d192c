//! What the log promises, told by examples; the simulation in `tests/` tells it by chance.

use std::path::Path;

use super::*;
use crate::fs::{SimFs, SimOptions};

const OPTIONS: LogOptions = LogOptions {
    segment_bytes_max: 200,
    record_bytes_max: 1 << 20,
    buffer_bytes_max: 100,
    waiting_bytes_max: 1_000,
    free_bytes_min: 0,
};

fn dir() -> &'static Path {
    Path::new("/log")
}

fn open(disk: &SimFs, checkpoint: u64) -> (Log, Replayed, Vec<String>) {
    let mut texts = Vec::new();
    let mut on_record = |record: Record<'_>| {
        texts.push(format!("{}{}", record.kind, String::from_utf8_lossy(record.payload)))
    };
    let mut rng = Rng::from_seed(1);
    let (log, replayed) =
        Log::open(&disk.fs(), dir(), OPTIONS, &mut rng, Position(checkpoint), &mut on_record).unwrap();
    (log, replayed, texts)
}

fn disk() -> SimFs {
    SimFs::new(SimOptions::default())
}

fn files(disk: &SimFs) -> Vec<String> {
    disk.fs().list(dir()).unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn records_come_back_in_order_over_segments() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    for number in 0..50 {
        log.append(1, format!("r{number:02}").as_bytes()).unwrap();
    }
    log.sync().unwrap();
    assert_eq!(log.synced(), log.end());
    let disk = disk.crash();
    let (_, replayed, texts) = open(&disk, 0);
    assert_eq!(texts, (0..50).map(|number| format!("1r{number:02}")).collect::<Vec<_>>());
    assert_eq!((replayed.records, replayed.damages_count, replayed.torn_bytes), (50, 0, 0));
    assert!(files(&disk).len() > 3);
}

#[test]
fn a_checkpoint_drops_whole_segments_and_skips_records() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    for number in 0..50 {
        log.append(1, format!("r{number:02}").as_bytes()).unwrap();
    }
    log.sync().unwrap();
    let before = files(&disk).len();
    let checkpoint = Position(15 * 20 + 15);
    log.drop_before(checkpoint).unwrap();
    assert!(files(&disk).len() < before);
    let (log, _, texts) = open(&disk.crash(), checkpoint.0);
    assert_eq!(texts.first().unwrap(), "1r21");
    assert_eq!(texts.len(), 29);
    log.drop_before(log.end()).unwrap();
    assert_eq!(log.bytes(), 0);
}

#[test]
fn a_checkpoint_beyond_what_survived_is_where_the_log_goes_on() {
    let disk = disk();
    let (log, _, _) = open(&disk, 500);
    assert_eq!(log.append(1, b"x").unwrap(), Position(500));
    log.sync().unwrap();
    let (log, _, texts) = open(&disk.crash(), 500);
    assert_eq!((texts, log.end()), (vec!["1x".to_owned()], Position(513)));
}

#[test]
fn a_bad_record_costs_that_record() {
    for (byte, what) in [(3, "length"), (4, "kind"), (6, "check"), (9, "crc"), (13, "payload")] {
        let disk = disk();
        let (log, _, _) = open(&disk, 0);
        for text in ["aaa", "bbb", "ccc"] {
            log.append(1, text.as_bytes()).unwrap();
        }
        log.sync().unwrap();
        let path = dir().join(segment::name(0));
        disk.flip_bit(&path, 80 + 15 + byte, 5);
        let (_, replayed, texts) = open(&disk, 0);
        assert_eq!(texts, ["1aaa", "1ccc"], "{what}");
        let damage = replayed.damages[0].to_string();
        assert_eq!(damage, "/log/0000000000000000.log is damaged in record at byte 95: 15 bytes were lost");
        assert_eq!((replayed.damages_count, replayed.torn_bytes), (1, 0), "{what}");
    }
}

#[test]
fn a_torn_end_is_cut_and_the_log_goes_on() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    log.append(1, b"whole").unwrap();
    log.append(1, b"torn!").unwrap();
    log.sync().unwrap();
    let path = dir().join(segment::name(0));
    disk.fs().open_append(&path).unwrap().truncate(80 + 17 + 14).unwrap();
    let (log, replayed, texts) = open(&disk, 0);
    assert_eq!((texts, replayed.torn_bytes), (vec!["1whole".to_owned()], 14));
    log.append(2, b"more").unwrap();
    log.sync().unwrap();
    let (_, replayed, texts) = open(&disk.crash(), 0);
    assert_eq!(texts, ["1whole", "2more"]);
    assert_eq!(replayed.damages, []);
}

#[test]
fn a_segment_that_shrank_is_noticed() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    for _ in 0..20 {
        log.append(1, b"xxx").unwrap();
    }
    log.sync().unwrap();
    disk.fs().open_append(&dir().join(segment::name(0))).unwrap().truncate(80 + 30).unwrap();
    let (_, replayed, texts) = open(&disk, 0);
    assert_eq!(texts.len(), 20 - 11);
    assert!(replayed.damages[0].reason.contains("165 bytes before it are missing"), "{replayed:?}");
}

#[test]
fn a_payload_that_looks_like_a_record_is_not_taken_for_one() {
    let disk = disk();
    let mut fake = Vec::new();
    // Whoever writes payloads does not know the salt.
    record::write(&mut fake, 0, 12, 1, b"fake");
    let (log, _, _) = open(&disk, 0);
    log.append(1, &fake).unwrap();
    log.append(1, b"after").unwrap();
    log.sync().unwrap();
    disk.flip_bit(&dir().join(segment::name(0)), 80, 0);
    assert_eq!(open(&disk, 0).2, ["1after"]);
}

#[test]
fn a_full_disk_loses_nothing_and_writing_resumes_by_itself() {
    // Told beforehand, or found out in the middle of a write.
    for told in [None, Some(u64::MAX)] {
        let disk = disk();
        let (log, _, _) = open(&disk, 0);
        log.append(1, b"first").unwrap();
        log.sync().unwrap();
        disk.set_free_bytes(Some(7));
        disk.tell_free_bytes(told);
        log.append(1, b"second").unwrap();
        assert!(matches!(log.sync(), Err(Error::DiskFull { .. })));
        assert!(matches!(log.append(1, b"refused"), Err(Error::DiskFull { .. })));
        disk.set_free_bytes(None);
        log.append(1, b"third").unwrap();
        log.sync().unwrap();
        let (_, replayed, texts) = open(&disk.crash(), 0);
        assert_eq!(texts, ["1first", "1second", "1third"]);
        assert_eq!(replayed.damages, []);
    }
}

#[test]
fn a_floor_of_free_space_is_kept() {
    let disk = disk();
    let options = LogOptions { free_bytes_min: 10_000, ..OPTIONS };
    let mut rng = Rng::from_seed(1);
    let (log, _) = Log::open(&disk.fs(), dir(), options, &mut rng, Position(0), &mut |_| ()).unwrap();
    disk.set_free_bytes(Some(10_050));
    log.append(1, b"x").unwrap();
    assert!(matches!(log.sync(), Err(Error::DiskFull { .. })));
    disk.set_free_bytes(Some(11_000));
    log.sync().unwrap();
}

#[test]
fn a_small_disk_keeps_a_part_of_itself_free_and_not_more() {
    let disk = disk();
    let options = LogOptions { free_bytes_min: 10_000, ..OPTIONS };
    let mut rng = Rng::from_seed(1);
    let (log, _) = Log::open(&disk.fs(), dir(), options, &mut rng, Position(0), &mut |_| ()).unwrap();
    disk.set_free_bytes(Some(600));
    disk.set_total_bytes(8_000);
    log.append(1, &[7; 90]).unwrap();
    assert!(matches!(log.sync(), Err(Error::DiskFull { .. })), "a sixteenth and what is to be written");
    disk.set_free_bytes(Some(700));
    log.sync().unwrap();
}

#[test]
fn appends_go_on_while_a_sync_is_slow_until_too_much_waits() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    log.append(1, b"before").unwrap();
    disk.hold_syncs();
    std::thread::scope(|scope| {
        let sync = scope.spawn(|| log.sync());
        while disk.waiting_syncs() == 0 {
            std::thread::yield_now();
        }
        // More than what is gathered before a write, which now nobody can do.
        for number in 0..30 {
            log.append(1, format!("during{number:02}").as_bytes()).unwrap();
        }
        assert!(!sync.is_finished());
        let too_much = scope.spawn(|| log.append(1, &[b'x'; 300]));
        let later = scope.spawn(|| log.append(1, &[b'y'; 300]));
        while !too_much.is_finished() && !later.is_finished() {
            std::thread::yield_now();
        }
        assert!(!too_much.is_finished() || !later.is_finished(), "only one of them has room");
        disk.release_syncs();
        sync.join().unwrap().unwrap();
        too_much.join().unwrap().unwrap();
        later.join().unwrap().unwrap();
    });
    assert!(log.synced() < log.end(), "the slow sync covers what was there when it began");
    log.sync().unwrap();
    let (_, replayed, texts) = open(&disk.crash(), 0);
    assert_eq!((replayed.records, replayed.damages_count), (33, 0));
    assert_eq!((texts[0].as_str(), texts[1].as_str()), ("1before", "1during00"));
}

#[test]
fn a_failed_sync_poisons_until_reopened() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    log.append(1, b"first").unwrap();
    log.sync().unwrap();
    log.append(1, b"second").unwrap();
    disk.fail_syncs(1);
    assert!(log.sync().is_err());
    let error = log.append(1, b"third").unwrap_err().to_string();
    assert!(error.starts_with("/log refuses writes because an earlier sync failed (cannot sync"), "{error}");
    assert!(matches!(log.sync(), Err(Error::Poisoned { .. })));
    let (log, _, texts) = open(&disk.crash(), 0);
    assert_eq!(texts.first().unwrap(), "1first");
    log.append(1, b"again").unwrap();
    log.sync().unwrap();
}

#[test]
fn another_version_is_refused_by_name() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    log.append(1, b"x").unwrap();
    log.sync().unwrap();
    for byte in [8, 48] {
        disk.flip_bit(&dir().join(segment::name(0)), byte, 1);
    }
    let opened = Log::open(&disk.fs(), dir(), OPTIONS, &mut Rng::from_seed(1), Position(0), &mut |_| ());
    assert!(matches!(opened.err(), Some(Error::UnknownVersion { format: "log", found: 3, .. })));
}

#[test]
fn threads_that_sync_together_lose_nothing() {
    let disk = disk();
    let (log, _, _) = open(&disk, 0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..50 {
                    log.append(1, format!("{thread}:{number}").as_bytes()).unwrap();
                    log.sync().unwrap();
                }
            });
        }
    });
    let (_, replayed, texts) = open(&disk.crash(), 0);
    assert_eq!(replayed.records, 200);
    let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
    assert_eq!(distinct.len(), 200);
}
