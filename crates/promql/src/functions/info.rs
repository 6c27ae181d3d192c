//! `info`: adds the labels of info metrics such as `target_info` to the series they describe.
//!
//! An info series describes the series that have its `instance` and `job`. Where several of one name do, the one
//! sampled last is asked.

use hashbrown::{HashMap, HashSet};
use model::{Labels, LabelsBuilder, METRIC_NAME, MatchOp, Matcher, Timestamp};

use crate::error::QueryError;
use crate::eval::meter::Rows;
use crate::eval::points::{Points, is_absent};
use crate::eval::row::Row;
use crate::eval::stream::Stream;
use crate::eval::{Context, Evaluator, Yields};
use crate::plan::{Node, Selector};
use crate::syntax::RangeKind;

/// The labels that say which series an info series describes.
const IDENTIFYING: [&str; 2] = ["instance", "job"];
/// The info metric that is meant where none is named.
const TARGET_INFO: &str = "target_info";
/// With more values of an identifying label than this, all info series are looked at rather than matched by name.
const ALTERNATIVES_MAX: usize = 1_000;

/// What identifies the target of a series.
type Target = [String; 2];

/// An info series: its labels, its target, and when it was sampled at each step.
struct InfoSeries {
    labels: Labels,
    target: Target,
    /// The time of the sample seen at each step, in milliseconds.
    sampled: Points,
}

/// What the second argument asks for.
struct Wanted {
    /// Which info metrics.
    names: Vec<Matcher>,
    /// Which of their labels, with conditions; none for all of them.
    labels: Vec<Matcher>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn info(
        &self,
        node: &'a Node,
        input: &'a Node,
        matchers: Option<&[Matcher]>,
        (at, offset): (Option<Timestamp>, i64),
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        let Rows { rows, hold, .. } = self.own_rows(input, context)?;
        let wanted = Wanted::of(matchers)?;
        let (ignored, described): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| wanted.is_info_metric(row.labels.metric_name()));
        let matchers = match wanted.matchers(&described)? {
            Some(matchers) => matchers,
            None => {
                let described = described.into_iter().filter(|_| wanted.allows_nothing());
                let rows = ignored.into_iter().chain(described).collect();
                return self.merged(node, rows, hold);
            }
        };
        let (matchers, kind) = (matchers.into(), RangeKind::Plain);
        let selector = Selector { matchers, offset, at, kind, counts_only: false };
        let stream = self.select(node, &selector, Yields::Millis, context.steps)?;
        let targets: HashSet<Target> = described.iter().map(|row| target_of(&row.labels)).collect();
        let Rows { rows: infos, hold: _infos_hold, .. } = self.meter.own(self.collect(stream, context)?)?;
        if let Some(row) = infos.iter().find(|row| row.points.has_histograms()) {
            let labels = crate::binary::all_in_braces(&row.labels);
            let message = format!("this should be an info metric, with float samples: {labels}");
            return Err(QueryError::execution(message));
        }
        let infos: Vec<InfoSeries> = infos
            .into_iter()
            .map(|row| InfoSeries { target: target_of(&row.labels), labels: row.labels, sampled: row.points })
            .filter(|info| targets.contains(&info.target))
            .collect();
        let mut result = ignored;
        let by_target = by_target(&infos);
        for row in described {
            self.meter.check()?;
            let infos = by_target.get(&target_of(&row.labels)).map_or(&[][..], Vec::as_slice);
            describe(&row, infos, &wanted, &mut result)?;
        }
        self.merged(node, result, hold)
    }
}

fn by_target(infos: &[InfoSeries]) -> HashMap<Target, Vec<&InfoSeries>> {
    let mut by_target: HashMap<Target, Vec<&InfoSeries>> = HashMap::new();
    for info in infos {
        by_target.entry(info.target.clone()).or_default().push(info);
    }
    by_target
}

/// Adds the row with the labels of its info series to `result`: as often as these change from step to step.
fn describe(
    row: &Row,
    infos: &[&InfoSeries],
    wanted: &Wanted,
    result: &mut Vec<Row>,
) -> Result<(), QueryError> {
    let count = row.points.len();
    let first = result.len();
    let mut previous: Option<(Vec<usize>, Option<usize>)> = None;
    for step in 0..count {
        let Some(point) = row.points.get(step) else { continue };
        let chosen = newest(infos, step)?;
        let slot = match &previous {
            Some((known, slot)) if *known == chosen => *slot,
            _ => match wanted.labels_with(row, infos, &chosen)? {
                None => None,
                Some(labels) => {
                    let known = result[first..].iter().position(|row| row.labels == labels);
                    Some(known.map_or_else(
                        || {
                            let points = Points::absent(count);
                            result.push(Row { labels, drop_name: row.drop_name, points });
                            result.len() - 1
                        },
                        |known| first + known,
                    ))
                }
            },
        };
        if let Some(slot) = slot {
            result[slot].points.set(step, point);
        }
        previous = Some((chosen, slot));
    }
    Ok(())
}

/// Of each info metric the series sampled last.
fn newest(infos: &[&InfoSeries], step: usize) -> Result<Vec<usize>, QueryError> {
    let mut chosen: Vec<usize> = Vec::new();
    for (number, info) in infos.iter().enumerate() {
        let sampled = info.sampled.floats[step];
        if is_absent(sampled) {
            continue;
        }
        let name = info.labels.metric_name();
        let Some(slot) = chosen.iter().position(|&other| infos[other].labels.metric_name() == name) else {
            chosen.push(number);
            continue;
        };
        let other = infos[chosen[slot]];
        let other_sampled = other.sampled.floats[step];
        if other_sampled < sampled {
            chosen[slot] = number;
        } else if other_sampled == sampled {
            return Err(QueryError::execution(format!(
                "found duplicate series for info metric: existing {} @ {other_sampled}, new {} @ {sampled}",
                crate::binary::all_in_braces(&other.labels),
                crate::binary::all_in_braces(&info.labels),
            )));
        }
    }
    Ok(chosen)
}

fn target_of(labels: &Labels) -> Target {
    IDENTIFYING.map(|name| labels.value(name).to_owned())
}

impl Wanted {
    fn of(matchers: Option<&[Matcher]>) -> Result<Wanted, QueryError> {
        let (mut names, labels): (Vec<Matcher>, Vec<Matcher>) =
            matchers.unwrap_or(&[]).iter().cloned().partition(|matcher| matcher.name == METRIC_NAME);
        let positive = |matcher: &Matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex);
        if names.is_empty() {
            names.push(Matcher::equal(METRIC_NAME, TARGET_INFO));
        } else if !names.iter().any(positive) {
            names.insert(0, regex(METRIC_NAME, ".+_info")?);
        }
        Ok(Wanted { names, labels })
    }

    fn is_info_metric(&self, name: &str) -> bool {
        self.names.iter().all(|matcher| matcher.matches(name))
    }

    /// What to select: the info series of the targets of `rows`; `None` when these have no target.
    fn matchers(&self, rows: &[Row]) -> Result<Option<Vec<Matcher>>, QueryError> {
        let mut matchers = Vec::new();
        let mut identified = false;
        for name in IDENTIFYING {
            let mut values: Vec<&str> = rows.iter().map(|row| row.labels.value(name)).collect();
            values.retain(|value| !value.is_empty());
            values.sort_unstable();
            values.dedup();
            identified |= !values.is_empty();
            if (1..=ALTERNATIVES_MAX).contains(&values.len()) {
                let alternatives: Vec<String> =
                    values.iter().map(|value| model::regex::escape(value)).collect();
                matchers.push(regex(name, &alternatives.join("|"))?);
            }
        }
        if !identified {
            return Ok(None);
        }
        matchers.extend(self.labels.iter().chain(&self.names).cloned());
        Ok(Some(matchers))
    }

    /// Whether a series that nothing describes is good enough.
    fn allows_nothing(&self) -> bool {
        self.labels.iter().all(Matcher::matches_empty)
    }

    /// The labels of a row with those of the chosen info series; `None` when it lacks what was asked for.
    fn labels_with(
        &self,
        row: &Row,
        infos: &[&InfoSeries],
        chosen: &[usize],
    ) -> Result<Option<Labels>, QueryError> {
        if chosen.is_empty() && !self.allows_nothing() {
            return Ok(None);
        }
        let mut added = LabelsBuilder::default();
        for &number in chosen {
            for (name, value) in infos[number].labels.iter() {
                let asked = self.labels.is_empty() || self.labels.iter().any(|matcher| matcher.name == name);
                if name == METRIC_NAME || !asked {
                    continue;
                }
                let before = added.value(name);
                if !before.is_empty() && before != value {
                    return Err(QueryError::execution(format!("conflicting label: {name}")));
                }
                if row.labels.get(name).is_none() {
                    added.set(name, value);
                }
            }
        }
        Ok(Some(row.labels.union(&added.build())))
    }
}

fn regex(name: &str, pattern: &str) -> Result<Matcher, QueryError> {
    Matcher::new(name, MatchOp::Regex, pattern).map_err(|error| QueryError::execution(error.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn series_get_the_labels_of_their_target() {
        passes(
            r#"
load 1m
  x{instance="a", job="j"} 1
  x{instance="b", job="j"} 2
  y{instance="a", job="j", version="mine"} 3
  target_info{instance="a", job="j", version="1", env="prod"} 1
  build_info{instance="a", job="j", commit="c0ffee"} 1

eval instant at 0m info(x)
  x{instance="a", job="j", version="1", env="prod"} 1
  x{instance="b", job="j"} 2

eval instant at 0m info(x, {version=~".+"})
  x{instance="a", job="j", version="1"} 1

# A label that is there already stays.
eval instant at 0m info(y)
  y{instance="a", job="j", version="mine", env="prod"} 3

eval instant at 0m info(x, {__name__="build_info"})
  x{instance="a", job="j", commit="c0ffee"} 1
  x{instance="b", job="j"} 2

# An info metric is not described by itself.
eval instant at 0m info(target_info)
  target_info{instance="a", job="j", version="1", env="prod"} 1
"#,
        );
    }
}
