//! The PromQL language: parse, plan, evaluate. Knows no clock, no IO of its own, and no HTTP.
//!
//! **The way of a query.** A text becomes a tree ([`parse`], [`syntax`]), the tree a plan (`plan`): durations and `@` are
//! numbers, constants are folded, and each node knows whether its value is the same at every step. The evaluator (`eval`)
//! then runs each node once, over all steps. A selector or a function over ranges becomes a stream: series whose labels are
//! known and whose values are computed one series at a time (`eval::stream`), on all cores. What needs one series at a
//! time lengthens the stream (`functions`); an aggregation folds it group by group (`aggregate`), so that memory follows the
//! groups; an operator between two vectors collects both sides and joins them (`binary`). Whatever is worth telling besides
//! goes to [`annotation`], with the place in the query that it is about.
//!
//! [`Engine`] is the door. [`mod@print`] writes trees back as text, and [`script`] runs files of queries with their answers.

pub mod annotation;
pub mod engine;
pub mod error;
pub mod parse;
pub mod print;
pub mod script;
pub mod syntax;
pub mod value;

mod aggregate;
mod binary;
mod eval;
mod functions;
mod kahan;
mod number;
mod plan;

pub use annotation::Annotations;
pub use engine::{Answer, Engine, Limits, QueryOptions, QueryStats, Settings, StepStats, Stop};
pub use error::QueryError;
pub use eval::Selections;
pub use plan::PlanNode;
pub use value::{Floats, MatrixSeries, SampleValue, Value, VectorSample};
