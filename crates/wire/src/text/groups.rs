//! The samples of one metric: those of a family that agree in all labels but the one that tells buckets, quantiles or
//! states apart. They must stand together, and make sense together.

use hashbrown::HashSet;
use model::{Labels, MetricType, Timestamp};

use super::check::Faults;
use super::scan::Fault;
use crate::float;

/// The metric at hand, and those of its family that came before.
#[derive(Default)]
pub(crate) struct Groups {
    at_hand: Option<Group>,
    ended: HashSet<Labels, foldhash::fast::FixedState>,
}

struct Group {
    labels: Labels,
    kind: MetricType,
    time: Option<Timestamp>,
    /// Series without a time that were told.
    told: HashSet<Labels, foldhash::fast::FixedState>,
    buckets: Buckets,
}

/// What a histogram said at one time.
#[derive(Default)]
struct Buckets {
    last: Option<(f64, f64)>,
    has_negative_bound: bool,
    count: Option<f64>,
    sum: Option<f64>,
}

impl Groups {
    /// A sample of the metric that `group` names.
    #[allow(clippy::too_many_arguments, reason = "a sample is what it is")]
    pub(crate) fn sample(
        &mut self,
        kind: MetricType,
        suffix: &str,
        group: Labels,
        series: Labels,
        value: f64,
        time: Option<Timestamp>,
        faults: &mut Faults,
    ) -> Result<(), Fault> {
        let mut result = Ok(());
        if self.at_hand.as_ref().is_none_or(|at_hand| at_hand.labels != group) {
            if let Some(ended) = self.at_hand.take() {
                ended.end(faults);
                self.ended.insert(ended.labels);
            }
            if self.ended.contains(&group) {
                result =
                    Err(fault(format!("the samples of the metric with labels {group} are not together")));
            }
        }
        let at_hand = self.at_hand.get_or_insert_with(|| Group {
            labels: group,
            kind,
            time,
            told: HashSet::default(),
            buckets: Buckets::default(),
        });
        result?;
        at_hand.sample(suffix, series, value, time, faults)
    }

    /// The family ends.
    pub(crate) fn end(&mut self, faults: &mut Faults) {
        if let Some(ended) = self.at_hand.take() {
            ended.end(faults);
        }
        self.ended.clear();
    }
}

impl Group {
    fn sample(
        &mut self,
        suffix: &str,
        series: Labels,
        value: f64,
        time: Option<Timestamp>,
        faults: &mut Faults,
    ) -> Result<(), Fault> {
        if self.time.is_some() != time.is_some() {
            return Err(fault("some samples of a metric have a time and some have none"));
        }
        if time < self.time {
            return Err(fault("times go backwards within a metric"));
        }
        if time != self.time {
            faults.extend(self.buckets.problem(self.kind).map(|message| (true, fault(message))));
            self.buckets = Buckets::default();
            self.time = time;
        }
        let bound = float::parse(series.value("le").as_bytes());
        if time.is_none() && !self.told.insert(series) {
            return Err(fault("the series is told twice"));
        }
        match (suffix, bound) {
            ("_bucket", Some(bound)) => self.buckets.take(bound, value),
            ("_count" | "_gcount", _) => {
                self.buckets.count = Some(value);
                Ok(())
            }
            ("_sum" | "_gsum", _) => {
                self.buckets.sum = Some(value);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&self, faults: &mut Faults) {
        faults.extend(self.buckets.problem(self.kind).map(|message| (true, fault(message))));
    }
}

impl Buckets {
    fn take(&mut self, bound: f64, count: f64) -> Result<(), Fault> {
        self.has_negative_bound |= bound < 0.0;
        let before = self.last.replace((bound, count));
        match before {
            Some((last, _)) if bound <= last => Err(fault("buckets must come in the order of their bounds")),
            Some((_, last)) if count < last => Err(fault("a bucket counts less than the one before it")),
            _ => Ok(()),
        }
    }

    /// What is wrong with a histogram as a whole.
    fn problem(&self, kind: MetricType) -> Option<&'static str> {
        let is_gauge = match kind {
            MetricType::Histogram => false,
            MetricType::GaugeHistogram => true,
            _ => return None,
        };
        let Some((f64::INFINITY, total)) = self.last else {
            return Some("a histogram needs a bucket with le=\"+Inf\"");
        };
        match (self.count, self.sum) {
            (Some(count), _) if count != total => {
                Some("the count of a histogram is not that of its last bucket")
            }
            (None, Some(_)) => Some("a histogram with a sum needs a count"),
            (Some(_), None) if !self.has_negative_bound => Some("a histogram with a count needs a sum"),
            (_, Some(_)) if self.has_negative_bound && !is_gauge => {
                Some("a histogram that observes negative values has no sum")
            }
            (_, Some(sum)) if sum < 0.0 && !self.has_negative_bound => {
                Some("the sum is negative, and no bucket has a negative bound")
            }
            _ => None,
        }
    }
}

fn fault(message: impl Into<String>) -> Fault {
    Fault { at: 0, message: message.into().into() }
}
