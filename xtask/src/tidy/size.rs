//! Files stay under 1,000 lines and functions under 100, but for those listed with a reason in `xtask/size-exceptions.txt`.
//!
//! Functions are found by their shape after rustfmt: `fn` opens at some indentation, the next `}` at the same
//! indentation closes it. An exception that is no longer needed is itself a finding, so that the list only shrinks.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use super::Source;

const FILE_LINES_MAX: usize = 1_000;
const FUNCTION_LINES_MAX: usize = 100;

/// Findings for what is too long and not listed, and for what is listed and not too long.
pub(crate) fn check(root: &Path, sources: &[Source]) -> Result<Vec<String>> {
    let path = root.join("xtask/size-exceptions.txt");
    let list = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(compare(&list, sources))
}

fn compare(list: &str, sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut excused = BTreeSet::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(": ") {
            Some((what, reason)) if !reason.trim().is_empty() => drop(excused.insert(what.to_owned())),
            _ => findings.push(format!("xtask/size-exceptions.txt: `{line}` gives no reason")),
        }
    }
    for source in sources {
        for (what, lines, limit) in too_long(source) {
            if !excused.remove(&what) {
                findings.push(format!("{what} has {lines} lines, more than {limit}"));
            }
        }
    }
    findings.extend(
        excused.into_iter().map(|what| format!("xtask/size-exceptions.txt: {what} needs no exception")),
    );
    findings
}

fn too_long(source: &Source) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    let lines: Vec<&str> = source.text.lines().collect();
    if lines.len() > FILE_LINES_MAX {
        found.push((source.path.clone(), lines.len(), FILE_LINES_MAX));
    }
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let closing = format!("{indent}}}");
        let length = lines[start..].iter().position(|line| *line == closing).map_or(0, |offset| offset + 1);
        // A declaration without a body ends before any brace; the next function's end must not count for it.
        let has_body = lines[start..].iter().find(|line| line.ends_with('{') || line.ends_with(';'));
        if length > FUNCTION_LINES_MAX && has_body.is_some_and(|line| line.ends_with('{')) {
            found.push((format!("{}::{name}", source.path), length, FUNCTION_LINES_MAX));
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start().split(' ');
    loop {
        match words.next()? {
            "fn" => break,
            "pub" | "pub(crate)" | "pub(super)" | "const" | "async" | "unsafe" | "extern" | "\"C\"" => {}
            _ => return None,
        }
    }
    let signature = words.next()?;
    signature.split(['(', '<']).next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, lines: usize) -> String {
        format!("    pub fn {name}(&self) {{\n{}    }}\n", "        work();\n".repeat(lines - 2))
    }

    fn check(list: &str, text: &str) -> String {
        compare(list, &[Source { path: "a.rs".to_owned(), text: text.to_owned() }]).join("\n")
    }

    #[test]
    fn long_functions_need_an_exception_with_a_reason() {
        assert_eq!(check("", &function("short", 100)), "");
        assert_eq!(check("", &function("long", 101)), "a.rs::long has 101 lines, more than 100");
        assert_eq!(check("a.rs::long: one table\n", &function("long", 101)), "");
        assert_eq!(
            check("a.rs::long\n", &function("short", 10)),
            "xtask/size-exceptions.txt: `a.rs::long` gives no reason"
        );
    }

    #[test]
    fn an_exception_that_is_not_needed_is_a_finding() {
        assert_eq!(
            check("a.rs: a word list\n", "fn x() {}\n"),
            "xtask/size-exceptions.txt: a.rs needs no exception"
        );
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(check("", &"\n".repeat(1_001)), "a.rs has 1001 lines, more than 1000");
    }
}
