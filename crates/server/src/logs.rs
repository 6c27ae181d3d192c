//! Log lines: for people on a terminal, one JSON object each otherwise. Always on standard error.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::flags::{LogFormat, LogOptions};

/// Starts logging for the rest of the process.
pub fn start(options: &LogOptions) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&options.filter)
        .with_context(|| format!("--log-level {:?} is neither a level nor a filter", options.filter))?;
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // Where nobody reads the log any more there is nobody to tell, and telling would panic.
    let lines = lines.log_internal_errors(false);
    let started = match options.format {
        LogFormat::Text { colour } => lines.with_ansi(colour).compact().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("starting the log: {error}"))
}
