//! Replaying the log: every record finds its way into the head again, as if it had just come.
//!
//! Numbers of points and stripes hold within a chapter and are translated. When rows of a stripe are missing (their
//! records were damaged), what later rows do not tell anew is unknown and left out: less, but never anything else.

use std::collections::HashMap;

use model::{Exemplar, Labels, Metadata, Timestamp};

use crate::bits;
use crate::exemplars::HeadExemplars;
use crate::head::{Head, Resolved};
use crate::record::{Record, Row};
use crate::refusal::Appended;
use crate::registry::PointId;
use crate::stripe::{COLUMNS_MAX, Context, RowBuffer};

/// The state of a replay.
pub(crate) struct Replay<'a> {
    head: &'a Head,
    exemplars: &'a mut HeadExemplars,
    metadata: &'a mut std::collections::BTreeMap<String, Metadata>,
    /// Samples before this time are in parts.
    floor: Timestamp,
    points: HashMap<PointId, Labels>,
    stripes: HashMap<u32, Stripe>,
    buffer: RowBuffer,
    /// The newest time of any sample.
    pub(crate) newest: Timestamp,
    /// How many records could not be understood, or spoke of what was never defined.
    pub(crate) skipped: u64,
    /// How many samples came back.
    pub(crate) samples: u64,
}

/// A stripe as its chapter numbers it.
struct Stripe {
    target: Labels,
    points: Vec<Labels>,
    /// Where its columns are now.
    resolved: Resolved,
    /// The values of the rows so far, and which of them are known.
    last: Vec<u64>,
    known: bits::Bits,
    next_sequence: u64,
}

impl<'a> Replay<'a> {
    pub(crate) fn new(
        head: &'a Head,
        exemplars: &'a mut HeadExemplars,
        metadata: &'a mut std::collections::BTreeMap<String, Metadata>,
        floor: Timestamp,
    ) -> Replay<'a> {
        Replay {
            head,
            exemplars,
            metadata,
            floor,
            points: HashMap::new(),
            stripes: HashMap::new(),
            buffer: RowBuffer::new(),
            newest: Timestamp::MIN,
            skipped: 0,
            samples: 0,
        }
    }

    /// Takes one record.
    pub(crate) fn record(&mut self, record: storage::Record<'_>) {
        let applied = Record::read(record.kind, record.payload).and_then(|record| self.apply(record));
        if applied.is_none() {
            self.skipped += 1;
        }
    }

    fn apply(&mut self, record: Record) -> Option<()> {
        match record {
            Record::Chapter => {
                self.points.clear();
                self.stripes.clear();
            }
            Record::Points(points) => self.points.extend(points),
            Record::Stripe { stripe, target, first, points } => {
                self.define(stripe, target, first, &points)?
            }
            Record::Row { stripe, sequence, row } => self.row(stripe, sequence, &row)?,
            Record::Late { stripe, samples } => {
                for of_time in samples.chunk_by(|left, right| left.1 == right.1) {
                    let values = of_time.iter().map(|&(column, _, value)| (u32::from(column), value));
                    self.floats(stripe, of_time[0].1, values.collect())?;
                }
            }
            Record::Histogram { stripe, column, time, value } => {
                let head = self.head;
                if time < self.floor {
                    return Some(());
                }
                let run = self.stripes.get(&stripe)?.resolved.find(u32::from(column))?;
                self.buffer.clear();
                self.buffer.histograms.push((run.1, value));
                let mut appended = Appended::default();
                let context = context(head, self.floor);
                run.0.append_replayed(time, &mut self.buffer, &context, &mut appended).ok()?;
                self.count(time, &appended);
            }
            Record::Starts { stripe, time, newest, starts } => {
                // Also those from before the floor: later samples still have these starts.
                self.starts(stripe, time, newest, &starts)?;
            }
            Record::Exemplar { stripe, column, exemplar } => self.exemplar(stripe, column, exemplar)?,
            Record::Metadata(entries) => self.metadata.extend(entries),
        }
        Some(())
    }

    fn define(&mut self, number: u32, target: Labels, first: usize, points: &[PointId]) -> Option<()> {
        let points =
            points.iter().map(|point| self.points.get(point).cloned()).collect::<Option<Vec<_>>>()?;
        let stripe = self.stripes.entry(number).or_insert_with(|| Stripe {
            target,
            points: Vec::new(),
            resolved: Resolved::default(),
            last: vec![0; COLUMNS_MAX],
            known: bits::Bits::default(),
            next_sequence: 0,
        });
        if first > stripe.points.len() {
            return None;
        }
        if first + points.len() <= stripe.points.len() {
            // Defined again so that damage to the first definition costs less.
            return Some(());
        }
        stripe.points.truncate(first);
        stripe.points.extend(points);
        stripe.resolved = self.head.place(&stripe.target, stripe.points.iter());
        Some(())
    }

    fn row(&mut self, number: u32, sequence: u64, row: &Row) -> Option<()> {
        let stripe = self.stripes.get_mut(&number)?;
        if sequence != stripe.next_sequence {
            stripe.known.clear();
        }
        stripe.next_sequence = sequence + 1;
        for (column, &value) in bits::ones(&row.told).zip(&row.values) {
            stripe.last[column] = value;
            stripe.known.insert(column);
        }
        if row.time < self.floor {
            return Some(());
        }
        let known = bits::ones(&row.present).filter(|&column| stripe.known.contains(column));
        let values = known.map(|column| (column as u32, stripe.last[column])).collect();
        self.floats(number, row.time, values)
    }

    /// Appends floats given by the chapter's columns, ascending.
    fn floats(&mut self, number: u32, time: Timestamp, values: Vec<(u32, u64)>) -> Option<()> {
        if time < self.floor {
            return Some(());
        }
        let head = self.head;
        let stripe = self.stripes.get(&number)?;
        let mut appended = Appended::default();
        let mut of_columns: HashMap<u32, u64> = HashMap::new();
        let is_simple = stripe.resolved.runs.len() == 1;
        if !is_simple {
            of_columns = values.iter().copied().collect();
        }
        for run in &stripe.resolved.runs {
            self.buffer.clear();
            if is_simple {
                let mut columns = run.columns.iter().peekable();
                for &(column, value) in &values {
                    while columns.next_if(|(other, _)| *other < column).is_some() {}
                    if let Some(&(_, at)) = columns.next_if(|(other, _)| *other == column) {
                        self.buffer.set(at, value);
                    }
                }
            } else {
                for &(column, at) in &run.columns {
                    if let Some(&value) = of_columns.get(&column) {
                        self.buffer.set(at, value);
                    }
                }
            }
            let context = context(head, self.floor);
            run.stripe.append_replayed(time, &mut self.buffer, &context, &mut appended).ok()?;
        }
        self.count(time, &appended);
        Some(())
    }

    fn starts(
        &mut self,
        number: u32,
        time: Timestamp,
        newest: bool,
        starts: &[(u16, Timestamp)],
    ) -> Option<()> {
        let stripe = self.stripes.get(&number)?;
        for &(column, start) in starts {
            if let Some((stripe, at)) = stripe.resolved.find(u32::from(column)) {
                stripe.set_start(at, time, start, newest);
            }
        }
        Some(())
    }

    fn exemplar(&mut self, number: u32, column: u16, exemplar: Exemplar) -> Option<()> {
        if exemplar.time < Some(self.floor) {
            return Some(());
        }
        let (stripe, at) = self.stripes.get(&number)?.resolved.find(u32::from(column))?;
        let point = *stripe.columns().points().get(at as usize)?;
        if !self.exemplars.contains(point, stripe.target, &exemplar) {
            self.exemplars.push(point, stripe.target, exemplar);
        }
        Some(())
    }

    fn count(&mut self, time: Timestamp, appended: &Appended) {
        self.samples += appended.samples;
        self.newest = self.newest.max(time);
    }
}

/// What was taken once is taken again, however old it is by now.
fn context(head: &Head, floor: Timestamp) -> Context<'_> {
    Context { registry: &head.registry, journal: None, floor, window_ms: i64::MAX }
}
