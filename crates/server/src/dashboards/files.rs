//! Dashboards as files: one JSON each, in a folder that can live in a version control system. What is saved over is kept
//! beside it, numbered.
//!
//! Files in Grafana's form are read as they are; what is saved here is in ours. Both are read anew when they change. Folders
//! that the configuration names stand beside the one of the data directory; what is in several counts where it is first, and the
//! others are named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use parking_lot::Mutex;
use serde::Serialize;

use super::file::{File, load, revision_of};
use super::folder::{DASHBOARDS_MAX, Inside, real_file};
use super::import::identifier;
use super::model::Dashboard;
use super::problem::Problem;
use super::report::Report;
use super::saving::{Base, Refused};
use super::text::text_of;
use super::versions::{Version, Versions};
use crate::config::DashboardsSection;
use crate::files;

/// The folders.
pub struct Dashboards {
    folder: PathBuf,
    versions: Versions,
    provided: Mutex<Vec<DashboardsSection>>,
    known: Mutex<Known>,
    /// What is there is compared and replaced in one go.
    saving: Mutex<()>,
}

/// What was found when the folders were looked at last.
#[derive(Default)]
struct Known {
    files: BTreeMap<PathBuf, File>,
    /// Folders that cannot be looked into.
    closed: BTreeMap<PathBuf, Problem>,
    /// The file that counts for each name.
    first: BTreeMap<String, PathBuf>,
    /// What the log was told of.
    told: BTreeSet<String>,
}

/// One line of the list: a dashboard, or a file in which there should be one.
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
    /// Its file, below the folder of dashboards: where that is on the disk is not for everybody.
    pub file: String,
    /// How many panels it has.
    pub panels: usize,
    /// How many of them are drawn.
    pub drawn: usize,
    /// Whether changes can be saved.
    pub editable: bool,
    /// When its file was changed last, in milliseconds since the epoch.
    pub changed: i64,
    /// Why it cannot be shown, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A dashboard as it is in its file.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The dashboard.
    pub dashboard: Dashboard,
    /// What could not be carried over into it.
    pub report: Report,
    /// Whether changes can be saved.
    pub editable: bool,
    /// When its file was changed last, in milliseconds since the epoch.
    pub changed: i64,
    /// What differs once the file does.
    pub revision: String,
}

impl Dashboards {
    /// The folder `dashboards` of the data directory.
    pub fn open(directory: &Path) -> Dashboards {
        let folder = directory.join("dashboards");
        let versions = Versions::below(&folder);
        Dashboards {
            folder,
            versions,
            provided: Mutex::default(),
            known: Mutex::default(),
            saving: Mutex::default(),
        }
    }

    /// Shows these folders, too, instead of those it was told of before. The log says what is wrong with them.
    pub fn provide(&self, folders: &[DashboardsSection]) {
        *self.provided.lock() = folders.to_vec();
        self.refreshed(|_| ());
    }

    /// Every dashboard, by title, and every file that cannot be shown.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = self.refreshed(|known| {
            let files = known.files.iter().map(|(path, file)| {
                let problem = known.problem_of(path, |first| self.called(first));
                self.listed(path, Some(file), problem)
            });
            let closed =
                known.closed.iter().map(|(path, problem)| self.listed(path, None, Some(problem.clone())));
            files.chain(closed).collect()
        });
        listed.sort_by(|left, right| {
            left.title.to_lowercase().cmp(&right.title.to_lowercase()).then(left.id.cmp(&right.id))
        });
        listed
    }

    fn listed(&self, path: &Path, file: Option<&File>, problem: Option<Problem>) -> Listed {
        let (home, name, editable) = self.home_of(path);
        let inside = path.parent().and_then(|parent| parent.strip_prefix(home).ok());
        let inside = inside.map(|inside| inside.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let outcome = file.and_then(|file| file.outcome.as_ref().ok());
        let (dashboard, report) = outcome.map_or((None, None), |(one, report)| (Some(one), Some(report)));
        Listed {
            id: dashboard.map_or_else(|| stem.clone(), |one| one.id.clone()),
            title: dashboard.map_or(stem, |one| one.title.clone()),
            tags: dashboard.map(|one| one.tags.clone()).unwrap_or_default(),
            folder: [name, inside].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"),
            file: self.called(path),
            panels: report.map_or(0, |report| report.panels),
            drawn: report.map_or(0, |report| report.drawn),
            editable,
            changed: file.map_or(0, File::changed_millis),
            problem,
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

    /// What a file is called to those who ask: its path below the folder it was found in.
    fn called(&self, path: &Path) -> String {
        let (home, name, _) = self.home_of(path);
        let inside = path.strip_prefix(home).unwrap_or(path).to_string_lossy();
        let whole = [name.as_str(), &inside].into_iter().filter(|part| !part.is_empty());
        match whole.collect::<Vec<_>>().join("/") {
            // A folder that has no name in the configuration has its own.
            none if none.is_empty() => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            called => called,
        }
    }

    /// One dashboard.
    pub fn get(&self, id: &str) -> Option<Found> {
        self.refreshed(|known| {
            let path = known.first.get(id)?;
            let file = known.files.get(path)?;
            let (dashboard, report) = file.outcome.clone().ok()?;
            let (editable, changed) = (self.home_of(path).2, file.changed_millis());
            Some(Found { dashboard, report, editable, changed, revision: file.revision.clone() })
        })
    }

    /// What is wrong with the file of that name, where there is no dashboard of that name for it.
    pub fn problem(&self, id: &str) -> Option<String> {
        self.refreshed(|known| {
            let broken =
                known.files.iter().filter_map(|(path, file)| Some((path, file.outcome.as_ref().err()?)));
            let mut named = broken.filter(|(path, _)| path.file_stem().is_some_and(|stem| stem == id));
            named.next().map(|(path, problem)| format!("{} cannot be shown: {problem}", self.called(path)))
        })
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

    /// Keeps a dashboard, where what is there is what the one who saves began from. What it replaces is kept as a version.
    pub fn save(&self, dashboard: &Dashboard, base: &Base) -> Result<(), Refused> {
        let id = identifier(&dashboard.id);
        let _saving = self.saving.lock();
        let found = self.path_of(&id);
        self.check(&id, found.as_deref(), base)?;
        if found.is_none() && self.known.lock().files.len() >= DASHBOARDS_MAX {
            return Err(Refused::Full(DASHBOARDS_MAX));
        }
        let path = found.unwrap_or_else(|| self.free_path(&id));
        let text = text_of(dashboard)?;
        fs::create_dir_all(&self.folder).with_context(|| format!("making {}", self.folder.display()))?;
        self.versions.keep(&id, &path)?;
        // A link stays one: what it leads to is replaced.
        let real = fs::canonicalize(&path).unwrap_or(path);
        Ok(files::replace(&real, text)?)
    }

    /// Takes a dashboard away; its last state stays among the versions. False when there is none.
    pub fn remove(&self, id: &str, base: &Base) -> Result<bool, Refused> {
        let _saving = self.saving.lock();
        let path = self.path_of(id);
        self.check(id, path.as_deref(), base)?;
        let Some(path) = path else { return Ok(false) };
        self.versions.keep(id, &path)?;
        fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        Ok(true)
    }

    /// Whether the file of a dashboard may be changed, and is what the one who changes it thinks.
    fn check(&self, id: &str, path: Option<&Path>, base: &Base) -> Result<(), Refused> {
        let Some(path) = path else { return base.check(id, None) };
        let (home, _, editable) = self.home_of(path);
        if !editable {
            return Err(Refused::ReadOnly(self.called(path)));
        }
        let real = real_file(&home, path).with_context(|| format!("reading {}", path.display()))?;
        if real.is_none() {
            return Err(Refused::Outside(self.called(path)));
        }
        let now = revision_of(path).with_context(|| format!("reading {}", path.display()))?;
        base.check(id, now.as_deref())
    }

    /// Where a new dashboard goes: a file called so may be another's, or one that cannot be read.
    fn free_path(&self, id: &str) -> PathBuf {
        let names =
            std::iter::once(format!("{id}.json")).chain((2..).map(|number| format!("{id}-{number}.json")));
        let mut paths = names.map(|name| self.folder.join(name));
        paths
            .find(|path| path.symlink_metadata().is_err())
            .unwrap_or_else(|| self.folder.join(format!("{id}.json")))
    }

    fn path_of(&self, id: &str) -> Option<PathBuf> {
        self.refreshed(|known| known.first.get(id).cloned())
    }

    /// Looks at the folders again and reads what changed.
    fn refreshed<T>(&self, then: impl FnOnce(&Known) -> T) -> T {
        let mut folders = vec![self.folder.clone()];
        folders.extend(self.provided.lock().iter().map(|section| section.path.clone()));
        let mut files = Vec::new();
        let mut closed = BTreeMap::new();
        for folder in folders {
            match Inside::of(&folder) {
                Ok(inside) => {
                    files.extend(inside.files);
                    if inside.is_cut {
                        closed.insert(folder, Problem::of_size());
                    }
                }
                // There is none of ours before the first dashboard is saved.
                Err(error) if folder != self.folder || error.kind() != io::ErrorKind::NotFound => {
                    closed.insert(folder, Problem::of_reading(&error));
                }
                Err(_) => {}
            }
        }
        let mut known = self.known.lock();
        known.closed = closed;
        known.look(files, &self.folder);
        then(&known)
    }
}

impl Known {
    /// Reads what changed, and finds out again which files count.
    fn look(&mut self, files: Vec<PathBuf>, own: &Path) {
        let there: BTreeSet<PathBuf> = files.into_iter().collect();
        self.files.retain(|path, _| there.contains(path));
        for path in there {
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
    fn problem_of(&self, path: &Path, called: impl Fn(&Path) -> String) -> Option<Problem> {
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
        let problem = listed[0].problem.as_ref().expect("it is broken");
        assert!(problem.what.contains("not JSON") && (problem.line, problem.column) == (Some(1), Some(1)));
        assert!(listed[1].problem.is_none() && listed[1].drawn == 1);
        assert!(
            dashboards.problem("broken").is_some_and(|said| said.contains("broken.json cannot be shown"))
        );
        let mut dashboard = dashboards.get("a-b").expect("it is there").dashboard;
        dashboard.title = "Ours".to_owned();
        dashboards.save(&dashboard, &Base::Any).expect("it is written");
        assert_eq!(dashboards.get("a-b").expect("it is there").dashboard.title, "Ours");
        assert_eq!(dashboards.versions("a-b").len(), 1);
        let (before, _) = dashboards.version("a-b", 1).expect("it is kept");
        assert_eq!((before.title.as_str(), dashboards.version("a-b", 2).is_none()), ("Classic", true));
        assert!(
            dashboards.remove("a-b", &Base::Any).expect("it is removed") && dashboards.get("a-b").is_none()
        );
        assert!(!dashboards.remove("a-b", &Base::Any).expect("nothing is removed"));
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
        assert!(matches!(dashboards.save(&found.dashboard, &Base::Any), Err(Refused::ReadOnly(_))));
        assert!(matches!(dashboards.remove("cards", &Base::Any), Err(Refused::ReadOnly(_))));
        section.editable = true;
        dashboards.provide(&[section]);
        dashboards.save(&found.dashboard, &Base::Any).expect("it is written back");
        assert!(fs::read_to_string(&file).expect("it is read").contains("flightdeck"));
        fs::remove_dir_all(&directory).expect("it was made here");
    }

    #[test]
    fn a_save_is_refused_where_the_file_is_not_what_it_began_from() {
        let directory = std::env::temp_dir().join(format!("flightdeck-bases-{}", std::process::id()));
        let dashboards = Dashboards::open(&directory);
        let mut dashboard =
            Dashboard { id: "shop".to_owned(), title: "One".to_owned(), ..Dashboard::default() };
        dashboards.save(&dashboard, &Base::Nothing).expect("there is none yet");
        assert!(matches!(dashboards.save(&dashboard, &Base::Nothing), Err(Refused::Taken(_))));
        let began = Base::OneOf(vec![dashboards.get("shop").expect("it is kept").revision]);
        // The same length within the same tick of the file system's clock is another file, too.
        dashboard.title = "Two".to_owned();
        dashboards.save(&dashboard, &began).expect("it is as it was");
        dashboard.title = "Six".to_owned();
        assert!(matches!(dashboards.save(&dashboard, &began), Err(Refused::Changed(_))));
        assert!(matches!(dashboards.remove("shop", &began), Err(Refused::Changed(_))));
        assert_eq!(dashboards.get("shop").expect("it is kept").dashboard.title, "Two");
        let now = Base::OneOf(vec![dashboards.get("shop").expect("it is kept").revision]);
        assert!(dashboards.remove("shop", &now).expect("it is as it was"));
        assert!(matches!(dashboards.save(&dashboard, &now), Err(Refused::Gone(_))));
        // A file that is called so and cannot be read, or is another's, is left alone.
        let file = directory.join("dashboards/shop.json");
        fs::write(&file, "{").expect("it is written");
        dashboards.save(&dashboard, &Base::Nothing).expect("it is kept beside it");
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), Some("{"));
        assert_eq!(dashboards.get("shop").expect("it is kept").dashboard.title, "Six");
        fs::remove_dir_all(&directory).expect("it was made here");
    }

    #[test]
    fn what_a_link_leads_to_is_changed_inside_of_the_folder_only() {
        let directory = std::env::temp_dir().join(format!("flightdeck-linked-{}", std::process::id()));
        let folder = directory.join("dashboards");
        fs::create_dir_all(folder.join(".data")).expect("the temporary directory can be made");
        let write = |path: &Path, uid: &str| {
            fs::write(path, json!({ "uid": uid, "panels": [] }).to_string()).expect("it is written");
        };
        let (inside, outside) = (folder.join(".data/in.json"), directory.join("out.json"));
        write(&inside, "in");
        write(&outside, "out");
        std::os::unix::fs::symlink(&inside, folder.join("in.json")).expect("it is made");
        std::os::unix::fs::symlink(&outside, folder.join("out.json")).expect("it is made");
        std::os::unix::fs::symlink("/nowhere", folder.join("new.json")).expect("it is made");
        let dashboards = Dashboards::open(&directory);
        let save = |id: &str| {
            let dashboard = Dashboard { id: id.to_owned(), title: "Ours".to_owned(), ..Dashboard::default() };
            dashboards.save(&dashboard, &Base::Any)
        };
        save("in").expect("it is written through");
        save("new").expect("it is kept beside the link");
        assert!(matches!(save("out"), Err(Refused::Outside(file)) if file == "out.json"));
        assert!(matches!(dashboards.remove("out", &Base::Any), Err(Refused::Outside(_))));
        assert!(fs::read_to_string(&inside).is_ok_and(|text| text.contains("Ours")));
        assert!(fs::read_to_string(&outside).is_ok_and(|text| !text.contains("Ours")));
        assert!(["in.json", "out.json", "new.json"].iter().all(|name| folder.join(name).is_symlink()));
        fs::remove_dir_all(&directory).expect("it was made here");
    }

    #[test]
    fn files_of_one_uid_name_each_other_and_closed_folders_themselves() {
        let directory = std::env::temp_dir().join(format!("flightdeck-clashes-{}", std::process::id()));
        let team = directory.join("team");
        fs::create_dir_all(&team).expect("the temporary directory can be made");
        for name in ["a.json", "b.json"] {
            let json = json!({ "uid": "cards", "title": name, "panels": [] });
            fs::write(team.join(name), json.to_string()).expect("it is written");
        }
        let dashboards = Dashboards::open(&directory.join("data"));
        let section = |path: PathBuf| DashboardsSection { path, folder: "Team".to_owned(), editable: false };
        dashboards.provide(&[section(team.clone()), section(directory.join("away"))]);
        let listed = dashboards.list();
        let named = |title: &str| listed.iter().find(|one| one.title == title).expect("it is listed");
        assert!(named("a.json").problem.is_none());
        let clash = named("b.json").problem.as_ref().expect("it is not shown");
        assert!(
            named("b.json").file == "Team/b.json" && clash.what.contains("that of Team/a.json"),
            "{clash}"
        );
        assert!(named("away").problem.as_ref().is_some_and(|one| one.advice.contains("Make it")));
        // One of the data directory comes first.
        let own = Dashboard { id: "other".to_owned(), title: "Own".to_owned(), ..Dashboard::default() };
        dashboards.save(&own, &Base::Any).expect("it is written");
        let file = directory.join("data/dashboards/other.json");
        let text = fs::read_to_string(&file).expect("it is read").replace("\"other\"", "\"cards\"");
        fs::write(&file, text).expect("it is written");
        assert_eq!(dashboards.get("cards").expect("it is there").dashboard.title, "Own");
        fs::remove_dir_all(&directory).expect("it was made here");
    }
}
