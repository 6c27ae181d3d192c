//! Small files that are replaced as a whole: a reader, or a crash, sees the old text or the new one. Where they are may be
//! written by others, a version control system for one, so that no link there leads us to another file.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Writes the text beside the file, and then takes the file's place.
pub fn replace(path: &Path, text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let new = beside(path);
    let write = || -> io::Result<()> {
        // What is there already, be it a link to somewhere else, is not ours to write into.
        let mut file = fs::File::create_new(&new)?;
        let written = file
            .write_all(text.as_ref())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            // Why it could not be written is the news; that it stays behind is not.
            let _ = fs::remove_file(&new);
        }
        written
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// A hidden name in the same folder that nobody guesses.
fn beside(path: &Path) -> PathBuf {
    // The name of the file itself may be as long as the file system allows. Keys of hash maps are random.
    let random = RandomState::new().hash_one(path);
    path.with_file_name(format!(".{random:016x}.new"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_beside_a_file_is_written_through() {
        let folder = std::env::temp_dir().join(format!("flightdeck-replaced-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary directory can be made");
        let (file, victim) = (folder.join("a.json"), folder.join("victim"));
        fs::write(&victim, "theirs").expect("it is written");
        std::os::unix::fs::symlink(&victim, folder.join("a.new")).expect("it is made");
        replace(&file, "one").expect("it is written");
        replace(&file, "two").expect("it is replaced");
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), Some("two"));
        assert_eq!(fs::read_to_string(&victim).ok().as_deref(), Some("theirs"));
        // What cannot take the place leaves nothing behind.
        let taken = folder.join("taken");
        fs::create_dir_all(taken.join("inside")).expect("it is made");
        assert!(replace(&taken, "three").is_err());
        let names: Vec<_> = fs::read_dir(&folder).expect("it is listed").flatten().collect();
        assert_eq!(names.len(), 4, "{names:?}");
        fs::remove_dir_all(&folder).expect("it was made here");
    }
}
