//! Test scripts: load series, evaluate queries, compare with what the script expects.
//!
//! The language is that of Prometheus's `.test` files: `load`, `clear` and `eval` commands, each followed by
//! indented lines. Every instant query is asked again with `@` on its selectors at several times, because the
//! answer must not depend on them then, and as the middle step of a range query. As those files expect, metric
//! names are removed late, start timestamps count, the lookback is 5 minutes and the default step of subqueries 1.

mod command;
mod compare;
mod engine;
mod evaluate;
mod expectation;
mod load;
mod series;

use std::fmt;

use command::Command;

/// What became of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The script's name, usually its path.
    pub name: String,
    /// How many `eval` commands did as expected, in all their forms.
    pub passed: usize,
    /// How many queries that took.
    pub queries: usize,
    /// Those that did not, in order.
    pub failures: Vec<Failure>,
}

/// One `eval` command that did not do as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The line of the command, from one.
    pub line: usize,
    /// The query as it was asked.
    pub query: String,
    /// What was expected and what came instead, over several lines.
    pub message: String,
}

/// Why a script cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}: {message}")]
pub struct ScriptError {
    /// The script's name.
    pub name: String,
    /// The line, from one.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// Runs a script on an empty store of its own.
pub fn run(name: &str, text: &str) -> Result<Report, ScriptError> {
    let error = |(line, message)| ScriptError { name: name.to_owned(), line, message };
    let commands = command::parse(text).map_err(error)?;
    let mut store = tsdb::Store::in_memory();
    let mut report = Report { name: name.to_owned(), ..Report::default() };
    for command in &commands {
        match command {
            Command::Clear => store = tsdb::Store::in_memory(),
            Command::Load(load) => {
                load.fill(&store).map_err(|message| error((load.line, message)))?;
            }
            Command::Eval(eval) => {
                let outcome = evaluate::evaluate(eval, &store);
                report.queries += outcome.queries;
                match outcome.failure {
                    Some(failure) => report.failures.push(failure),
                    None => report.passed += 1,
                }
            }
        }
    }
    Ok(report)
}

impl Report {
    /// `N passed, M failed`
    pub fn summary(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failures.len())
    }
}

/// Every failure with its place and difference, then the summary.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{}:{}: {}", self.name, failure.line, failure.query)?;
            for line in failure.message.lines() {
                writeln!(f, "    {line}")?;
            }
        }
        write!(f, "{}: {}", self.name, self.summary())
    }
}
