//! One check: what to ask, how long to wait, how much it matters.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a check may take unless it says otherwise: as long as Kubernetes waits for a probe.
const TIMEOUT: Duration = Duration::from_secs(1);

/// How long an answer is good for unless the check says otherwise.
const CACHED_FOR: Duration = Duration::from_secs(2);

/// Which question of an orchestrator a check answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// Whether the process must be restarted. Dependencies have no place here: restarting does not repair them.
    Live,
    /// Whether it can be given requests.
    Ready,
    /// Whether it has finished starting.
    Startup,
}

impl Probe {
    /// All of them.
    pub const ALL: [Probe; 3] = [Probe::Live, Probe::Ready, Probe::Startup];

    /// Its name in paths and answers.
    pub fn name(self) -> &'static str {
        match self {
            Probe::Live => "live",
            Probe::Ready => "ready",
            Probe::Startup => "startup",
        }
    }
}

/// What a check can answer: nothing (it came back, so it is well), or a result with an error that can be shown.
pub trait Outcome {
    /// `Err` with what is wrong.
    fn into_result(self) -> Result<(), String>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display> Outcome for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Something to ask a dependency.
#[derive(Clone)]
pub struct Check {
    pub(super) name: String,
    pub(super) ask: Arc<dyn Fn() -> Answer + Send + Sync>,
    pub(super) timeout: Duration,
    pub(super) cached_for: Duration,
    pub(super) critical: bool,
    pub(super) probes: Vec<Probe>,
}

impl Check {
    /// A critical check of readiness, with a timeout of one second and answers that are good for two.
    pub fn new<F, Fut>(name: &str, ask: F) -> Check
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        Check {
            name: name.to_owned(),
            ask: Arc::new(move || {
                let asked = ask();
                Box::pin(async move { asked.await.into_result() })
            }),
            timeout: TIMEOUT,
            cached_for: CACHED_FOR,
            critical: true,
            probes: vec![Probe::Ready],
        }
    }

    /// How long it may take before it counts as failed.
    pub fn timeout(mut self, timeout: Duration) -> Check {
        self.timeout = timeout;
        self
    }

    /// For how long an answer is given again, so that probes cannot overload what they ask.
    pub fn cached_for(mut self, cached_for: Duration) -> Check {
        self.cached_for = cached_for;
        self
    }

    /// The service can do without: a failure makes it degraded, not unavailable.
    pub fn degraded(mut self) -> Check {
        self.critical = false;
        self
    }

    /// Which questions it answers, instead of readiness.
    pub fn probes(mut self, probes: &[Probe]) -> Check {
        self.probes = probes.to_vec();
        self
    }
}
