//! Small files that are replaced as a whole: a reader, or a crash, sees the old text or the new one.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Writes the text beside the file, and then takes the file's place.
pub fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&new, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}
