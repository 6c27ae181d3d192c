//! What is below a folder of dashboards. Links are followed, since files of a cluster's configuration are links; but none of them
//! leads round in a circle, and nothing is changed through one that leads out of the folder.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many dashboards are kept, and found.
pub const DASHBOARDS_MAX: usize = 5_000;
/// How many folders are looked into.
const FOLDERS_MAX: usize = 1_000;
/// How deep they are.
const DEPTH_MAX: usize = 5;

/// The files below a folder that may be dashboards.
#[derive(Default)]
pub struct Inside {
    /// Where they are.
    pub files: Vec<PathBuf>,
    /// Whether there are more of them, or of folders, than are looked at.
    pub is_cut: bool,
    /// Folders that were looked into, by the one path that each has.
    seen: BTreeSet<PathBuf>,
}

impl Inside {
    /// Looks into it; an error where the folder itself cannot be looked into.
    pub fn of(folder: &Path) -> io::Result<Inside> {
        let root = fs::canonicalize(folder)?;
        let mut inside = Inside::default();
        inside.seen.insert(root.clone());
        inside.look(folder, &root, 0)?;
        Ok(inside)
    }

    fn look(&mut self, folder: &Path, root: &Path, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)?.flatten() {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if path.is_dir() && !hidden && depth < DEPTH_MAX {
                if self.is_news(&entry, root) {
                    // One that is closed inside of another hides no more than itself.
                    let _ = self.look(&path, root, depth + 1);
                }
                continue;
            }
            let is_named_so = path.extension().is_some_and(|end| end == "json");
            // A pipe would be waited for, and all dashboards with it.
            if is_named_so && path.is_file() {
                match self.files.len() < DASHBOARDS_MAX {
                    true => self.files.push(path),
                    false => self.is_cut = true,
                }
            }
        }
        Ok(())
    }

    /// Whether a folder is found here and nowhere else: what a link leads to may have a place of its own.
    fn is_news(&mut self, entry: &fs::DirEntry, root: &Path) -> bool {
        let Ok(real) = fs::canonicalize(entry.path()) else { return false };
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if is_link && real.strip_prefix(root).is_ok_and(|inside| !is_hidden(inside)) {
            return false;
        }
        let is_full = self.seen.len() >= FOLDERS_MAX && !self.seen.contains(&real);
        self.is_cut |= is_full;
        !is_full && self.seen.insert(real)
    }
}

fn is_hidden(inside: &Path) -> bool {
    inside.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
}

/// The file itself, where a path is a link to it; nothing where that is not below the folder.
pub fn real_file(folder: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    let (root, real) = (fs::canonicalize(folder)?, fs::canonicalize(path)?);
    Ok(real.starts_with(&root).then_some(real))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_lead_round_in_no_circle() {
        let folder = std::env::temp_dir().join(format!("flightdeck-links-{}", std::process::id()));
        let (team, other) = (folder.join("team"), folder.join("other"));
        fs::create_dir_all(team.join("..data")).expect("the temporary directory can be made");
        fs::create_dir_all(team.join("sub")).expect("it is made");
        fs::create_dir_all(&other).expect("it is made");
        for file in
            [team.join("a.json"), team.join("..data/b.json"), team.join("sub/c.json"), other.join("d.json")]
        {
            fs::write(file, "{}").expect("it is written");
        }
        for name in 0..8 {
            symlink(".", team.join(format!("l{name}"))).expect("it is made");
            symlink("../..", team.join(format!("sub/up{name}"))).expect("it is made");
        }
        symlink("..data/b.json", team.join("b.json")).expect("it is made");
        symlink("..data", team.join("current")).expect("it is made");
        symlink(&other, team.join("far")).expect("it is made");
        let inside = Inside::of(&team).expect("it is looked into");
        let mut names: Vec<_> = inside.files.iter().filter_map(|path| path.file_name()).collect();
        names.sort();
        // Of the hidden folder there is the link to the file, and the file by the link to the folder.
        assert_eq!(names, ["a.json", "b.json", "b.json", "c.json", "d.json"]);
        assert!(!inside.is_cut);
        let real = |name: &str| real_file(&team, &team.join(name)).expect("it is there");
        assert!(real("b.json").is_some_and(|path| path.ends_with("..data/b.json")));
        assert_eq!(real("far/d.json"), None);
        fs::remove_dir_all(&folder).expect("it was made here");
    }

    #[test]
    fn a_folder_of_too_many_says_so() {
        let folder = std::env::temp_dir().join(format!("flightdeck-many-{}", std::process::id()));
        for number in 0..FOLDERS_MAX {
            fs::create_dir_all(folder.join(number.to_string())).expect("it is made");
        }
        assert!(Inside::of(&folder).expect("it is looked into").is_cut);
        fs::remove_dir_all(&folder).expect("it was made here");
    }
}
