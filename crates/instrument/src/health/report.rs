//! What the checks found, as JSON: a plain form, and `application/health+json` for those who ask for it.

use std::time::{Duration, SystemTime};

use crate::json::Writer;
use crate::metrics::time::rfc3339;

/// How a service or a dependency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Well.
    Pass,
    /// Something it can do without has failed.
    Warn,
    /// Something it needs has failed.
    Fail,
}

impl Status {
    /// Its name in `application/health+json`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Warn => "warn",
            Status::Fail => "fail",
        }
    }

    /// 200 while requests can be served, else 503.
    pub fn code(self) -> u16 {
        if self == Status::Fail { 503 } else { 200 }
    }
}

/// How much of a report may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Details {
    /// Only how the service is.
    Nothing,
    /// Also how each dependency is, for how long, and how long it took to ask; not what it answered.
    #[default]
    Statuses,
    /// Everything, errors included: they may name hosts and users.
    Everything,
}

/// The checks of a probe at one moment.
#[derive(Clone, Debug)]
pub struct Report {
    /// The worst there is.
    pub status: Status,
    /// What was found, by check.
    pub checks: Vec<CheckReport>,
}

/// What one check found.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// Its name.
    pub name: String,
    /// How it is; a failure of what is not critical is a warning.
    pub status: Status,
    /// Whether the service needs it.
    pub critical: bool,
    /// How long it took to ask.
    pub duration: Duration,
    /// When it was asked.
    pub checked: SystemTime,
    /// Since when it answers alike.
    pub since: SystemTime,
    /// What was wrong when it last failed, and when that was.
    pub last_error: Option<(String, SystemTime)>,
}

impl Report {
    pub(super) fn new(checks: Vec<CheckReport>) -> Report {
        let status = checks.iter().map(|check| check.status).max().unwrap_or(Status::Pass);
        Report { status, checks }
    }

    /// The plain form.
    pub fn to_json(&self, service: &str, version: &str, details: Details) -> String {
        let mut json = Writer::new();
        json.object(|json| {
            json.text("status", self.status.name());
            if details == Details::Nothing {
                return;
            }
            json.text("service", service);
            json.text("version", version);
            json.key("checks");
            json.array(&self.checks, |json, check| json.object(|json| check.write(json, details)));
        });
        json.finish()
    }

    /// The form of the draft `api-health-check`.
    pub fn to_health_json(&self, service: &str, version: &str, details: Details) -> String {
        let mut json = Writer::new();
        json.object(|json| {
            json.text("status", self.status.name());
            if details == Details::Nothing {
                return;
            }
            json.text("version", version);
            json.text("serviceId", service);
            json.key("checks");
            json.object(|json| {
                for check in &self.checks {
                    json.key(&format!("{}:responseTime", check.name));
                    json.array(std::slice::from_ref(check), |json, check| {
                        json.object(|json| check.write_health(json, details));
                    });
                }
            });
        });
        json.finish()
    }
}

impl CheckReport {
    fn write(&self, json: &mut Writer, details: Details) {
        json.text("name", &self.name);
        json.text("status", self.status.name());
        json.truth("critical", self.critical);
        json.number("duration_ms", milliseconds(self.duration));
        json.text("checked_at", &rfc3339(self.checked));
        json.text("since", &rfc3339(self.since));
        if details == Details::Everything
            && let Some((error, time)) = &self.last_error
        {
            json.text("last_error", error);
            json.text("last_error_at", &rfc3339(*time));
        }
    }

    fn write_health(&self, json: &mut Writer, details: Details) {
        json.text("componentId", &self.name);
        json.number("observedValue", milliseconds(self.duration));
        json.text("observedUnit", "ms");
        json.text("status", self.status.name());
        json.text("time", &rfc3339(self.checked));
        // The draft wants no output from what is well.
        if details == Details::Everything
            && self.status != Status::Pass
            && let Some((error, _)) = &self.last_error
        {
            json.text("output", error);
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn report() -> Report {
        let check = |name: &str, status, critical| CheckReport {
            name: name.to_owned(),
            status,
            critical,
            duration: Duration::from_micros(1_500),
            checked: UNIX_EPOCH,
            since: UNIX_EPOCH,
            last_error: (status != Status::Pass).then(|| ("no \"route\"\n".to_owned(), UNIX_EPOCH)),
        };
        Report::new(vec![check("database", Status::Pass, true), check("cache", Status::Warn, false)])
    }

    #[test]
    fn a_report_tells_no_more_than_it_may() {
        let report = report();
        assert_eq!(report.to_json("orders", "1.0", Details::Nothing), r#"{"status":"warn"}"#);
        let statuses = report.to_json("orders", "1.0", Details::Statuses);
        assert!(
            statuses.contains(r#""name":"cache","status":"warn","critical":false,"duration_ms":1.5"#),
            "{statuses}"
        );
        assert!(!statuses.contains("route"));
        let everything = report.to_json("orders", "1.0", Details::Everything);
        assert!(everything.contains(r#""last_error":"no \"route\"\n""#), "{everything}");
        let health = report.to_health_json("orders", "1.0", Details::Everything);
        assert!(
            health.contains(r#""cache:responseTime":[{"componentId":"cache","observedValue":1.5,"#),
            "{health}"
        );
        assert_eq!((report.status.code(), Status::Fail.code()), (200, 503));
    }
}
