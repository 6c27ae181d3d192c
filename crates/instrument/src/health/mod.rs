//! Health checks that check: each dependency is asked, at most so often and for at most so long, and the answer says
//! what failed, since when, and whether the service can do without it.

mod check;
mod report;
mod run;

pub use check::{Check, Outcome, Probe};
pub use report::{CheckReport, Details, Report, Status};
pub(crate) use run::Checks;
