//! How series of two sides find each other: by the labels that must be equal.

use model::{Labels, METRIC_NAME};

use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::label_index::LabelIndex;
use crate::eval::row::Row;
use crate::syntax::VectorMatching;

/// The series of both sides by what they are matched on.
pub(crate) struct Matches {
    /// The number of the match of each series on the left.
    pub(crate) left: Vec<u32>,
    /// The number of the match of each series on the right.
    pub(crate) right: Vec<u32>,
    /// What the series of each match have in common.
    pub(crate) sets: Vec<Labels>,
}

impl Matches {
    pub(crate) fn of(
        left: &[Row],
        right: &[Row],
        matching: &VectorMatching,
        meter: &Meter<'_>,
    ) -> Result<Matches, QueryError> {
        let mut index = LabelIndex::default();
        let mut numbers_of = |rows: &[Row]| {
            index.numbers_of(rows.len(), |row| &rows[row].labels, |name| is_matched(name, matching), meter)
        };
        let (left, right) = (numbers_of(left)?, numbers_of(right)?);
        Ok(Matches { left, right, sets: index.sets })
    }
}

/// The part of a label set that must be equal on both sides.
pub(crate) fn match_labels(labels: &Labels, matching: &VectorMatching) -> Labels {
    labels.filter(|name| is_matched(name, matching))
}

fn is_matched(name: &str, matching: &VectorMatching) -> bool {
    let named = matching.labels.iter().any(|label| label == name);
    if matching.on { named } else { !named && name != METRIC_NAME }
}

/// A label set with every label in braces, the name too.
pub(crate) fn all_in_braces(labels: &Labels) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| {
            let quoted = model::names::quote(value);
            match model::names::is_legacy_label_name(name) {
                true => format!("{name}={quoted}"),
                false => format!("{}={quoted}", model::names::quote(name)),
            }
        })
        .collect();
    format!("{{{}}}", labels.join(", "))
}
