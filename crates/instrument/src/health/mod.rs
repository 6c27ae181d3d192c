//! Health checks that check: each dependency is asked, at most so often and for at most so long, and the answer says
//! what failed, since when, and whether the service can do without it.
//!
//! ```
//! use flightdeck::health::{Check, Checks, Probe, Status};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let checks = Checks::register(&flightdeck::Registry::new())?;
//! checks.add(Check::new("database", || async { Ok::<(), std::io::Error>(()) }));
//! checks.add(Check::new("cache", || async { Err("connection refused") }).degraded());
//! assert_eq!(checks.report(Some(Probe::Ready)).await.status, Status::Warn);
//! # Ok::<(), flightdeck::Error>(())
//! # }).unwrap();
//! ```

mod check;
mod report;
mod run;

pub use check::{Check, Outcome, Probe};
pub use report::{CheckReport, Details, Report, Status};
pub use run::Checks;
