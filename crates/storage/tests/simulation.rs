//! Many short lives on disks made from seeds: whatever was acknowledged is there after every crash, once and bit for
//! bit, and damage costs what it hits.
//!
//! `FLIGHTDECK_SIM_RUNS=100000 cargo test -p flightdeck-storage --test simulation` runs longer;
//! `FLIGHTDECK_SIM_SEED=7` runs the one seed that a failure named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use storage::{
    Edit, Error, Log, LogOptions, Manifest, PartEntry, PartReader, PartWriter, Position, Record, Replayed,
    Rng, SimFs, SimOptions,
};

const RUNS: u64 = 3_000;

/// Runs a simulation for every seed and says which one failed.
fn for_seeds(run: fn(u64)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("FLIGHTDECK_SIM_SEED") {
        return run(seed);
    }
    for seed in 0..number("FLIGHTDECK_SIM_RUNS").unwrap_or(RUNS) {
        if let Err(panic) = std::panic::catch_unwind(|| run(seed)) {
            eprintln!("FLIGHTDECK_SIM_SEED={seed} fails");
            std::panic::resume_unwind(panic);
        }
    }
}

/// A record as the model remembers it.
type Stored = (u64, u8, Vec<u8>);

/// What a log was told and what it promised.
struct LogModel {
    rng: Rng,
    disk: SimFs,
    checkpoint: Position,
    /// Synced: must be there.
    durable: Vec<Stored>,
    /// Appended and not synced: may be there.
    hopeful: Vec<Stored>,
}

const LOG: &str = "/data/log";

impl LogModel {
    fn new(seed: u64) -> LogModel {
        let disk = SimFs::new(SimOptions { seed, ..SimOptions::default() });
        let (durable, hopeful) = (Vec::new(), Vec::new());
        LogModel { rng: Rng::from_seed(seed), disk, checkpoint: Position(0), durable, hopeful }
    }

    fn open(&mut self) -> Result<(Log, Replayed, Vec<Stored>), Error> {
        let options = LogOptions {
            segment_bytes_max: 300 + self.rng.below(2_000),
            record_bytes_max: 4_000,
            buffer_bytes_max: 1 + self.rng.below(1_000) as usize,
            waiting_bytes_max: 1_000 + self.rng.below(10_000) as usize,
            free_bytes_min: self.rng.below(2) * 100,
        };
        let mut found = Vec::new();
        let mut on_record =
            |record: Record<'_>| found.push((record.position.0, record.kind, record.payload.to_vec()));
        let fs = self.disk.fs();
        let (log, replayed) =
            Log::open(&fs, Path::new(LOG), options, &mut self.rng, self.checkpoint, &mut on_record)?;
        Ok((log, replayed, found))
    }

    /// Everything durable is found, nothing is found that was never appended; at most `lost_max` are missing;
    /// returns how many.
    fn check(&mut self, found: Vec<Stored>, lost_max: usize) -> usize {
        let checkpoint = self.checkpoint.0;
        assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order and once");
        let missing = self.durable.iter().filter(|record| record.0 >= checkpoint && !found.contains(record));
        let lost = missing.count();
        assert!(lost <= lost_max, "an acknowledged record is gone");
        for record in &found {
            assert!(record.0 >= checkpoint, "sealed records do not come back");
            assert!(self.durable.contains(record) || self.hopeful.contains(record), "nobody wrote this");
        }
        // What was read back is on the disk, and what was not will not come.
        self.durable = found;
        self.hopeful.clear();
        lost
    }

    fn live(&mut self, log: &Log) {
        for _ in 0..self.rng.below(40) {
            match self.rng.below(12) {
                0..=6 => self.append(log),
                7..=8 => self.sync(log),
                9 => self.seal(log),
                10 => {
                    let free = self.rng.below(600);
                    self.disk.set_free_bytes(if self.rng.one_in(2) { Some(free) } else { None });
                    self.disk.tell_free_bytes(self.rng.one_in(2).then_some(u64::MAX));
                }
                _ if self.rng.one_in(8) => self.disk.fail_syncs(1),
                _ => {}
            }
        }
    }

    fn append(&mut self, log: &Log) {
        let length = if self.rng.one_in(10) { self.rng.below(3_000) } else { self.rng.below(80) };
        let payload: Vec<u8> = (0..length).map(|_| self.rng.next_u64() as u8).collect();
        let kind = 1 + self.rng.below(255) as u8;
        if let Ok(position) = log.append(kind, &payload) {
            self.hopeful.push((position.0, kind, payload));
        }
    }

    fn sync(&mut self, log: &Log) {
        match log.sync() {
            Ok(()) => self.durable.append(&mut self.hopeful),
            Err(Error::DiskFull { .. }) => self.disk.set_free_bytes(None),
            Err(_) => {}
        }
    }

    /// The part before some durable record goes elsewhere.
    fn seal(&mut self, log: &Log) {
        let chosen = self.rng.below(self.durable.len() as u64 + 1) as usize;
        if let Some(record) = self.durable.get(chosen) {
            self.checkpoint = self.checkpoint.max(Position(record.0));
            let _ = log.drop_before(self.checkpoint);
        }
    }
}

#[test]
fn what_the_log_acknowledged_survives() {
    for_seeds(|seed| {
        let mut model = LogModel::new(seed);
        for _ in 0..4 {
            // Sometimes the power goes at a chosen operation, of an open too; else at the end of a life.
            let crash_at = model.rng.one_in(2).then(|| 1 + model.rng.below(60));
            model.disk.crash_at_operation(crash_at);
            if let Ok((log, replayed, found)) = model.open() {
                assert!(!model.disk.has_crashed());
                model.check(found, 0);
                assert!(replayed.records == model.durable.len() as u64);
                model.live(&log);
            } else {
                assert!(model.disk.has_crashed(), "an open fails only without power");
            }
            model.disk = model.disk.crash();
        }
        let (log, _, found) = model.open().expect("the log opens");
        model.check(found, 0);
        // And it is a log like any other.
        model.append(&log);
        model.sync(&log);
        assert!(model.hopeful.is_empty());
    });
}

#[test]
fn a_flipped_bit_in_the_log_costs_one_record() {
    for_seeds(|seed| {
        let mut model = LogModel::new(seed);
        for _ in 0..2 {
            let (log, _, found) = model.open().expect("the log opens");
            model.check(found, 0);
            model.live(&log);
            model.disk = model.disk.crash();
        }
        let Some(path) = flip_some_bit(&model.disk, &mut model.rng, LOG) else { return };
        let (log, replayed, found) = model.open().expect("damage does not keep the log from opening");
        let lost = model.check(found, 1);
        assert!(lost == 0 || replayed.damages_count > 0 || replayed.torn_bytes > 0, "{path:?} is not named");
        model.append(&log);
        model.sync(&log);
    });
}

/// A part's blocks in the order they were written, each with its section.
type Blocks = Vec<(String, Vec<u8>)>;
/// What parts hold, by name.
type Live = BTreeMap<String, Blocks>;

struct PartModel {
    rng: Rng,
    disk: SimFs,
    live: Live,
    checkpoint: Position,
    next: u64,
}

const PARTS: &str = "/data/parts";

impl PartModel {
    /// Opens what the disk holds; it must be the state before or after `edit`, whole.
    fn open(&mut self, after: Option<(Live, Position)>) -> Result<Manifest, Error> {
        let fs = self.disk.fs();
        let (manifest, _) = Manifest::open(&fs, Path::new(PARTS))?;
        let names: Vec<&String> = manifest.parts().iter().map(|part| &part.name).collect();
        let state = |live: &Live, checkpoint: Position| {
            names.len() == live.len()
                && names.iter().all(|name| live.contains_key(*name))
                && manifest.checkpoint() == checkpoint
        };
        if !state(&self.live, self.checkpoint) {
            let (live, checkpoint) = after.expect("the manifest says what it last said");
            assert!(state(&live, checkpoint), "the manifest is half of something");
            (self.live, self.checkpoint) = (live, checkpoint);
        }
        let files = fs.list(Path::new(PARTS))?.into_iter().filter(|entry| entry.name != "manifest").count();
        assert_eq!(files, self.live.len(), "no file is there that nobody names");
        for entry in manifest.parts() {
            let part = PartReader::open(&fs, &manifest.path(entry))?;
            assert_eq!(bad_blocks(&part, &self.live[&entry.name]), 0);
        }
        Ok(manifest)
    }

    /// Writes a part and publishes it, perhaps in place of others. Returns what holds if it succeeds.
    fn publish(&mut self, manifest: &mut Manifest) -> (Result<(), Error>, (Live, Position)) {
        let mut live = self.live.clone();
        let checkpoint = Position(self.checkpoint.0 + self.rng.below(100));
        let written = self.write();
        let mut edit = Edit { checkpoint: Some(checkpoint), ..Edit::default() };
        let result = written.and_then(|(entry, blocks)| {
            live.insert(entry.name.clone(), blocks);
            edit.add.push(entry);
            for name in self.live.keys() {
                if self.rng.one_in(4) {
                    live.remove(name);
                    edit.remove.push(name.clone());
                }
            }
            manifest.publish(edit)
        });
        (result, (live, checkpoint))
    }

    fn write(&mut self) -> Result<(PartEntry, Blocks), Error> {
        let mut writer = PartWriter::create(&self.disk.fs(), Path::new(PARTS), &format!("{:08}", self.next))?;
        self.next += 1;
        let mut blocks = Vec::new();
        for _ in 0..self.rng.below(12) {
            let section = ["times", "values", "index"][self.rng.below(3) as usize];
            let length = self.rng.below(700);
            let block: Vec<u8> = (0..length).map(|_| self.rng.next_u64() as u8).collect();
            writer.write(section, &block)?;
            blocks.push((section.to_owned(), block));
        }
        Ok((writer.finish()?, blocks))
    }
}

fn bad_blocks(part: &PartReader, blocks: &[(String, Vec<u8>)]) -> usize {
    let mut next: BTreeMap<&str, u32> = BTreeMap::new();
    let mut bad = 0;
    for (section, block) in blocks {
        let index = next.entry(section).or_default();
        match part.block(section, *index) {
            Ok(read) => assert_eq!(read, block, "a block is whole or an error"),
            Err(_) => bad += 1,
        }
        *index += 1;
    }
    bad
}

/// Up to `lives` lives of publishing; returns the model with everything published on a disk after a crash.
fn publish_and_crash(seed: u64, lives: u32) -> PartModel {
    let disk = SimFs::new(SimOptions { seed, ..SimOptions::default() });
    let rng = Rng::from_seed(seed ^ 0x5eed);
    let mut model = PartModel { rng, disk, live: Live::new(), checkpoint: Position(0), next: 0 };
    let mut in_flight = None;
    for _ in 0..lives {
        let crash_at = model.rng.one_in(2).then(|| 1 + model.rng.below(80));
        model.disk.crash_at_operation(crash_at);
        match model.open(in_flight.clone()) {
            Ok(mut manifest) => {
                in_flight = None;
                for _ in 0..model.rng.below(6) {
                    let full = model.rng.one_in(6);
                    let room = model.rng.below(3_000);
                    model.disk.set_free_bytes(full.then_some(room));
                    let (result, after) = model.publish(&mut manifest);
                    match result {
                        Ok(()) => (model.live, model.checkpoint) = after,
                        Err(Error::DiskFull { .. }) => {}
                        Err(_) => {
                            assert!(model.disk.has_crashed());
                            in_flight = Some(after);
                            break;
                        }
                    }
                }
            }
            Err(error) => assert!(model.disk.has_crashed(), "an open fails only without power: {error}"),
        }
        model.disk = model.disk.crash();
    }
    model.disk.crash_at_operation(None);
    model.open(in_flight).expect("the manifest opens");
    model
}

#[test]
fn parts_come_and_go_as_one() {
    for_seeds(|seed| drop(publish_and_crash(seed, 4)));
}

#[test]
fn a_flipped_bit_in_a_part_costs_one_block() {
    for_seeds(|seed| {
        let mut model = publish_and_crash(seed, 1);
        let Some(path) = flip_some_bit(&model.disk, &mut model.rng, PARTS) else { return };
        let fs = model.disk.fs();
        let (manifest, orphans) = Manifest::open(&fs, Path::new(PARTS)).expect("the manifest stands twice");
        assert!(orphans.is_empty());
        for entry in manifest.parts() {
            let part = PartReader::open(&fs, &manifest.path(entry)).expect("the index stands twice");
            let bad = bad_blocks(&part, &model.live[&entry.name]);
            assert!(bad <= usize::from(path == manifest.path(entry)));
            assert_eq!(part.verify().len(), bad);
        }
    });
}

/// Flips one bit of one file in `dir`, if there is any.
fn flip_some_bit(disk: &SimFs, rng: &mut Rng, dir: &str) -> Option<PathBuf> {
    let files = disk.fs().list(Path::new(dir)).ok()?;
    let files: Vec<_> = files.into_iter().filter(|entry| entry.bytes > 0).collect();
    let entry = files.get(rng.below(files.len() as u64) as usize)?;
    let path = Path::new(dir).join(&entry.name);
    disk.flip_bit(&path, rng.below(entry.bytes), rng.below(8) as u8);
    Some(path)
}
