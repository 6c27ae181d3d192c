//! Log lines: for people on a terminal, one JSON object each otherwise. Always on standard error.

use anyhow::{Context, bail};
use tracing_subscriber::EnvFilter;

use crate::flags::{LogFormat, LogOptions};

/// Starts logging for the rest of the process.
pub fn start(options: &LogOptions) -> anyhow::Result<()> {
    check_levels(&options.filter)?;
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

/// A word that is no level would be taken for the name of a module, and everything else would fall silent.
fn check_levels(filter: &str) -> anyhow::Result<()> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_known = |word: &str| LEVELS.contains(&word.to_ascii_lowercase().as_str());
    let words = filter.split(',').map(str::trim).filter(|word| !word.contains(['=', '[']));
    match words.into_iter().find(|word| !is_known(word)) {
        None => Ok(()),
        Some(word) => bail!(
            "--log-level: {word:?} is not a level; write one of {}, or a filter such as info,collect=debug",
            LEVELS.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::check_levels;

    #[test]
    fn only_levels_stand_alone() {
        let check = |filter: &str, good: bool| assert_eq!(check_levels(filter).is_ok(), good, "{filter}");
        check("info", true);
        check("WARN,collect=debug", true);
        check("loud", false);
        check("info,collect", false);
        check("", false);
    }
}
