//! The map is true: every path and every way-point ARCHITECTURE.md names exists, every crate is on it, and it stays short.
//!
//! A path is a text in backquotes with a slash in it. A way-point is `path.rs::name`: the file must hold a function
//! or type of that name.

use std::path::Path;

use anyhow::{Context, Result};

const LINES_MAX: usize = 300;

/// Findings for names that lead nowhere and crates that are not named.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let map = std::fs::read_to_string(root.join("ARCHITECTURE.md")).context("cannot read ARCHITECTURE.md")?;
    let mut findings = Vec::new();
    if map.lines().count() > LINES_MAX {
        findings.push(format!("ARCHITECTURE.md has more than {LINES_MAX} lines"));
    }
    for name in quoted(&map).filter(|name| is_path(name)) {
        let (path, item) = name.split_once("::").map_or((name, None), |(path, item)| (path, Some(item)));
        if !root.join(path).exists() {
            findings.push(format!("ARCHITECTURE.md names {path}, which does not exist"));
        } else if let Some(item) = item
            && !declares(&std::fs::read_to_string(root.join(path))?, item)
        {
            findings.push(format!("ARCHITECTURE.md names {name}, but {path} declares no such thing"));
        }
    }
    for entry in std::fs::read_dir(root.join("crates"))? {
        let path = format!("crates/{}", entry?.file_name().to_string_lossy());
        if !map.contains(&path) {
            findings.push(format!("ARCHITECTURE.md does not name {path}"));
        }
    }
    Ok(findings)
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn is_path(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or("");
    name.contains('/')
        && !name.contains(' ')
        && matches!(
            first,
            "crates" | "xtask" | "docs" | "bench" | "fuzz" | "ui" | "python" | "examples" | ".ci"
        )
}

/// Whether `source` declares `item`, which may be `Type::function`.
fn declares(source: &str, item: &str) -> bool {
    item.split("::").all(|name| {
        ["fn", "struct", "enum", "trait", "const", "static", "type", "mod"].iter().any(|keyword| {
            source.match_indices(&format!("{keyword} {name}")).any(|(at, found)| {
                !source[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_other_code() {
        let names: Vec<&str> =
            quoted("see `crates/model` and `a / b`, `POST /x/y`\n`docs/format/log.md`").collect();
        assert_eq!(
            names.into_iter().filter(|name| is_path(name)).collect::<Vec<_>>(),
            ["crates/model", "docs/format/log.md"]
        );
    }

    #[test]
    fn declarations_are_whole_words() {
        assert!(declares("pub fn append(&self)", "append"));
        assert!(!declares("pub fn append_series(&self)", "append"));
        assert!(declares("struct Store;\nimpl Store { fn open() {} }", "Store::open"));
    }
}
