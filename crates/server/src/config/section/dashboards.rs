//! `dashboards`: folders whose JSON files are shown beside the dashboards that are kept in the data directory. Ours: Prometheus
//! has no such section, and Grafana has it in files of its own.

use std::path::{Path, PathBuf};

use collect::config::ConfigError;
use serde::Deserialize;

/// One folder.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DashboardsSection {
    /// Where it is; a relative path begins at the configuration file.
    pub path: PathBuf,
    /// What it is called in lists; without a name its dashboards stand among the others.
    #[serde(default)]
    pub folder: String,
    /// Whether what is changed at the page is written back into its files.
    #[serde(default)]
    pub editable: bool,
}

impl DashboardsSection {
    /// Says what is wrong, and makes the path one that begins at the configuration file.
    pub fn place(&mut self, directory: &Path) -> Result<(), ConfigError> {
        if self.path.as_os_str().is_empty() {
            return Err(ConfigError::new("path", "names no folder"));
        }
        self.path = directory.join(&self.path);
        Ok(())
    }
}
