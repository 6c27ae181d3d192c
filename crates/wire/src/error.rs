//! What is wrong with an exposition, and where.

use std::fmt;

/// Why an exposition could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    /// The line, counted from 1; 0 where the format has no lines.
    pub line: usize,
    /// The byte within the line, counted from 1; in a format without lines, the byte within the body.
    pub column: usize,
    /// What is wrong: what was expected there, or which rule is broken.
    pub message: String,
    /// The beginning of the line, at most `TEXT_BYTES_MAX` bytes.
    pub text: String,
}

/// How much of a line an error quotes.
pub const TEXT_BYTES_MAX: usize = 120;

impl ParseError {
    /// An error at `column` (counted from 0) of the line that `body[line_start..]` begins with.
    pub(crate) fn at(
        body: &[u8],
        line_start: usize,
        column: usize,
        message: impl Into<String>,
    ) -> ParseError {
        let line_start = line_start.min(body.len());
        let line = memchr::memchr_iter(b'\n', &body[..line_start]).count() + 1;
        let rest = &body[line_start..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(TEXT_BYTES_MAX);
        let text = String::from_utf8_lossy(&rest[..end]).into_owned();
        ParseError { line, column: column + 1, message: message.into(), text }
    }

    /// An error at a byte of a body that has no lines.
    pub(crate) fn binary(offset: usize, message: impl Into<String>) -> ParseError {
        ParseError { line: 0, column: offset + 1, message: message.into(), text: String::new() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "byte {}: {}", self.column, self.message);
        }
        write!(f, "line {}, column {}: {}: {:?}", self.line, self.column, self.message, self.text)
    }
}
