//! Turns classic histograms, many series with a bound each, into native ones with custom bounds, one series each.
//!
//! Works on pages, so that every format is served alike. Which columns make which histogram is found out once per
//! shape.

use std::sync::Arc;

use hashbrown::HashMap;
use model::histogram::CUSTOM_BUCKETS_SCHEMA;
use model::{
    CounterReset, FloatHistogram, Histogram, Labels, METRIC_NAME, MetricType, Span, Timestamp, Value,
};

use crate::float;
use crate::page::{Page, Shape};

/// The conversion of one target's pages.
#[derive(Default)]
pub(crate) struct Conversion {
    plan: Option<Plan>,
}

/// What becomes of the columns of one shape.
struct Plan {
    from: u64,
    to: Arc<Shape>,
    /// Per column of the old shape, its column in the new one, if it has one.
    kept: Vec<Option<u32>>,
    /// Histograms, in the order of their columns, which follow those that are kept.
    groups: Vec<Group>,
    /// Per column of the old shape, the new column of the histogram it is part of.
    part_of: Vec<Option<u32>>,
    /// The old starts and what became of them.
    starts: (Arc<[Timestamp]>, Arc<[Timestamp]>),
}

/// The columns of one classic histogram.
struct Group {
    /// Bounds, ascending and finite.
    bounds: Arc<[f64]>,
    /// The column of each bound, and of +Inf as the last, if exposed.
    buckets: Vec<u32>,
    has_infinity: bool,
    count: Option<u32>,
    sum: Option<u32>,
    is_gauge: bool,
}

impl Conversion {
    pub(crate) fn convert(&mut self, page: Page, keep_classic: bool) -> Page {
        if self.plan.as_ref().is_none_or(|plan| plan.from != page.shape.id()) {
            self.plan = Some(Plan::new(&page.shape, keep_classic));
        }
        match &mut self.plan {
            Some(plan) if !plan.groups.is_empty() => plan.apply(page),
            _ => page,
        }
    }
}

impl Plan {
    fn new(shape: &Shape, keep_classic: bool) -> Plan {
        let (names, groups) = find_groups(shape);
        let mut is_converted = vec![false; shape.series.len()];
        for group in &groups {
            for column in group.columns() {
                is_converted[column as usize] = !keep_classic;
            }
        }
        let mut series = Vec::new();
        let mut keep = |(labels, is_converted): (&Labels, bool)| {
            (!is_converted).then(|| {
                series.push(labels.clone());
                series.len() as u32 - 1
            })
        };
        let kept = shape.series.iter().zip(is_converted).map(&mut keep).collect();
        let first = series.len() as u32;
        series.extend(names);
        let mut part_of = vec![None; shape.series.len()];
        for (column, group) in (first..).zip(&groups) {
            group.columns().for_each(|part| part_of[part as usize] = Some(column));
        }
        let nothing: Arc<[Timestamp]> = Arc::from([]);
        Plan {
            from: shape.id(),
            to: Shape::new(series, shape.metadata.clone()),
            kept,
            groups,
            part_of,
            starts: (nothing.clone(), nothing),
        }
    }

    fn apply(&mut self, page: Page) -> Page {
        let first = self.to.series.len() - self.groups.len();
        let mut is_absent = vec![false; page.values.len()];
        page.absent.iter().for_each(|&column| is_absent[column as usize] = true);
        let mut out = Page {
            shape: self.to.clone(),
            values: vec![f64::NAN; self.to.series.len()],
            absent: page.absent.iter().filter_map(|&column| self.kept[column as usize]).collect(),
            times: self.moved(&page.times),
            histograms: self.moved(&page.histograms),
            exemplars: self.moved(&page.exemplars),
            starts: Arc::from([]),
            duplicates: page.duplicates,
        };
        for (kept, &value) in self.kept.iter().zip(&page.values) {
            if let Some(column) = kept {
                out.values[*column as usize] = value;
            }
        }
        for (column, group) in (first as u32..).zip(&self.groups) {
            match group.value(&page.values, &is_absent) {
                Some(value) => out.histograms.push((column, value)),
                None => out.absent.push(column),
            }
        }
        let part_of = |column: u32| self.part_of[column as usize];
        out.times.extend(page.times.iter().filter_map(|(column, time)| Some((part_of(*column)?, *time))));
        out.times.sort_by_key(|(column, _)| *column);
        out.times.dedup_by_key(|(column, _)| *column);
        // Without a time of its own nobody could tell a new exemplar from one told before.
        let timed = page.exemplars.iter().filter(|(_, exemplar)| exemplar.time.is_some());
        out.exemplars.extend(timed.filter_map(|(column, told)| Some((part_of(*column)?, told.clone()))));
        out.starts = self.moved_starts(&page.starts);
        out
    }

    fn moved<T: Clone>(&self, columns: &[(u32, T)]) -> Vec<(u32, T)> {
        let moved = |(column, value): &(u32, T)| Some((self.kept[*column as usize]?, value.clone()));
        columns.iter().filter_map(moved).collect()
    }

    fn moved_starts(&mut self, starts: &Arc<[Timestamp]>) -> Arc<[Timestamp]> {
        if starts.is_empty() {
            return starts.clone();
        }
        if !Arc::ptr_eq(starts, &self.starts.0) {
            let kept = self.kept.iter().zip(starts.iter()).filter(|(kept, _)| kept.is_some());
            let of_group = |group: &Group| group.columns().next().map_or(0, |column| starts[column as usize]);
            let moved = kept.map(|(_, start)| *start).chain(self.groups.iter().map(of_group)).collect();
            self.starts = (starts.clone(), moved);
        }
        self.starts.1.clone()
    }
}

impl Group {
    fn columns(&self) -> impl Iterator<Item = u32> + '_ {
        self.buckets.iter().copied().chain(self.count).chain(self.sum)
    }

    /// The histogram, unless it says nothing this time or its buckets contradict each other.
    fn value(&self, values: &[f64], is_absent: &[bool]) -> Option<Value> {
        if self.buckets.iter().any(|&column| is_absent[column as usize]) {
            return None;
        }
        let told = |column: Option<u32>| {
            column.filter(|&column| !is_absent[column as usize]).map(|column| values[column as usize])
        };
        let cumulative: Vec<f64> = self.buckets.iter().map(|&column| values[column as usize]).collect();
        let last = cumulative.last().copied().unwrap_or(0.0);
        let count = told(self.count).unwrap_or(last);
        let mut counts = Vec::with_capacity(cumulative.len() + 1);
        let mut below = 0.0;
        for total in cumulative.into_iter().chain((!self.has_infinity).then_some(count)) {
            if !(total >= below && total.is_finite()) {
                return None;
            }
            counts.push(total - below);
            below = total;
        }
        let sum = told(self.sum).unwrap_or(f64::NAN);
        Some(self.histogram(counts, count, sum))
    }

    fn histogram(&self, counts: Vec<f64>, count: f64, sum: f64) -> Value {
        let counter_reset = if self.is_gauge { CounterReset::Gauge } else { CounterReset::Unknown };
        let positive_spans = vec![Span { offset: 0, length: counts.len() as u32 }];
        let custom_values = self.bounds.clone();
        let is_whole = |count: &f64| count.fract() == 0.0 && *count >= 0.0 && *count < (1u64 << 53) as f64;
        if counts.iter().all(is_whole) && is_whole(&count) {
            return Value::Histogram(Arc::new(Histogram {
                schema: CUSTOM_BUCKETS_SCHEMA,
                counter_reset,
                zero_threshold: 0.0,
                zero_count: 0,
                count: count as u64,
                sum,
                positive_spans,
                negative_spans: Vec::new(),
                positive: counts.into_iter().map(|count| count as u64).collect(),
                negative: Vec::new(),
                custom_values,
            }));
        }
        Value::FloatHistogram(Arc::new(FloatHistogram {
            schema: CUSTOM_BUCKETS_SCHEMA,
            counter_reset,
            zero_threshold: 0.0,
            zero_count: 0.0,
            count,
            sum,
            positive_spans,
            negative_spans: Vec::new(),
            positive: counts,
            negative: Vec::new(),
            custom_values,
        }))
    }
}

/// The classic histograms of a shape, with the labels their native form has.
fn find_groups(shape: &Shape) -> (Vec<Labels>, Vec<Group>) {
    let is_histogram = |kind| matches!(kind, MetricType::Histogram | MetricType::GaugeHistogram);
    let families: HashMap<&str, MetricType, foldhash::fast::FixedState> = shape
        .metadata
        .iter()
        .filter(|(_, metadata)| is_histogram(metadata.kind))
        .map(|(family, metadata)| (family.as_str(), metadata.kind))
        .collect();
    let mut found: HashMap<Labels, Found, foldhash::fast::FixedState> = HashMap::default();
    let mut order = Vec::new();
    for (column, series) in (0u32..).zip(&shape.series) {
        let name = series.metric_name();
        let split = ["_bucket", "_count", "_sum", "_gcount", "_gsum"]
            .iter()
            .find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix)));
        let Some((family, suffix)) = split else { continue };
        let Some(&kind) = families.get(family) else { continue };
        let bound = float::parse(series.value("le").as_bytes()).filter(|bound| !bound.is_nan());
        let mut builder = series.to_builder();
        builder.set(METRIC_NAME, family);
        if suffix == "_bucket" {
            builder.remove("le");
        }
        let labels = builder.build();
        let part = found.entry(labels.clone()).or_insert_with(|| {
            order.push(labels);
            Found::default()
        });
        part.is_gauge = kind == MetricType::GaugeHistogram;
        match (suffix, bound) {
            ("_bucket", Some(bound)) => part.buckets.push((bound, column)),
            ("_bucket", None) => {}
            ("_count" | "_gcount", _) => part.count = Some(column),
            _ => part.sum = Some(column),
        }
    }
    // Whatever is native already stays as it is.
    for series in &shape.series {
        found.remove(series);
    }
    let finished =
        |labels: Labels| found.remove(&labels).and_then(Found::finish).map(|group| (labels, group));
    order.into_iter().filter_map(finished).unzip()
}

/// A classic histogram while its series are gathered.
#[derive(Default)]
struct Found {
    /// Bounds and columns, in the order of the columns.
    buckets: Vec<(f64, u32)>,
    count: Option<u32>,
    sum: Option<u32>,
    is_gauge: bool,
}

impl Found {
    /// The columns of the histogram, unless nobody could tell how many observations it had.
    fn finish(self) -> Option<Group> {
        let Found { mut buckets, count, sum, is_gauge } = self;
        buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
        let has_infinity = buckets.last().is_some_and(|(bound, _)| *bound == f64::INFINITY);
        let is_usable = !buckets.is_empty() && (has_infinity || count.is_some());
        is_usable.then(|| Group {
            bounds: buckets.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect(),
            buckets: buckets.iter().map(|(_, column)| *column).collect(),
            has_infinity,
            count,
            sum,
            is_gauge,
        })
    }
}
