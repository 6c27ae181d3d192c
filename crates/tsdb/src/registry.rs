//! Who exists: the targets and the points, and which pairs of them a selector means.
//!
//! A target's labels and its points' labels never share a name, so a matcher is decided for each side alone. Only
//! a label that some targets and some points have (a remote writer's split beside a scrape's) needs both sides.

use model::{Labels, Matcher};
use roaring::RoaringBitmap;

use crate::labels::Pace;
use crate::table::{LabelTable, RowId};

/// The number of a target.
pub(crate) type TargetId = RowId;
/// The number of a point.
pub(crate) type PointId = RowId;

/// All targets and all points that the store knows.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) targets: LabelTable,
    pub(crate) points: LabelTable,
}

/// The pairs of target and point that satisfy a selector.
pub(crate) struct Matched {
    /// Targets that may be in a pair.
    pub(crate) targets: RoaringBitmap,
    /// Points that may be in a pair.
    pub(crate) points: RoaringBitmap,
    /// Whether no matcher restricts anything.
    pub(crate) is_everything: bool,
    /// For each entry a pair must have its target in the first set or its point in the second.
    either: Vec<(RoaringBitmap, RoaringBitmap)>,
}

impl Registry {
    /// The full labels of a series.
    pub(crate) fn series(&self, target: TargetId, point: PointId) -> Labels {
        self.targets.labels(target).union(self.points.labels(point))
    }

    /// Gives the numbers of what was forgotten to who comes new.
    pub(crate) fn recycle(&mut self) {
        self.targets.recycle();
        self.points.recycle();
    }

    /// Decides every matcher on both sides. Once `pace` is over the outcome means nothing.
    pub(crate) fn matching(&self, matchers: &[Matcher], pace: &Pace<'_>) -> Matched {
        // Nothing is told of a side until a matcher restricts it: mostly one of the first leaves a few rows.
        let (mut targets, mut points): (Option<RoaringBitmap>, Option<RoaringBitmap>) = (None, None);
        let mut either = Vec::new();
        for matcher in matchers {
            if matcher.matches_empty() {
                exclude(&mut targets, self.targets.violated(matcher, pace), &self.targets);
                exclude(&mut points, self.points.violated(matcher, pace), &self.points);
                continue;
            }
            let of_targets = self.targets.satisfied(matcher, pace);
            let of_points = self.points.satisfied(matcher, pace);
            if of_targets.is_empty() {
                restrict(&mut points, of_points);
            } else if of_points.is_empty() {
                restrict(&mut targets, of_targets);
            } else {
                either.push((of_targets, of_points));
            }
        }
        Matched {
            is_everything: targets.is_none() && points.is_none() && either.is_empty(),
            targets: targets.unwrap_or_else(|| self.targets.all().clone()),
            points: points.unwrap_or_else(|| self.points.all().clone()),
            either,
        }
    }
}

/// Leaves of the rows those that are among `satisfied`.
fn restrict(rows: &mut Option<RoaringBitmap>, satisfied: RoaringBitmap) {
    match rows {
        Some(rows) => *rows &= satisfied,
        None => *rows = Some(satisfied),
    }
}

/// Takes the rows of `violated` out.
fn exclude(rows: &mut Option<RoaringBitmap>, violated: RoaringBitmap, table: &LabelTable) {
    if !violated.is_empty() {
        *rows.get_or_insert_with(|| table.all().clone()) -= violated;
    }
}

impl Matched {
    /// Whether the conditions that need both sides hold. The caller has looked at `targets` and `points`.
    pub(crate) fn admits(&self, target: TargetId, point: PointId) -> bool {
        self.either.iter().all(|(targets, points)| targets.contains(target) || points.contains(point))
    }

    /// Whether `admits` holds for every pair.
    pub(crate) fn is_decided(&self) -> bool {
        self.either.is_empty()
    }

    /// Whether no pair can match.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty() || self.points.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::MatchOp;

    fn labels(text: &str) -> Labels {
        Labels::from_pairs(text.split_whitespace().map(|pair| pair.split_once('=').unwrap()))
    }

    #[test]
    fn a_matcher_means_the_same_on_either_side() {
        let targets = ["job=api instance=a", "job=api instance=b", "job=db", "cluster=x job=api"];
        let points =
            ["__name__=up", "__name__=hits code=500", "__name__=hits cluster=x", "__name__=hits job=api"];
        let mut registry = Registry::default();
        for target in targets.map(labels) {
            registry.targets.intern(&target);
        }
        for point in points.map(labels) {
            registry.points.intern(&point);
        }
        let check = |matchers: &[(&str, MatchOp, &str)]| {
            let matchers: Vec<Matcher> =
                matchers.iter().map(|&(name, op, value)| Matcher::new(name, op, value).unwrap()).collect();
            let matched = registry.matching(&matchers, &Pace::new(&|| true));
            for (target, target_text) in targets.iter().enumerate() {
                for (point, point_text) in points.iter().enumerate() {
                    let (target_labels, point_labels) = (labels(target_text), labels(point_text));
                    if target_labels.iter().any(|(name, _)| point_labels.get(name).is_some()) {
                        continue;
                    }
                    let full = target_labels.union(&point_labels);
                    let want = matchers.iter().all(|matcher| matcher.matches(full.value(&matcher.name)));
                    let (target, point) = (target as u32, point as u32);
                    let got = matched.targets.contains(target)
                        && matched.points.contains(point)
                        && matched.admits(target, point);
                    assert_eq!(got, want, "{matchers:?} on {full}");
                }
            }
        };
        check(&[]);
        check(&[("job", MatchOp::Equal, "api")]);
        check(&[("job", MatchOp::NotEqual, "api"), ("__name__", MatchOp::Equal, "hits")]);
        check(&[("cluster", MatchOp::Equal, "x")]);
        check(&[("cluster", MatchOp::Equal, "")]);
        check(&[("cluster", MatchOp::NotEqual, "")]);
        check(&[("cluster", MatchOp::Regex, "x|"), ("code", MatchOp::Equal, "")]);
        check(&[("instance", MatchOp::NotRegex, "a"), ("code", MatchOp::Regex, ".+")]);
    }
}
