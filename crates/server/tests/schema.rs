//! The HTTP API does what its document says: requests are generated from `openapi.yaml`, good and bad ones, and every
//! answer of the real binary is held against it.
//!
//! `FLIGHTDECK_SCHEMA_EXAMPLES=200` asks for more requests per operation than fit a minute.

mod harness;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use harness::{Directory, Process, flightdeck, free_address, get, post, python, wait_for_ready};

/// How many requests of random content each operation gets, unless said otherwise.
const EXAMPLES: &str = "8";

#[test]
fn generated_requests_are_answered_as_the_document_says() {
    let Some(python) = python() else { return };
    let (directory, address) = (Directory::new("schema"), free_address());
    directory.write("flightdeck.yml", "scrape_configs:\n- job_name: node\n");
    let mut command = flightdeck(&directory, address);
    let arguments = ["--config", "flightdeck.yml", "--otlp-grpc-listen", "off", "--admin-api"];
    let mut server = Process::start(command.args(arguments));
    wait_for_ready(address, "/-/ready");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let page: String =
        (0..100).map(|age| format!("probe_total{{side=\"left\"}} {age} {}\n", now - age * 5_000)).collect();
    assert_eq!(
        post(address, "/api/v1/import/prometheus", &[], page.as_bytes()).expect("answered").status,
        204
    );

    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = source.join("../../tests/peers/schemathesis");
    let run = |arguments: &[&str]| {
        let output = Command::new(python.with_file_name("schemathesis"))
            .current_dir(directory.path())
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", &own)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg("--config-file")
            .arg(own.join("schemathesis.toml"))
            .arg("run")
            .arg(source.join("src/api/openapi.yaml"))
            .args(["--url", &format!("http://{address}"), "--seed", "1", "--workers", "2"])
            .args([
                "--request-timeout",
                "20",
                "--generation-database",
                "none",
                "--no-color",
                "--warnings",
                "off",
            ])
            .args(["--continue-on-failure", "--checks", "all"])
            .args(arguments)
            .output()
            .expect("schemathesis runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    };
    // Requests that keep or break one rule of the schema each: what breaks it is refused.
    run(&["--phases", "coverage"]);
    // Random ones. A parameter that is empty counts as absent, and of several the first one counts, as Prometheus has
    // it, so not everything that breaks the schema is refused.
    let examples = std::env::var("FLIGHTDECK_SCHEMA_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let exclude = ["--exclude-checks", "negative_data_rejection"];
    run(&[&["--phases", "fuzzing,stateful", "--max-examples", &examples][..], &exclude].concat());

    assert_eq!(get(address, "/-/ready").expect("answered").status, 200);
    assert!(server.terminate(Duration::from_secs(8)), "it stops as ever");
}
