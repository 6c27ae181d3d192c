//! Automation of the repository: `cargo xtask ci`, `cargo xtask tidy`, `cargo xtask bench`, `cargo xtask fuzz`.
//!
//! Continuous integration runs exactly what a person runs, so nothing is checked in one place only.

mod bench;
mod ci;
mod command;
mod features;
mod fuzz;
mod python;
mod tidy;
mod ui;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  ci              everything that must hold before a change lands
  ci --fast       the same without the release build
  ui              the page: types, tests, the build and whether it is the one committed
  ui browser BIN  every page of that binary in a browser
  python          the Python package: its core, its wheel, and the tests on what was installed
  tidy            the rules the compiler does not know: crate edges, headers, sizes, the map
  bench NAME ...  a benchmark beside its peers; see bench/README.md
  features        each feature of the library alone
  fuzz [SECONDS]  every fuzz target for that long (default 60)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["ci"] => ci::run(&root(), ci::Scope::Everything),
        ["ci", "--fast"] => ci::run(&root(), ci::Scope::WithoutRelease),
        ["ui"] => ui::run(&root()),
        ["ui", "browser", binary] => ui::browser(&root(), Path::new(binary)),
        ["python"] => python::run(&root()).map(drop),
        ["tidy"] => tidy::run(&root()),
        ["bench", rest @ ..] => bench::run(&root(), rest),
        ["features"] => features::run(&root()),
        ["fuzz"] => fuzz::run(&root(), 60),
        ["fuzz", seconds] if seconds.parse::<u32>().is_ok() => {
            fuzz::run(&root(), seconds.parse().unwrap_or(60))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace, wherever the command was typed.
///
/// Cargo tells it when it runs this: a cached build may come from another clone.
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().expect("xtask lies in the workspace").to_owned()
}
