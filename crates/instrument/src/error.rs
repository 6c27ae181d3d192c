//! What can go wrong when metrics are registered. Recording never fails.

use std::fmt;

/// Why a metric could not be registered, or a series not be found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The name of a metric or label, or its help, breaks a rule that expositions depend on, or one of style where
    /// the registry refuses those.
    Naming {
        /// The metric.
        name: String,
        /// The rule, as advice.
        advice: String,
    },
    /// The name is taken by a metric of another kind, with other labels or other settings.
    Conflict {
        /// The metric.
        name: String,
    },
    /// A lookup had another number of values than the family has labels.
    LabelCount {
        /// The metric.
        name: String,
        /// How many labels it has.
        labels: usize,
        /// How many values were given.
        values: usize,
    },
    /// Something could not be sent or written.
    Delivery {
        /// What was attempted, where to, and what came of it.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Naming { name, advice } => write!(out, "metric `{name}`: {advice}"),
            Error::Conflict { name } => write!(
                out,
                "metric `{name}` is registered already, with another type, help, labels or settings; \
                 register it once and clone the handle"
            ),
            Error::LabelCount { name, labels, values } => {
                write!(out, "metric `{name}` has {labels} labels, but {values} values were given")
            }
            Error::Delivery { reason } => out.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}
