//! `flightdeck tsdb snapshot`: a copy of a store that nobody is writing to. Parts never change, so they are linked, not copied.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use tsdb::StoreError;

use super::open_to_read;
use crate::commands::out::say;

/// What to do instead where a server is running.
const ASK_THE_SERVER: &str = "this copies a directory that no server uses; a running server takes a consistent \
    snapshot by itself: start it with --admin-api and ask it with \
    `curl -X POST http://127.0.0.1:9090/api/v1/admin/tsdb/snapshot`, which answers with the name of a directory \
    under snapshots/ of its data directory";

/// Copies the store at `data` to `to`.
pub fn run(data: &Path, to: &Path) -> anyhow::Result<()> {
    ensure!(!to.exists(), "{} is there already; a snapshot goes to a new directory", to.display());
    // While it is open nobody writes to it; and a store that cannot be opened is not copied.
    let _store = open_to_read(data).map_err(|error| {
        let is_locked = error.downcast_ref::<StoreError>().is_some_and(StoreError::is_locked);
        if is_locked { error.context(ASK_THE_SERVER) } else { error }
    })?;
    copy(data, to).with_context(|| format!("copying {} to {}", data.display(), to.display()))?;
    say!("{}", to.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&source, &target)?;
        } else if entry.file_name() != "lock" {
            let immutable = from.file_name().is_some_and(|name| name == "parts") && is_part(&source);
            if !immutable || fs::hard_link(&source, &target).is_err() {
                fs::copy(&source, &target)?;
            }
        }
    }
    fs::File::open(to)?.sync_all()
}

/// Beside the parts lies the manifest, which does change.
fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "part")
}
