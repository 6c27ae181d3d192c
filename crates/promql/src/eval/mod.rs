//! Evaluation: each node of the plan once, over all steps.

mod bounds;
mod drive;
mod hints;
mod instant;
pub(crate) mod label_index;
mod matrix;
pub(crate) mod meter;
pub(crate) mod parallel;
pub(crate) mod points;
mod range;
pub(crate) mod row;
mod scalar;
mod select;
mod steps;
pub(crate) mod stream;
mod tally;
mod track;
mod vector;

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use tsdb::{Selection, Store};

use crate::annotation::Annotations;
use crate::engine::{QueryOptions, Settings};
use crate::error::QueryError;
use crate::eval::bounds::BoundsCache;
use crate::eval::meter::Rows;
use crate::eval::points::Points;
use crate::eval::row::{Row, has_equal_labels};
use crate::eval::stream::{Names, Source, Stream};
use crate::eval::tally::Tally;
use crate::plan::{Node, Plan};

pub(crate) use hints::infer_hints;
pub(crate) use instant::Yields;
pub(crate) use meter::Meter;
pub(crate) use steps::Steps;
pub(crate) use tally::Touched;

/// Evaluates one plan.
pub(crate) struct Evaluator<'a> {
    store: &'a Store,
    plan: &'a Plan,
    pub(crate) settings: &'a Settings,
    pub(crate) meter: Meter<'a>,
    lookback: i64,
    steps_max: u64,
    /// Results of expressions that occur more than once, by text and steps.
    shared: Mutex<HashMap<(usize, Steps), Shared>>,
    /// What was selected for this query, now or when it was tried before.
    selections: &'a Selections,
    /// Which of it is in use here and was counted.
    counted: Mutex<HashSet<Asked>>,
}

/// What a store was asked for: matchers, and the first and the last time.
type Asked = (String, i64, i64);

/// What a query selected from a store, to be used again when the query is evaluated anew.
#[derive(Default)]
pub struct Selections(Mutex<HashMap<Asked, Arc<Selection>>>);

/// A result to be used again.
#[derive(Clone)]
struct Shared {
    rows: Arc<Rows>,
    notes: Annotations,
    tally: Tally,
    /// Where the expression it was computed for begins.
    start: u32,
}

/// What an expression is evaluated for.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    /// When.
    pub(crate) steps: Steps,
    /// Where annotations go.
    pub(crate) notes: &'c Mutex<Annotations>,
    /// Where it is counted which samples are touched.
    pub(crate) tally: &'c Mutex<Tally>,
}

/// What one thread needs while it goes through the series of a stream.
pub(crate) struct Scratch<'m> {
    pub(crate) meter: &'m Meter<'m>,
    pub(crate) notes: Annotations,
    pub(crate) bounds: BoundsCache,
    pub(crate) tally: Tally,
    /// How much was done, in samples.
    work: usize,
    /// How much of it since the last look at whether to stop.
    unchecked: usize,
    nested: Option<Box<Scratch<'m>>>,
}

/// How many samples are gone through between two looks at whether to stop.
pub(crate) const CHECK_SAMPLES: usize = 1 << 18;

impl<'m> Scratch<'m> {
    fn new(meter: &'m Meter<'m>, tally: Tally) -> Scratch<'m> {
        let (notes, bounds) = (Annotations::default(), BoundsCache::default());
        Scratch { meter, notes, bounds, tally, work: 0, unchecked: 0, nested: None }
    }

    /// Counts what was done, and now and then looks at whether to stop.
    pub(crate) fn spend(&mut self, samples: usize) -> Result<(), QueryError> {
        self.work += samples;
        self.unchecked += samples;
        if self.unchecked < CHECK_SAMPLES {
            return Ok(());
        }
        self.unchecked = 0;
        self.meter.check()
    }

    /// What a subquery below needs, to be given back by `absorb`.
    pub(crate) fn inner(&mut self, tally: Tally) -> Box<Scratch<'m>> {
        match self.nested.take() {
            Some(mut inner) => {
                inner.tally = tally;
                inner
            }
            None => Box::new(Scratch::new(self.meter, tally)),
        }
    }

    /// Takes back what `inner` gave, and the annotations in it.
    pub(crate) fn absorb(&mut self, mut inner: Box<Scratch<'m>>) {
        if !inner.notes.is_empty() {
            self.notes.merge(std::mem::take(&mut inner.notes), 0);
        }
        self.work += std::mem::take(&mut inner.work);
        self.nested = Some(inner);
    }
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        store: &'a Store,
        plan: &'a Plan,
        settings: &'a Settings,
        options: &'a QueryOptions<'_>,
        selections: &'a Selections,
    ) -> Evaluator<'a> {
        Evaluator {
            store,
            plan,
            settings,
            meter: Meter::new(options, plan.labels.len()),
            lookback: options.lookback_ms.filter(|&millis| millis > 0).unwrap_or(settings.lookback_ms),
            steps_max: options.limits.steps_max,
            shared: Mutex::default(),
            selections,
            counted: Mutex::default(),
        }
    }

    /// Whether names stay until the query is done.
    pub(crate) fn delayed(&self) -> bool {
        self.settings.delayed_name_removal
    }

    /// The series of an expression, their values not yet computed.
    pub(crate) fn stream(&self, node: &'a Node, context: Context<'_>) -> Result<Stream<'a>, QueryError> {
        self.meter.check()?;
        if context.steps.count == 0 {
            return self.finished(node, Vec::new(), self.meter.nothing());
        }
        self.check_steps(context.steps)?;
        if node.invariant && context.steps.count > 1 {
            let rows = self.once(context, |once| self.own_rows(node, once))?;
            return self.broadcast(node, rows, context.steps.count);
        }
        match node.shared {
            Some(number) if self.plan.shares.get(&number).is_some_and(|&count| count > 1) => {
                self.shared_stream(number, node, context)
            }
            _ => self.measured(node, context),
        }
    }

    /// Evaluates at the first step what is the same at every step.
    pub(crate) fn once<T>(
        &self,
        context: Context<'_>,
        evaluate: impl FnOnce(Context<'_>) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let tally = Mutex::default();
        let value = evaluate(Context { steps: context.steps.first(), tally: &tally, ..context })?;
        context.tally.lock().repeat(&tally.into_inner(), context.steps.count);
        Ok(value)
    }

    /// The rows of an expression, to be changed.
    pub(crate) fn own_rows(&self, node: &'a Node, context: Context<'_>) -> Result<Rows, QueryError> {
        self.meter.own(self.rows(node, context)?)
    }

    /// The rows of an expression. They count as held for as long as anybody has them.
    pub(crate) fn rows(&self, node: &'a Node, context: Context<'_>) -> Result<Arc<Rows>, QueryError> {
        let started = self.meter.now();
        let stream = self.stream(node, context)?;
        let rows = self.collect(stream, context)?;
        self.meter.note_bytes(node.id, &rows);
        let node = self.meter.node(node.id);
        node.nanos.fetch_max(self.meter.now().saturating_sub(started), std::sync::atomic::Ordering::Relaxed);
        Ok(rows)
    }

    /// Computes all series of a stream; those without a value at any step are left out.
    pub(crate) fn collect(&self, stream: Stream<'a>, context: Context<'_>) -> Result<Arc<Rows>, QueryError> {
        if let Some(rows) = stream.plain_rows() {
            return Ok(rows.clone());
        }
        let begin = || Rows { rows: Vec::new(), hold: self.meter.nothing(), are_distinct: false };
        let parts = self.drive(&stream, context, None, begin, |part, index, points| {
            let row = Row { labels: stream.labels(index), drop_name: stream.drop_name(index), points };
            self.meter.grow_by_row(&mut part.hold, &row)?;
            part.rows.push(row);
            Ok(())
        })?;
        let mut whole = Rows { are_distinct: stream.is_distinct(), ..begin() };
        whole.rows.reserve(parts.iter().map(|part| part.rows.len()).sum());
        for part in parts {
            whole.rows.extend(part.rows);
            whole.hold.absorb(part.hold);
        }
        self.meter.tell(&mut whole.hold)?;
        Ok(Arc::new(whole))
    }

    /// Takes names off a stream because what was computed is no longer the metric. Series that differ only by name
    /// then become one, which is an error where both have a value at some step, or where `strict` at all.
    pub(crate) fn drop_names(
        &self,
        node: &Node,
        stream: Stream<'a>,
        context: Context<'_>,
        keeps_type_and_unit: bool,
        strict: bool,
    ) -> Result<Stream<'a>, QueryError> {
        let names = stream.names;
        let stream = stream.without_names(self.delayed(), keeps_type_and_unit);
        if self.delayed() || names != Names::Unknown {
            return Ok(stream);
        }
        let mut sets = Vec::with_capacity(stream.len());
        for index in 0..stream.len() {
            self.meter.check_at(index)?;
            sets.push(stream.labels(index));
        }
        if !has_equal_labels(sets.iter()) {
            return Ok(stream);
        }
        let Rows { rows, hold, .. } = self.meter.own(self.collect(stream, context)?)?;
        if strict && has_equal_labels(rows.iter().map(|row| &row.labels)) {
            return Err(QueryError::same_labels());
        }
        self.merged(node, rows, hold)
    }

    fn measured(&self, node: &'a Node, context: Context<'_>) -> Result<Stream<'a>, QueryError> {
        use std::sync::atomic::Ordering::Relaxed;
        let started = self.meter.now();
        let stream = self.evaluate(node, context)?;
        let used = self.meter.node(node.id);
        used.evaluations.fetch_add(1, Relaxed);
        used.series.fetch_max(stream.len() as u64, Relaxed);
        used.nanos.fetch_add(self.meter.now().saturating_sub(started), Relaxed);
        Ok(stream)
    }

    pub(crate) fn measured_points(
        &self,
        stream: &Stream<'a>,
        index: usize,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<Points>, QueryError> {
        let Some(node) = stream.node() else { return stream.points(index, scratch) };
        let started = self.meter.now();
        let points = stream.points(index, scratch);
        let spent = self.meter.now().saturating_sub(started);
        self.meter.node(node).nanos.fetch_add(spent, std::sync::atomic::Ordering::Relaxed);
        points
    }

    fn shared_stream(
        &self,
        number: usize,
        node: &'a Node,
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        let known = self.shared.lock().get(&(number, context.steps)).cloned();
        let shared = match known {
            Some(shared) => shared,
            None => {
                let (notes, tally) = (Mutex::default(), Mutex::new(context.tally.lock().empty()));
                let inside = Context { notes: &notes, tally: &tally, ..context };
                let stream = self.measured(node, inside)?;
                let rows = self.collect(stream, inside)?;
                self.meter.note_bytes(node.id, &rows);
                let (notes, tally) = (notes.into_inner(), tally.into_inner());
                let shared = Shared { rows, notes, tally, start: node.span.start };
                self.shared.lock().insert((number, context.steps), shared.clone());
                shared
            }
        };
        let moved = i64::from(node.span.start) - i64::from(shared.start);
        context.notes.lock().merge(shared.notes, moved);
        context.tally.lock().merge(&shared.tally);
        Ok(Stream::new(Source::Rows(shared.rows), Names::Unknown))
    }

    /// The rows of one step at each of so many.
    fn broadcast(&self, node: &Node, once: Rows, count: usize) -> Result<Stream<'a>, QueryError> {
        let Rows { rows, mut hold, .. } = once;
        // Asked for before it is made, so that a query over its bound does not first take the memory.
        let samples = rows.len().saturating_mul(count);
        self.meter.resize(&mut hold, samples, samples.saturating_mul(size_of::<f64>()))?;
        let rows = rows.into_iter().map(|row| Row { points: row.points.broadcast(count), ..row }).collect();
        self.finished(node, rows, hold)
    }

    fn check_steps(&self, steps: Steps) -> Result<(), QueryError> {
        if steps.count as u64 <= self.steps_max {
            return Ok(());
        }
        Err(QueryError::Limit {
            message: "query would have too many steps",
            bound: "steps_max",
            limit: self.steps_max,
        })
    }
}
