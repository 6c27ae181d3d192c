//! Whether this process is healthy and ready, check by check.
//!
//! Healthy means that it answers at all. Ready means that what it answers can be trusted: the log was replayed and
//! the disk takes writes.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// What readiness depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The log of the last run was replayed.
    LogReplayed,
    /// The last attempt to write to the data directory worked.
    DiskWritable,
    /// Nobody asked the process to stop.
    NotStopping,
}

impl Check {
    fn name(self) -> &'static str {
        match self {
            Check::LogReplayed => "log replayed",
            Check::DiskWritable => "disk writable",
            Check::NotStopping => "not stopping",
        }
    }
}

/// The checks with the reason of each that fails.
pub struct Health {
    failing: Mutex<BTreeMap<Check, String>>,
}

impl Health {
    /// Not ready until the log is replayed.
    pub fn starting() -> Health {
        let failing = BTreeMap::from([(Check::LogReplayed, "the log is being replayed".to_owned())]);
        Health { failing: Mutex::new(failing) }
    }

    /// A check passes from here on.
    pub fn pass(&self, check: Check) {
        self.failing.lock().remove(&check);
    }

    /// A check fails from here on, for this reason. Returns whether it passed before.
    pub fn fail(&self, check: Check, reason: impl Into<String>) -> bool {
        self.failing.lock().insert(check, reason.into()).is_none()
    }

    /// Whether somebody asked the process to stop.
    pub fn is_stopping(&self) -> bool {
        self.failing.lock().contains_key(&Check::NotStopping)
    }

    /// One line per check that fails; nothing when ready.
    pub fn not_ready_because(&self) -> Option<String> {
        let failing = self.failing.lock();
        let lines: Vec<String> =
            failing.iter().map(|(check, reason)| format!("{}: {reason}", check.name())).collect();
        if lines.is_empty() { None } else { Some(lines.join("\n")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_names_every_check_that_fails() {
        let health = Health::starting();
        assert_eq!(health.not_ready_because().as_deref(), Some("log replayed: the log is being replayed"));
        assert!(health.fail(Check::DiskWritable, "no space left"));
        assert!(!health.fail(Check::DiskWritable, "no space left on /data"));
        health.pass(Check::LogReplayed);
        assert_eq!(health.not_ready_because().as_deref(), Some("disk writable: no space left on /data"));
        health.pass(Check::DiskWritable);
        assert_eq!(health.not_ready_because(), None);
    }
}
