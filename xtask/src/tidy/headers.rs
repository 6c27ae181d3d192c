//! Every file opens with a `//!` sentence that says what it is for; nothing is left to do later.

use super::Source;

const LEFTOVERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];

/// Findings for files without a header, and for notes about work left undone.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        let header = source.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!"));
        if !header.is_some_and(|line| line.starts_with("//! ")) {
            findings.push(format!("{}: the first line is not a `//!` sentence", source.path));
        }
        for (index, line) in source.text.lines().enumerate() {
            if let Some(word) = LEFTOVERS.iter().find(|word| line.contains(**word)) {
                findings.push(format!("{}:{}: `{word}` is left in the code", source.path, index + 1));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> usize {
        check(&[Source { path: "a.rs".to_owned(), text: text.to_owned() }]).len()
    }

    #[test]
    fn a_file_needs_its_sentence() {
        assert_eq!(check_text("//! Says what it is.\n"), 0);
        assert_eq!(check_text("#![no_main]\n//! Says what it is.\n"), 0);
        assert_eq!(check_text("use std::fmt;\n"), 1);
        assert_eq!(check_text(&format!("//! Fine.\n// {}: later\n", LEFTOVERS[0])), 1);
    }
}
