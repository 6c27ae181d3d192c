//! What was found in the folders of dashboards when they were looked at last: files, read anew once they change, and which of them
//! counts for each name.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::file::File;
use super::folder::Inside;
use super::homes::Homes;
use super::problem::Problem;

/// What was found when the folders were looked at last.
#[derive(Default)]
pub struct Known {
    /// All of them, also those that cannot be shown.
    pub files: BTreeMap<PathBuf, File>,
    /// Folders that cannot be looked into.
    pub closed: BTreeMap<PathBuf, Problem>,
    /// The file that counts for each name.
    pub first: BTreeMap<String, PathBuf>,
    /// What the log was told of.
    told: BTreeSet<String>,
}

/// What is in the folders at a moment, before any of it is read.
#[derive(Default)]
pub struct There {
    files: BTreeSet<PathBuf>,
    closed: BTreeMap<PathBuf, Problem>,
}

impl There {
    /// Looks at the folders.
    pub fn of(homes: &Homes) -> There {
        let mut there = There::default();
        for folder in homes.all() {
            match Inside::of(&folder) {
                Ok(inside) => {
                    there.files.extend(inside.files);
                    if inside.is_cut {
                        there.closed.insert(folder, Problem::of_size());
                    }
                }
                // There is none of ours before the first dashboard is saved.
                Err(error) if folder == homes.own && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    there.closed.insert(folder, Problem::of_reading(&error));
                }
            }
        }
        there
    }
}

impl Known {
    /// Reads what changed, and finds out again which files count.
    pub fn look(&mut self, there: There, own: &Path) {
        self.closed = there.closed;
        self.files.retain(|path, _| there.files.contains(path));
        for path in there.files {
            if self.files.get(&path).is_none_or(|file| !file.is_fresh(&path)) {
                let file = File::read(&path);
                self.files.insert(path, file);
            }
        }
        let shown =
            self.files.iter().filter_map(|(path, file)| Some((path, &file.outcome.as_ref().ok()?.0.id)));
        // That of the data directory comes before those of other folders.
        let (ours, others): (Vec<_>, Vec<_>) = shown.partition(|(path, _)| path.starts_with(own));
        let mut first = BTreeMap::new();
        for (path, id) in ours.into_iter().chain(others) {
            first.entry(id.clone()).or_insert_with(|| path.clone());
        }
        self.first = first;
        self.tell();
    }

    /// Why a file is not shown, if it is not.
    pub fn problem_of(&self, path: &Path, called: impl Fn(&Path) -> String) -> Option<Problem> {
        match &self.files.get(path)?.outcome {
            Err(problem) => Some(problem.clone()),
            Ok((dashboard, _)) => {
                let first = self.first.get(&dashboard.id).filter(|first| *first != path)?;
                Some(Problem::of_name(&dashboard.id, &called(first)))
            }
        }
    }

    /// Tells the log what is wrong, once.
    fn tell(&mut self) {
        // The log is for those who know the disk.
        let on_disk = |path: &Path| path.display().to_string();
        let of_files = self.files.keys().filter_map(|path| Some((path, self.problem_of(path, on_disk)?)));
        let of_folders = self.closed.iter().map(|(path, problem)| (path, problem.clone()));
        let wrong: BTreeSet<String> = of_files
            .chain(of_folders)
            .map(|(path, problem)| format!("{}: {problem}", path.display()))
            .collect();
        for problem in wrong.difference(&self.told) {
            tracing::warn!(problem, "a dashboard cannot be shown");
        }
        self.told = wrong;
    }
}
