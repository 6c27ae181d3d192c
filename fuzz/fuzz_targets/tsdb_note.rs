//! Any note in a manifest (how far is sealed, what was deleted): the store opens with it or says why not.
#![no_main]

mod tsdb;

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use storage::{Edit, Manifest};

static NOTE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let disk = tsdb::disk(true);
    Manifest::open(&disk.fs(), &Path::new(tsdb::DATA).join("parts")).unwrap().0.note().to_vec()
});

fuzz_target!(|bytes: &[u8]| {
    let mut notes = vec![NOTE.clone()];
    tsdb::edit(&mut notes, bytes);
    let Some(note) = notes.pop() else { return };
    let disk = tsdb::disk(true);
    let (mut manifest, _) = Manifest::open(&disk.fs(), &Path::new(tsdb::DATA).join("parts")).unwrap();
    manifest.publish(Edit { note: Some(note), ..Edit::default() }).unwrap();
    drop(manifest);
    if let Ok(store) = tsdb::open(&disk) {
        tsdb::read_all(&store);
    }
});
