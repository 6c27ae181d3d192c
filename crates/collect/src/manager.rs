//! The collector: follows the jobs it is given, keeps discovery and scrape loops in step with them, and can be looked at.
//!
//! One task owns everything. It hears of new jobs and of what discovery found, works out which targets are wanted,
//! and starts and stops loops by the difference, so that what did not change keeps running.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::Labels;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{ConfigError, GlobalConfig, ScrapeConfig, ScrapeJob, Span};
use crate::discovery::local::LocalConfig;
use crate::discovery::{Running, Source, Update, sources_of};
use crate::fetch::Shared;
use crate::host::{self, HostConfig};
use crate::scrape::{Estate, Order, ScrapeState, Scraper, SharedState, Sink};
use crate::target::{Outcome, Target, discovered_labels, resolve};

/// The name of the job that local discovery fills. Its targets have the names of their processes instead.
pub const LOCAL_JOB: &str = "local";

/// What is collected besides the jobs of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Services of this machine.
    pub local: Option<LocalConfig>,
    /// How often local services are scraped; the configuration's own default when absent.
    pub local_interval: Option<Span>,
    /// This machine itself.
    pub host: Option<HostConfig>,
}

/// Collects until it is stopped.
pub struct Collector {
    commands: mpsc::Sender<Command>,
    views: Arc<Mutex<Vec<JobView>>>,
    task: JoinHandle<()>,
}

enum Command {
    Apply(Vec<Arc<ScrapeJob>>, Extras, oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// A job as it stands, until discovery or a reload changes it; what changes by itself is asked for when somebody looks.
#[derive(Clone)]
struct JobView {
    status: JobStatus,
    states: Vec<SharedState>,
    errors: Vec<Arc<Mutex<Option<String>>>>,
}

/// A job and its targets, to look at.
#[derive(Clone)]
pub struct JobStatus {
    /// The job.
    pub job: Arc<ScrapeJob>,
    /// What is scraped, in the order of the labels.
    pub targets: Vec<TargetStatus>,
    /// Labels before relabelling of what relabelling dropped, as many as are kept.
    pub dropped: Vec<Labels>,
    /// How many were dropped.
    pub dropped_count: usize,
    /// What cannot be scraped, and why.
    pub invalid: Vec<(Labels, String)>,
    /// What is wrong with discovery, if anything is.
    pub discovery_errors: Vec<String>,
}

/// A target and its last scrape, to look at.
#[derive(Clone)]
pub struct TargetStatus {
    /// The target.
    pub target: Arc<Target>,
    /// Its last scrape.
    pub state: ScrapeState,
}

impl Collector {
    /// Starts without jobs. Must be called within the runtime. Frames go to `sink`.
    pub fn start(sink: Sink) -> Collector {
        let (commands, orders) = mpsc::channel(8);
        let views = Arc::new(Mutex::new(Vec::new()));
        let manager = Manager::new(sink, views.clone());
        Collector { commands, views, task: tokio::spawn(manager.run(orders)) }
    }

    /// Follows new jobs. What did not change keeps running.
    pub async fn apply(&self, jobs: Vec<Arc<ScrapeJob>>, extras: Extras) {
        let (done, applied) = oneshot::channel();
        if self.commands.send(Command::Apply(jobs, extras, done)).await.is_ok() {
            // The manager only goes away when everything stops.
            let _ = applied.await;
        }
    }

    /// Every job with its targets and their last scrapes.
    pub fn status(&self) -> Vec<JobStatus> {
        let views = self.views.lock().clone();
        views.into_iter().map(JobView::status).collect()
    }

    /// Stops everything and waits until no frame is on its way any more.
    pub async fn stop(self) {
        let (done, stopped) = oneshot::channel();
        if self.commands.send(Command::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
        let _ = self.task.await;
    }
}

/// The job that local discovery fills.
pub fn local_job(interval: Option<Span>) -> Result<ScrapeJob, ConfigError> {
    let section = ScrapeConfig {
        job_name: Some(LOCAL_JOB.to_owned()),
        scrape_interval: interval,
        scrape_timeout: interval.map(|interval| interval.min(Span::from_secs(10))),
        // Nobody vouched for these services: they must not send this process elsewhere.
        follow_redirects: Some(false),
        ..ScrapeConfig::default()
    };
    section.resolve(&GlobalConfig::default(), std::path::Path::new(""))
}

struct Manager {
    sink: Sink,
    views: Arc<Mutex<Vec<JobView>>>,
    jobs: BTreeMap<String, JobRun>,
    order: Vec<String>,
    loops: JoinSet<()>,
    host: Option<(HostConfig, watch::Sender<Order>)>,
    /// The keys of all targets that are scraped now.
    active: Arc<Mutex<HashSet<u64>>>,
    updates: (mpsc::Sender<Update>, mpsc::Receiver<Update>),
    next_source: u64,
}

struct JobRun {
    job: Arc<ScrapeJob>,
    shared: Arc<Shared>,
    sources: Vec<Running>,
    targets: HashMap<u64, TargetRun>,
    over_limit: Arc<AtomicBool>,
    dropped: Vec<Labels>,
    dropped_count: usize,
    invalid: Vec<(Labels, String)>,
}

struct TargetRun {
    target: Arc<Target>,
    state: SharedState,
    /// What its series are, for the loop that follows this one.
    estate: Estate,
    orders: watch::Sender<Order>,
}

impl Manager {
    fn new(sink: Sink, views: Arc<Mutex<Vec<JobView>>>) -> Manager {
        Manager {
            sink,
            views,
            jobs: BTreeMap::new(),
            order: Vec::new(),
            loops: JoinSet::new(),
            host: None,
            active: Arc::default(),
            updates: mpsc::channel(64),
            next_source: 0,
        }
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Apply(jobs, extras, done)) => {
                        self.apply(jobs, &extras);
                        self.publish_views();
                        let _ = done.send(());
                    }
                    Some(Command::Stop(done)) => {
                        self.stop().await;
                        let _ = done.send(());
                        return;
                    }
                    None => return self.stop().await,
                },
                update = self.updates.1.recv() => if let Some(update) = update {
                    self.take_update(update);
                    self.publish_views();
                },
                // Loops that ended are forgotten.
                Some(_) = self.loops.join_next() => {}
            }
        }
    }

    fn apply(&mut self, jobs: Vec<Arc<ScrapeJob>>, extras: &Extras) {
        let mut wanted: Vec<(Arc<ScrapeJob>, Vec<Source>)> =
            jobs.into_iter().map(|job| (job.clone(), sources_of(&job))).collect();
        if let Some(local) = &extras.local {
            match local_job(extras.local_interval) {
                Ok(job) => wanted.push((Arc::new(job), vec![Source::Local(local.clone())])),
                Err(error) => tracing::error!(%error, "the job of local services cannot be made"),
            }
        }
        self.apply_host(extras.host.clone());
        self.order = wanted.iter().map(|(job, _)| job.name.clone()).collect();
        let mut before = std::mem::take(&mut self.jobs);
        for (job, sources) in wanted {
            let name = job.name.clone();
            let old = before.remove(&name);
            match self.job_run(job, sources, old) {
                Ok(mut run) => {
                    self.reconcile(&mut run);
                    self.jobs.insert(name, run);
                }
                Err(error) => tracing::error!(job = name, %error, "the job cannot be started"),
            }
        }
        for (_, run) in before {
            self.end_targets(run.targets);
        }
    }

    /// The run of a job, with what of the old one can go on.
    fn job_run(
        &mut self,
        job: Arc<ScrapeJob>,
        sources: Vec<Source>,
        old: Option<JobRun>,
    ) -> Result<JobRun, ConfigError> {
        let (mut old_sources, targets, old_shared, over_limit) = match old {
            Some(old) => (old.sources, old.targets, Some((old.job, old.shared)), old.over_limit),
            None => (Vec::new(), HashMap::new(), None, Arc::default()),
        };
        let shared = match old_shared {
            Some((old_job, shared)) if old_job.client == job.client => shared,
            _ => Shared::new(&job.client)?,
        };
        let sources = sources
            .into_iter()
            .map(|source| match old_sources.iter().position(|old| old.source == source) {
                Some(index) => old_sources.swap_remove(index),
                None => {
                    self.next_source += 1;
                    Running::start(self.next_source, source, self.updates.0.clone())
                }
            })
            .collect();
        let (dropped, dropped_count, invalid) = (Vec::new(), 0, Vec::new());
        Ok(JobRun { job, shared, sources, targets, over_limit, dropped, dropped_count, invalid })
    }

    fn take_update(&mut self, update: Update) {
        let name = self.jobs.iter().find_map(|(name, run)| {
            run.sources.iter().any(|source| source.id == update.source).then(|| name.clone())
        });
        // An update of a source that was stopped meanwhile has no job.
        let Some(mut run) = name.and_then(|name| self.jobs.remove(&name)) else { return };
        if let Some(source) = run.sources.iter_mut().find(|source| source.id == update.source) {
            source.groups = update.groups;
        }
        self.reconcile(&mut run);
        self.jobs.insert(run.job.name.clone(), run);
    }

    /// Makes the loops of a job those of the targets it wants.
    fn reconcile(&mut self, run: &mut JobRun) {
        let wanted = run.wanted_targets();
        let targets_max = run.job.limits.targets_max;
        run.over_limit.store(targets_max > 0 && wanted.len() as u64 > targets_max, Ordering::Relaxed);
        let mut before = std::mem::take(&mut run.targets);
        for (key, target) in wanted {
            let old = before.remove(&key);
            let target_run = match old {
                Some(old) if old.target.is_scraped_as(&target) => old,
                old => {
                    let estate = old.map(|old| {
                        let _ = old.orders.send(Order::Stop);
                        old.estate
                    });
                    self.start_target(target, run, estate)
                }
            };
            run.targets.insert(key, target_run);
        }
        self.end_targets(before);
    }

    /// Starts the loop of a target; `estate` is that of the loop before it, if there was one.
    fn start_target(&mut self, target: Target, run: &JobRun, estate: Option<Estate>) -> TargetRun {
        let (target, state) = (Arc::new(target), SharedState::default());
        let (orders, listener) = watch::channel(Order::Run);
        let estate = estate.unwrap_or_else(|| Estate::of(&target));
        let parts = (run.shared.clone(), state.clone(), run.over_limit.clone());
        let scraper = Scraper::new(target.clone(), parts, estate.clone());
        let (active, key) = (self.active.clone(), target.key());
        self.active.lock().insert(key);
        self.loops.spawn(scraper.run(self.sink.clone(), listener, move || active.lock().contains(&key)));
        TargetRun { target, state, estate, orders }
    }

    fn end_targets(&self, targets: HashMap<u64, TargetRun>) {
        for (key, run) in targets {
            self.active.lock().remove(&key);
            // A loop that has ended by itself hears nothing.
            let _ = run.orders.send(Order::Gone);
            // The loop waits for its order to change; the sender must live until then.
            tokio::spawn(async move { run.orders.closed().await });
        }
    }

    fn apply_host(&mut self, config: Option<HostConfig>) {
        if self.host.as_ref().map(|(running, _)| running) == config.as_ref() {
            return;
        }
        if let Some((_, orders)) = self.host.take() {
            let _ = orders.send(Order::Stop);
        }
        if let Some(config) = config {
            let (orders, listener) = watch::channel(Order::Run);
            self.loops.spawn(host::run(config.clone(), self.sink.clone(), listener));
            self.host = Some((config, orders));
        }
    }

    async fn stop(&mut self) {
        self.apply_host(None);
        for run in std::mem::take(&mut self.jobs).into_values() {
            for target in run.targets.into_values() {
                let _ = target.orders.send(Order::Stop);
            }
        }
        // Loops of targets that were gone already wait for their last moment; nobody waits for that now.
        self.loops.abort_all();
        while self.loops.join_next().await.is_some() {}
    }

    fn publish_views(&self) {
        let views = self.order.iter().filter_map(|name| self.jobs.get(name)).map(JobRun::view).collect();
        *self.views.lock() = views;
    }
}

impl JobRun {
    /// The targets the job's sources add up to; what is dropped or invalid is kept for display.
    fn wanted_targets(&mut self) -> BTreeMap<u64, Target> {
        let mut wanted = BTreeMap::new();
        (self.dropped, self.dropped_count, self.invalid) = (Vec::new(), 0, Vec::new());
        let kept_max = match self.job.dropped_targets_kept_max {
            0 => usize::MAX,
            max => max as usize,
        };
        for group in self.sources.iter().flat_map(|source| &source.groups) {
            for own in &group.targets {
                match resolve(&self.job, discovered_labels(&self.job, &group.labels, own)) {
                    Outcome::Target(target) => drop(wanted.insert(target.key(), *target)),
                    Outcome::Dropped(labels) => {
                        self.dropped_count += 1;
                        if self.dropped.len() < kept_max {
                            self.dropped.push(labels);
                        }
                    }
                    Outcome::Invalid { discovered, reason } => {
                        tracing::warn!(job = self.job.name, target = %discovered, reason, "target cannot be scraped");
                        self.invalid.push((discovered, reason));
                    }
                }
            }
        }
        wanted
    }

    fn view(&self) -> JobView {
        let mut runs: Vec<&TargetRun> = self.targets.values().collect();
        runs.sort_by(|a, b| a.target.labels.cmp(&b.target.labels));
        let unasked =
            |run: &&TargetRun| TargetStatus { target: run.target.clone(), state: ScrapeState::default() };
        JobView {
            states: runs.iter().map(|run| run.state.clone()).collect(),
            errors: self.sources.iter().map(|source| source.error.clone()).collect(),
            status: JobStatus {
                job: self.job.clone(),
                targets: runs.iter().map(unasked).collect(),
                dropped: self.dropped.clone(),
                dropped_count: self.dropped_count,
                invalid: self.invalid.clone(),
                discovery_errors: Vec::new(),
            },
        }
    }
}

impl JobView {
    fn status(self) -> JobStatus {
        let JobView { mut status, states, errors } = self;
        for (target, state) in status.targets.iter_mut().zip(states) {
            target.state = state.lock().clone();
        }
        status.discovery_errors = errors.iter().filter_map(|error| error.lock().clone()).collect();
        status
    }
}
