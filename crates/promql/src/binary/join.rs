//! Arithmetic and comparison between two vectors: each pair of matching series, over all steps at once.
//!
//! One side is the one that must have at most one series per match at any step, the other the many, which with
//! `group_left` and `group_right` may have several.

use hashbrown::HashMap;
use model::{Labels, LabelsBuilder};

use crate::annotation::Annotations;
use crate::binary::elements::{self, Outcome, changes_metric};
use crate::binary::matching::{Matches, all_in_braces, match_labels};
use crate::binary::step_notes::StepNotes;
use crate::error::QueryError;
use crate::eval::Meter;
use crate::eval::meter::Rows;
use crate::eval::parallel::in_parts;
use crate::eval::points::{Point, Points, is_absent};
use crate::eval::row::{Row, has_equal_labels, is_metadata_label};
use crate::syntax::{BinaryOp, Cardinality, Span, VectorMatching};

/// How many series are joined between two looks at whether to stop.
const CHECK_SERIES: usize = 64;

/// An operator between two vectors.
pub(super) struct Join<'j> {
    pub(super) op: BinaryOp,
    pub(super) matching: &'j VectorMatching,
    pub(super) return_bool: bool,
    pub(super) span: Span,
    pub(super) steps: usize,
    /// Whether names are taken off at the end of the query.
    pub(super) delayed: bool,
    pub(super) meter: &'j Meter<'j>,
}

/// A join under way.
struct Joining<'j> {
    join: &'j Join<'j>,
    notes: StepNotes,
    result: Rows,
    /// Steps at which a match was made already, by match and, with several series on one side, by labels.
    matched: HashMap<(usize, Option<Labels>), Vec<bool>>,
    /// Steps at which a match was made at all, by match; kept only for the fill.
    filled: Vec<Vec<bool>>,
}

/// The series of one match on the side that is one.
#[derive(Default)]
struct One<'r> {
    rows: Vec<&'r Row>,
}

impl Join<'_> {
    pub(super) fn run(&self, left: &[Row], right: &[Row]) -> Result<(Rows, Annotations), QueryError> {
        let matches = Matches::of(left, right, self.matching, self.meter)?;
        let swapped = self.matching.cardinality == Cardinality::OneToMany;
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        let (many_numbers, one_numbers) = match swapped {
            true => (&matches.right, &matches.left),
            false => (&matches.left, &matches.right),
        };
        let mut ones: Vec<One<'_>> = std::iter::repeat_with(One::default).take(matches.sets.len()).collect();
        for (row, &number) in one.iter().zip(one_numbers) {
            ones[number as usize].rows.push(row);
        }
        let mut met = None;
        for (done, one) in ones.iter().enumerate() {
            self.meter.check_at(done)?;
            self.check_one(one, many, &mut met)?;
        }
        let mut many_counts = vec![0usize; matches.sets.len()];
        many_numbers.iter().for_each(|&number| many_counts[number as usize] += 1);
        if let Some(pairs) = self.plain_pairs(many, many_numbers, &matches.sets, &ones, &many_counts)? {
            return self.run_plain(&pairs);
        }
        let fills = self.matching.fill_left.is_some();
        let filled = if fills { vec![vec![false; self.steps]; matches.sets.len()] } else { Vec::new() };
        let mut joining = Joining {
            join: self,
            notes: StepNotes::default(),
            result: Rows {
                rows: Vec::with_capacity(many.len()),
                hold: self.meter.nothing(),
                are_distinct: false,
            },
            matched: HashMap::new(),
            filled,
        };
        for (done, (row, &number)) in many.iter().zip(many_numbers).enumerate() {
            if done % CHECK_SERIES == 0 {
                self.meter.check()?;
            }
            let number = number as usize;
            joining.many(row, number, &ones[number], many_counts[number] > 1)?;
        }
        if let Some(fill) = self.matching.fill_left {
            joining.fill_many(&ones, fill)?;
        }
        Ok((joining.result, joining.notes.annotations(self.span)))
    }

    /// The pairs of a join in which no two can be the same match, so that each is computed by itself; nothing where
    /// some may, or where missing series are filled in.
    fn plain_pairs<'r>(
        &self,
        many: &'r [Row],
        numbers: &[u32],
        sets: &[Labels],
        ones: &[One<'r>],
        many_counts: &[usize],
    ) -> Result<Option<Pairs<'r>>, QueryError> {
        let one_to_one = self.matching.cardinality == Cardinality::OneToOne;
        let several =
            |(one, &count): (&One<'_>, &usize)| one.rows.len() > 1 || (count > 1 && !one.rows.is_empty());
        let fills = self.matching.fill_left.is_some() || self.matching.fill_right.is_some();
        let ambiguous = ones.iter().zip(many_counts).any(several);
        if fills || (one_to_one && ambiguous) {
            return Ok(None);
        }
        // What two single series are matched by is what stays of their labels, unless it says what metric they are.
        let keeps_sets = one_to_one
            && self.matching.include.is_empty()
            && !sets.iter().any(|set| set.iter().any(|(name, _)| is_metadata_label(name)))
            && (changes_metric(self.op) || self.matching.on || (self.return_bool && !self.delayed));
        let parts = in_parts(many.len(), 0, |range| {
            let mut pairs = Vec::with_capacity(range.len());
            for index in range {
                self.meter.check_at(index)?;
                let number = numbers[index] as usize;
                for partner in &ones[number].rows {
                    let labels = match keeps_sets {
                        true => sets[number].clone(),
                        false => self.labels(&many[index].labels, &partner.labels),
                    };
                    pairs.push(Pair { labels, many: &many[index], one: partner });
                }
            }
            Ok(pairs)
        })?;
        let pairs: Vec<Pair<'_>> = parts.into_iter().flatten().collect();
        let distinct = !ambiguous || !has_equal_labels(pairs.iter().map(|pair| &pair.labels));
        Ok(distinct.then_some(Pairs { pairs, are_distinct: keeps_sets }))
    }

    fn run_plain(
        &self,
        Pairs { pairs, are_distinct }: &Pairs<'_>,
    ) -> Result<(Rows, Annotations), QueryError> {
        let begin = |count| Rows {
            rows: Vec::with_capacity(count),
            hold: self.meter.nothing(),
            are_distinct: *are_distinct,
        };
        let parts = in_parts(pairs.len(), self.steps, |range| {
            let (mut part, mut notes) = (begin(range.len()), StepNotes::default());
            for (done, pair) in pairs[range].iter().enumerate() {
                self.meter.check_at(done)?;
                let (many, one) = (Operand::Row(&pair.many.points), Operand::Row(&pair.one.points));
                let points = self.values(&many, &one, &mut notes, |_| {});
                if !points.is_empty() {
                    let row = Row { labels: pair.labels.clone(), drop_name: self.return_bool, points };
                    self.meter.grow_by_row(&mut part.hold, &row)?;
                    part.rows.push(row);
                }
            }
            Ok((part, notes))
        })?;
        let (mut whole, mut notes) = (begin(pairs.len()), StepNotes::default());
        for (part, noted) in parts {
            whole.rows.extend(part.rows);
            whole.hold.absorb(part.hold);
            notes.merge(noted);
        }
        Ok((whole, notes.annotations(self.span)))
    }

    /// Checks that the side that is one has no two values at any step at which the other side has any.
    ///
    /// `met` is where the steps at which it has any are kept once someone asks.
    fn check_one(&self, one: &One<'_>, many: &[Row], met: &mut Option<Vec<bool>>) -> Result<(), QueryError> {
        if one.rows.len() < 2 {
            return Ok(());
        }
        let fills = self.matching.fill_left.is_some() || self.matching.fill_right.is_some();
        for step in 0..self.steps {
            let mut present = one.rows.iter().filter(|row| row.points.is_present(step));
            let (Some(first), Some(second)) = (present.next(), present.next()) else { continue };
            let met = match met {
                Some(met) => met,
                None => met.insert(self.presence(many)?),
            };
            if fills || met[step] {
                return Err(self.duplicate(first, second));
            }
        }
        Ok(())
    }

    /// At which steps any of the rows has a value.
    fn presence(&self, rows: &[Row]) -> Result<Vec<bool>, QueryError> {
        let mut present = vec![false; self.steps];
        for (done, row) in rows.iter().enumerate() {
            self.meter.check_at(done)?;
            row.points.mark_present(&mut present);
        }
        Ok(present)
    }

    fn duplicate(&self, first: &Row, second: &Row) -> QueryError {
        let side = if self.matching.cardinality == Cardinality::OneToMany { "left" } else { "right" };
        let group = all_in_braces(&match_labels(&first.labels, self.matching));
        let mut rows = [all_in_braces(&first.labels), all_in_braces(&second.labels)];
        rows.sort();
        QueryError::execution(format!(
            "found duplicate series for the match group {group} on the {side} hand-side of the operation: [{}, {}];\
             many-to-many matching not allowed: matching labels must be unique on one side",
            rows[0], rows[1]
        ))
    }

    /// The labels of the result of two series.
    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let drops_metadata = changes_metric(self.op) || (self.return_bool && !self.delayed);
        let named = |name: &str| self.matching.labels.iter().any(|label| label == name);
        let one_to_one = self.matching.cardinality == Cardinality::OneToOne;
        let labels = many.filter(|name| {
            !(drops_metadata && is_metadata_label(name)) && (!one_to_one || named(name) == self.matching.on)
        });
        if self.matching.include.is_empty() {
            return labels;
        }
        let mut builder: LabelsBuilder = labels.to_builder();
        for name in &self.matching.include {
            builder.set(name, one.value(name));
        }
        builder.build()
    }

    /// The result at each step where both have a value. `matched` is told the steps that count as a match.
    fn values(
        &self,
        many: &Operand<'_>,
        one: &Operand<'_>,
        notes: &mut StepNotes,
        mut matched: impl FnMut(usize),
    ) -> Points {
        let swapped = self.matching.cardinality == Cardinality::OneToMany;
        let (left, right) = if swapped { (one, many) } else { (many, one) };
        if let (Some(left), Some(right), Some(arithmetic)) =
            (left.floats(), right.floats(), elements::arithmetic(self.op))
        {
            let mut result = Points::absent(self.steps);
            for (step, slot) in result.floats.iter_mut().enumerate() {
                let (left, right) = (left[step], right[step]);
                if !is_absent(left) && !is_absent(right) {
                    *slot = arithmetic(left, right);
                    matched(step);
                }
            }
            return result;
        }
        let mut result = Points::absent(self.steps);
        for step in 0..self.steps {
            let (Some(left), Some(right)) = (left.get(step), right.get(step)) else { continue };
            let mut note = None;
            let outcome = elements::values(self.op, &left, &right, &mut note);
            if let Some(note) = note {
                notes.set(step, note);
            }
            let Outcome::Value { point, keep } = outcome else { continue };
            matched(step);
            if self.return_bool {
                result.set(step, Point::Float(f64::from(u8::from(keep))));
            } else if keep {
                result.set(step, point);
            }
        }
        result
    }
}

/// Pairs none of which can be the same match as another.
struct Pairs<'r> {
    pairs: Vec<Pair<'r>>,
    /// Whether no two results can have the same labels.
    are_distinct: bool,
}

/// Two series that match, and the labels of what becomes of them.
struct Pair<'r> {
    labels: Labels,
    many: &'r Row,
    one: &'r Row,
}

/// One side of a pair: a series, or what stands for one that is missing.
enum Operand<'r> {
    Row(&'r Points),
    /// A number at the steps where none of `unless` has a value.
    Fill {
        value: f64,
        unless: Vec<&'r Points>,
    },
}

impl Operand<'_> {
    fn get(&self, step: usize) -> Option<Point> {
        match self {
            Operand::Row(points) => points.get(step),
            Operand::Fill { value, unless } => {
                let missing = !unless.iter().any(|points| points.is_present(step));
                missing.then_some(Point::Float(*value))
            }
        }
    }

    /// The floats of a series that has no histograms.
    fn floats(&self) -> Option<&[f64]> {
        match self {
            Operand::Row(points) if points.histograms.is_none() => Some(&points.floats),
            _ => None,
        }
    }
}

impl Joining<'_> {
    /// A series of the side that may be many, with each partner it has.
    fn many(&mut self, row: &Row, number: usize, one: &One<'_>, several: bool) -> Result<(), QueryError> {
        for partner in &one.rows {
            let labels = self.join.labels(&row.labels, &partner.labels);
            self.pair(labels, number, several, &Operand::Row(&row.points), &Operand::Row(&partner.points))?;
        }
        if let Some(value) = self.join.matching.fill_right {
            let group = match_labels(&row.labels, self.join.matching);
            let labels = self.join.labels(&row.labels, &group);
            let unless = one.rows.iter().map(|row| &row.points).collect();
            self.pair(labels, number, several, &Operand::Row(&row.points), &Operand::Fill { value, unless })?;
        }
        Ok(())
    }

    /// The series of the side that is one at the steps where nothing matched them.
    fn fill_many(&mut self, ones: &[One<'_>], fill: f64) -> Result<(), QueryError> {
        for (number, one) in ones.iter().enumerate() {
            for row in &one.rows {
                let group = match_labels(&row.labels, self.join.matching);
                let labels = self.join.labels(&group, &row.labels);
                let mut unmatched = row.points.clone();
                for (step, &matched) in self.filled[number].iter().enumerate() {
                    if matched {
                        unmatched.clear(step);
                    }
                }
                let missing = Operand::Fill { value: fill, unless: Vec::new() };
                self.pair(labels, number, one.rows.len() > 1, &missing, &Operand::Row(&unmatched))?;
            }
        }
        Ok(())
    }

    fn pair(
        &mut self,
        labels: Labels,
        number: usize,
        several: bool,
        many: &Operand<'_>,
        one: &Operand<'_>,
    ) -> Result<(), QueryError> {
        let one_to_one = self.join.matching.cardinality == Cardinality::OneToOne;
        let mut twice = false;
        let steps = self.join.steps;
        let mut seen = several.then(|| {
            let key = (number, (!one_to_one).then(|| labels.clone()));
            self.matched.entry(key).or_insert_with(|| vec![false; steps])
        });
        let filled = &mut self.filled;
        let points = self.join.values(many, one, &mut self.notes, |step| {
            if let Some(seen) = &mut seen {
                twice |= std::mem::replace(&mut seen[step], true);
            }
            if let Some(filled) = filled.get_mut(number) {
                filled[step] = true;
            }
        });
        if twice {
            return Err(QueryError::execution(match one_to_one {
                true => {
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                }
                false => "multiple matches for labels: grouping labels must ensure unique matches",
            }));
        }
        if !points.is_empty() {
            let row = Row { labels, drop_name: self.join.return_bool, points };
            self.join.meter.grow_by_row(&mut self.result.hold, &row)?;
            self.result.rows.push(row);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn series_find_each_other_by_labels() {
        passes(
            r#"
load 1m
  a{i="1", x="p"} 1 2
  a{i="2", x="p"} 3 4
  b{i="1"} 10 10
  b{i="3"} 30 30
  c{x="p", o="me"} 100 _

eval instant at 0m a + ignoring (x) b
  {i="1"} 11

eval instant at 0m a * on (x) group_left (o) c
  {i="1", x="p", o="me"} 100
  {i="2", x="p", o="me"} 300

eval instant at 0m c - on (x) group_right a
  {i="1", x="p"} 99
  {i="2", x="p"} 97

eval instant at 0m a < ignoring (x) b
  a{i="1"} 1

eval instant at 0m a > bool ignoring (x) b
  {i="1"} 0

eval instant at 0m a + on (i) fill_right (5) b
  {i="1"} 11
  {i="2"} 8

eval instant at 0m a + on (i) fill_left (5) b
  {i="1"} 11
  {i="3"} 35

# A match at one step says nothing of another.
eval range from 0m to 1m step 1m a * on (x) group_left c
  {i="1", x="p"} 100 200
  {i="2", x="p"} 300 400
"#,
        );
    }

    #[test]
    fn types_that_do_not_fit_are_noted() {
        passes(
            r#"
load 1m
  f 1
  h {{schema:0 sum:1 count:1 buckets:[1]}}
  n {{schema:-53 sum:1 count:1 custom_values:[5] buckets:[1]}}

eval instant at 0m f + on () h
  expect info msg: PromQL info: incompatible sample types encountered for binary operator "+": float + histogram (1:1)

eval instant at 0m h * on () f
  {} {{schema:0 sum:1 count:1 buckets:[1]}}

eval instant at 0m h + on () n
  expect warn msg: PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)

eval instant at 0m h == on () h
  {} {{schema:0 sum:1 count:1 buckets:[1]}}

# Of several pairs at a step the last is heard, and what is filled in comes last.
clear
load 1m
  a{i="1"} {{schema:0 sum:1 count:1 buckets:[1]}}
  b{i="2"} {{schema:0 sum:1 count:1 buckets:[1]}}

eval instant at 0m a + on (i) fill (1) b
  expect info msg: PromQL info: incompatible sample types encountered for binary operator "+": float + histogram (1:1)
"#,
        );
    }
}
