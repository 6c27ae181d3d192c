//! Turns a request into series: a resource becomes the target's labels, a point becomes samples.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashSet;
use model::{
    CounterReset, Exemplar, FloatHistogram, Histogram, Labels, LabelsBuilder, METRIC_NAME, Metadata,
    MetricType, STALE_NAN, Sample, Series, Span, Timestamp, Value,
};

use super::names::Strategy;
use super::request::{Attributes, Buckets, CUMULATIVE, DELTA, Kind, Metric, Point, Request, Resource, Scope};
use crate::histogram::BUCKETS_MAX;
use crate::remote::Batch;

/// How requests are translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What happens to names.
    pub strategy: Strategy,
    /// Whether every attribute of the resource becomes a label of its series.
    pub promote_all_resource_attributes: bool,
    /// Attributes of the resource that become labels.
    pub promote_resource_attributes: Vec<String>,
    /// Attributes that do not, although all others do.
    pub ignore_resource_attributes: Vec<String>,
    /// Whether `target_info` keeps the attributes that `job` and `instance` were made of.
    pub keep_identifying_resource_attributes: bool,
    /// Whether histograms with explicit bounds become native ones with custom bounds.
    pub histograms_to_custom: bool,
    /// Whether the scope's name, version, schema and attributes become labels.
    pub promote_scope_metadata: bool,
}

/// A translated request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Translated {
    /// What can be stored as it is, with metadata by family. Refusals count data points.
    pub batch: Batch,
    /// Series whose samples are differences; `Accumulator` makes running totals of them.
    pub deltas: Vec<Series>,
    /// How many data points there were, refused ones included.
    pub points: u64,
}

/// The attributes that become `job` and `instance`.
const IDENTIFYING: [&str; 3] = ["service.namespace", "service.name", "service.instance.id"];

/// What `target_info` is, for people.
const TARGET_INFO_HELP: &str = "Target metadata";

/// How many attributes a point may have; a resource's further ones are left out.
const ATTRIBUTES_MAX: usize = 1024;

/// The width of the zero bucket where a point does not say.
const ZERO_THRESHOLD: f64 = 1e-128;

/// Translates a request.
pub fn translate(request: &Request<'_>, options: &Options) -> Translated {
    let mut translated = Translated::default();
    for resource in &request.resources {
        let target = Target::new(resource, options);
        let mut latest = None;
        for scope in &resource.scopes {
            let common = scope_labels(scope, &target, options);
            for metric in &scope.metrics {
                latest = latest.max(translate_metric(metric, &target, &common, options, &mut translated));
            }
        }
        if let Some(time) = latest {
            target.info(resource, time, options, &mut translated.batch);
        }
    }
    let mut seen: HashSet<String, foldhash::fast::FixedState> = HashSet::default();
    translated.batch.metadata.retain(|(family, _)| seen.insert(family.clone()));
    translated
}

/// What a resource gives to all its series.
struct Target {
    job: String,
    instance: String,
    /// Attributes that became labels.
    promoted: LabelsBuilder,
}

impl Target {
    fn new(resource: &Resource<'_>, options: &Options) -> Target {
        let attribute = |name: &str| {
            resource.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_ref())
        };
        let name = attribute("service.name");
        let job = match attribute("service.namespace") {
            _ if name.is_empty() => String::new(),
            "" => name.to_owned(),
            namespace => format!("{namespace}/{name}"),
        };
        let is_listed = |list: &[String], key: &str| list.iter().any(|listed| listed == key);
        let promoted = resource.attributes.iter().filter(|(key, _)| {
            if options.promote_all_resource_attributes {
                !is_listed(&options.ignore_resource_attributes, key)
            } else {
                is_listed(&options.promote_resource_attributes, key)
            }
        });
        let promoted = joined(promoted, options.strategy);
        Target { job, instance: attribute("service.instance.id").to_owned(), promoted }
    }

    /// Puts `job` and `instance` over whatever attributes of those names there may be.
    fn identify(&self, labels: &mut LabelsBuilder) {
        for (name, value) in [("job", &self.job), ("instance", &self.instance)] {
            if !value.is_empty() {
                labels.set(name, value);
            }
        }
    }

    /// The series that carries the attributes of a resource that nothing else does.
    fn info(&self, resource: &Resource<'_>, time: Timestamp, options: &Options, batch: &mut Batch) {
        let is_identifying = |key: &str| IDENTIFYING.contains(&key);
        let has_others = resource.attributes.iter().any(|(key, _)| !is_identifying(key));
        if (self.job.is_empty() && self.instance.is_empty()) || !has_others {
            return;
        }
        let kept = |key: &str| options.keep_identifying_resource_attributes || !is_identifying(key);
        let mut labels = joined(resource.attributes.iter().filter(|(key, _)| kept(key)), options.strategy);
        self.identify(&mut labels);
        labels.set(METRIC_NAME, "target_info");
        let sample = Sample { time, start: None, value: Value::Float(1.0) };
        batch.series.push(Series { labels: labels.build(), samples: vec![sample], ..Series::default() });
        let help = TARGET_INFO_HELP.to_owned();
        let metadata = Metadata { kind: MetricType::Gauge, unit: String::new(), help };
        batch.metadata.push(("target_info".to_owned(), metadata));
    }
}

/// Labels of attributes. Where several come out under one name, their values are joined in the order of their keys.
fn joined<'a>(
    attributes: impl Iterator<Item = &'a (Cow<'a, str>, Cow<'a, str>)>,
    strategy: Strategy,
) -> LabelsBuilder {
    let mut sorted: Vec<_> = attributes.filter(|(key, _)| !key.is_empty()).take(ATTRIBUTES_MAX).collect();
    sorted.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    let mut labels = LabelsBuilder::default();
    for (key, value) in sorted {
        let name = strategy.label(key);
        match labels.value(&name) {
            "" => labels.set(&name, value),
            present => {
                let both = format!("{present};{value}");
                labels.set(&name, &both)
            }
        };
    }
    labels
}

/// The labels that every series of a scope has unless its points say otherwise.
fn scope_labels(scope: &Scope<'_>, target: &Target, options: &Options) -> LabelsBuilder {
    let mut labels = target.promoted.clone();
    if options.promote_scope_metadata {
        for (name, value) in joined(scope.attributes.iter(), options.strategy).iter() {
            labels.set(&format!("otel_scope_{name}"), value);
        }
        labels.set("otel_scope_name", &scope.name);
        labels.set("otel_scope_version", &scope.version);
        labels.set("otel_scope_schema_url", &scope.schema_url);
    }
    labels
}

/// Translates the points of a metric; the latest of their times comes back.
fn translate_metric(
    metric: &Metric<'_>,
    target: &Target,
    common: &LabelsBuilder,
    options: &Options,
    out: &mut Translated,
) -> Option<Timestamp> {
    out.points += metric.points.len() as u64;
    if let Some(reason) = unusable(metric) {
        metric.points.iter().for_each(|_| out.batch.refuse(metric.name.as_ref(), reason));
        return None;
    }
    let name = options.strategy.metric(&metric.name, &metric.unit, metric.kind, metric.is_monotonic);
    if name.is_empty() {
        metric
            .points
            .iter()
            .for_each(|_| out.batch.refuse(metric.name.as_ref(), "nothing is left of its name"));
        return None;
    }
    let metadata = Metadata {
        kind: kind_of(metric),
        unit: metric.unit.to_string(),
        help: metric.description.to_string(),
    };
    out.batch.metadata.push((name.clone(), metadata));
    let mut latest = None;
    for point in &metric.points {
        let mut labels = joined(point.attributes.iter(), options.strategy);
        for (label, value) in common.iter() {
            if labels.value(label).is_empty() {
                labels.set(label, value);
            }
        }
        target.identify(&mut labels);
        let into = if metric.temporality == DELTA { &mut out.deltas } else { &mut out.batch.series };
        let first = into.len();
        match (Rows { name: &name, labels, point, into }).push(metric.kind, options) {
            Ok(()) => latest = latest.max(Some(millis(point.time_nanos))),
            Err(reason) => {
                into.truncate(first);
                let shown = point_name(&name, &point.attributes);
                out.batch.refuse(shown, reason);
            }
        }
    }
    latest
}

fn unusable(metric: &Metric<'_>) -> Option<&'static str> {
    let has_temporality = matches!(metric.kind, Kind::Sum | Kind::Histogram | Kind::ExponentialHistogram);
    match metric.kind {
        _ if metric.name.is_empty() => Some("a metric has no name"),
        Kind::None => Some("the metric has no data of a known kind"),
        _ if has_temporality && !matches!(metric.temporality, DELTA | CUMULATIVE) => {
            Some("the aggregation temporality is neither delta nor cumulative")
        }
        _ => None,
    }
}

fn kind_of(metric: &Metric<'_>) -> MetricType {
    match metric.kind {
        Kind::Sum if metric.is_monotonic => MetricType::Counter,
        Kind::Gauge | Kind::Sum => MetricType::Gauge,
        Kind::Histogram | Kind::ExponentialHistogram => MetricType::Histogram,
        Kind::Summary => MetricType::Summary,
        Kind::None => MetricType::Unknown,
    }
}

fn point_name(name: &str, attributes: &Attributes<'_>) -> String {
    let pairs = attributes.iter().take(32).map(|(key, value)| (key.as_ref(), value.as_ref()));
    Labels::from_pairs(pairs.chain([(METRIC_NAME, name)])).to_string()
}

fn millis(nanos: u64) -> Timestamp {
    (nanos / 1_000_000) as Timestamp
}

/// Where the series of one point go.
struct Rows<'a> {
    name: &'a str,
    labels: LabelsBuilder,
    point: &'a Point<'a>,
    into: &'a mut Vec<Series>,
}

impl Rows<'_> {
    fn push(mut self, kind: Kind, options: &Options) -> Result<(), String> {
        if self.point.time_nanos == 0 {
            return Err("the point has no time".to_owned());
        }
        if self.point.attributes.len() > ATTRIBUTES_MAX {
            return Err(format!("the point has more than {ATTRIBUTES_MAX} attributes"));
        }
        match kind {
            Kind::None => Ok(()),
            Kind::Gauge | Kind::Sum => self.number(),
            Kind::Summary => self.summary(),
            Kind::Histogram if options.histograms_to_custom => self.custom(),
            Kind::Histogram => self.classic(),
            Kind::ExponentialHistogram => self.exponential(),
        }
    }

    fn row(&mut self, suffix: &str, bound: Option<(&str, f64)>, value: Value, exemplars: Vec<Exemplar>) {
        self.labels.set(METRIC_NAME, &[self.name, suffix].concat());
        if let Some((label, bound)) = bound {
            let text = if bound == f64::INFINITY { "+Inf".to_owned() } else { bound.to_string() };
            self.labels.set(label, &text);
        }
        let start = Some(millis(self.point.start_nanos)).filter(|&start| start != 0);
        let sample = Sample { time: millis(self.point.time_nanos), start, value };
        let labels = self.labels.build();
        self.into.push(Series { labels, samples: vec![sample], exemplars, metadata: None });
        if let Some((label, _)) = bound {
            self.labels.remove(label);
        }
    }

    fn float(&mut self, suffix: &str, bound: Option<(&str, f64)>, value: f64, exemplars: Vec<Exemplar>) {
        let value = if self.point.is_stale() { STALE_NAN } else { value };
        self.row(suffix, bound, Value::Float(value), exemplars);
    }

    fn number(&mut self) -> Result<(), String> {
        let Some(value) = self.point.value.or(self.point.is_stale().then_some(STALE_NAN)) else {
            return Err("the point has no value".to_owned());
        };
        let exemplars = self.exemplars();
        self.float("", None, value, exemplars);
        Ok(())
    }

    fn summary(&mut self) -> Result<(), String> {
        let point = self.point;
        self.float("_sum", None, point.sum.unwrap_or(0.0), Vec::new());
        self.float("_count", None, point.count as f64, Vec::new());
        for &(quantile, value) in &point.quantiles {
            self.float("", Some(("quantile", quantile)), value, Vec::new());
        }
        Ok(())
    }

    fn check_buckets(&self) -> Result<(), String> {
        let point = self.point;
        let fits = point.bucket_counts.is_empty() && point.bounds.is_empty()
            || point.bucket_counts.len() == point.bounds.len() + 1;
        let ascending = point.bounds.is_sorted_by(|left, right| left < right)
            && point.bounds.iter().all(|bound| !bound.is_nan());
        match (fits, ascending) {
            (false, _) => {
                let (counts, bounds) = (point.bucket_counts.len(), point.bounds.len());
                Err(format!("{counts} bucket counts do not fit {bounds} bounds"))
            }
            (_, false) => Err("the bounds do not ascend".to_owned()),
            _ if point.bounds.len() > BUCKETS_MAX => Err("there are too many buckets".to_owned()),
            _ => Ok(()),
        }
    }

    fn classic(&mut self) -> Result<(), String> {
        self.check_buckets()?;
        let point = self.point;
        if let Some(sum) = point.sum {
            self.float("_sum", None, sum, Vec::new());
        }
        self.float("_count", None, point.count as f64, Vec::new());
        let (mut exemplars, mut below) = (self.exemplars(), 0u64);
        let finite = point.bounds.iter().copied().filter(|bound| *bound != f64::INFINITY);
        for (bound, count) in finite.zip(&point.bucket_counts) {
            below = below.saturating_add(*count);
            let here;
            (here, exemplars) = exemplars.into_iter().partition(|exemplar| exemplar.value <= bound);
            self.float("_bucket", Some(("le", bound)), below as f64, here);
        }
        self.float("_bucket", Some(("le", f64::INFINITY)), point.count as f64, exemplars);
        Ok(())
    }

    fn custom(&mut self) -> Result<(), String> {
        self.check_buckets()?;
        let point = self.point;
        let bounds: Vec<f64> = point.bounds.iter().copied().filter(|bound| *bound != f64::INFINITY).collect();
        let mut positive = point.bucket_counts.clone();
        if positive.is_empty() {
            positive.push(point.count);
        }
        let last = positive.split_off(bounds.len());
        positive.push(last.iter().fold(0, |sum, count| sum.saturating_add(*count)));
        let positive_spans = vec![Span { offset: 0, length: positive.len() as u32 }];
        self.native(Histogram {
            schema: model::histogram::CUSTOM_BUCKETS_SCHEMA,
            counter_reset: CounterReset::Unknown,
            zero_threshold: 0.0,
            zero_count: 0,
            count: point.count,
            sum: point.sum.unwrap_or(0.0),
            positive_spans,
            negative_spans: Vec::new(),
            positive,
            negative: Vec::new(),
            custom_values: bounds.into(),
        })
    }

    fn exponential(&mut self) -> Result<(), String> {
        let point = self.point;
        if point.scale < i32::from(model::histogram::SCHEMA_MIN) {
            return Err(format!("scale {} is below -4", point.scale));
        }
        let schema = point.scale.min(i32::from(model::histogram::SCHEMA_MAX));
        let coarser = (point.scale - schema) as u32;
        let (positive_spans, positive) = spans_of(&point.positive, coarser)?;
        let (negative_spans, negative) = spans_of(&point.negative, coarser)?;
        self.native(Histogram {
            schema: schema as i8,
            counter_reset: CounterReset::Unknown,
            zero_threshold: if point.zero_threshold > 0.0 { point.zero_threshold } else { ZERO_THRESHOLD },
            zero_count: point.zero_count,
            count: point.count,
            sum: point.sum.unwrap_or(0.0),
            positive_spans,
            negative_spans,
            positive,
            negative,
            custom_values: Arc::from([]),
        })
    }

    fn native(&mut self, histogram: Histogram) -> Result<(), String> {
        let value = if self.point.is_stale() {
            Value::FloatHistogram(Arc::new(stale(&histogram)))
        } else {
            histogram.validate().map_err(|error| error.to_string())?;
            Value::Histogram(Arc::new(histogram))
        };
        let exemplars = self.exemplars();
        self.row("", None, value, exemplars);
        Ok(())
    }

    fn exemplars(&self) -> Vec<Exemplar> {
        let exemplar = |exemplar: &super::request::Exemplar<'_>| {
            let mut labels = joined(exemplar.attributes.iter(), Strategy::UnderscoreEscapingWithoutSuffixes);
            labels.set("trace_id", &exemplar.trace_id);
            labels.set("span_id", &exemplar.span_id);
            let time = Some(millis(exemplar.time_nanos)).filter(|&time| time != 0);
            Exemplar { labels: labels.build(), value: exemplar.value, time }
        };
        self.point.exemplars.iter().map(exemplar).collect()
    }
}

/// A histogram that says that there is none any more.
fn stale(histogram: &Histogram) -> FloatHistogram {
    FloatHistogram {
        sum: STALE_NAN,
        count: 0.0,
        zero_count: 0.0,
        positive_spans: Vec::new(),
        negative_spans: Vec::new(),
        positive: Vec::new(),
        negative: Vec::new(),
        ..histogram.to_float()
    }
}

/// The populated buckets of one side as spans, `coarser` halvings of the resolution below what was sent. A gap of
/// up to two empty buckets is cheaper kept than described.
fn spans_of(buckets: &Buckets, coarser: u32) -> Result<(Vec<Span>, Vec<u64>), String> {
    if buckets.counts.len() > BUCKETS_MAX {
        return Err("there are too many buckets".to_owned());
    }
    let mut merged: Vec<(i64, u64)> = Vec::with_capacity(buckets.counts.len());
    for (place, &count) in buckets.counts.iter().enumerate() {
        // Here a bucket is named after its upper bound, there after its lower one: hence the 1.
        let index = ((i64::from(buckets.offset) + place as i64) >> coarser.min(40)) + 1;
        match merged.last_mut() {
            Some((last, sum)) if *last == index => *sum = sum.saturating_add(count),
            _ => merged.push((index, count)),
        }
    }
    let (mut spans, mut counts): (Vec<Span>, Vec<u64>) = (Vec::new(), Vec::new());
    // The index after the last bucket that is in a span.
    let mut end = 0i64;
    for (index, count) in merged.into_iter().filter(|(_, count)| *count > 0) {
        let gap = index - end;
        match spans.last_mut() {
            Some(span) if gap <= 2 => {
                span.length += gap as u32 + 1;
                counts.extend(std::iter::repeat_n(0, gap as usize));
            }
            _ => {
                let offset = i32::try_from(gap).map_err(|_| "a bucket lies too far out".to_owned())?;
                spans.push(Span { offset, length: 1 });
            }
        }
        counts.push(count);
        end = index + 1;
    }
    Ok((spans, counts))
}

#[cfg(test)]
#[path = "translate_tests.rs"]
mod tests;
