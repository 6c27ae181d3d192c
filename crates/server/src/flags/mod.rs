//! From what was typed to what is meant: `low` is what the command line may say, `high` what it comes to.

mod features;
mod high;
mod low;
mod size;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::commands::out::complain;

pub use features::{query_settings, remarks as feature_remarks};
pub use high::{LogFormat, LogOptions, Meant, ServeOptions, VersionFormat};
pub use size::format_bytes;

/// A command line that is not run: help, version or a mistake.
pub enum Refused {
    /// What clap has to say, with its own exit code.
    Usage(clap::Error),
    /// A value that parses but makes no sense.
    Value(anyhow::Error),
}

impl Refused {
    /// Prints what there is to say and returns the exit code: 0 for help, 2 for a mistake.
    pub fn tell(self) -> ExitCode {
        match self {
            Refused::Usage(error) => {
                // Printing fails only where nobody reads; the exit code still tells.
                let _ = error.print();
                ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
            }
            Refused::Value(error) => {
                complain!("flightdeck: {}", crate::commands::out::in_one_line(&error));
                ExitCode::from(2)
            }
        }
    }
}

/// Reads the command line of this process.
pub fn parse() -> Result<Meant, Refused> {
    parse_from(std::env::args_os())
}

fn parse_from(arguments: impl IntoIterator<Item = OsString>) -> Result<Meant, Refused> {
    let typed = low::Arguments::try_parse_from(arguments).map_err(Refused::Usage)?;
    high::meant(typed).map_err(Refused::Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(line: &str) -> ServeOptions {
        let arguments = std::iter::once("flightdeck").chain(line.split_whitespace()).map(OsString::from);
        match parse_from(arguments) {
            Ok(Meant::Serve(options)) => *options,
            Ok(_) => panic!("{line:?} does not serve"),
            Err(Refused::Usage(error)) => panic!("{line:?}: {error}"),
            Err(Refused::Value(error)) => panic!("{line:?}: {error:#}"),
        }
    }

    #[test]
    fn no_command_means_serve() {
        assert_eq!(serve("").listen, serve("serve").listen);
        assert_eq!(serve("").listen.to_string(), "127.0.0.1:9090");
        assert_eq!(serve("").data.to_str(), Some("./flightdeck-data"));
        assert!(serve("").discover_local && !serve("--no-discover-local").discover_local);
    }

    #[test]
    fn the_flags_of_prometheus_are_understood() {
        let options = serve(
            "--config.file=prometheus.yml --storage.tsdb.path /tmp/d --web.listen-address=:9191 \
             --storage.tsdb.retention.time=30d --storage.tsdb.retention.size=5GB --web.enable-admin-api \
             --web.enable-lifecycle \
             --query.timeout=30s --query.lookback-delta=1m",
        );
        assert_eq!(options.config.as_deref().and_then(|path| path.to_str()), Some("prometheus.yml"));
        assert_eq!(options.data.to_str(), Some("/tmp/d"));
        assert_eq!(options.listen.to_string(), "[::]:9191");
        assert_eq!(options.retention_time_millis, Some(30 * 86_400_000));
        assert_eq!(options.retention_bytes_max, Some(5 << 30));
        assert!(options.admin_api && options.quit_allowed);
        assert_eq!(options.query.timeout.as_secs(), 30);
        assert_eq!(options.query.lookback_millis, 60_000);
    }
}
