//! Selectors and ranges: from matchers and times to streams.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

use model::{METRIC_NAME, MatchOp, Matcher, Timestamp};
use parking_lot::Mutex;
use tsdb::{Selection, StoreError};

use crate::error::QueryError;
use crate::eval::instant::{InstantSource, Yields};
use crate::eval::range::{RangeInput, RangeSettings, RangeStream};
use crate::eval::steps::Steps;
use crate::eval::stream::{Names, Source, Stream};
use crate::eval::tally::{Tally, Windows};
use crate::eval::{Context, Evaluator};
use crate::functions::RangeFunction;
use crate::plan::{Node, Range, RangeSource, Selector};
use crate::syntax::{RangeKind, Span};

impl<'a> Evaluator<'a> {
    /// The newest sample of each selected series.
    pub(crate) fn select(
        &self,
        node: &Node,
        selector: &Selector,
        yields: Yields,
        steps: Steps,
    ) -> Result<Stream<'a>, QueryError> {
        let (first, last) = (selector.reference(steps.start), selector.reference(steps.last()));
        let last = match selector.kind {
            RangeKind::Smoothed => last.saturating_add(self.lookback),
            RangeKind::Plain | RangeKind::Anchored => last,
        };
        let first = first.saturating_sub(self.lookback).saturating_add(1);
        let selection = self.selection(node.id, &selector.matchers, first, last)?;
        let names = names_of(&selector.matchers);
        let (selector, lookback) = (selector.clone(), self.lookback);
        let source =
            InstantSource { selection, selector, steps, lookback, node: node.id, span: node.span, yields };
        Ok(Stream::new(Source::Instant(source), names))
    }

    /// A function over ranges.
    pub(crate) fn range_call(
        &self,
        node: &Node,
        function: &'static RangeFunction,
        range: &'a Range,
        params: Vec<Vec<f64>>,
        span: Span,
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        let (input, names, drops_names) = match &range.source {
            RangeSource::Select(matchers) => {
                let (first, last) = self.range_reach(range, context.steps);
                let selection = self.selection(range.id, matchers, first, last)?;
                (RangeInput::Selection(selection), names_of(matchers), false)
            }
            RangeSource::Subquery { input, interval } => {
                let steps = subquery_steps(range, *interval, context.steps);
                let windows = range.windows(context.steps);
                let by_step = windows.have_gaps() || context.tally.lock().by_step.is_some();
                let tally = Mutex::new(Tally::new(steps, by_step));
                let stream = self.stream(input, Context { steps, tally: &tally, ..context })?;
                context.tally.lock().absorb(&tally.into_inner(), steps, &windows);
                let (names, drops) = (stream.names, stream.drops_names);
                (RangeInput::Subquery { stream: Box::new(stream), steps, by_step }, names, drops)
            }
        };
        let settings = RangeSettings {
            lookback: self.lookback,
            start_timestamps: self.settings.start_timestamps,
            type_labels: self.settings.type_and_unit_labels,
        };
        let (steps, node) = (context.steps, node.id);
        let source = RangeStream { function, input, range, steps, params, node, span, settings };
        let mut stream = Stream::new(Source::Range(source), names);
        stream.drops_names = drops_names;
        Ok(stream)
    }

    /// The times whose samples the ranges of all steps can see, both included.
    pub(crate) fn range_reach(&self, range: &Range, steps: Steps) -> (Timestamp, Timestamp) {
        let (first, last) = (range.reference(steps.start), range.reference(steps.last()));
        let start = first.saturating_sub(range.length).saturating_add(1);
        match range.kind {
            RangeKind::Plain => (start, last),
            RangeKind::Anchored => (start.saturating_sub(self.lookback), last),
            RangeKind::Smoothed => (start.saturating_sub(self.lookback), last.saturating_add(self.lookback)),
        }
    }

    /// Asks the store for series, once for each question.
    pub(crate) fn selection(
        &self,
        id: usize,
        matchers: &[Matcher],
        first: Timestamp,
        last: Timestamp,
    ) -> Result<Arc<Selection>, QueryError> {
        let mut text = String::new();
        for matcher in matchers {
            let _ = write!(text, "{matcher},");
        }
        let key = (text, first, last);
        let known = self.selections.0.lock().get(&key).cloned();
        let selection = match known {
            Some(selection) => selection,
            None => {
                let selection = Arc::new(self.select_from_store(matchers, first..=last)?);
                self.selections.0.lock().insert(key.clone(), selection.clone());
                selection
            }
        };
        if self.counted.lock().insert(key) {
            self.meter.select(id, selection.len())?;
        }
        Ok(selection)
    }

    /// Asks the store, which asks back now and then whether to go on.
    fn select_from_store(
        &self,
        matchers: &[Matcher],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Selection, QueryError> {
        let goes_on = || self.meter.check().is_ok();
        match self.store.select_while(matchers, range, &goes_on) {
            Err(StoreError::Stopped) => Err(self.meter.check().err().unwrap_or(QueryError::Cancelled)),
            outcome => Ok(outcome?),
        }
    }
}

impl Range {
    /// The windows that the steps of an evaluation have.
    pub(crate) fn windows(&self, outer: Steps) -> Windows {
        Windows { outer, offset: self.offset, length: self.length }
    }
}

/// The steps of a subquery: multiples of its interval, so that they are the same whenever it is evaluated.
pub(crate) fn subquery_steps(range: &Range, interval: i64, steps: Steps) -> Steps {
    let first = range.reference(steps.start).saturating_sub(range.length);
    let last = range.reference(steps.last());
    let start = interval.saturating_mul(first / interval);
    let start = if start <= first { start.saturating_add(interval) } else { start };
    Steps::between(start, last, interval)
}

/// Whether all series the matchers find have the same name.
fn names_of(matchers: &[Matcher]) -> Names {
    let by_name = |matcher: &&Matcher| matcher.name == METRIC_NAME && matcher.op == MatchOp::Equal;
    if matchers.iter().any(|matcher| by_name(&matcher)) { Names::Equal } else { Names::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subqueries_step_at_multiples_of_their_interval() {
        let check = |length: i64, interval: i64, at: i64, want: &[i64]| {
            let range = Range {
                source: RangeSource::Select(Arc::from([])),
                length,
                offset: 0,
                at: None,
                kind: RangeKind::Plain,
                counts_only: false,
                id: 0,
                span: Span::default(),
            };
            let steps = subquery_steps(&range, interval, Steps::at(at));
            assert_eq!(steps.times().collect::<Vec<_>>(), want);
        };
        check(30, 10, 50, &[30, 40, 50]);
        check(30, 10, 55, &[30, 40, 50]);
        check(25, 10, 50, &[30, 40, 50]);
        check(10, 10, 5, &[0]);
        check(20, 10, -5, &[-20, -10]);
    }
}
