//! Since when the series of a page have been counting, as OpenMetrics tells it in `_created` lines.

use std::sync::Arc;

use hashbrown::HashMap;
use model::{Labels, METRIC_NAME, MetricType, Timestamp};

use super::template::{Meaning, Slot};
use crate::page::Shape;

/// Whose starts a page tells. A `_created` line is a start; the series of its family and labels share it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct StartColumns {
    /// How many starts there are.
    count: usize,
    /// Per column its start, or `NO_START`; empty where there are no starts.
    start_of_column: Box<[u32]>,
}

/// The start of every column, as the last page told it.
#[derive(Default)]
pub(crate) struct Starts {
    /// What each start's line says; 0 where it says nothing that can be used.
    told: Vec<Timestamp>,
    shared: Arc<[Timestamp]>,
    is_changed: bool,
}

const NO_START: u32 = u32::MAX;

impl StartColumns {
    /// Finds the columns of the starts of `keys`: the family's name with the labels. `slots` say each column's type.
    pub(crate) fn new(keys: &[Labels], shape: &Shape, slots: &[Slot]) -> StartColumns {
        if keys.is_empty() {
            return StartColumns::default();
        }
        let starts: HashMap<&Labels, u32, foldhash::fast::FixedState> = keys.iter().zip(0u32..).collect();
        let mut start_of_column = vec![NO_START; shape.series.len()];
        for slot in slots {
            let Meaning::Series(column) = slot.meaning else { continue };
            let family = family_of(&shape.series[column as usize], slot.kind);
            let start = family.and_then(|family| starts.get(&family).copied());
            start_of_column[column as usize] = start.unwrap_or(NO_START);
        }
        StartColumns { count: keys.len(), start_of_column: start_of_column.into() }
    }
}

impl Starts {
    /// Forgets what was told: a page of other lines follows.
    pub(crate) fn begin(&mut self, columns: &StartColumns) {
        self.told.clear();
        self.told.resize(columns.count, 0);
        self.is_changed = true;
    }

    /// Takes the seconds a start's line says.
    pub(crate) fn set(&mut self, start: u32, seconds: f64) {
        // Out of range saturates and NaN becomes 0, which means unknown.
        let time = (seconds * 1000.0).round() as Timestamp;
        let told = &mut self.told[start as usize];
        self.is_changed |= *told != time;
        *told = time;
    }

    /// The starts as pages carry them: the same allocation until one changes.
    pub(crate) fn shared(&mut self, columns: &StartColumns) -> Arc<[Timestamp]> {
        if std::mem::take(&mut self.is_changed) {
            let start = |start: &u32| self.told.get(*start as usize).copied().unwrap_or(0);
            let starts = columns.start_of_column.iter().map(start);
            if !self.shared.iter().copied().eq(starts.clone()) {
                self.shared = starts.collect();
            }
        }
        self.shared.clone()
    }
}

/// The family's name with the labels that all series of one metric share; `None` where the type has no starts.
fn family_of(series: &Labels, kind: MetricType) -> Option<Labels> {
    let name = series.metric_name();
    let (suffixes, own_label): (&[&str], &str) = match kind {
        MetricType::Counter => (&["_total"], ""),
        MetricType::Histogram => (&["_bucket", "_count", "_sum"], "le"),
        MetricType::GaugeHistogram => (&["_bucket", "_gcount", "_gsum"], "le"),
        MetricType::Summary => (&["_count", "_sum"], "quantile"),
        _ => return None,
    };
    let family = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let mut builder = series.to_builder();
    builder.set(METRIC_NAME, family).remove(own_label);
    Some(builder.build())
}
