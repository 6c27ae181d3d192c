//! Standard output and standard error of the commands. Whoever reads them may go away at any time, as `head` does when
//! it has seen enough: on standard output that ends the command quietly, on standard error it is nobody's loss.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, StdoutLock, Write};

/// Standard output.
pub struct Out(StdoutLock<'static>);

/// Takes standard output for as long as the value lives.
pub fn stdout() -> Out {
    Out(io::stdout().lock())
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(leave_when_unread)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(leave_when_unread)
    }
}

/// Nobody reads any more, so nothing that is still to be done has a point: commands that print change nothing afterwards.
fn leave_when_unread(error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    error
}

/// An error with its causes, each told once: some errors tell their cause themselves.
pub fn in_one_line(error: &anyhow::Error) -> String {
    error.chain().map(|cause| cause.to_string()).fold(String::new(), |told, cause| {
        if told.is_empty() {
            cause
        } else if told.ends_with(&cause) {
            told
        } else {
            format!("{told}: {cause}")
        }
    })
}

/// Prints a line to standard output.
pub fn print_line(text: Arguments<'_>) {
    let mut out = stdout();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
        print_complaint(format_args!("flightdeck: writing to standard output: {error}"));
        std::process::exit(1);
    }
}

/// Prints a line to standard error.
pub fn print_complaint(text: Arguments<'_>) {
    // There is nowhere left to report a failure to.
    let _ = writeln!(io::stderr(), "{text}");
}

/// As `println!`, without its panic.
macro_rules! say {
    ($($text:tt)*) => { $crate::commands::out::print_line(format_args!($($text)*)) };
}

/// As `eprintln!`, without its panic.
macro_rules! complain {
    ($($text:tt)*) => { $crate::commands::out::print_complaint(format_args!($($text)*)) };
}

pub(crate) use {complain, say};

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::in_one_line;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow!("no space").context("writing a: no space").context("opening the store");
        assert_eq!(in_one_line(&error), "opening the store: writing a: no space");
    }
}
