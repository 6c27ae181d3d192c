//! Any bytes as a manifest: it opens or says why not.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use storage::{Edit, Manifest, SimFs, SimOptions};

fuzz_target!(|bytes: &[u8]| {
    let disk = SimFs::new(SimOptions::default());
    let (fs, dir) = (disk.fs(), Path::new("/m"));
    fs.create_dir(dir).unwrap();
    fs.create(&dir.join("manifest")).unwrap().append(bytes).unwrap();
    let Ok((mut manifest, _)) = Manifest::open(&fs, dir) else { return };
    let parts = manifest.parts().to_vec();
    manifest.publish(Edit::default()).unwrap();
    assert_eq!(Manifest::open(&fs, dir).unwrap().0.parts(), parts);
});
