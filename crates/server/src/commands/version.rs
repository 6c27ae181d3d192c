//! `flightdeck version`: which build this is.

use std::process::ExitCode;

use super::out::say;
use crate::flags::VersionFormat;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Prints the version.
pub fn run(format: VersionFormat) -> anyhow::Result<ExitCode> {
    let platform = format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH);
    match format {
        VersionFormat::Text => say!("flightdeck {VERSION} ({platform})"),
        VersionFormat::Json => {
            say!("{}", serde_json::json!({ "name": "flightdeck", "version": VERSION, "platform": platform }));
        }
    }
    Ok(ExitCode::SUCCESS)
}
