//! The folders that dashboards are in: our own, in the data directory, and those that the configuration names. Which of them a file
//! is in says what it is called to those who ask, and whether it may be changed.

use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::config::DashboardsSection;

/// All of the folders.
pub struct Homes {
    /// The one of the data directory.
    pub own: PathBuf,
    provided: Mutex<Vec<DashboardsSection>>,
}

impl Homes {
    /// Our own, before the configuration is known.
    pub fn new(own: PathBuf) -> Homes {
        Homes { own, provided: Mutex::default() }
    }

    /// These stand beside it, instead of those that did before.
    pub fn provide(&self, folders: &[DashboardsSection]) {
        *self.provided.lock() = folders.to_vec();
    }

    /// Where they are, our own first.
    pub fn all(&self) -> Vec<PathBuf> {
        let provided = self.provided.lock();
        let others = provided.iter().map(|section| section.path.clone());
        std::iter::once(self.own.clone()).chain(others).collect()
    }

    /// The folder a file was found in, what that is called, and whether its files may be changed.
    pub fn of(&self, path: &Path) -> (PathBuf, String, bool) {
        let provided = self.provided.lock();
        match provided.iter().find(|section| path.starts_with(&section.path)) {
            Some(section) if !path.starts_with(&self.own) => {
                (section.path.clone(), section.folder.clone(), section.editable)
            }
            _ => (self.own.clone(), String::new(), true),
        }
    }

    /// What a file is called to those who ask: its path below the folder it was found in.
    pub fn called(&self, path: &Path) -> String {
        let (home, name, _) = self.of(path);
        let inside = path.strip_prefix(home).unwrap_or(path).to_string_lossy();
        let whole = [name.as_str(), &inside].into_iter().filter(|part| !part.is_empty());
        match whole.collect::<Vec<_>>().join("/") {
            // A folder that has no name in the configuration has its own.
            none if none.is_empty() => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            called => called,
        }
    }
}
