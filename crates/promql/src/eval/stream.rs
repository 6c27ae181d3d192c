//! A stream: series whose labels are known and whose values are computed when someone asks, one series at a time.
//!
//! This is what keeps memory small: an aggregation over a hundred thousand series groups them by their labels and
//! then has each read, transformed and added up in turn. Functions of one series at a time (`abs`, `* 2`, `rate`)
//! only lengthen the chain; whatever needs all series at once collects the stream into rows.

use std::sync::Arc;

use model::Labels;

use crate::annotation::Annotations;
use crate::binary::elements;
use crate::error::QueryError;
use crate::eval::Scratch;
use crate::eval::instant::InstantSource;
use crate::eval::meter::Rows;
use crate::eval::points::Points;
use crate::eval::range::RangeStream;
use crate::eval::row::without_metadata;
use crate::eval::steps::Steps;
use crate::functions::SampleFunction;
use crate::syntax::{BinaryOp, Span};

/// Series to be computed.
pub(crate) struct Stream<'p> {
    pub(crate) source: Source<'p>,
    maps: Vec<Map>,
    /// What becomes of each label set.
    labels: LabelRule,
    /// Whether every name is to go once the query is done.
    pub(crate) drops_names: bool,
    /// What is known of the names of the series.
    pub(crate) names: Names,
}

/// Where the series of a stream come from.
pub(crate) enum Source<'p> {
    /// The newest sample of each selected series.
    Instant(InstantSource),
    /// A function over ranges.
    Range(RangeStream<'p>),
    /// Rows that were computed before.
    Rows(Arc<Rows>),
}

/// What is done to each series by itself.
pub(crate) enum Map {
    /// A function of each sample, with its scalar arguments.
    Sample { function: SampleFunction, params: Vec<Vec<f64>> },
    /// A sign.
    Negate,
    /// An operator with a scalar on the other side.
    Scalar { op: BinaryOp, scalar: Vec<f64>, scalar_left: bool, return_bool: bool, span: Span },
    /// The time of the step.
    StepTime(Steps),
    /// Nothing stays.
    Nothing,
}

/// What becomes of a label set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LabelRule {
    Keep,
    DropName,
    DropMetadata,
}

/// What is known of the names of all series of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nothing.
    Unknown,
    /// They are the same, so that series stay distinct without them.
    Equal,
    /// There are none.
    Dropped,
}

impl<'p> Stream<'p> {
    pub(crate) fn new(source: Source<'p>, names: Names) -> Stream<'p> {
        Stream { source, maps: Vec::new(), labels: LabelRule::Keep, drops_names: false, names }
    }

    pub(crate) fn of_rows(rows: Rows) -> Stream<'p> {
        Stream::new(Source::Rows(Arc::new(rows)), Names::Unknown)
    }

    /// How many series there are at most.
    pub(crate) fn len(&self) -> usize {
        match &self.source {
            Source::Instant(source) => source.len(),
            Source::Range(source) => source.len(),
            Source::Rows(rows) => rows.rows.len(),
        }
    }

    /// Whether no two series have the same labels for certain: a selection has each once.
    pub(crate) fn is_distinct(&self) -> bool {
        match &self.source {
            Source::Instant(_) => self.labels == LabelRule::Keep,
            Source::Range(_) => false,
            Source::Rows(rows) => self.labels == LabelRule::Keep && rows.are_distinct,
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The node whose source this is.
    pub(crate) fn node(&self) -> Option<usize> {
        match &self.source {
            Source::Instant(source) => Some(source.node),
            Source::Range(source) => Some(source.node),
            Source::Rows(_) => None,
        }
    }

    /// The labels of a series.
    pub(crate) fn labels(&self, index: usize) -> Labels {
        let labels = match &self.source {
            Source::Instant(source) => source.labels(index),
            Source::Range(source) => source.labels(index),
            Source::Rows(rows) => rows.rows[index].labels.clone(),
        };
        match self.labels {
            LabelRule::Keep => labels,
            LabelRule::DropName => labels.without_name(),
            LabelRule::DropMetadata => without_metadata(&labels),
        }
    }

    /// Whether the name of a series is to go once the query is done.
    pub(crate) fn drop_name(&self, index: usize) -> bool {
        self.drops_names
            || match &self.source {
                Source::Instant(_) => false,
                Source::Range(source) => source.drop_name(index),
                Source::Rows(rows) => rows.rows[index].drop_name,
            }
    }

    /// The values of a series; `None` when it has none at any step.
    pub(crate) fn points(
        &self,
        index: usize,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<Points>, QueryError> {
        let mut points = match &self.source {
            Source::Instant(source) => source.points(index, scratch)?,
            Source::Range(source) => source.points(index, scratch)?,
            Source::Rows(rows) => rows.rows[index].points.clone(),
        };
        for map in &self.maps {
            map.apply(&mut points, &mut scratch.notes);
        }
        Ok((!points.is_empty()).then_some(points))
    }

    /// Has something done to each series.
    pub(crate) fn map(mut self, map: Map) -> Stream<'p> {
        self.maps.push(map);
        self
    }

    /// Takes names off at once (`LabelRule`) or, when removal is delayed, marks them to go.
    pub(crate) fn without_names(mut self, delayed: bool, keeps_type_and_unit: bool) -> Stream<'p> {
        self.drops_names = true;
        if !delayed {
            let rule = if keeps_type_and_unit { LabelRule::DropName } else { LabelRule::DropMetadata };
            self.labels = if self.labels == LabelRule::DropMetadata { self.labels } else { rule };
            if self.names == Names::Equal {
                self.names = Names::Dropped;
            }
        }
        self
    }

    /// The rows themselves, if nothing is to be done to them.
    pub(crate) fn plain_rows(&self) -> Option<&Arc<Rows>> {
        let changed = !self.maps.is_empty() || self.labels != LabelRule::Keep || self.drops_names;
        match &self.source {
            Source::Rows(rows) if !changed => Some(rows),
            _ => None,
        }
    }
}

impl Map {
    fn apply(&self, points: &mut Points, notes: &mut Annotations) {
        match self {
            Map::Sample { function, params } => function.apply(points, params),
            Map::Negate => negate(points),
            Map::Scalar { op, scalar, scalar_left, return_bool, span } => {
                elements::with_scalar(points, *op, scalar, *scalar_left, *return_bool, *span, notes);
            }
            Map::StepTime(steps) => {
                for (step, time) in steps.times().enumerate() {
                    if points.is_present(step) {
                        points.floats[step] = time as f64 / 1000.0;
                    }
                }
                points.histograms = None;
            }
            Map::Nothing => *points = Points::absent(points.len()),
        }
    }
}

fn negate(points: &mut Points) {
    for step in 0..points.len() {
        if let Some(histogram) = points.histogram(step) {
            let mut negative = model::FloatHistogram::clone(histogram);
            negative.multiply(-1.0);
            points.set_histogram(step, Arc::new(negative));
        } else if let Some(value) = points.float(step) {
            points.floats[step] = -value;
        }
    }
}
