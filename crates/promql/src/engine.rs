//! The engine: a query in, an answer out.

use model::Timestamp;
use tsdb::Store;

use crate::annotation::Annotations;
use crate::error::QueryError;
use crate::eval::{Evaluator, Selections, Steps, Touched};
use crate::plan::{self, Environment, Plan, PlanNode};
use crate::syntax::{Expr, ValueType};
use crate::value::Value;

/// Answers queries. Holds what all of them have in common.
#[derive(Clone, Debug)]
pub struct Engine {
    /// What is assumed where a query does not say otherwise.
    pub settings: Settings,
}

/// What is assumed where a query does not say otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How old the newest sample of a series may be.
    pub lookback_ms: i64,
    /// The step of subqueries that name none.
    pub subquery_step_ms: i64,
    /// Whether names are taken off once the query is done rather than by each function. Changes what `label_replace` and
    /// aggregations by `__name__` see, so it is an option.
    pub delayed_name_removal: bool,
    /// Whether counters begin at zero where their samples say since when they count.
    pub start_timestamps: bool,
    /// Whether a counter is told by its label `__type__` rather than by its name.
    pub type_and_unit_labels: bool,
}

/// What one query may use, and how it is stopped.
#[derive(Clone, Copy)]
pub struct QueryOptions<'a> {
    /// How old the newest sample of a series may be; `None` for the engine's.
    pub lookback_ms: Option<i64>,
    /// What the query may use.
    pub limits: Limits,
    /// Asked now and then, from any thread, whether to stop.
    pub should_stop: &'a (dyn Fn() -> Option<Stop> + Sync),
    /// Nanoseconds since any moment, for explanations; without it they have no times.
    pub clock: Option<&'a (dyn Fn() -> u64 + Sync)>,
    /// Whether the samples that each step touches are counted, rather than those of all.
    pub stats_by_step: bool,
    /// Whether this is only tried: work that is worth other threads ends in [`QueryError::Large`] before it begins.
    pub only_small: bool,
    /// What was selected for the same query before, where it is evaluated anew.
    pub selections: Option<&'a Selections>,
}

/// What a query may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many series its selectors may find.
    pub series_max: u64,
    /// How many samples it may hold in memory at once.
    pub samples_max: u64,
    /// How many bytes of samples it may hold in memory at once.
    pub bytes_max: u64,
    /// How many steps it may have, and each subquery.
    pub steps_max: u64,
}

/// Why a query is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its time is up.
    TimedOut,
    /// Nobody wants the answer any more.
    Cancelled,
}

/// The answer to a query.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the query yields.
    pub value: Value,
    /// What it wants to tell besides.
    pub annotations: Annotations,
    /// What it used.
    pub stats: QueryStats,
    /// How it was evaluated, where there was a clock to measure that by.
    pub plan: Option<PlanNode>,
}

/// What a query used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryStats {
    /// Series its selectors found.
    pub series: u64,
    /// Samples that its steps looked at, each as often as steps did.
    pub samples_touched: u64,
    /// Samples that its steps looked at, each once.
    pub samples_read: u64,
    /// The same for each step, where that was asked for.
    pub by_step: Vec<StepStats>,
    /// The most samples held in memory at once.
    pub samples_peak: u64,
    /// The most bytes of samples held in memory at once.
    pub bytes_peak: u64,
}

/// What one step of a query used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepStats {
    /// When.
    pub time: Timestamp,
    /// Samples it looked at.
    pub samples_touched: u64,
    /// Those of them that no earlier step had looked at.
    pub samples_read: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            lookback_ms: 5 * 60_000,
            subquery_step_ms: 60_000,
            delayed_name_removal: false,
            start_timestamps: false,
            type_and_unit_labels: false,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { series_max: 10_000_000, samples_max: 50_000_000, bytes_max: 2 << 30, steps_max: 5_000_000 }
    }
}

impl Default for QueryOptions<'_> {
    fn default() -> Self {
        QueryOptions {
            lookback_ms: None,
            limits: Limits::default(),
            should_stop: &|| None,
            clock: None,
            stats_by_step: false,
            only_small: false,
            selections: None,
        }
    }
}

impl std::fmt::Debug for QueryOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryOptions")
            .field("lookback_ms", &self.lookback_ms)
            .field("limits", &self.limits)
            .finish()
    }
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new(Settings::default())
    }
}

impl Engine {
    /// An engine with the given settings.
    pub fn new(settings: Settings) -> Engine {
        Engine { settings }
    }

    /// Evaluates `query` at one time.
    pub fn instant(
        &self,
        store: &Store,
        query: &str,
        time: Timestamp,
        options: &QueryOptions<'_>,
    ) -> Result<Answer, QueryError> {
        let expr = crate::parse::parse(query)?;
        self.instant_expr(store, query, &expr, time, options)
    }

    /// Evaluates `expr`, which was parsed from `query`, at one time.
    pub fn instant_expr(
        &self,
        store: &Store,
        query: &str,
        expr: &Expr,
        time: Timestamp,
        options: &QueryOptions<'_>,
    ) -> Result<Answer, QueryError> {
        let plan = plan::build(expr, self.environment(query, time, time, 0))?;
        self.evaluate(store, query, &plan, Steps::at(time), true, options)
    }

    /// Evaluates `query` every `step` milliseconds from `start` up to `end`.
    pub fn range(
        &self,
        store: &Store,
        query: &str,
        start: Timestamp,
        end: Timestamp,
        step: i64,
        options: &QueryOptions<'_>,
    ) -> Result<Answer, QueryError> {
        let expr = crate::parse::parse(query)?;
        self.range_expr(store, query, &expr, (start, end, step), options)
    }

    /// Evaluates `expr`, which was parsed from `query`, at every step of `(start, end, step)`.
    pub fn range_expr(
        &self,
        store: &Store,
        query: &str,
        expr: &Expr,
        (start, end, step): (Timestamp, Timestamp, i64),
        options: &QueryOptions<'_>,
    ) -> Result<Answer, QueryError> {
        let value_type = expr.value_type();
        if !matches!(value_type, ValueType::Vector | ValueType::Scalar) {
            return Err(QueryError::RangeType(value_type.documented()));
        }
        let plan = plan::build(expr, self.environment(query, start, end, step))?;
        self.evaluate(store, query, &plan, Steps::between(start, end, step), false, options)
    }

    fn environment<'a>(
        &self,
        query: &'a str,
        start: Timestamp,
        end: Timestamp,
        step: i64,
    ) -> Environment<'a> {
        Environment { query, start, end, step, subquery_step: self.settings.subquery_step_ms }
    }

    fn evaluate(
        &self,
        store: &Store,
        query: &str,
        plan: &Plan,
        steps: Steps,
        instant: bool,
        options: &QueryOptions<'_>,
    ) -> Result<Answer, QueryError> {
        let own = Selections::default();
        let selections = options.selections.unwrap_or(&own);
        let evaluator = Evaluator::new(store, plan, &self.settings, options, selections);
        let (value, annotations, tally) = evaluator.run(steps, instant, options.stats_by_step)?;
        let (series, samples_peak, bytes_peak) = evaluator.meter.totals();
        let of_step = |(time, touched): (Timestamp, &Touched)| StepStats {
            time,
            samples_touched: touched.seen,
            samples_read: touched.read,
        };
        let stats = QueryStats {
            series,
            samples_touched: tally.total.seen,
            samples_read: tally.total.read,
            by_step: steps.times().zip(tally.by_step.iter().flatten()).map(of_step).collect(),
            samples_peak,
            bytes_peak,
        };
        let plan = options.clock.map(|_| plan::explain::tree(plan, query, &evaluator.meter));
        Ok(Answer { value, annotations, stats, plan })
    }
}
