//! The configuration: a `flightdeck.yml` or a `prometheus.yml`, read once at start and again at every reload.
//!
//! The file becomes a tree whose nodes know their place (`yaml`), the tree becomes plain structs (`typed`), the
//! structs are checked and resolved (`load`). A problem always says file, line and column.

mod load;
mod problem;
mod section;
mod show;
mod suggest;
mod typed;
pub mod yaml;

use std::path::Path;
use std::sync::Arc;

use parking_lot::RwLock;

pub use load::{Config, load_file, read_file};
pub use problem::Problem;
pub use section::{DashboardsSection, OtlpSection, TranslationStrategy};

/// The configuration in force.
pub struct Current {
    config: RwLock<Arc<Config>>,
}

impl Current {
    /// The first configuration.
    pub fn new(config: Config) -> Current {
        Current { config: RwLock::new(Arc::new(config)) }
    }

    /// The configuration as it is now.
    pub fn get(&self) -> Arc<Config> {
        self.config.read().clone()
    }

    /// Puts another one in force.
    pub fn replace(&self, config: Config) {
        *self.config.write() = Arc::new(config);
    }
}

/// Reads the file, or takes the defaults where there is none, and says in the log what does nothing yet.
pub fn load(path: Option<&Path>) -> Result<Config, Problem> {
    let config = match path {
        Some(path) => load_file(path)?,
        None => Config::default(),
    };
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    Ok(config)
}
