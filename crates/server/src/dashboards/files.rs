//! Dashboards as files: one JSON each, in a folder that can live in a version control system. What is saved over is kept
//! beside it, numbered.
//!
//! Files in Grafana's form are read as they are; what is saved here is in ours. Both are read anew when they change. Folders
//! that the configuration names stand beside the one of the data directory; what is in several counts where it is first.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, bail};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;

use super::import::{identifier, import};
use super::model::Dashboard;
use super::report::Report;
use super::versions::{Version, Versions};
use crate::config::DashboardsSection;
use crate::files;

/// How many dashboards are kept.
const DASHBOARDS_MAX: usize = 5_000;
/// How large a dashboard's file may be.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// The folders.
pub struct Dashboards {
    folder: PathBuf,
    versions: Versions,
    provided: Mutex<Vec<DashboardsSection>>,
    read: Mutex<BTreeMap<PathBuf, Read>>,
}

/// A file as it was read.
struct Read {
    changed: Option<SystemTime>,
    bytes: u64,
    outcome: Result<(Dashboard, Report), String>,
}

/// One line of the list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its name in addresses.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it is found by.
    pub tags: Vec<String>,
    /// The folder it is in, below the folder of dashboards.
    pub folder: String,
    /// How many panels it has.
    pub panels: usize,
    /// How many of them are drawn.
    pub drawn: usize,
    /// Whether changes can be saved.
    pub editable: bool,
    /// When its file was changed last, in milliseconds since the epoch.
    pub changed: i64,
    /// Why it cannot be shown, if it cannot.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

/// A dashboard as it is in its file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The dashboard.
    pub dashboard: Dashboard,
    /// What could not be carried over into it.
    pub report: Report,
    /// Whether changes can be saved.
    pub editable: bool,
    /// When its file was changed last, in milliseconds since the epoch.
    pub changed: i64,
}

impl Dashboards {
    /// The folder `dashboards` of the data directory.
    pub fn open(directory: &Path) -> Dashboards {
        let folder = directory.join("dashboards");
        let versions = Versions::below(&folder);
        Dashboards { folder, versions, provided: Mutex::default(), read: Mutex::default() }
    }

    /// Shows these folders, too, instead of those it was told of before.
    pub fn provide(&self, folders: &[DashboardsSection]) {
        *self.provided.lock() = folders.to_vec();
    }

    /// Every dashboard, by title.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> =
            self.refreshed(|read| read.iter().map(|(path, read)| self.listed(path, read)).collect());
        listed.sort_by(|left, right| {
            left.title.to_lowercase().cmp(&right.title.to_lowercase()).then(left.id.cmp(&right.id))
        });
        listed.dedup_by(|later, first| later.id == first.id);
        listed
    }

    fn listed(&self, path: &Path, read: &Read) -> Listed {
        let (home, name, editable) = self.home_of(path);
        let inside = path.parent().and_then(|parent| parent.strip_prefix(home).ok());
        let inside = inside.map(|inside| inside.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = [name, inside].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        let changed = read.changed_millis();
        match &read.outcome {
            Ok((dashboard, report)) => Listed {
                id: dashboard.id.clone(),
                title: dashboard.title.clone(),
                tags: dashboard.tags.clone(),
                folder,
                panels: report.panels,
                drawn: report.drawn,
                editable,
                changed,
                problem: String::new(),
            },
            Err(problem) => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Listed {
                    id: stem.clone(),
                    title: stem,
                    tags: Vec::new(),
                    folder,
                    panels: 0,
                    drawn: 0,
                    editable,
                    changed,
                    problem: problem.clone(),
                }
            }
        }
    }

    /// The folder a file was found in, what that is called, and whether its files may be changed.
    fn home_of(&self, path: &Path) -> (PathBuf, String, bool) {
        let provided = self.provided.lock();
        match provided.iter().find(|section| path.starts_with(&section.path)) {
            Some(section) if !path.starts_with(&self.folder) => {
                (section.path.clone(), section.folder.clone(), section.editable)
            }
            _ => (self.folder.clone(), String::new(), true),
        }
    }

    /// One dashboard.
    pub fn get(&self, id: &str) -> Option<Found> {
        self.refreshed(|read| {
            let (path, read) = self.first_of(read, id)?;
            let (dashboard, report) = read.outcome.clone().ok()?;
            Some(Found { dashboard, report, editable: self.home_of(path).2, changed: read.changed_millis() })
        })
    }

    /// The file of a dashboard: that of the data directory before those of other folders.
    fn first_of<'a>(&self, read: &'a BTreeMap<PathBuf, Read>, id: &str) -> Option<(&'a PathBuf, &'a Read)> {
        let own = |read: &Read| read.outcome.as_ref().is_ok_and(|(dashboard, _)| dashboard.id == id);
        let mut found = read.iter().filter(|(_, read)| own(read));
        let first = found.next()?;
        if first.0.starts_with(&self.folder) {
            return Some(first);
        }
        Some(found.find(|(path, _)| path.starts_with(&self.folder)).unwrap_or(first))
    }

    /// The file of a dashboard as it is.
    pub fn text(&self, id: &str) -> Option<String> {
        fs::read_to_string(self.path_of(id)?).ok()
    }

    /// What a dashboard was before, the latest first.
    pub fn versions(&self, id: &str) -> Vec<Version> {
        self.versions.list(id)
    }

    /// A dashboard as it was; nothing where there is no such version, or none that can be read.
    pub fn version(&self, id: &str, number: u64) -> Option<(Dashboard, Report)> {
        load(&self.versions.path_of(id, number)).ok()
    }

    /// Keeps a dashboard. One of the same name is kept as a version.
    pub fn save(&self, dashboard: &Dashboard) -> anyhow::Result<()> {
        let id = identifier(&dashboard.id);
        let path = self.path_of(&dashboard.id).unwrap_or_else(|| self.folder.join(format!("{id}.json")));
        if self.read.lock().len() >= DASHBOARDS_MAX && !path.exists() {
            bail!("{DASHBOARDS_MAX} dashboards are kept already");
        }
        if !self.home_of(&path).2 {
            bail!(
                "{} is in a folder that is not editable; save it under another name, or set editable: true in the configuration",
                path.display()
            );
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("making {}", self.folder.display()))?;
        self.versions.keep(&id, &path)?;
        let text = serde_json::to_string_pretty(&Kept { flightdeck: 1, dashboard })?;
        files::replace(&path, &text)
    }

    /// Takes a dashboard away; its last state stays among the versions. False when there is none.
    pub fn remove(&self, id: &str) -> anyhow::Result<bool> {
        let Some(path) = self.path_of(id) else { return Ok(false) };
        if !self.home_of(&path).2 {
            bail!("{} is in a folder that is not editable", path.display());
        }
        self.versions.keep(id, &path)?;
        fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        Ok(true)
    }

    fn path_of(&self, id: &str) -> Option<PathBuf> {
        self.refreshed(|read| self.first_of(read, id).map(|(path, _)| path.clone()))
    }

    /// Looks at the folders again and reads what changed.
    fn refreshed<T>(&self, then: impl FnOnce(&BTreeMap<PathBuf, Read>) -> T) -> T {
        let mut files = Vec::new();
        list(&self.folder, 0, &mut files);
        let provided: Vec<PathBuf> =
            self.provided.lock().iter().map(|section| section.path.clone()).collect();
        provided.iter().for_each(|folder| list(folder, 0, &mut files));
        let mut read = self.read.lock();
        read.retain(|path, _| files.contains(path));
        for path in files {
            let metadata = fs::metadata(&path).ok();
            let changed = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
            let bytes = metadata.map_or(0, |metadata| metadata.len());
            if read.get(&path).is_none_or(|known| known.changed != changed || known.bytes != bytes) {
                let outcome = load(&path);
                read.insert(path, Read { changed, bytes, outcome });
            }
        }
        then(&read)
    }
}

impl Read {
    fn changed_millis(&self) -> i64 {
        let since = self.changed.and_then(|changed| changed.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| since.as_millis() as i64)
    }
}

/// What a saved file holds: the mark of the form beside the dashboard.
#[derive(Serialize)]
struct Kept<'a> {
    flightdeck: u32,
    #[serde(flatten)]
    dashboard: &'a Dashboard,
}

/// Reads a file in either form.
pub fn load(path: &Path) -> Result<(Dashboard, Report), String> {
    let bytes = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if bytes > FILE_BYTES_MAX as u64 {
        return Err(format!("the file is larger than {FILE_BYTES_MAX} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    // Some editors begin a file with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let json: Value = serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    read(&json)
}

/// Reads JSON in either form.
pub fn read(json: &Value) -> Result<(Dashboard, Report), String> {
    if json["flightdeck"].is_u64() {
        let mut dashboard: Dashboard =
            serde_json::from_value(json.clone()).map_err(|error| error.to_string())?;
        dashboard.id = identifier(&dashboard.id);
        let mut report = Report::default();
        report.count(&dashboard);
        return Ok((dashboard, report));
    }
    import(json)
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    const DEPTH_MAX: usize = 5;
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if path.is_dir() && !hidden && depth < DEPTH_MAX {
            list(&path, depth + 1, files);
            continue;
        }
        let is_named_so = path.extension().is_some_and(|end| end == "json");
        // A pipe would be waited for, and all dashboards with it.
        if is_named_so && path.is_file() && files.len() < DASHBOARDS_MAX {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dashboards_are_kept_with_their_versions_and_read_again() {
        let directory = std::env::temp_dir().join(format!("flightdeck-dashboards-{}", std::process::id()));
        let folder = directory.join("dashboards");
        fs::create_dir_all(&folder).expect("the temporary directory can be made");
        let classic = json!({ "uid": "a b", "title": "Classic", "panels": [{ "type": "stat", "targets": [{ "expr": "up" }] }] });
        fs::write(folder.join("classic.json"), classic.to_string()).expect("it is written");
        fs::write(folder.join("broken.json"), "{").expect("it is written");
        let dashboards = Dashboards::open(&directory);
        let listed = dashboards.list();
        assert_eq!(listed.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["broken", "Classic"]);
        assert!(listed[0].problem.contains("not JSON") && listed[1].drawn == 1);
        let mut dashboard = dashboards.get("a-b").expect("it is there").dashboard;
        dashboard.title = "Ours".to_owned();
        dashboards.save(&dashboard).expect("it is written");
        assert_eq!(dashboards.get("a-b").expect("it is there").dashboard.title, "Ours");
        assert_eq!(dashboards.versions("a-b").len(), 1);
        let (before, _) = dashboards.version("a-b", 1).expect("it is kept");
        assert_eq!((before.title.as_str(), dashboards.version("a-b", 2).is_none()), ("Classic", true));
        assert!(dashboards.remove("a-b").expect("it is removed") && dashboards.get("a-b").is_none());
        assert!(!dashboards.remove("a-b").expect("nothing is removed"));
        fs::remove_dir_all(&directory).expect("it was made here");
    }

    #[test]
    fn folders_of_the_configuration_are_shown_and_kept_from_changes() {
        let directory = std::env::temp_dir().join(format!("flightdeck-provided-{}", std::process::id()));
        let team = directory.join("team");
        fs::create_dir_all(team.join("payments")).expect("the temporary directory can be made");
        let file = team.join("payments/cards.json");
        let write = |title: &str| {
            let json = json!({ "uid": "cards", "title": title, "panels": [] });
            fs::write(&file, json.to_string()).expect("it is written");
        };
        write("Cards");
        let dashboards = Dashboards::open(&directory.join("data"));
        let mut section =
            DashboardsSection { path: team.clone(), folder: "Team".to_owned(), editable: false };
        dashboards.provide(std::slice::from_ref(&section));
        let listed = dashboards.list();
        assert_eq!((listed[0].folder.as_str(), listed[0].editable), ("Team/payments", false));
        write("Cards again");
        let found = dashboards.get("cards").expect("it is there");
        assert_eq!(found.dashboard.title, "Cards again");
        assert!(dashboards.save(&found.dashboard).is_err() && dashboards.remove("cards").is_err());
        section.editable = true;
        dashboards.provide(&[section]);
        dashboards.save(&found.dashboard).expect("it is written back");
        assert!(fs::read_to_string(&file).expect("it is read").contains("flightdeck"));
        fs::remove_dir_all(&directory).expect("it was made here");
    }
}
