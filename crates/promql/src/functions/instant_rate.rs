//! `irate` and `idelta`: the change between the last two samples of a range.

use model::{CounterReset, FloatHistogram};

use crate::annotation::{Annotations, Note};
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::rate::subtract;
use crate::functions::window::{Either, Stamped, Window, is_start_reset};

pub(super) fn irate(window: &Window<'_>, notes: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(last_change(window, true, notes))
}

pub(super) fn idelta(window: &Window<'_>, notes: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(last_change(window, false, notes))
}

fn last_change(window: &Window<'_>, rate: bool, notes: &mut Annotations) -> Option<Point> {
    let [previous, last] = last_two(window)?;
    let interval = last.time - previous.time;
    if interval == 0 {
        return None;
    }
    let seconds = interval as f64 / 1000.0;
    let reset = is_start_reset(previous.start, previous.time, last.start, last.time);
    match (previous.value, last.value) {
        (Either::Float(before), Either::Float(after)) => {
            let difference = if rate && (after < before || reset) { after } else { after - before };
            Some(Point::Float(if rate { difference / seconds } else { difference }))
        }
        (Either::Histogram(before), Either::Histogram(after)) => {
            let mut difference = histogram_change(before, after, rate, reset, window, notes)?;
            if rate {
                difference.divide(seconds);
            }
            Some(Point::from(difference))
        }
        _ => window.note_mixed(notes),
    }
}

fn last_two<'a>(window: &Window<'a>) -> Option<[Stamped<'a>; 2]> {
    let floats = window.floats.len().saturating_sub(2);
    let histograms = window.histograms.len().saturating_sub(2);
    let samples: Vec<Stamped<'a>> = window.merged(floats, histograms).collect();
    let &[.., previous, last] = samples.as_slice() else { return None };
    Some([previous, last])
}

fn histogram_change(
    before: &FloatHistogram,
    after: &FloatHistogram,
    rate: bool,
    reset: bool,
    window: &Window<'_>,
    notes: &mut Annotations,
) -> Option<FloatHistogram> {
    let gauges = [before, after].map(|histogram| histogram.counter_reset == CounterReset::Gauge);
    if rate && gauges.contains(&true) {
        notes.add(Note::NotCounter { metric: window.metric }, window.span);
    }
    if !rate && gauges.contains(&false) {
        notes.add(Note::NotGauge { metric: window.metric }, window.span);
    }
    let mut difference = after.clone();
    if !rate || !(reset || after.is_reset_after(before)) {
        subtract(&mut difference, before, window, notes)?;
    }
    difference.counter_reset = CounterReset::Gauge;
    difference.compact(0);
    Some(difference)
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn only_the_last_two_samples_count() {
        passes(
            r#"
load 1m
  c_total 0 600 60 120
  h {{schema:0 sum:1 count:1 buckets:[1]}} {{schema:0 sum:7 count:4 buckets:[4]}}
  mixed 1 {{schema:0 sum:1 count:1 buckets:[1]}}

eval instant at 3m irate(c_total[10m])
  {} 1

# After a reset the value itself is the change.
eval instant at 2m irate(c_total[10m])
  {} 1

eval instant at 2m idelta(c_total[10m])
  {} -540

eval instant at 1m irate(h[10m])
  {} {{schema:0 sum:0.1 count:0.05 counter_reset_hint:gauge buckets:[0.05]}}

eval instant at 1m irate(mixed[10m])
  expect warn msg: PromQL warning: encountered a mix of histograms and floats for metric name "mixed" (1:7)

eval instant at 0m irate(c_total[10m])
"#,
        );
    }
}
