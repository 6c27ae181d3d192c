//! How far an import is: for people on a terminal, and for the next run in the data directory.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::done_file;
use crate::commands::out::complain;
use crate::flags::format_bytes;

/// How often the bar is drawn.
const DRAW_INTERVAL: Duration = Duration::from_millis(100);
/// How wide it is.
const BAR_COLUMNS: usize = 30;

/// A bar on standard error, when that is a terminal.
pub struct Progress {
    bytes: u64,
    bytes_done: u64,
    began: Instant,
    drawn: Instant,
    terminal: bool,
}

impl Progress {
    /// Nothing of `bytes` is done.
    pub fn new(bytes: u64) -> Progress {
        let now = Instant::now();
        Progress { bytes, bytes_done: 0, began: now, drawn: now, terminal: std::io::stderr().is_terminal() }
    }

    /// So many bytes more are done.
    pub fn advance(&mut self, bytes: u64) {
        self.bytes_done += bytes;
        if self.terminal && self.drawn.elapsed() >= DRAW_INTERVAL {
            self.draw();
        }
    }

    /// Something was done before.
    pub fn skip(&mut self, name: &str, bytes: u64) {
        self.bytes_done += bytes;
        complain!("{name} was imported before; --again imports it again");
    }

    /// Everything is done.
    pub fn finish(&mut self, samples: u64) {
        if self.terminal {
            self.bytes_done = self.bytes;
            self.draw();
            let seconds = self.began.elapsed().as_secs_f64().max(0.001);
            complain!("\n{samples} samples in {seconds:.1} s, {:.0} per second", samples as f64 / seconds);
        }
    }

    fn draw(&mut self) {
        self.drawn = Instant::now();
        let share = (self.bytes_done as f64 / self.bytes.max(1) as f64).min(1.0);
        let full = (share * BAR_COLUMNS as f64) as usize;
        let bar: String = (0..BAR_COLUMNS).map(|column| if column < full { '█' } else { '░' }).collect();
        // A bar that cannot be drawn is no reason to stop importing.
        let _ = write!(std::io::stderr(), "\r{bar} {:3.0} % of {}", share * 100.0, format_bytes(self.bytes));
    }
}

/// The names of what was imported whole, one per line.
pub struct Done {
    file: PathBuf,
    names: BTreeSet<String>,
}

impl Done {
    /// Reads what earlier runs noted.
    pub fn read(data: &Path) -> anyhow::Result<Done> {
        let file = done_file(data);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        Ok(Done { file, names: text.lines().map(str::to_owned).collect() })
    }

    /// Whether something was imported before.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Notes that something was imported.
    pub fn add(&mut self, name: &str) -> anyhow::Result<()> {
        if !self.names.insert(name.to_owned()) {
            return Ok(());
        }
        let note = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create(true).append(true).open(&self.file)?;
            writeln!(file, "{name}")?;
            file.sync_all()
        };
        note().with_context(|| format!("writing {}", self.file.display()))
    }
}
