//! The functions of the language: one file per family, and the table from each name to the code behind it.

mod changes;
pub(crate) mod column;
pub(crate) mod extended;
pub(crate) mod histogram;
pub(crate) mod info;
mod instant_rate;
pub(crate) mod label;
pub(crate) mod math;
pub(crate) mod moments;
mod over_time;
pub(crate) mod quantile;
mod rate;
mod regression;
pub(crate) mod sort;
pub(crate) mod time;
pub(crate) mod window;

use model::FloatHistogram;

use crate::annotation::Annotations;
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::column::Column;
use crate::functions::window::Window;
use crate::syntax::FunctionId;

pub(crate) use histogram::HistogramFunction;

/// What a function is to the evaluator.
pub(crate) enum Implementation {
    /// A function of the samples in a range.
    Range(&'static RangeFunction),
    /// A function of each sample by itself.
    Sample(SampleFunction),
    /// A part of a time: that of each sample's value or, without an argument, of the step.
    TimePart(fn(i64) -> f64),
    /// A function of whole histograms.
    Histogram(HistogramFunction),
    /// A node of its own in the plan.
    Special,
}

/// A function of the samples in a range.
#[derive(Debug)]
pub(crate) struct RangeFunction {
    pub(crate) apply: fn(&Window<'_>, &mut Annotations) -> Result<Option<Point>, QueryError>,
    /// The same for all steps of a series of floats, where that is faster; it has nothing to annotate.
    pub(crate) column: Option<fn(&Column<'_>, &mut [f64])>,
    /// Whether the result is still a sample of the metric.
    pub(crate) keeps_name: bool,
    /// Whether it asks since when samples have been counting.
    pub(crate) uses_starts: bool,
    /// Whether it may come with `anchored`.
    pub(crate) anchored: bool,
    /// Whether it may come with `smoothed`.
    pub(crate) smoothed: bool,
    /// Whether it only makes sense for counters, which are told by their names.
    pub(crate) counters_only: bool,
}

/// A function of each sample by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SampleFunction {
    /// Of floats; histograms are dropped.
    Float(fn(f64) -> f64),
    /// Of histograms; floats are dropped.
    Histogram(fn(&FloatHistogram) -> f64),
    /// A part of the time that a float says.
    TimePart(fn(i64) -> f64),
    /// `round(v, nearest)`
    Round,
    /// `clamp(v, low, high)`
    Clamp,
    /// `clamp_min(v, low)`
    ClampMin,
    /// `clamp_max(v, high)`
    ClampMax,
}

type Apply = fn(&Window<'_>, &mut Annotations) -> Result<Option<Point>, QueryError>;

impl RangeFunction {
    const fn new(apply: Apply) -> RangeFunction {
        RangeFunction {
            apply,
            column: None,
            keeps_name: false,
            uses_starts: false,
            anchored: false,
            smoothed: false,
            counters_only: false,
        }
    }
}

macro_rules! range {
    ($apply:path $(=> $column:path)? $(, $field:ident)*) => {{
        static FUNCTION: RangeFunction =
            RangeFunction { $(column: Some($column),)? $($field: true,)* ..RangeFunction::new($apply) };
        Implementation::Range(&FUNCTION)
    }};
}

/// The code behind a function.
pub(crate) fn implementation(id: FunctionId) -> Implementation {
    use FunctionId as F;
    use Implementation::{Sample, Special, TimePart};
    use SampleFunction::{Float, Histogram};
    match id {
        F::Rate => range!(rate::rate => column::rate, uses_starts, anchored, smoothed, counters_only),
        F::Increase => {
            range!(rate::increase => column::increase, uses_starts, anchored, smoothed, counters_only)
        }
        F::Delta => range!(rate::delta => column::delta, anchored, smoothed),
        F::Irate => range!(instant_rate::irate, uses_starts),
        F::Idelta => range!(instant_rate::idelta),
        F::Resets => range!(changes::resets => column::resets, uses_starts, anchored),
        F::Changes => range!(changes::changes => column::changes, anchored),
        F::CountOverTime => range!(over_time::count => column::count),
        F::PresentOverTime | F::AbsentOverTime => range!(over_time::present => column::present),
        F::FirstOverTime => range!(over_time::first => column::first, keeps_name),
        F::LastOverTime => range!(over_time::last => column::last, keeps_name),
        F::MinOverTime => range!(over_time::min => column::min),
        F::MaxOverTime => range!(over_time::max => column::max),
        F::TsOfFirstOverTime => range!(over_time::time_of_first),
        F::TsOfLastOverTime => range!(over_time::time_of_last),
        F::TsOfMinOverTime => range!(over_time::time_of_min),
        F::TsOfMaxOverTime => range!(over_time::time_of_max),
        F::SumOverTime => range!(moments::sum => column::sum),
        F::AvgOverTime => range!(moments::average => column::average),
        F::StddevOverTime => range!(moments::deviation),
        F::StdvarOverTime => range!(moments::variance),
        F::QuantileOverTime => range!(quantile::quantile_over_time),
        F::MadOverTime => range!(quantile::mad_over_time),
        F::Deriv => range!(regression::deriv),
        F::PredictLinear => range!(regression::predict_linear),
        F::DoubleExponentialSmoothing => range!(regression::double_exponential_smoothing),

        F::Abs => Sample(Float(f64::abs)),
        F::Ceil => Sample(Float(f64::ceil)),
        F::Floor => Sample(Float(f64::floor)),
        F::Exp => Sample(Float(f64::exp)),
        F::Sqrt => Sample(Float(f64::sqrt)),
        F::Ln => Sample(Float(f64::ln)),
        F::Log2 => Sample(Float(f64::log2)),
        F::Log10 => Sample(Float(f64::log10)),
        F::Sgn => Sample(Float(math::sign)),
        F::Sin => Sample(Float(f64::sin)),
        F::Cos => Sample(Float(f64::cos)),
        F::Tan => Sample(Float(f64::tan)),
        F::Asin => Sample(Float(f64::asin)),
        F::Acos => Sample(Float(f64::acos)),
        F::Atan => Sample(Float(f64::atan)),
        F::Sinh => Sample(Float(f64::sinh)),
        F::Cosh => Sample(Float(f64::cosh)),
        F::Tanh => Sample(Float(f64::tanh)),
        F::Asinh => Sample(Float(f64::asinh)),
        F::Acosh => Sample(Float(f64::acosh)),
        F::Atanh => Sample(Float(f64::atanh)),
        F::Rad => Sample(Float(math::to_radians)),
        F::Deg => Sample(Float(math::to_degrees)),
        F::Round => Sample(SampleFunction::Round),
        F::Clamp => Sample(SampleFunction::Clamp),
        F::ClampMin => Sample(SampleFunction::ClampMin),
        F::ClampMax => Sample(SampleFunction::ClampMax),
        F::HistogramCount => Sample(Histogram(|histogram| histogram.count)),
        F::HistogramSum => Sample(Histogram(|histogram| histogram.sum)),
        F::HistogramAvg => Sample(Histogram(FloatHistogram::mean)),
        F::HistogramStddev => Sample(Histogram(FloatHistogram::standard_deviation)),
        F::HistogramStdvar => Sample(Histogram(FloatHistogram::variance)),

        F::Minute => TimePart(time::minute),
        F::Hour => TimePart(time::hour),
        F::DayOfWeek => TimePart(time::day_of_week),
        F::DayOfMonth => TimePart(time::day_of_month),
        F::DayOfYear => TimePart(time::day_of_year),
        F::DaysInMonth => TimePart(time::days_in_month),
        F::Month => TimePart(time::month),
        F::Year => TimePart(time::year),

        F::HistogramQuantile => Implementation::Histogram(HistogramFunction::Quantile),
        F::HistogramQuantiles => Implementation::Histogram(HistogramFunction::Quantiles),
        F::HistogramFraction => Implementation::Histogram(HistogramFunction::Fraction),

        // `plan::call` knows these by name.
        _ => Special,
    }
}

impl SampleFunction {
    /// Applies the function to the values of a series; `params` are the scalar arguments at every step.
    pub(crate) fn apply(self, points: &mut crate::eval::points::Points, params: &[Vec<f64>]) {
        let by_step = |points: &mut crate::eval::points::Points, map: &dyn Fn(usize, f64) -> Option<f64>| {
            points.histograms = None;
            for step in 0..points.len() {
                if let Some(value) = points.float(step) {
                    points.floats[step] = map(step, value).unwrap_or(crate::eval::points::ABSENT);
                }
            }
        };
        match self {
            SampleFunction::Float(function) => points.map_floats(function),
            SampleFunction::Histogram(function) => points.map_histograms(function),
            SampleFunction::TimePart(part) => points.map_floats(|value| part(time::seconds_of(value))),
            SampleFunction::Round => match params {
                [] => points.map_floats(|value| math::round(value, 1.0)),
                [nearest, ..] => by_step(points, &|step, value| Some(math::round(value, nearest[step]))),
            },
            SampleFunction::Clamp => by_step(points, &|step, value| {
                let (low, high) = (params[0][step], params[1][step]);
                (high >= low || low.is_nan() || high.is_nan()).then(|| math::clamp(value, low, high))
            }),
            SampleFunction::ClampMin => {
                by_step(points, &|step, value| Some(math::clamp(value, params[0][step], f64::INFINITY)));
            }
            SampleFunction::ClampMax => {
                by_step(points, &|step, value| Some(math::clamp(value, f64::NEG_INFINITY, params[0][step])));
            }
        }
    }

    /// Whether only the name is taken off the result, not type and unit.
    pub(crate) fn keeps_type_and_unit(self) -> bool {
        matches!(self, SampleFunction::Histogram(_))
    }
}

/// Runs a test script in which everything must be as expected.
#[cfg(test)]
pub(crate) fn passes(script: &str) {
    let report = crate::script::run("script", script).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.failures.is_empty(), "{report}");
    assert!(report.passed > 0, "nothing was evaluated");
}
