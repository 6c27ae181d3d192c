//! `label_replace` and `label_join`: labels computed from labels.

use model::{METRIC_NAME, Regex};

use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::row::Row;

/// Sets `target` to `replacement`, with the groups of `regex` filled in, wherever `regex` matches label `source`.
pub(crate) fn replace(
    mut rows: Vec<Row>,
    target: &str,
    replacement: &str,
    source: &str,
    regex: &Regex,
    meter: &Meter<'_>,
) -> Result<Vec<Row>, QueryError> {
    for (done, row) in rows.iter_mut().enumerate() {
        meter.check_at(done)?;
        let Some(value) = regex.expand(row.labels.value(source), replacement) else { continue };
        set(row, target, &value);
    }
    Ok(rows)
}

/// Sets `target` to the values of `sources` with `separator` between them.
pub(crate) fn join(
    mut rows: Vec<Row>,
    target: &str,
    separator: &str,
    sources: &[String],
    meter: &Meter<'_>,
) -> Result<Vec<Row>, QueryError> {
    for (done, row) in rows.iter_mut().enumerate() {
        meter.check_at(done)?;
        let values: Vec<&str> = sources.iter().map(|source| row.labels.value(source)).collect();
        let value = values.join(separator);
        set(row, target, &value);
    }
    Ok(rows)
}

fn set(row: &mut Row, target: &str, value: &str) {
    let mut builder = row.labels.to_builder();
    builder.set(target, value);
    row.labels = builder.build();
    // A name that was just given is not to be taken away.
    if target == METRIC_NAME {
        row.drop_name = false;
    }
}

#[cfg(test)]
mod tests {
    use model::Labels;

    use super::*;
    use crate::QueryOptions;
    use crate::eval::points::Points;

    fn row() -> Row {
        let labels = Labels::from_pairs([("a", "x-1"), ("b", "y")]);
        Row { labels, drop_name: true, points: Points::floats(vec![1.0]) }
    }

    #[test]
    fn labels_come_from_labels() {
        let options = QueryOptions::default();
        let meter = Meter::new(&options, 0);
        let check = |target: &str, replacement: &str, source: &str, pattern: &str, want: &str| {
            let regex = Regex::new(pattern).unwrap();
            let rows = replace(vec![row()], target, replacement, source, &regex, &meter).unwrap();
            assert_eq!(rows[0].labels.to_string(), want);
        };
        check("c", "$1", "a", "x-(.*)", r#"{a="x-1", b="y", c="1"}"#);
        check("c", "$1", "a", "(.)", r#"{a="x-1", b="y"}"#);
        check("b", "", "a", ".*", r#"{a="x-1"}"#);
        check("c", "${1}z", "missing", "(.*)", r#"{a="x-1", b="y", c="z"}"#);
        let sources = ["a".to_owned(), "b".to_owned()];
        let options = QueryOptions::default();
        let rows = join(vec![row()], METRIC_NAME, "/", &sources, &Meter::new(&options, 0)).unwrap();
        assert_eq!(rows[0].labels.value(METRIC_NAME), "x-1/y");
        assert!(!rows[0].drop_name);
    }
}
