//! Since when the series of a page have been counting, as OpenMetrics tells it in `_created` lines.

use std::sync::Arc;

use hashbrown::HashMap;
use model::{Labels, METRIC_NAME, MetricType, Timestamp};

use super::lines::{Line, Meaning};
use crate::page::Shape;

/// The start of every column. A `_created` line is a slot; the series of its family and labels share it.
#[derive(Default)]
pub(crate) struct Starts {
    /// What each slot's line says; 0 where it says nothing that can be used.
    slots: Vec<Timestamp>,
    /// Whose start each slot is: the family's name with the labels.
    keys: Vec<Labels>,
    /// Per column its slot, or `NO_SLOT`; empty where there are no slots.
    slot_of_column: Vec<u32>,
    shared: Arc<[Timestamp]>,
    is_changed: bool,
}

const NO_SLOT: u32 = u32::MAX;

impl Starts {
    /// Takes the seconds a slot's line says.
    pub(crate) fn set(&mut self, slot: u32, seconds: f64) {
        // Out of range saturates and NaN becomes 0, which means unknown.
        let start = (seconds * 1000.0).round() as Timestamp;
        let slot = &mut self.slots[slot as usize];
        self.is_changed |= *slot != start;
        *slot = start;
    }

    /// The starts as pages carry them: the same allocation until one changes.
    pub(crate) fn shared(&mut self) -> Arc<[Timestamp]> {
        if std::mem::take(&mut self.is_changed) {
            let start = |slot: &u32| self.slots.get(*slot as usize).copied().unwrap_or(0);
            self.shared = self.slot_of_column.iter().map(start).collect();
        }
        self.shared.clone()
    }

    /// Finds the columns of the slots whose series are `keys`. `lines` say each column's type.
    pub(crate) fn link(&mut self, keys: Vec<Labels>, shape: &Shape, is_reshaped: bool, lines: &[Line]) {
        if keys == self.keys && !is_reshaped {
            return;
        }
        let slots: HashMap<&Labels, u32, foldhash::fast::FixedState> = keys.iter().zip(0u32..).collect();
        self.slot_of_column.clear();
        if !slots.is_empty() {
            self.slot_of_column.resize(shape.series.len(), NO_SLOT);
            for line in lines {
                let Meaning::Series(column) = line.meaning else { continue };
                let family = family_of(&shape.series[column as usize], line.kind);
                let slot = family.and_then(|family| slots.get(&family).copied());
                self.slot_of_column[column as usize] = slot.unwrap_or(NO_SLOT);
            }
        }
        drop(slots);
        self.slots = vec![0; keys.len()];
        self.keys = keys;
        self.is_changed = true;
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
