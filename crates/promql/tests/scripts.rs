//! Prometheus's own test scripts, all of them, each file on a store of its own.

use std::path::Path;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/testdata/promql");

#[test]
fn the_scripts_of_prometheus_pass() {
    let Ok(directory) = std::fs::read_dir(SCRIPTS) else {
        assert!(std::env::var_os("CI").is_none(), "{SCRIPTS} is absent");
        println!("skipped: {SCRIPTS} is absent");
        return;
    };
    let mut paths: Vec<_> = directory.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    paths.sort();
    // One file or a few: PROMQL_SCRIPTS=operators,limit
    if let Ok(wanted) = std::env::var("PROMQL_SCRIPTS") {
        paths.retain(|path| {
            wanted.split(',').any(|name| path.ends_with(Path::new(name).with_extension("test")))
        });
    }
    let (mut passed, mut failed, mut queries) = (0, 0, 0);
    for path in &paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        match promql::script::run(&name, &text) {
            Ok(report) => {
                println!("{report}");
                (passed, queries) = (passed + report.passed, queries + report.queries);
                failed += report.failures.len();
            }
            Err(error) => {
                println!("{error}");
                failed += 1;
            }
        }
    }
    println!("{} files, {queries} queries: {passed} passed, {failed} failed", paths.len());
    assert_eq!(failed, 0);
}
