//! A row: the labels of one series and its values at every step.

use hashbrown::HashMap;
use model::{Labels, METRIC_NAME};

use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::points::Points;

/// The label that holds a metric's type where types are kept as labels.
pub(crate) const TYPE_LABEL: &str = "__type__";
/// The label that holds a metric's unit where units are kept as labels.
pub(crate) const UNIT_LABEL: &str = "__unit__";

/// One series of a result.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its labels.
    pub(crate) labels: Labels,
    /// Whether the name is to go once the query is done: what was computed is no longer the metric of that name.
    pub(crate) drop_name: bool,
    /// Its values.
    pub(crate) points: Points,
}

/// Whether a label says what a metric is rather than which series of it.
pub(crate) fn is_metadata_label(name: &str) -> bool {
    name == METRIC_NAME || name == TYPE_LABEL || name == UNIT_LABEL
}

/// The labels of what was computed from a metric.
pub(crate) fn without_metadata(labels: &Labels) -> Labels {
    if labels.iter().any(|(name, _)| is_metadata_label(name)) {
        labels.filter(|name| !is_metadata_label(name))
    } else {
        labels.clone()
    }
}

/// Makes one row of rows with equal labels; an error where two of them have a value at the same step.
pub(crate) fn merge_equal(rows: Vec<Row>, meter: &Meter<'_>) -> Result<Vec<Row>, QueryError> {
    if !has_equal_labels(rows.iter().map(|row| &row.labels)) {
        return Ok(rows);
    }
    let mut index_of: HashMap<Labels, usize> = HashMap::with_capacity(rows.len());
    let mut merged: Vec<Row> = Vec::with_capacity(rows.len());
    for (done, row) in rows.into_iter().enumerate() {
        meter.check_at(done)?;
        match index_of.get(&row.labels) {
            Some(&index) if merged[index].points.merge(&row.points) => {}
            Some(_) => return Err(QueryError::same_labels()),
            None => {
                index_of.insert(row.labels.clone(), merged.len());
                merged.push(row);
            }
        }
    }
    Ok(merged)
}

/// Whether two label sets are equal.
pub(crate) fn has_equal_labels<'a>(mut sets: impl Iterator<Item = &'a Labels>) -> bool {
    let (size, _) = sets.size_hint();
    if size == 1 {
        return false;
    }
    let mut seen = hashbrown::HashSet::with_capacity(size);
    !sets.all(|labels| seen.insert(labels.hash64()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QueryOptions;
    use crate::eval::points::ABSENT;

    fn row(label: &str, floats: &[f64]) -> Row {
        Row {
            labels: Labels::from_pairs([("a", label)]),
            drop_name: false,
            points: Points::floats(floats.to_vec()),
        }
    }

    #[test]
    fn equal_rows_merge_where_they_do_not_meet() {
        let options = QueryOptions::default();
        let meter = Meter::new(&options, 0);
        let rows = vec![row("1", &[1.0, ABSENT]), row("2", &[5.0, 5.0]), row("1", &[ABSENT, 2.0])];
        let merged = merge_equal(rows, &meter).unwrap();
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].points.floats, [1.0, 2.0]);
        assert!(merge_equal(vec![row("1", &[1.0]), row("1", &[2.0])], &meter).is_err());
    }

    #[test]
    fn metadata_is_name_type_and_unit() {
        let labels =
            Labels::from_pairs([("__name__", "x"), ("__type__", "counter"), ("__unit__", "s"), ("a", "b")]);
        assert_eq!(without_metadata(&labels).to_string(), r#"{a="b"}"#);
    }
}
