//! What a page may bring, and why one is refused as a whole.

use std::sync::Arc;

use model::{Labels, METRIC_NAME, Value};
use wire::Page;

use super::Style;
use crate::config::{NameScheme, ScrapeLimits};

/// Why a page was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More samples than `sample_limit`.
    #[error("sample limit exceeded: {kept} samples, {max} allowed")]
    Samples {
        /// How many there were.
        kept: usize,
        /// How many may be.
        max: u64,
    },
    /// More labels than `label_limit`.
    #[error("label_limit exceeded: {series} has {count} labels, {max} allowed")]
    Labels {
        /// The series.
        series: String,
        /// How many it has.
        count: usize,
        /// How many it may have.
        max: u64,
    },
    /// A name longer than `label_name_length_limit`.
    #[error("label_name_length_limit exceeded: label {name:?} of {series} is longer than {max} bytes")]
    LabelName {
        /// The series.
        series: String,
        /// The label.
        name: String,
        /// How long it may be.
        max: u64,
    },
    /// A value longer than `label_value_length_limit`.
    #[error("label_value_length_limit exceeded: label {name:?} of {series} is longer than {max} bytes")]
    LabelValue {
        /// The series.
        series: String,
        /// The label.
        name: String,
        /// How long it may be.
        max: u64,
    },
    /// Relabelling left a series without a metric name.
    #[error("missing metric name (__name__ label) after relabelling: {0}")]
    NoName(String),
    /// A name that the validation scheme does not admit.
    #[error("invalid metric name or label names: {0}")]
    BadName(String),
    /// A histogram with more buckets than the limit, however coarse.
    #[error("histogram bucket limit exceeded: {series} has {count} buckets, {max} allowed")]
    Buckets {
        /// The series.
        series: String,
        /// How many it has.
        count: usize,
        /// How many it may have.
        max: u64,
    },
}

/// Says which limit or rule a dressed series breaks.
pub(super) fn check_series(
    style: &Style,
    full: Option<&Labels>,
    target: &Labels,
    point: &Labels,
) -> Result<(), Refusal> {
    let shown = || full.cloned().unwrap_or_else(|| target.union(point)).to_string();
    let name = point.metric_name();
    if name.is_empty() {
        return Err(Refusal::NoName(shown()));
    }
    if style.names == NameScheme::Legacy {
        let is_valid = |(label, _): (&str, &str)| label == METRIC_NAME || style.names.is_label_name(label);
        if !style.names.is_metric_name(name) || !point.iter().all(is_valid) {
            return Err(Refusal::BadName(shown()));
        }
    }
    let limits = &style.limits;
    if limits.labels_max == 0 && limits.label_name_bytes_max == 0 && limits.label_value_bytes_max == 0 {
        return Ok(());
    }
    let count = target.len() + point.len();
    if limits.labels_max > 0 && count as u64 > limits.labels_max {
        return Err(Refusal::Labels { series: shown(), count, max: limits.labels_max });
    }
    for (name, value) in target.iter().chain(point.iter()) {
        if limits.label_name_bytes_max > 0 && name.len() as u64 > limits.label_name_bytes_max {
            let (series, name) = (shown(), name.to_owned());
            return Err(Refusal::LabelName { series, name, max: limits.label_name_bytes_max });
        }
        if limits.label_value_bytes_max > 0 && value.len() as u64 > limits.label_value_bytes_max {
            let (series, name) = (shown(), name.to_owned());
            return Err(Refusal::LabelValue { series, name, max: limits.label_value_bytes_max });
        }
    }
    Ok(())
}

/// Makes native histograms as coarse as the limits ask, and refuses what stays too large.
pub(super) fn limit_buckets(limits: &ScrapeLimits, page: &mut Page) -> Result<(), Refusal> {
    let buckets_max = limits.histogram_buckets_max;
    let factor_min = limits.histogram_bucket_factor_min;
    if buckets_max == 0 && factor_min <= 1.0 {
        return Ok(());
    }
    let schema_max = (-4..=8).rev().find(|&schema| 2f64.powf(2f64.powi(-schema)) >= factor_min).unwrap_or(-4);
    for (column, value) in &mut page.histograms {
        loop {
            let (schema, buckets) = match &*value {
                Value::Histogram(histogram) => {
                    (histogram.schema, histogram.positive.len() + histogram.negative.len())
                }
                Value::FloatHistogram(histogram) => {
                    (histogram.schema, histogram.positive.len() + histogram.negative.len())
                }
                Value::Float(_) => break,
            };
            let is_custom = schema == model::histogram::CUSTOM_BUCKETS_SCHEMA;
            let too_many = buckets_max > 0 && buckets as u64 > buckets_max;
            let too_fine = !is_custom && factor_min > 1.0 && i32::from(schema) > schema_max;
            let coarser = if too_fine { schema_max as i8 } else { schema - 1 };
            if !too_many && !too_fine {
                break;
            }
            let reduced = !is_custom
                && coarser >= -4
                && match value {
                    Value::Histogram(histogram) => {
                        Arc::make_mut(histogram).reduce_resolution(coarser).is_ok()
                    }
                    Value::FloatHistogram(histogram) => {
                        Arc::make_mut(histogram).reduce_resolution(coarser).is_ok()
                    }
                    Value::Float(_) => false,
                };
            if !reduced {
                let series = page.shape.series[*column as usize].to_string();
                return Err(Refusal::Buckets { series, count: buckets, max: buckets_max });
            }
        }
    }
    Ok(())
}
