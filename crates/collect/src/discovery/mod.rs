//! Finding targets: one file per kind, each a task that publishes its list whenever it changes.

mod dns;
pub mod file;
mod group;
mod http;
pub mod local;
mod process;
mod yaml;

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::{DnsSdConfig, FileSdConfig, HttpClientConfig, HttpSdConfig, ScrapeJob, StaticConfig};
pub use group::{GroupError, TargetGroup, parse_groups};

/// One source of targets, as it is configured. Equal sources keep running across reloads.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Written down.
    Static(Vec<StaticConfig>),
    /// In files.
    File(FileSdConfig),
    /// From a web server.
    Http(Box<(HttpSdConfig, HttpClientConfig)>),
    /// From DNS.
    Dns(DnsSdConfig),
    /// The services of this machine.
    Local(local::LocalConfig),
}

/// What a source says.
pub(crate) struct Update {
    pub(crate) source: u64,
    pub(crate) groups: Vec<TargetGroup>,
}

/// How a source's task tells what it found.
#[derive(Clone)]
pub(crate) struct Publisher {
    source: u64,
    updates: mpsc::Sender<Update>,
    error: Arc<Mutex<Option<String>>>,
}

impl Publisher {
    /// Replaces the source's whole list.
    async fn publish(&self, groups: Vec<TargetGroup>) {
        *self.error.lock() = None;
        // Nobody listens any more only when everything stops.
        let _ = self.updates.send(Update { source: self.source, groups }).await;
    }

    /// The last attempt failed; the list stays as it is.
    fn fail(&self, error: String) {
        tracing::warn!(%error, "service discovery failed; the last targets stay");
        *self.error.lock() = Some(error);
    }
}

/// A source at work. Dropping it ends its task.
pub(crate) struct Running {
    pub(crate) id: u64,
    pub(crate) source: Source,
    pub(crate) groups: Vec<TargetGroup>,
    pub(crate) error: Arc<Mutex<Option<String>>>,
    task: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts a source.
    pub(crate) fn start(id: u64, source: Source, updates: mpsc::Sender<Update>) -> Running {
        let error = Arc::new(Mutex::new(None));
        let publisher = Publisher { source: id, updates, error: error.clone() };
        let mut groups = Vec::new();
        let task = match source.clone() {
            Source::Static(configs) => {
                groups = configs.iter().map(TargetGroup::from_static).collect();
                None
            }
            Source::File(config) => Some(tokio::spawn(file::run(config, publisher))),
            Source::Http(config) => Some(tokio::spawn(http::run(config.0, config.1, publisher))),
            Source::Dns(config) => Some(tokio::spawn(dns::run(config, publisher))),
            Source::Local(config) => Some(tokio::spawn(local::run(config, publisher))),
        };
        Running { id, source, groups, error, task }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// The sources of a job.
pub fn sources_of(job: &ScrapeJob) -> Vec<Source> {
    let mut sources = Vec::new();
    if !job.static_configs.is_empty() {
        sources.push(Source::Static(job.static_configs.clone()));
    }
    sources.extend(job.file_sd_configs.iter().cloned().map(Source::File));
    sources.extend(job.http_sd_configs.iter().cloned().map(Box::new).map(Source::Http));
    sources.extend(job.dns_sd_configs.iter().cloned().map(Source::Dns));
    sources
}
