//! An exemplar: one observation that stands for many, with the labels that lead to its trace.

use crate::labels::Labels;
use crate::sample::Timestamp;

/// One observation singled out by the program that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Usually `trace_id` and `span_id`.
    pub labels: Labels,
    /// What was observed.
    pub value: f64,
    /// When; `None` where the exposition did not say, which the scrape's time replaces.
    pub time: Option<Timestamp>,
}
