//! Asking: all checks at once, each in a task of its own, none while another asks the same, none more often than its
//! answers are good for.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Instant, SystemTime};

use tokio::task::AbortHandle;

use super::check::{Check, Probe};
use super::report::{CheckReport, Report, Status};
use crate::metrics::{Counter, Family, Gauge, Histogram, Registry};
use crate::redact::{Paths, redact_text};
use crate::{Error, lock};

/// An error longer than this is cut.
const ERROR_BYTES_MAX: usize = 1_000;

/// The checks of a service. A clone is another handle to the same ones.
#[derive(Clone)]
pub struct Checks {
    shared: Arc<Shared>,
}

struct Shared {
    checks: RwLock<Vec<Arc<Running>>>,
    status: Family<[&'static str; 1], Gauge>,
    duration: Family<[&'static str; 1], Histogram>,
    failures: Family<[&'static str; 1], Counter>,
}

/// A check and what it last found.
struct Running {
    check: Check,
    /// Held while it asks: whoever comes meanwhile waits for that answer.
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Option<Last>>,
    /// What asked last. Work that blocks its thread goes on after its time is up, and is not begun a second time.
    asking: Mutex<Option<AbortHandle>>,
}

#[derive(Clone)]
struct Last {
    failed: bool,
    answered: Instant,
    report: CheckReport,
}

impl Checks {
    /// No checks yet; what they find is a metric in `registry`.
    pub fn register(registry: &Registry) -> Result<Checks, Error> {
        let labels = ["check"];
        let shared = Shared {
            checks: RwLock::default(),
            status: registry
                .gauge("health_check_status", "1 while the check passes, else 0.")
                .labels(labels)?,
            duration: registry
                .histogram("health_check_duration_seconds", "How long it took to ask.")
                .labels(labels)?,
            failures: registry.counter("health_check_failures", "Times the check failed.").labels(labels)?,
        };
        Ok(Checks { shared: Arc::new(shared) })
    }

    /// Adds a check; one of the same name takes its place.
    pub fn add(&self, check: Check) {
        let mut checks = self.shared.checks.write().unwrap_or_else(PoisonError::into_inner);
        checks.retain(|running| running.check.name != check.name);
        checks.push(Arc::new(Running {
            check,
            turn: tokio::sync::Mutex::default(),
            last: Mutex::default(),
            asking: Mutex::default(),
        }));
    }

    /// Asks everything that answers `probe`, or everything there is. Needs a tokio runtime with a clock.
    pub async fn report(&self, probe: Option<Probe>) -> Report {
        let wanted =
            |running: &&Arc<Running>| probe.is_none_or(|probe| running.check.probes.contains(&probe));
        let asked: Vec<_> = {
            let checks = self.shared.checks.read().unwrap_or_else(PoisonError::into_inner);
            checks.iter().filter(wanted).cloned().collect()
        };
        // Each in a task of its own: they run at once, and a probe that gives up waiting does not stop the asking, whose
        // answer the next one gets.
        let tasks: Vec<_> =
            asked.into_iter().map(|running| tokio::spawn(ask(self.shared.clone(), running))).collect();
        let mut reports = Vec::with_capacity(tasks.len());
        for task in tasks {
            // A task fails only where the runtime ends, and with it whoever would read the report.
            reports.extend(task.await.ok());
        }
        Report::new(reports)
    }
}

async fn ask(shared: Arc<Shared>, running: Arc<Running>) -> CheckReport {
    let came = Instant::now();
    let _turn = running.turn.lock().await;
    // What was answered while this one waited is as new as it could want: those who wait do not ask one after the other.
    let is_good = |last: &&Last| last.answered >= came || last.answered.elapsed() < running.check.cached_for;
    if let Some(last) = lock(&running.last).as_ref().filter(is_good) {
        return last.report.clone();
    }
    let started = Instant::now();
    let outcome = running.outcome().await;
    running.found(&shared, outcome, started)
}

impl Running {
    /// Asks, in a task of its own: a panic stays inside, and a check that blocks its thread is given up all the same.
    async fn outcome(&self) -> Result<(), String> {
        if lock(&self.asking).as_ref().is_some_and(|asking| !asking.is_finished()) {
            return Err("it was asked before and has not come back".to_owned());
        }
        let ask = self.check.ask.clone();
        let task = tokio::spawn(async move { ask().await });
        let asking = task.abort_handle();
        *lock(&self.asking) = Some(asking.clone());
        match tokio::time::timeout(self.check.timeout, task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err("the check panicked".to_owned()),
            Err(_) => {
                asking.abort();
                Err(format!("no answer within {} ms", self.check.timeout.as_millis()))
            }
        }
    }

    /// Keeps and counts what was found.
    fn found(&self, shared: &Shared, outcome: Result<(), String>, started: Instant) -> CheckReport {
        let (now, duration, failed) = (SystemTime::now(), started.elapsed(), outcome.is_err());
        let labels = [self.check.name.as_str()];
        shared.status.get(&labels).set(if failed { 0.0 } else { 1.0 });
        shared.duration.get(&labels).observe_duration(duration);
        let mut last = lock(&self.last);
        let before = last.as_ref().filter(|last| last.failed == failed);
        let error = outcome.err().map(|mut error| {
            shared.failures.get(&labels).inc();
            error.truncate(error.floor_char_boundary(ERROR_BYTES_MAX));
            // Whoever connects with a password tends to say so when it cannot.
            (redact_text(&error, &[], Paths::Redacted).into_owned(), now)
        });
        let report = CheckReport {
            name: self.check.name.clone(),
            status: match (failed, self.check.critical) {
                (false, _) => Status::Pass,
                (true, false) => Status::Warn,
                (true, true) => Status::Fail,
            },
            critical: self.check.critical,
            duration,
            checked: now,
            since: before.map_or(now, |last| last.report.since),
            last_error: error.or_else(|| last.as_ref().and_then(|last| last.report.last_error.clone())),
        };
        *last = Some(Last { failed, answered: Instant::now(), report: report.clone() });
        report
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    fn checks() -> (Registry, Checks) {
        let registry = Registry::new();
        let checks = Checks::register(&registry).unwrap();
        (registry, checks)
    }

    async fn many_probes_find(checks: &Checks, want: Status) {
        let probes: Vec<_> = (0..50)
            .map(|_| {
                let checks = checks.clone();
                tokio::spawn(async move { checks.report(None).await.status })
            })
            .collect();
        for probe in probes {
            assert_eq!(probe.await.unwrap(), want);
        }
    }

    #[tokio::test]
    async fn a_critical_failure_fails_and_another_warns() {
        let (registry, checks) = checks();
        checks.add(Check::new("database", || async { Ok::<(), String>(()) }));
        checks
            .add(Check::new("cache", || async { Err("no answer from redis://x:hunter2@cache") }).degraded());
        let report = checks.report(Some(Probe::Ready)).await;
        assert_eq!(report.status, Status::Warn);
        let error = &report.checks[1].last_error.as_ref().unwrap().0;
        assert_eq!(error, "no answer from redis://[redacted]@cache");
        checks.add(Check::new("queue", || async { Err("refused") }));
        assert_eq!(checks.report(Some(Probe::Ready)).await.status, Status::Fail);
        assert_eq!(checks.report(Some(Probe::Live)).await.status, Status::Pass);
        let text = registry.text();
        assert!(text.contains("health_check_status{check=\"database\"} 1.0\n"), "{text}");
        assert!(text.contains("health_check_status{check=\"queue\"} 0.0\n"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn checks_run_at_once_and_none_longer_than_it_may() {
        let (_registry, checks) = checks();
        for number in 0..20 {
            checks.add(Check::new(&format!("hangs{number}"), std::future::pending::<()>));
        }
        let started = tokio::time::Instant::now();
        let report = checks.report(None).await;
        assert!(started.elapsed() < Duration::from_millis(1_100), "{:?}", started.elapsed());
        let error = &report.checks[0].last_error.as_ref().unwrap().0;
        assert_eq!(error, "no answer within 1000 ms");
    }

    #[tokio::test]
    async fn probes_cannot_overload_what_they_ask() {
        check_load(Duration::from_secs(2)).await;
        // Not even where no answer is good for later.
        check_load(Duration::ZERO).await;
    }

    async fn check_load(cached_for: Duration) {
        let (_registry, checks) = checks();
        let asked = Arc::new(AtomicU32::new(0));
        let counter = asked.clone();
        let check = Check::new("database", move || {
            counter.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20))
        });
        checks.add(check.cached_for(cached_for));
        many_probes_find(&checks, Status::Pass).await;
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_check_that_blocks_its_thread_is_given_up_and_not_begun_again() {
        let (_registry, checks) = checks();
        let asked = Arc::new(AtomicU32::new(0));
        let counter = asked.clone();
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        let check = Check::new("blocks", move || {
            counter.fetch_add(1, Ordering::Relaxed);
            let blocked = blocked.clone();
            async move { lock(&blocked).recv().unwrap_or_default() }
        });
        checks.add(check.timeout(Duration::from_millis(20)).cached_for(Duration::ZERO));
        // Both come while it blocks, which it does until it is released.
        for want in ["no answer within 20 ms", "it was asked before and has not come back"] {
            let report = checks.report(None).await;
            assert_eq!(report.checks[0].last_error.as_ref().unwrap().0, want);
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        drop(release);
        while checks.report(None).await.status == Status::Fail && asked.load(Ordering::Relaxed) == 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2, "once it has come back it is asked again");
    }

    #[tokio::test]
    async fn probes_cannot_overload_what_panics() {
        let (_registry, checks) = checks();
        let asked = Arc::new(AtomicU32::new(0));
        let counter = asked.clone();
        async fn breaks() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            panic!("on purpose")
        }
        checks.add(Check::new("broken", move || {
            counter.fetch_add(1, Ordering::Relaxed);
            breaks()
        }));
        many_probes_find(&checks, Status::Fail).await;
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_check_that_panics_has_failed() {
        let (_registry, checks) = checks();
        async fn breaks() {
            panic!("on purpose")
        }
        checks.add(Check::new("broken", breaks).cached_for(Duration::ZERO));
        let report = checks.report(None).await;
        assert_eq!(report.status, Status::Fail);
        let since = report.checks[0].since;
        let later = checks.report(None).await;
        assert_eq!(later.checks[0].since, since);
        assert_eq!(later.checks[0].last_error.as_ref().unwrap().0, "the check panicked");
    }
}
