//! Why a file in a folder of dashboards cannot be shown: what is wrong, where in it, and what makes it right.

use std::fmt;
use std::io;

use serde::Serialize;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What it is, in a sentence without its end.
    pub what: String,
    /// The line it is in, counted from 1, where it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column of that line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What makes it right, in sentences.
    pub advice: String,
}

impl Problem {
    /// One that is of the whole file.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Problem {
        Problem { what: what.into(), line: None, column: None, advice: advice.into() }
    }

    /// Text that is no JSON, or JSON of ours in which something is not what it should be.
    pub fn of_json(error: &serde_json::Error) -> Problem {
        let whole = error.to_string();
        // The place has fields of its own.
        let what = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(what, _)| what);
        let (what, advice) = if error.is_data() {
            (what.to_owned(), "Write there what belongs there; an earlier version of the file may have it.")
        } else if error.is_eof() {
            (
                format!("this is not JSON: {what}"),
                "The file ends too early: take the whole of it, or close what is open.",
            )
        } else {
            (format!("this is not JSON: {what}"), "Mend what stands there, or just before it.")
        };
        // Of a value without a text there is no line.
        let at = |number: usize| (error.line() > 0).then_some(number);
        let (line, column) = (at(error.line()), at(error.column()));
        Problem { what, line, column, advice: advice.to_owned() }
    }

    /// JSON that is no dashboard.
    pub fn of_form(what: impl Into<String>) -> Problem {
        Problem::new(
            what,
            "Put a dashboard's JSON there, as Grafana exports it, or take the file out of the folder.",
        )
    }

    /// What the file system refused.
    pub fn of_reading(error: &io::Error) -> Problem {
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "Make it, or mend its path where that is written.",
            _ => "Let the user that reads it here do so, or leave it out.",
        };
        Problem::new(format!("it cannot be read: {error}"), advice)
    }

    /// A folder of which not everything is shown.
    pub fn of_size() -> Problem {
        Problem::new(
            "there are more files or folders in it than are looked at, and not all of its dashboards are shown",
            "Take away what is no dashboard, and links to folders with much else in them.",
        )
    }

    /// A second file of one name.
    pub fn of_name(id: &str, first: &str) -> Problem {
        Problem::new(
            format!("its uid is {id}, which is that of {first}, too"),
            "Only the other one is shown. Give one of them another uid, or take it away.",
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "line {line}, column {column}: ")?;
        }
        write!(f, "{}. {}", self.what, self.advice)
    }
}
