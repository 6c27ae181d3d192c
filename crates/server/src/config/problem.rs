//! A problem with a configuration: file, line, column and what is wrong, without secrets.

use std::fmt;
use std::path::PathBuf;

use super::yaml::{Position, YamlError};

/// What is wrong, and where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Where in it; `None` when the file could not be read at all.
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    /// A problem at a place.
    pub fn at(file: impl Into<PathBuf>, position: Position, message: impl Into<String>) -> Problem {
        Problem { file: file.into(), position: Some(position), message: hide_passwords(&message.into()) }
    }

    /// A problem with the file as such.
    pub fn of_file(file: impl Into<PathBuf>, message: impl Into<String>) -> Problem {
        Problem { file: file.into(), position: None, message: message.into() }
    }

    /// A problem of the document.
    pub fn of_yaml(file: impl Into<PathBuf>, error: YamlError) -> Problem {
        Problem::at(file, error.position, error.message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(position) = self.position {
            write!(f, "{position}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl std::error::Error for Problem {}

/// Hides the password of every `scheme://user:password@host` in a text.
pub fn hide_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?'))
            .unwrap_or(after.len());
        let authority = &after[..end];
        match authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
            Some((user, host)) => shown.push_str(&format!("{user}:<secret>@{host}")),
            None => shown.push_str(authority),
        }
        rest = &after[end..];
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_hidden() {
        let check = |text: &str, want: &str| assert_eq!(hide_passwords(text), want);
        check("bad \"http://me:hunter2@host:1/x\" there", "bad \"http://me:<secret>@host:1/x\" there");
        check("https://host/a@b:c and ftp://u@h", "https://host/a@b:c and ftp://u@h");
        check("http://a:p@ss@h", "http://a:<secret>@h");
        check("no url", "no url");
    }
}
