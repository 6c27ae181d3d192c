//! The syntax tree of PromQL: what a query says, each node with the place where it says it.
//!
//! The tree is what was written, not how it is evaluated: parentheses stay, durations that depend on the query's
//! range or step stay expressions, and nothing is folded. The parser guarantees that types fit
//! (`Expr::value_type`), that argument counts fit the function table, and that the depth is bounded, so walking
//! the tree by recursion is safe.

pub mod aggregate;
pub mod binary;
pub mod duration;
pub mod expr;
pub mod function;
pub mod literal;
mod normal;
pub mod selector;
pub mod span;
pub mod value_type;

pub use aggregate::{Aggregate, AggregateOp};
pub use binary::{BinaryExpr, BinaryOp, Cardinality, VectorMatching};
pub use duration::{Duration, DurationContext, DurationError, DurationExpr, DurationOp};
pub use expr::{Call, Expr, Paren, Unary, UnaryOp};
pub use function::{FUNCTIONS, Function, FunctionId, Variadic};
pub use literal::{NumberLiteral, StringLiteral};
pub use selector::{At, MatrixSelector, RangeKind, Subquery, VectorSelector};
pub use span::Span;
pub use value_type::ValueType;
