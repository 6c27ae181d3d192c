//! Replaying the log: every record finds its way into the head again, as if it had just come.
//!
//! Numbers of points and stripes hold within a chapter and are translated. When rows of a stripe are missing (their
//! records were damaged), what later rows do not tell anew is unknown and left out: less, but never anything else.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::{Exemplar, Labels, Timestamp, Value};
use parking_lot::{Mutex, RwLock};

use crate::bits;
use crate::exemplars::HeadExemplars;
use crate::full_page::Paging;
use crate::head::{Head, Resolved};
use crate::record::{Record, Row, Stamp};
use crate::refusal::Appended;
use crate::registry::PointId;
use crate::stripe::{Context, RowBuffer};

/// What a chapter of the log calls its points; they are told before anything speaks of them.
pub(crate) type ChapterPoints = Arc<RwLock<HashMap<PointId, Labels>>>;

/// Replays what the log tells of some targets, all there is of each.
pub(crate) struct Replay<'a> {
    head: &'a Head,
    exemplars: &'a Mutex<HeadExemplars>,
    /// Samples before this time are in parts.
    floor: Timestamp,
    paging: Paging<'a>,
    points: ChapterPoints,
    stripes: HashMap<u32, Stripe>,
    buffer: RowBuffer,
    pub(crate) totals: Totals,
}

/// What came back.
#[derive(Clone, Copy)]
pub(crate) struct Totals {
    /// The newest time of any sample.
    pub(crate) newest: Timestamp,
    /// The newest time of anything.
    pub(crate) newest_record: Timestamp,
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
    /// Whether its columns are all in one stripe of the head, in the same order.
    is_identity: bool,
    /// The values of the rows so far, and which of them are known.
    last: Vec<u64>,
    known: bits::Bits,
    next_sequence: u64,
    /// The starts that hold for rows in order.
    starts: BTreeMap<u16, Timestamp>,
    /// Whether a record is missing that may have told others.
    starts_are_lost: bool,
    /// The starts of a late time.
    late_starts: Option<(Timestamp, BTreeMap<u16, Timestamp>)>,
}

impl Default for Totals {
    fn default() -> Totals {
        Totals { newest: Timestamp::MIN, newest_record: Timestamp::MIN, skipped: 0, samples: 0 }
    }
}

impl Totals {
    /// Adds what another replay brought back.
    pub(crate) fn add(&mut self, other: Totals) {
        self.newest = self.newest.max(other.newest);
        self.newest_record = self.newest_record.max(other.newest_record);
        self.skipped += other.skipped;
        self.samples += other.samples;
    }
}

impl<'a> Replay<'a> {
    pub(crate) fn new(
        head: &'a Head,
        exemplars: &'a Mutex<HeadExemplars>,
        floor: Timestamp,
        paging: Paging<'a>,
    ) -> Replay<'a> {
        Replay {
            head,
            exemplars,
            floor,
            paging,
            points: ChapterPoints::default(),
            stripes: HashMap::new(),
            buffer: RowBuffer::new(),
            totals: Totals::default(),
        }
    }

    /// Takes one record, which belongs to the chapter of these points.
    pub(crate) fn record(&mut self, kind: u8, payload: &[u8], points: &ChapterPoints) {
        if !Arc::ptr_eq(points, &self.points) {
            self.points = points.clone();
            self.stripes.clear();
        }
        if Record::read(kind, payload).and_then(|record| self.apply(record)).is_none() {
            self.totals.skipped += 1;
        }
    }

    fn apply(&mut self, record: Record) -> Option<()> {
        match record {
            Record::Stripe { stripe, sequence, target, first, points } => {
                self.define(stripe, sequence, target, first, &points)?;
            }
            Record::Row { stamp, row } => self.row(stamp, &row)?,
            Record::Late { stamp, time, values } => {
                if self.stripes.get_mut(&stamp.stripe)?.accept(stamp) {
                    let values = values.iter().map(|&(column, value)| (u32::from(column), value)).collect();
                    self.floats(stamp.stripe, time, values)?;
                }
            }
            Record::Histogram { stamp, column, time, value } => self.histogram(stamp, column, time, value)?,
            Record::Starts { stamp, time, in_order, starts } => {
                let stripe = self.stripes.get_mut(&stamp.stripe)?;
                stripe.accept(stamp);
                if in_order {
                    stripe.starts.extend(starts);
                } else {
                    stripe.late_starts = Some((time, starts.into_iter().collect()));
                }
            }
            Record::Exemplar { stripe, column, exemplar } => self.exemplar(stripe, column, exemplar)?,
            // What is of no stripe was taken before it came here.
            Record::Chapter | Record::Points(_) | Record::Metadata(_) => {}
        }
        Some(())
    }

    fn define(
        &mut self,
        number: u32,
        sequence: u64,
        target: Labels,
        first: usize,
        points: &[PointId],
    ) -> Option<()> {
        let points = {
            let known = self.points.read();
            points.iter().map(|point| known.get(point).cloned()).collect::<Option<Vec<_>>>()?
        };
        let stripe = self.stripes.entry(number).or_insert_with(|| Stripe::new(target));
        if first > stripe.points.len() {
            return None;
        }
        if first == 0 {
            stripe.begin_anew(sequence);
        }
        if first + points.len() > stripe.points.len() {
            stripe.points.truncate(first);
            stripe.points.extend(points);
            stripe.resolved = self.head.place_again(&stripe.target, stripe.points.iter());
            stripe.last.resize(stripe.points.len(), 0);
            stripe.is_identity = stripe.resolved.is_identity(stripe.points.len());
        }
        Some(())
    }

    fn row(&mut self, stamp: Stamp, row: &Row) -> Option<()> {
        let stripe = self.stripes.get_mut(&stamp.stripe)?;
        let is_whole = stripe.accept(stamp);
        for (column, &value) in bits::ones(&row.told).zip(&row.values) {
            // A row may speak of columns that a damaged record defined.
            if let Some(last) = stripe.last.get_mut(column) {
                *last = value;
                stripe.known.insert(column);
            }
        }
        if row.time < self.floor || !is_whole {
            return Some(());
        }
        if stripe.is_identity {
            return self.row_in_place(stamp.stripe, row);
        }
        let known = bits::ones(&row.present).filter(|&column| stripe.known.contains(column));
        let values = known.map(|column| (column as u32, stripe.last[column])).collect();
        self.floats(stamp.stripe, row.time, values)
    }

    /// Appends a row of a stripe whose columns lie as they lay when the row was written.
    fn row_in_place(&mut self, number: u32, row: &Row) -> Option<()> {
        let stripe = self.stripes.get(&number)?;
        let run = stripe.resolved.runs.first()?;
        self.buffer.clear();
        let count = stripe.points.len();
        for (word, &present) in row.present.iter().enumerate() {
            self.buffer.present[word] = present & stripe.known.word(word);
        }
        self.buffer.values[..count].copy_from_slice(&stripe.last[..count]);
        let in_order = stripe.fill_starts(row.time, run.columns.iter(), &mut self.buffer);
        let mut appended = Appended::default();
        let context = context(self.head, self.floor, self.paging);
        run.stripe.append_replayed(row.time, &mut self.buffer, in_order, &context, &mut appended).ok()?;
        self.count(row.time, &appended);
        Some(())
    }

    fn histogram(&mut self, stamp: Stamp, column: u16, time: Timestamp, value: Value) -> Option<()> {
        let head = self.head;
        let stripe = self.stripes.get_mut(&stamp.stripe)?;
        if !stripe.accept(stamp) || time < self.floor {
            return Some(());
        }
        let (at_stripe, at) = stripe.resolved.find(u32::from(column))?;
        self.buffer.clear();
        self.buffer.histograms.push((at, value));
        let in_order = stripe.fill_starts(time, [(u32::from(column), at)].iter(), &mut self.buffer);
        let mut appended = Appended::default();
        let context = context(head, self.floor, self.paging);
        at_stripe.append_replayed(time, &mut self.buffer, in_order, &context, &mut appended).ok()?;
        self.count(time, &appended);
        Some(())
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
            let in_order = stripe.fill_starts(time, run.columns.iter(), &mut self.buffer);
            let context = context(head, self.floor, self.paging);
            run.stripe.append_replayed(time, &mut self.buffer, in_order, &context, &mut appended).ok()?;
        }
        self.count(time, &appended);
        Some(())
    }

    fn exemplar(&mut self, number: u32, column: u16, exemplar: Exemplar) -> Option<()> {
        if exemplar.time < Some(self.floor) {
            return Some(());
        }
        let time = exemplar.time.unwrap_or(Timestamp::MIN);
        self.totals.newest_record = self.totals.newest_record.max(time);
        let (stripe, at) = self.stripes.get(&number)?.resolved.find(u32::from(column))?;
        let point = *stripe.columns().points().get(at as usize)?;
        let mut exemplars = self.exemplars.lock();
        if !exemplars.contains(point, stripe.target, &exemplar) {
            exemplars.push(point, stripe.target, exemplar);
        }
        Some(())
    }

    fn count(&mut self, time: Timestamp, appended: &Appended) {
        self.totals.samples += appended.samples;
        self.totals.newest = self.totals.newest.max(time);
        self.totals.newest_record = self.totals.newest_record.max(time);
    }
}

impl Stripe {
    fn new(target: Labels) -> Stripe {
        Stripe {
            target,
            points: Vec::new(),
            resolved: Resolved::default(),
            is_identity: false,
            last: Vec::new(),
            known: bits::Bits::default(),
            next_sequence: 0,
            starts: BTreeMap::new(),
            starts_are_lost: false,
            late_starts: None,
        }
    }

    /// From here on everything is told again.
    fn begin_anew(&mut self, sequence: u64) {
        self.known.clear();
        self.starts.clear();
        self.starts_are_lost = false;
        self.late_starts = None;
        self.next_sequence = sequence;
    }

    /// Looks for a gap before a record; returns whether the record's samples are sure to be whole.
    fn accept(&mut self, stamp: Stamp) -> bool {
        if stamp.sequence != self.next_sequence {
            self.known.clear();
            self.starts_are_lost = true;
            self.late_starts = None;
        }
        self.next_sequence = stamp.sequence + 1;
        !(self.starts_are_lost && stamp.has_starts)
    }

    /// Gives the buffer the starts that hold at a time; returns whether the time is in order.
    fn fill_starts<'b>(
        &self,
        time: Timestamp,
        columns: impl Iterator<Item = &'b (u32, u16)>,
        buffer: &mut RowBuffer,
    ) -> bool {
        let late = self.late_starts.as_ref().filter(|(late, _)| *late == time);
        let starts = late.map_or(&self.starts, |(_, starts)| starts);
        if !starts.is_empty() {
            let told = columns.filter_map(|(column, at)| Some((*at, *starts.get(&(*column as u16))?)));
            buffer.starts.extend(told);
        }
        late.is_none()
    }
}

/// What was taken once is taken again, however old it is by now.
fn context<'a>(head: &'a Head, floor: Timestamp, paging: Paging<'a>) -> Context<'a> {
    Context {
        registry: &head.registry,
        journal: None,
        floor,
        ceiling: Timestamp::MAX,
        window_ms: i64::MAX,
        deleted: None,
        paging,
    }
}
