//! The table of functions: what each is called, takes and yields.

use crate::syntax::ValueType;

/// What is known of a function before it is called.
#[derive(Debug)]
pub struct Function {
    /// Which one.
    pub id: FunctionId,
    /// The name it is called by.
    pub name: &'static str,
    /// The types of its arguments; the last stands for all variadic ones too.
    pub args: &'static [ValueType],
    /// How the count of arguments may differ from that of `args`.
    pub variadic: Variadic,
    /// What it yields.
    pub returns: ValueType,
    /// Whether Prometheus keeps it behind a flag.
    pub experimental: bool,
}

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variadic {
    /// As many as it has argument types.
    Exact,
    /// The last argument may be missing, and may come up to this many times.
    Upto(usize),
    /// The last argument may be missing, and may come any number of times.
    Unlimited,
}

impl Function {
    /// The function called `name`.
    pub fn named(name: &str) -> Option<&'static Function> {
        FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok().map(|index| &FUNCTIONS[index])
    }

    /// The fewest arguments it takes.
    pub fn args_min(&self) -> usize {
        match self.variadic {
            Variadic::Exact => self.args.len(),
            Variadic::Upto(_) | Variadic::Unlimited => self.args.len() - 1,
        }
    }

    /// The most arguments it takes; `None` for no bound.
    pub fn args_max(&self) -> Option<usize> {
        match self.variadic {
            Variadic::Exact => Some(self.args.len()),
            Variadic::Upto(times) => Some(self.args.len() - 1 + times),
            Variadic::Unlimited => None,
        }
    }

    /// The type of the argument at `index`, variadic ones included; `None` where it takes no such argument.
    pub fn arg_type(&self, index: usize) -> Option<ValueType> {
        match self.variadic {
            Variadic::Exact => self.args.get(index).copied(),
            Variadic::Upto(_) | Variadic::Unlimited => self.args.get(index).or(self.args.last()).copied(),
        }
    }
}

/// Two functions are equal when they are the same row of the table.
impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.id == other.id
    }
}

macro_rules! functions {
    ($($id:ident $name:literal ($($arg:ident),*) $variadic:ident $(($times:literal))? -> $returns:ident $(, $experimental:ident)?;)*) => {
        /// A function's identity, to match on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FunctionId {
            $(#[doc = concat!("`", $name, "`")] $id,)*
        }

        /// Every function, ascending by name.
        pub static FUNCTIONS: &[Function] = &[
            $(Function {
                id: FunctionId::$id,
                name: $name,
                args: &[$(ValueType::$arg),*],
                variadic: functions!(@variadic $variadic $($times)?),
                returns: ValueType::$returns,
                experimental: functions!(@experimental $($experimental)?),
            },)*
        ];
    };
    (@variadic exact) => { Variadic::Exact };
    (@variadic upto $times:literal) => { Variadic::Upto($times) };
    (@variadic unlimited) => { Variadic::Unlimited };
    (@experimental experimental) => { true };
    (@experimental) => { false };
}

// The last argument of `upto(n)` comes 0 to n times, that of `unlimited` any number of times.
functions! {
    Abs "abs" (Vector) exact -> Vector;
    Absent "absent" (Vector) exact -> Vector;
    AbsentOverTime "absent_over_time" (Matrix) exact -> Vector;
    Acos "acos" (Vector) exact -> Vector;
    Acosh "acosh" (Vector) exact -> Vector;
    Asin "asin" (Vector) exact -> Vector;
    Asinh "asinh" (Vector) exact -> Vector;
    Atan "atan" (Vector) exact -> Vector;
    Atanh "atanh" (Vector) exact -> Vector;
    AvgOverTime "avg_over_time" (Matrix) exact -> Vector;
    Ceil "ceil" (Vector) exact -> Vector;
    Changes "changes" (Matrix) exact -> Vector;
    Clamp "clamp" (Vector, Scalar, Scalar) exact -> Vector;
    ClampMax "clamp_max" (Vector, Scalar) exact -> Vector;
    ClampMin "clamp_min" (Vector, Scalar) exact -> Vector;
    Cos "cos" (Vector) exact -> Vector;
    Cosh "cosh" (Vector) exact -> Vector;
    CountOverTime "count_over_time" (Matrix) exact -> Vector;
    DayOfMonth "day_of_month" (Vector) upto(1) -> Vector;
    DayOfWeek "day_of_week" (Vector) upto(1) -> Vector;
    DayOfYear "day_of_year" (Vector) upto(1) -> Vector;
    DaysInMonth "days_in_month" (Vector) upto(1) -> Vector;
    Deg "deg" (Vector) exact -> Vector;
    Delta "delta" (Matrix) exact -> Vector;
    Deriv "deriv" (Matrix) exact -> Vector;
    DoubleExponentialSmoothing "double_exponential_smoothing" (Matrix, Scalar, Scalar) exact -> Vector, experimental;
    End "end" () exact -> Scalar, experimental;
    Exp "exp" (Vector) exact -> Vector;
    FirstOverTime "first_over_time" (Matrix) exact -> Vector;
    Floor "floor" (Vector) exact -> Vector;
    HistogramAvg "histogram_avg" (Vector) exact -> Vector;
    HistogramCount "histogram_count" (Vector) exact -> Vector;
    HistogramFraction "histogram_fraction" (Scalar, Scalar, Vector) exact -> Vector;
    HistogramQuantile "histogram_quantile" (Scalar, Vector) exact -> Vector;
    HistogramQuantiles "histogram_quantiles" (Vector, String, Scalar, Scalar) upto(9) -> Vector, experimental;
    HistogramStddev "histogram_stddev" (Vector) exact -> Vector;
    HistogramStdvar "histogram_stdvar" (Vector) exact -> Vector;
    HistogramSum "histogram_sum" (Vector) exact -> Vector;
    Hour "hour" (Vector) upto(1) -> Vector;
    Idelta "idelta" (Matrix) exact -> Vector;
    Increase "increase" (Matrix) exact -> Vector;
    Info "info" (Vector, Vector) upto(1) -> Vector, experimental;
    Irate "irate" (Matrix) exact -> Vector;
    LabelJoin "label_join" (Vector, String, String, String) unlimited -> Vector;
    LabelReplace "label_replace" (Vector, String, String, String, String) exact -> Vector;
    LastOverTime "last_over_time" (Matrix) exact -> Vector;
    Ln "ln" (Vector) exact -> Vector;
    Log10 "log10" (Vector) exact -> Vector;
    Log2 "log2" (Vector) exact -> Vector;
    MadOverTime "mad_over_time" (Matrix) exact -> Vector, experimental;
    MaxOf "max_of" (Scalar, Scalar) exact -> Scalar, experimental;
    MaxOverTime "max_over_time" (Matrix) exact -> Vector;
    MinOf "min_of" (Scalar, Scalar) exact -> Scalar, experimental;
    MinOverTime "min_over_time" (Matrix) exact -> Vector;
    Minute "minute" (Vector) upto(1) -> Vector;
    Month "month" (Vector) upto(1) -> Vector;
    Pi "pi" () exact -> Scalar;
    PredictLinear "predict_linear" (Matrix, Scalar) exact -> Vector;
    PresentOverTime "present_over_time" (Matrix) exact -> Vector;
    QuantileOverTime "quantile_over_time" (Scalar, Matrix) exact -> Vector;
    Rad "rad" (Vector) exact -> Vector;
    Range "range" () exact -> Scalar, experimental;
    Rate "rate" (Matrix) exact -> Vector;
    Resets "resets" (Matrix) exact -> Vector;
    Round "round" (Vector, Scalar) upto(1) -> Vector;
    Scalar "scalar" (Vector) exact -> Scalar;
    Sgn "sgn" (Vector) exact -> Vector;
    Sin "sin" (Vector) exact -> Vector;
    Sinh "sinh" (Vector) exact -> Vector;
    Sort "sort" (Vector) exact -> Vector;
    SortByLabel "sort_by_label" (Vector, String) unlimited -> Vector, experimental;
    SortByLabelDesc "sort_by_label_desc" (Vector, String) unlimited -> Vector, experimental;
    SortDesc "sort_desc" (Vector) exact -> Vector;
    Sqrt "sqrt" (Vector) exact -> Vector;
    Start "start" () exact -> Scalar, experimental;
    StartTimestamp "start_timestamp" (Vector) exact -> Vector, experimental;
    StddevOverTime "stddev_over_time" (Matrix) exact -> Vector;
    StdvarOverTime "stdvar_over_time" (Matrix) exact -> Vector;
    Step "step" () exact -> Scalar, experimental;
    SumOverTime "sum_over_time" (Matrix) exact -> Vector;
    Tan "tan" (Vector) exact -> Vector;
    Tanh "tanh" (Vector) exact -> Vector;
    Time "time" () exact -> Scalar;
    Timestamp "timestamp" (Vector) exact -> Vector;
    TsOfFirstOverTime "ts_of_first_over_time" (Matrix) exact -> Vector, experimental;
    TsOfLastOverTime "ts_of_last_over_time" (Matrix) exact -> Vector, experimental;
    TsOfMaxOverTime "ts_of_max_over_time" (Matrix) exact -> Vector, experimental;
    TsOfMinOverTime "ts_of_min_over_time" (Matrix) exact -> Vector, experimental;
    Vector "vector" (Scalar) exact -> Vector;
    Year "year" (Vector) upto(1) -> Vector;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_by_its_name() {
        assert_eq!(FUNCTIONS.len(), 90);
        assert_eq!(FUNCTIONS.iter().filter(|function| function.experimental).count(), 17);
        for function in FUNCTIONS {
            assert_eq!(Function::named(function.name).map(|found| found.id), Some(function.id));
        }
        assert!(Function::named("nope").is_none());
    }
}
