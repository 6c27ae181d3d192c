//! Reading segments back: record by record within bounded memory, past damage, and cutting a torn end.

use std::path::Path;

use super::record::{self, RECORD_OVERHEAD_BYTES, Record};
use super::segment::{Found, HEADER_BYTES, Header};
use super::{Position, Replayed};
use crate::error::{Error, Result};
use crate::fs::Fs;

/// How much of a file is read at a time.
const READ_BYTES: usize = 1 << 20;

/// What becomes of what a crash left behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leftovers {
    /// It is cut off or removed, for a log that goes on.
    Mend,
    /// It is passed over, for who only reads.
    Leave,
}

/// Replays `segments`, which are in order; returns where the log's records end. Segments without any record are
/// removed from the disk and from the list, so that the name of the next one is free.
pub(super) fn replay(
    fs: &Fs,
    dir: &Path,
    segments: &mut Vec<Found>,
    checkpoint: Position,
    on_record: &mut dyn FnMut(Record<'_>),
    replayed: &mut Replayed,
    leftovers: Leftovers,
) -> Result<u64> {
    let remove = |path: &Path| if leftovers == Leftovers::Mend { fs.remove(path) } else { Ok(()) };
    let mut end = 0;
    let mut kept = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        let path = segment.path(dir);
        if segment.file_bytes <= HEADER_BYTES as u64 {
            // Headers are synced before records, so this one never had any; but a whole one may be another version's.
            let mut header = [0; HEADER_BYTES];
            let read = fs.read_at(&path, 0, &mut header)?;
            if read == HEADER_BYTES
                && let Err(error @ Error::UnknownVersion { .. }) = Header::read(&path, &header)
            {
                return Err(error);
            }
            remove(&path)?;
            continue;
        }
        let scanned = scan(fs, &path, segment, checkpoint, on_record, replayed)?;
        if let (Some(header), false) = (scanned.header, kept.is_empty())
            && header.previous_end > end
        {
            let reason = format!("{} bytes before it are missing", header.previous_end - end);
            replayed.damaged(Error::corrupt(&path, "log", 0, reason));
        }
        let mut found = *segment;
        end = segment.start + segment.file_bytes - HEADER_BYTES as u64;
        if is_last && scanned.header.is_some() {
            let offset = scanned.bad_from.unwrap_or(segment.file_bytes);
            if leftovers == Leftovers::Mend {
                let mut file = fs.open_append(&path)?;
                if scanned.bad_from.is_some() {
                    file.truncate(offset)?;
                }
                // What was just read may only be in the system's memory, when a process died and not the machine.
                file.sync()?;
            }
            replayed.torn_bytes += segment.file_bytes - offset;
            found.file_bytes = offset;
            end = segment.start + offset - HEADER_BYTES as u64;
        } else if let Some(offset) = scanned.bad_from {
            let lost = segment.file_bytes - offset;
            let reason = format!("the last {lost} bytes are no whole records");
            replayed.damaged(Error::corrupt(&path, "record", offset, reason));
        }
        if found.file_bytes == HEADER_BYTES as u64 {
            remove(&path)?;
        } else {
            kept.push(found);
        }
    }
    *segments = kept;
    Ok(end)
}

/// What one segment was found to be.
struct Scanned {
    /// `None` when the header is damaged: without its salt no record can be told.
    header: Option<Header>,
    /// From where on there is nothing but damage; `None` when the last record ends with the file.
    bad_from: Option<u64>,
}

fn scan(
    fs: &Fs,
    path: &Path,
    segment: &Found,
    checkpoint: Position,
    on_record: &mut dyn FnMut(Record<'_>),
    replayed: &mut Replayed,
) -> Result<Scanned> {
    let mut window = Window { fs, path, file_bytes: segment.file_bytes, from: 0, bytes: Vec::new() };
    let header = match Header::read(path, window.get(0, HEADER_BYTES)?.unwrap_or(&[])) {
        Ok(header) if header.start == segment.start => header,
        Ok(_) => {
            replayed.damaged(Error::corrupt(path, "header", 0, "the file has another segment's name"));
            return Ok(Scanned { header: None, bad_from: None });
        }
        Err(error @ Error::Corrupt(_)) => {
            replayed.damaged(error);
            return Ok(Scanned { header: None, bad_from: None });
        }
        Err(error) => return Err(error),
    };
    let mut offset = HEADER_BYTES as u64;
    let mut bad_from = None;
    while offset < segment.file_bytes {
        match read_record(&mut window, offset, &header)? {
            Step::Record(record) => {
                if let Some(from) = bad_from.take() {
                    let reason = format!("{} bytes were lost", offset - from);
                    replayed.damaged(Error::corrupt(path, "record", from, reason));
                }
                offset += (RECORD_OVERHEAD_BYTES + record.payload.len()) as u64;
                if record.position >= checkpoint {
                    replayed.records += 1;
                    replayed.bytes += record.payload.len() as u64;
                    on_record(record);
                }
            }
            Step::Bad { skip } => {
                bad_from.get_or_insert(offset);
                offset += skip;
            }
        }
    }
    Ok(Scanned { header: Some(header), bad_from })
}

enum Step<'a> {
    Record(Record<'a>),
    /// No record stands here; the next one stands at least so many bytes on.
    Bad {
        skip: u64,
    },
}

fn read_record<'w>(window: &'w mut Window<'_>, offset: u64, segment: &Header) -> Result<Step<'w>> {
    let position = segment.start + offset - HEADER_BYTES as u64;
    let Some(bytes) = window.get(offset, RECORD_OVERHEAD_BYTES)? else {
        return Ok(Step::Bad { skip: 1 });
    };
    let bytes = bytes.first_chunk().expect("the window gave as many bytes as asked for");
    let Some(header) = record::Header::read(bytes, segment.salt, position) else {
        return Ok(Step::Bad { skip: 1 });
    };
    let payload_bytes = header.payload_bytes as usize;
    let Some(bytes) = window.get(offset, RECORD_OVERHEAD_BYTES + payload_bytes)? else {
        // The record ends beyond the file: torn, unless chance made a header.
        return Ok(Step::Bad { skip: 1 });
    };
    let payload = &bytes[RECORD_OVERHEAD_BYTES..];
    if !header.payload_is_whole(payload, segment.salt, position) {
        // The header is whole, so its length can be trusted to lead to the next record.
        return Ok(Step::Bad { skip: (RECORD_OVERHEAD_BYTES + payload_bytes) as u64 });
    }
    Ok(Step::Record(Record { position: Position(position), kind: header.kind, payload }))
}

/// The part of a file that is in memory: a piece of `READ_BYTES`, or one record when that is longer.
struct Window<'a> {
    fs: &'a Fs,
    path: &'a Path,
    file_bytes: u64,
    from: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// `count` bytes from `offset`; `None` when the file ends before.
    fn get(&mut self, offset: u64, count: usize) -> Result<Option<&[u8]>> {
        if offset.saturating_add(count as u64) > self.file_bytes {
            return Ok(None);
        }
        let is_inside = offset >= self.from && offset + count as u64 <= self.from + self.bytes.len() as u64;
        if !is_inside {
            let left = self.file_bytes - offset;
            let wanted = (count.max(READ_BYTES) as u64).min(left) as usize;
            self.bytes.resize(wanted, 0);
            let read = self.fs.read_at(self.path, offset, &mut self.bytes)?;
            self.bytes.truncate(read);
            self.from = offset;
        }
        let start = (offset - self.from) as usize;
        Ok(self.bytes.get(start..start + count))
    }
}

/// Reads one segment that stands alone, for tools that look into a log, and says what was found.
pub fn scan_segment(fs: &Fs, path: &Path, on_record: &mut dyn FnMut(Record<'_>)) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or("");
    let Ok(start) = u64::from_str_radix(name, 16) else {
        return Err(Error::corrupt(path, "name", 0, "it is not a position in hexadecimal digits"));
    };
    let dir = path.parent().unwrap_or(Path::new(""));
    let entries = fs.list(dir)?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let file_bytes = entries.iter().find(|entry| entry.name == name).map_or(0, |entry| entry.bytes);
    let found = Found { start, file_bytes };
    let scanned = scan(fs, path, &found, Position(0), on_record, &mut replayed)?;
    replayed.torn_bytes = scanned.bad_from.map_or(0, |from| file_bytes - from);
    Ok(replayed)
}
