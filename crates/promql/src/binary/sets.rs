//! `and`, `or` and `unless`: which series stay depends on what is on the other side, not on values.

use crate::binary::matching::Matches;
use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::row::Row;
use crate::syntax::VectorMatching;

/// The left series wherever some series on the right matches.
pub(super) fn and(
    left: Vec<Row>,
    right: Vec<Row>,
    matching: &VectorMatching,
    meter: &Meter<'_>,
) -> Result<Vec<Row>, QueryError> {
    let matches = Matches::of(&left, &right, matching, meter)?;
    let present = Presence::of(&right, &matches.right, matches.count, meter)?;
    keep(left, &matches.left, meter, |number, step| present.at(number, step))
}

/// The left series wherever no series on the right matches.
pub(super) fn unless(
    left: Vec<Row>,
    right: Vec<Row>,
    matching: &VectorMatching,
    meter: &Meter<'_>,
) -> Result<Vec<Row>, QueryError> {
    let matches = Matches::of(&left, &right, matching, meter)?;
    let present = Presence::of(&right, &matches.right, matches.count, meter)?;
    keep(left, &matches.left, meter, |number, step| !present.at(number, step))
}

/// All left series, and those on the right wherever no series on the left matches.
pub(super) fn or(
    left: Vec<Row>,
    right: Vec<Row>,
    matching: &VectorMatching,
    meter: &Meter<'_>,
) -> Result<Vec<Row>, QueryError> {
    let matches = Matches::of(&left, &right, matching, meter)?;
    let present = Presence::of(&left, &matches.left, matches.count, meter)?;
    let right = keep(right, &matches.right, meter, |number, step| !present.at(number, step))?;
    Ok(left.into_iter().chain(right).collect())
}

fn keep(
    rows: Vec<Row>,
    numbers: &[usize],
    meter: &Meter<'_>,
    keeps: impl Fn(usize, usize) -> bool,
) -> Result<Vec<Row>, QueryError> {
    let mut kept = Vec::new();
    for (done, (mut row, &number)) in rows.into_iter().zip(numbers).enumerate() {
        meter.check_at(done)?;
        for step in 0..row.points.len() {
            if !keeps(number, step) {
                row.points.clear(step);
            }
        }
        if !row.points.is_empty() {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// At which steps any series of a match has a value.
struct Presence {
    steps: usize,
    /// One per match and step; none for matches without series.
    present: Vec<Option<Box<[bool]>>>,
}

impl Presence {
    fn of(rows: &[Row], numbers: &[usize], count: usize, meter: &Meter<'_>) -> Result<Presence, QueryError> {
        let steps = rows.first().map_or(0, |row| row.points.len());
        let mut present: Vec<Option<Box<[bool]>>> = vec![None; count];
        for (done, (row, &number)) in rows.iter().zip(numbers).enumerate() {
            meter.check_at(done)?;
            let flags = present[number].get_or_insert_with(|| vec![false; steps].into_boxed_slice());
            for (step, flag) in flags.iter_mut().enumerate() {
                *flag |= row.points.is_present(step);
            }
        }
        Ok(Presence { steps, present })
    }

    fn at(&self, number: usize, step: usize) -> bool {
        step < self.steps && self.present[number].as_ref().is_some_and(|flags| flags[step])
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn sets_depend_on_presence_alone() {
        passes(
            r#"
load 1m
  a{i="1"} 1 2 3
  a{i="2"} 4 5 6
  b{i="1"} 0 _ stale

eval range from 0m to 2m step 1m a and on (i) b
  a{i="1"} 1 2 _

eval range from 0m to 2m step 1m a unless on (i) b
  a{i="1"} _ _ 3
  a{i="2"} 4 5 6

eval range from 0m to 2m step 1m b or on (i) a
  b{i="1"} 0 0 _
  a{i="1"} _ _ 3
  a{i="2"} 4 5 6

eval instant at 0m a and nothing

eval instant at 0m a unless nothing
  a{i="1"} 1
  a{i="2"} 4
"#,
        );
    }
}
