//! Snapshots: a dashboard as somebody saw it, with the answers it had, under an address that nobody guesses. What is in one is the
//! page's own affair; here it is JSON of a bounded size in a file.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::api::envelope::{ApiError, ErrorType};
use crate::api::unwritten::Unwritten;
use crate::files;

/// How large one may be.
pub const SNAPSHOT_BYTES_MAX: usize = 16 << 20;
/// How many are kept: none goes unless somebody takes it away.
const SNAPSHOTS_MAX: usize = 200;

/// The folder of snapshots.
pub struct Snapshots {
    folder: PathBuf,
    /// What those of which that was asked are of: none of them changes.
    read: Mutex<BTreeMap<String, Of>>,
}

/// What a snapshot is of; nothing where the page kept something else.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Of {
    /// The name of its dashboard in addresses.
    #[serde(rename(serialize = "dashboard"))]
    id: String,
    /// What that was called.
    title: String,
}

/// One of them.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// Its name in addresses.
    pub name: String,
    /// When it was kept, in milliseconds since the epoch.
    pub kept: i64,
    /// How large it is.
    pub bytes: u64,
    /// Which dashboard it shows.
    #[serde(flatten)]
    pub of: Of,
}

/// Why one is not kept.
#[derive(Debug, Error)]
pub enum NotKept {
    /// There is no room for another.
    #[error(
        "{SNAPSHOTS_MAX} snapshots are kept, which is the most: delete one, below the list of dashboards or with DELETE /api/v1/snapshots/NAME"
    )]
    Full,
    /// It is larger than one may be.
    #[error("a snapshot has at most {SNAPSHOT_BYTES_MAX} bytes; this one has {0}")]
    Large(usize),
    /// The disk, or who may write on it.
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
}

impl From<anyhow::Error> for NotKept {
    fn from(error: anyhow::Error) -> NotKept {
        NotKept::Unwritten(Unwritten::new("the snapshot could not be kept", &error))
    }
}

impl From<NotKept> for ApiError {
    fn from(refused: NotKept) -> ApiError {
        let kind = match refused {
            NotKept::Full => ErrorType::Full,
            NotKept::Large(_) => ErrorType::BadData,
            NotKept::Unwritten(unwritten) => return unwritten.into(),
        };
        ApiError::new(kind, refused.to_string())
    }
}

impl Snapshots {
    /// A folder of the data directory; `snapshots` is that of the store's.
    pub fn open(directory: &Path) -> Snapshots {
        Snapshots { folder: directory.join("dashboard-snapshots"), read: Mutex::default() }
    }

    /// Keeps one and answers with its name.
    pub fn keep(&self, json: &str) -> Result<String, NotKept> {
        if json.len() > SNAPSHOT_BYTES_MAX {
            return Err(NotKept::Large(json.len()));
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("making {}", self.folder.display()))?;
        if self.files().len() >= SNAPSHOTS_MAX {
            return Err(NotKept::Full);
        }
        // Keys of hash maps are random: two of them are a name that nobody guesses.
        let name: String = (0..2).map(|part| format!("{:016x}", RandomState::new().hash_one(part))).collect();
        files::replace(&self.path_of(&name), json)?;
        Ok(name)
    }

    /// One of them; nothing where there is none of that name.
    pub fn get(&self, name: &str) -> Option<String> {
        is_name(name).then(|| fs::read_to_string(self.path_of(name)).ok()).flatten()
    }

    /// All of them, the latest first.
    pub fn list(&self) -> Vec<Kept> {
        let mut kept: Vec<Kept> = self.files().into_iter().filter_map(|name| self.kept(name)).collect();
        kept.sort_unstable_by_key(|one| std::cmp::Reverse(one.kept));
        let mut read = self.read.lock();
        read.retain(|name, _| kept.iter().any(|one| one.name == *name));
        kept
    }

    fn kept(&self, name: String) -> Option<Kept> {
        let metadata = fs::metadata(self.path_of(&name)).ok()?;
        let since = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Kept { of: self.of(&name), name, kept: since.as_millis() as i64, bytes: metadata.len() })
    }

    fn of(&self, name: &str) -> Of {
        #[derive(Deserialize)]
        struct Snapshot {
            dashboard: Of,
        }
        if let Some(known) = self.read.lock().get(name) {
            return known.clone();
        }
        let text = self.get(name).unwrap_or_default();
        let of =
            serde_json::from_str::<Snapshot>(&text).map_or_else(|_| Of::default(), |read| read.dashboard);
        self.read.lock().insert(name.to_owned(), of.clone());
        of
    }

    /// The names of all of them.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()));
        names.filter(|name| is_name(name)).collect()
    }

    /// Takes one away; false when there is none.
    pub fn remove(&self, name: &str) -> Result<bool, Unwritten> {
        let path = self.path_of(name);
        if !is_name(name) || !path.exists() {
            return Ok(false);
        }
        let removed = fs::remove_file(&path).with_context(|| format!("removing {}", path.display()));
        removed.map_err(|error| Unwritten::new("the snapshot could not be taken away", &error))?;
        Ok(true)
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_found_by_their_name_and_by_no_path() {
        let directory = std::env::temp_dir().join(format!("flightdeck-snapshots-{}", std::process::id()));
        let snapshots = Snapshots::open(&directory);
        let shop = "{\"dashboard\":{\"id\":\"shop\",\"more\":1,\"title\":\"Shop\"},\"from\":1}";
        let name = snapshots.keep(shop).expect("it is kept");
        assert_eq!(snapshots.get(&name).as_deref(), Some(shop));
        let listed = serde_json::to_value(&snapshots.list()[0]).expect("it is JSON");
        assert_eq!((&listed["dashboard"], &listed["title"]), (&"shop".into(), &"Shop".into()));
        assert_ne!(snapshots.keep("{}").expect("it is kept"), name);
        assert!(snapshots.get("../snapshots/x").is_none() && snapshots.get("").is_none());
        let large = snapshots.keep(&" ".repeat(SNAPSHOT_BYTES_MAX + 1));
        assert!(matches!(large, Err(NotKept::Large(_))));
        assert!(snapshots.remove(&name).expect("it is removed") && snapshots.get(&name).is_none());
        assert!(!snapshots.remove(&name).expect("nothing is removed"));
        for _ in snapshots.list().len()..SNAPSHOTS_MAX {
            snapshots.keep("{}").expect("there is room");
        }
        let full = snapshots.keep("{}").map_err(ApiError::from).expect_err("there is no room");
        assert_eq!(full.status().as_u16(), 507);
        assert!(full.message().contains("200 snapshots are kept"), "{}", full.message());
        let listed = snapshots.list();
        assert!(listed[0].of.id.is_empty(), "{:?}", listed[0]);
        assert!(snapshots.remove(&listed[0].name).expect("it is removed") && snapshots.keep("{}").is_ok());
        fs::remove_dir_all(&directory).expect("it was made here");
    }
}
