//! A dashboard as the text of its file. What is nested deeply grows a hundredfold where each level has its indentation, so that it
//! is bounded while it is written, and read back before anything is replaced by it.

use std::io;

use anyhow::Context;

use super::file::{FILE_BYTES_MAX, read_text};
use super::model::Dashboard;
use super::saving::Refused;

/// A dashboard as text that can be read again, with lines for people unless those would be most of it.
pub fn text_of(dashboard: &Dashboard) -> Result<Vec<u8>, Refused> {
    const GROWTH_MAX: usize = 3;
    let compact = serde_json::to_vec(dashboard).context("writing it as JSON")?;
    let mut pretty = Bounded { bytes: Vec::new(), most: FILE_BYTES_MAX.min(GROWTH_MAX * compact.len()) };
    let text = serde_json::to_writer_pretty(&mut pretty, dashboard).map_or(compact, |()| pretty.bytes);
    match read_text(&text) {
        Ok(_) => Ok(text),
        Err(problem) => Err(Refused::Unreadable(problem)),
    }
}

/// Text up to a size.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_text_is_bounded_and_can_be_read_again() {
        let written = |depth: usize, numbers: usize| {
            let innermost = Value::Array(vec![json!(1); numbers]);
            let value = (1..depth).fold(innermost, |value, _| json!([value]));
            let mut dashboard = Dashboard { id: "deep".to_owned(), ..Dashboard::default() };
            dashboard.kept.insert("value".to_owned(), value);
            text_of(&dashboard)
        };
        let flat = written(1, 3).expect("it can be read");
        assert!(flat.contains(&b'\n'));
        let compact = written(100, 400_000).expect("it can be read");
        assert!(!compact.contains(&b'\n') && compact.len() < 1 << 20);
        let said = |outcome: Result<Vec<u8>, Refused>| outcome.expect_err("it cannot be read").to_string();
        assert!(said(written(127, 1)).contains("recursion limit"));
        assert!(said(written(1, FILE_BYTES_MAX / 2)).contains("Make two dashboards of it"));
    }
}
