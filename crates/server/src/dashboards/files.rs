//! Dashboards as files: one JSON each, in a folder that can live in a version control system. What is saved over is kept
//! beside it, numbered.
//!
//! Files in Grafana's form are read as they are; what is saved here is in ours. Both are read anew when they change. Folders
//! that the configuration names stand beside the one of the data directory; what is in several counts where it is first, and the
//! others are named.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use parking_lot::Mutex;
use serde::Serialize;

use super::file::{load, revision_of};
use super::folder::{DASHBOARDS_MAX, real_file};
use super::homes::Homes;
use super::import::identifier;
use super::known::{Known, There};
use super::listed::Listed;
use super::model::Dashboard;
use super::report::Report;
use super::saving::{Base, Refused};
use super::text::text_of;
use super::versions::{Version, Versions};
use crate::config::DashboardsSection;
use crate::files;

/// The folders.
pub struct Dashboards {
    homes: Homes,
    versions: Versions,
    known: Mutex<Known>,
    /// What is there is compared and replaced in one go.
    saving: Mutex<()>,
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
        Dashboards { homes: Homes::new(folder), versions, known: Mutex::default(), saving: Mutex::default() }
    }

    /// Shows these folders, too, instead of those it was told of before. The log says what is wrong with them.
    pub fn provide(&self, folders: &[DashboardsSection]) {
        self.homes.provide(folders);
        self.refreshed(|_| ());
    }

    /// Every dashboard, by title, and every file that cannot be shown.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = self.refreshed(|known| {
            let files = known.files.iter().map(|(path, file)| {
                let problem = known.problem_of(path, |first| self.homes.called(first));
                Listed::new(&self.homes, path, Some(file), problem)
            });
            let closed = known
                .closed
                .iter()
                .map(|(path, problem)| Listed::new(&self.homes, path, None, Some(problem.clone())));
            files.chain(closed).collect()
        });
        listed.sort_by(|left, right| {
            left.title.to_lowercase().cmp(&right.title.to_lowercase()).then(left.id.cmp(&right.id))
        });
        listed
    }

    /// One dashboard.
    pub fn get(&self, id: &str) -> Option<Found> {
        self.refreshed(|known| {
            let path = known.first.get(id)?;
            let file = known.files.get(path)?;
            let (dashboard, report) = file.outcome.clone().ok()?;
            let (editable, changed) = (self.homes.of(path).2, file.changed_millis());
            Some(Found { dashboard, report, editable, changed, revision: file.revision.clone() })
        })
    }

    /// What is wrong with the file of that name, where there is no dashboard of that name for it.
    pub fn problem(&self, id: &str) -> Option<String> {
        self.refreshed(|known| {
            let broken =
                known.files.iter().filter_map(|(path, file)| Some((path, file.outcome.as_ref().err()?)));
            let mut named = broken.filter(|(path, _)| path.file_stem().is_some_and(|stem| stem == id));
            named
                .next()
                .map(|(path, problem)| format!("{} cannot be shown: {problem}", self.homes.called(path)))
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
        fs::create_dir_all(&self.homes.own)
            .with_context(|| format!("making {}", self.homes.own.display()))?;
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
        let (home, _, editable) = self.homes.of(path);
        if !editable {
            return Err(Refused::ReadOnly(self.homes.called(path)));
        }
        let real = real_file(&home, path).with_context(|| format!("reading {}", path.display()))?;
        if real.is_none() {
            return Err(Refused::Outside(self.homes.called(path)));
        }
        let now = revision_of(path).with_context(|| format!("reading {}", path.display()))?;
        base.check(id, now.as_deref())
    }

    /// Where a new dashboard goes: a file called so may be another's, or one that cannot be read.
    fn free_path(&self, id: &str) -> PathBuf {
        let names =
            std::iter::once(format!("{id}.json")).chain((2..).map(|number| format!("{id}-{number}.json")));
        let mut paths = names.map(|name| self.homes.own.join(name));
        paths
            .find(|path| path.symlink_metadata().is_err())
            .unwrap_or_else(|| self.homes.own.join(format!("{id}.json")))
    }

    fn path_of(&self, id: &str) -> Option<PathBuf> {
        self.refreshed(|known| known.first.get(id).cloned())
    }

    /// Looks at the folders again and reads what changed.
    fn refreshed<T>(&self, then: impl FnOnce(&Known) -> T) -> T {
        let there = There::of(&self.homes);
        let mut known = self.known.lock();
        known.look(there, &self.homes.own);
        then(&known)
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
