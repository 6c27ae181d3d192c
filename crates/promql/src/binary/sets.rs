//! `and`, `or` and `unless`: which series stay depends on what is on the other side, not on values.

use std::sync::Arc;

use rayon::prelude::*;

use crate::binary::matching::Matches;
use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::meter::Rows;
use crate::eval::parallel::is_small;
use crate::eval::row::Row;
use crate::syntax::VectorMatching;

/// The left series wherever some series on the right matches.
pub(super) fn and(
    left: Arc<Rows>,
    right: &Rows,
    matching: &VectorMatching,
    meter: &Meter<'_>,
) -> Result<Rows, QueryError> {
    let matches = Matches::of(&left.rows, &right.rows, matching, meter)?;
    let present = Presence::of(&right.rows, &matches.right, matches.sets.len(), meter)?;
    keep(left, &matches.left, meter, |number, step| present.at(number, step))
}

/// The left series wherever no series on the right matches.
pub(super) fn unless(
    left: Arc<Rows>,
    right: &Rows,
    matching: &VectorMatching,
    meter: &Meter<'_>,
) -> Result<Rows, QueryError> {
    let matches = Matches::of(&left.rows, &right.rows, matching, meter)?;
    let present = Presence::of(&right.rows, &matches.right, matches.sets.len(), meter)?;
    keep(left, &matches.left, meter, |number, step| !present.at(number, step))
}

/// All left series, and those on the right wherever no series on the left matches.
pub(super) fn or(
    left: Arc<Rows>,
    right: Arc<Rows>,
    matching: &VectorMatching,
    meter: &Meter<'_>,
) -> Result<Rows, QueryError> {
    let matches = Matches::of(&left.rows, &right.rows, matching, meter)?;
    let present = Presence::of(&left.rows, &matches.left, matches.sets.len(), meter)?;
    let right = keep(right, &matches.right, meter, |number, step| !present.at(number, step))?;
    let mut both = meter.own(left)?;
    both.rows.extend(right.rows);
    both.hold.absorb(right.hold);
    both.are_distinct = false;
    Ok(both)
}

fn keep(
    of: Arc<Rows>,
    numbers: &[u32],
    meter: &Meter<'_>,
    keeps: impl Fn(u32, usize) -> bool + Sync,
) -> Result<Rows, QueryError> {
    let Rows { mut rows, hold, are_distinct } = meter.own(of)?;
    let mask = |row: &mut Row, number: u32| {
        for step in 0..row.points.len() {
            if !keeps(number, step) {
                row.points.clear(step);
            }
        }
    };
    if is_small(rows.len(), rows.first().map_or(0, |row| row.points.len())) {
        rows.iter_mut().zip(numbers).for_each(|(row, &number)| mask(row, number));
    } else {
        let masked = rows.par_iter_mut().zip(numbers).enumerate().map(|(done, (row, &number))| {
            mask(row, number);
            meter.check_at(done)
        });
        masked.collect::<Result<(), QueryError>>()?;
    }
    rows.retain(|row| !row.points.is_empty());
    Ok(Rows { rows, hold, are_distinct })
}

/// At which steps any series of a match has a value.
struct Presence {
    steps: usize,
    /// One per match and step; none for matches without series.
    present: Vec<Option<Box<[bool]>>>,
}

impl Presence {
    fn of(rows: &[Row], numbers: &[u32], count: usize, meter: &Meter<'_>) -> Result<Presence, QueryError> {
        let steps = rows.first().map_or(0, |row| row.points.len());
        let mut present: Vec<Option<Box<[bool]>>> = vec![None; count];
        for (done, (row, &number)) in rows.iter().zip(numbers).enumerate() {
            meter.check_at(done)?;
            let flags = present[number as usize].get_or_insert_with(|| vec![false; steps].into_boxed_slice());
            row.points.mark_present(flags);
        }
        Ok(Presence { steps, present })
    }

    fn at(&self, number: u32, step: usize) -> bool {
        step < self.steps && self.present[number as usize].as_ref().is_some_and(|flags| flags[step])
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
