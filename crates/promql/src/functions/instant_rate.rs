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
