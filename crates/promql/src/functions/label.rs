//! `label_replace` and `label_join`: labels computed from labels.

use model::{METRIC_NAME, Regex};
use rayon::prelude::*;

use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::parallel::is_small;
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
    change_each(&mut rows, meter, |row| {
        if let Some(value) = regex.expand(row.labels.value(source), replacement) {
            set(row, target, &value);
        }
    })?;
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
    change_each(&mut rows, meter, |row| {
        let values: Vec<&str> = sources.iter().map(|source| row.labels.value(source)).collect();
        let value = values.join(separator);
        set(row, target, &value);
    })?;
    Ok(rows)
}

fn change_each(
    rows: &mut [Row],
    meter: &Meter<'_>,
    change: impl Fn(&mut Row) + Sync,
) -> Result<(), QueryError> {
    let one = |(done, row): (usize, &mut Row)| {
        change(row);
        meter.check_at(done)
    };
    if is_small(rows.len(), 0) {
        rows.iter_mut().enumerate().try_for_each(one)
    } else {
        rows.par_iter_mut().enumerate().try_for_each(one)
    }
}

fn set(row: &mut Row, target: &str, value: &str) {
    row.labels = row.labels.with(target, value);
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
