//! What a dashboard was before it was saved over: copies of its file, numbered, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use serde::Serialize;

use super::import::identifier;
use crate::files;

/// How many versions of each dashboard are kept.
const VERSIONS_MAX: usize = 20;

/// The folder of the versions of all dashboards.
#[derive(Debug)]
pub struct Versions {
    folder: PathBuf,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// Its number; later ones are higher.
    pub number: u64,
    /// When it was saved over, in milliseconds since the epoch.
    pub replaced: i64,
}

impl Versions {
    /// Those below the folder of dashboards, where no dashboards are looked for.
    pub fn below(dashboards: &Path) -> Versions {
        Versions { folder: dashboards.join(".versions") }
    }

    /// Keeps the file of a dashboard as it is, if there is one.
    pub fn keep(&self, id: &str, path: &Path) -> anyhow::Result<()> {
        if !path.exists() {
            return Ok(());
        }
        let folder = self.folder_of(id);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let kept = self.list(id);
        let next = kept.first().map_or(1, |latest| latest.number + 1);
        let text = fs::read(path).with_context(|| format!("keeping a version of {}", path.display()))?;
        files::replace(&file_of(&folder, next), text)?;
        for over in kept.iter().skip(VERSIONS_MAX - 1) {
            fs::remove_file(file_of(&folder, over.number))?;
        }
        Ok(())
    }

    /// Those of one dashboard, the latest first.
    pub fn list(&self, id: &str) -> Vec<Version> {
        let entries = fs::read_dir(self.folder_of(id)).into_iter().flatten().flatten();
        let mut found: Vec<Version> = entries
            .filter_map(|entry| {
                let number = entry.path().file_stem()?.to_str()?.parse().ok()?;
                let since = entry.metadata().ok()?.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH);
                Some(Version { number, replaced: since.ok()?.as_millis() as i64 })
            })
            .collect();
        found.sort_unstable_by_key(|version| std::cmp::Reverse(version.number));
        found
    }

    /// The file of one.
    pub fn path_of(&self, id: &str, number: u64) -> PathBuf {
        file_of(&self.folder_of(id), number)
    }

    fn folder_of(&self, id: &str) -> PathBuf {
        self.folder.join(identifier(id))
    }
}

fn file_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_versions_are_kept_and_listed() {
        let directory = std::env::temp_dir().join(format!("flightdeck-versions-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("the temporary directory can be made");
        let (versions, file) = (Versions::below(&directory), directory.join("a.json"));
        versions.keep("a", &file).expect("there is nothing to keep");
        assert!(versions.list("a").is_empty());
        for text in 0..VERSIONS_MAX + 3 {
            fs::write(&file, text.to_string()).expect("it is written");
            versions.keep("a", &file).expect("it is kept");
        }
        let listed = versions.list("a");
        assert_eq!((listed.len(), listed[0].number), (VERSIONS_MAX, VERSIONS_MAX as u64 + 3));
        assert_eq!(fs::read_to_string(versions.path_of("a", 4)).ok().as_deref(), Some("3"));
        assert_eq!(versions.list("../a"), listed);
        assert!(versions.list("b").is_empty());
        fs::remove_dir_all(&directory).expect("it was made here");
    }
}
