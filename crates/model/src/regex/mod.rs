//! Anchored regular expressions over label values, with what an index can use of them.
//!
//! A pattern matches the whole value, `.` matches every character including a newline, and the syntax is RE2's
//! (`re2`). Before any automaton runs, the pattern is looked at: a set of literals
//! (`a|b|c`, `(get|post)`, `5[0-9]`) is answered by a look-up, a leading literal narrows what has to be tried.

mod cache;
mod re2;

use std::fmt;
use std::sync::{Arc, OnceLock};

use cache::CACHE;
use regex_automata::meta;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::hir::{Hir, HirKind};

/// How many literals a pattern may expand to before it counts as a real pattern.
const LITERALS_MAX: usize = 1_000;
/// How much memory one compiled pattern may take.
const COMPILED_BYTES_MAX: usize = 10 << 20;
/// How many groups a pattern may have of which it is asked what they caught.
const GROUPS_MAX: usize = 1_000;
/// How long a pattern may be.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A compiled, anchored pattern. Clones share what they are compiled to, and the memory that matching takes.
#[derive(Clone)]
pub struct Regex {
    compiled: Arc<Compiled>,
}

struct Compiled {
    pattern: Box<str>,
    plan: Plan,
    /// The automaton that also tells what groups catch, once somebody wants that; `None` where that would take too much.
    catching: OnceLock<Option<meta::Regex>>,
}

enum Plan {
    /// The pattern matches exactly these values, sorted.
    Literals(Box<[String]>),
    /// The pattern matches every value.
    Everything,
    /// The pattern matches every value but the empty one.
    NonEmpty,
    /// The pattern is literals with `.*` between them, as `.*:9100`, `/api/.*` and `.*error.*` are: what a match starts
    /// with, what it has in this order, and what it ends with. The first and the last may be empty.
    Glob { prefix: Box<str>, inner: Box<[String]>, suffix: Box<str> },
    /// Anything else; every match starts with `prefix`.
    Automaton { prefix: Box<str>, automaton: meta::Regex },
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RegexError {
    message: String,
}

/// A pattern that matches this text and nothing else.
pub fn escape(text: &str) -> String {
    regex_syntax::escape(text)
}

impl Regex {
    /// Compiles `pattern`, anchored at both ends, unless that was done lately.
    pub fn new(pattern: &str) -> Result<Regex, RegexError> {
        if let Some(known) = CACHE.get(pattern) {
            return Ok(known);
        }
        let regex = Regex::compile(pattern)?;
        CACHE.put(&regex);
        Ok(regex)
    }

    fn compile(pattern: &str) -> Result<Regex, RegexError> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(RegexError { message: format!("pattern is longer than {PATTERN_BYTES_MAX} bytes") });
        }
        let hir = regex_syntax::ParserBuilder::new()
            .dot_matches_new_line(true)
            .nest_limit(200)
            .build()
            .parse(&re2::translate(pattern))
            .map_err(|error| RegexError { message: one_line(&error) })?;
        let plan = Plan::of(pattern, &hir)?;
        let compiled = Compiled { pattern: pattern.into(), plan, catching: OnceLock::new() };
        Ok(Regex { compiled: Arc::new(compiled) })
    }

    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        &self.compiled.pattern
    }

    /// How much memory the compiled pattern takes, about, without what matching takes.
    pub fn memory_bytes(&self) -> usize {
        let plan = match &self.compiled.plan {
            Plan::Automaton { automaton, .. } => automaton.memory_usage(),
            Plan::Literals(literals) => literals.iter().map(String::len).sum(),
            Plan::Everything | Plan::NonEmpty | Plan::Glob { .. } => 0,
        };
        let catching = self.compiled.catching.get().and_then(Option::as_ref);
        plan + catching.map_or(0, meta::Regex::memory_usage)
    }

    /// Whether the whole of `text` matches.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.compiled.plan {
            Plan::Literals(literals) => {
                literals.binary_search_by(|literal| literal.as_str().cmp(text)).is_ok()
            }
            Plan::Everything => true,
            Plan::NonEmpty => !text.is_empty(),
            Plan::Glob { prefix, inner, suffix } => matches_glob(text, prefix, inner, suffix),
            Plan::Automaton { prefix, automaton } => text.starts_with(&**prefix) && automaton.is_match(text),
        }
    }

    /// The values the pattern stands for, sorted, when it is nothing but a set of literals.
    pub fn literals(&self) -> Option<&[String]> {
        match &self.compiled.plan {
            Plan::Literals(literals) => Some(literals),
            Plan::Everything | Plan::NonEmpty | Plan::Glob { .. } | Plan::Automaton { .. } => None,
        }
    }

    /// A text that every match starts with; empty when there is none.
    pub fn prefix(&self) -> &str {
        match &self.compiled.plan {
            Plan::Automaton { prefix, .. } | Plan::Glob { prefix, .. } => prefix,
            Plan::Literals(_) | Plan::Everything | Plan::NonEmpty => "",
        }
    }

    /// Whether every value matches, the empty one too.
    pub fn matches_everything(&self) -> bool {
        matches!(self.compiled.plan, Plan::Everything)
    }

    /// Whether exactly the non-empty values match.
    pub fn matches_every_non_empty(&self) -> bool {
        matches!(self.compiled.plan, Plan::NonEmpty)
    }

    /// The text of `template` with `$1`, `${name}` and `$$` replaced by what the groups caught in `text`;
    /// `None` when `text` does not match, or the pattern has more groups than can be followed.
    pub fn expand(&self, text: &str, template: &str) -> Option<String> {
        if !self.is_match(text) {
            return None;
        }
        let compiled = &*self.compiled;
        let automaton = compiled.catching.get_or_init(|| compile_catching(&compiled.pattern)).as_ref()?;
        let mut captures = automaton.create_captures();
        automaton.captures(text, &mut captures);
        captures.is_match().then(|| captures.interpolate_string(text, template))
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex({})", self.pattern())
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Regex) -> bool {
        self.pattern() == other.pattern()
    }
}

impl Plan {
    fn of(pattern: &str, hir: &Hir) -> Result<Plan, RegexError> {
        if let Some(mut literals) = literals_of(hir) {
            literals.sort();
            literals.dedup();
            return Ok(Plan::Literals(literals.into()));
        }
        match dot_repetition(hir) {
            Some(0) => return Ok(Plan::Everything),
            Some(1) => return Ok(Plan::NonEmpty),
            _ => {}
        }
        if let Some(mut pieces) = glob_of(hir) {
            let suffix = pieces.pop().unwrap_or_default().into();
            let prefix = pieces.remove(0).into();
            pieces.retain(|piece| !piece.is_empty());
            return Ok(Plan::Glob { prefix, inner: pieces.into(), suffix });
        }
        Ok(Plan::Automaton {
            prefix: prefix_of(hir).into(),
            automaton: compile(pattern, WhichCaptures::Implicit, COMPILED_BYTES_MAX)?,
        })
    }
}

/// Following groups takes memory for each of them at every place of the pattern, so the more groups, the fewer places.
fn compile_catching(pattern: &str) -> Option<meta::Regex> {
    let groups = pattern.bytes().filter(|byte| *byte == b'(').count();
    if groups > GROUPS_MAX {
        return None;
    }
    compile(pattern, WhichCaptures::All, COMPILED_BYTES_MAX / (groups / 10).max(1)).ok()
}

/// Groups are followed only where that is asked for: many of them at many places would take all memory.
fn compile(pattern: &str, groups: WhichCaptures, bytes_max: usize) -> Result<meta::Regex, RegexError> {
    meta::Builder::new()
        .configure(meta::Config::new().nfa_size_limit(Some(bytes_max)).which_captures(groups))
        .syntax(regex_automata::util::syntax::Config::new().dot_matches_new_line(true).nest_limit(200))
        .build(&format!("^(?:{})$", re2::translate(pattern)))
        .map_err(|error| RegexError {
            message: match error.syntax_error() {
                Some(syntax) => one_line(syntax),
                None => format!("pattern compiles to more than {bytes_max} bytes"),
            },
        })
}

/// The finite set of texts `hir` matches, if it is finite and small.
fn literals_of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![std::str::from_utf8(&literal.0).ok()?.to_owned()]),
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            let count: usize =
                class.iter().map(|range| range.end() as usize - range.start() as usize + 1).sum();
            (count <= LITERALS_MAX).then(|| {
                class.iter().flat_map(|range| range.start()..=range.end()).map(String::from).collect()
            })
        }
        HirKind::Class(regex_syntax::hir::Class::Bytes(_)) | HirKind::Look(_) => None,
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut literals = literals_of(&repetition.sub)?;
            literals.push(String::new());
            Some(literals)
        }
        HirKind::Repetition(_) => None,
        HirKind::Capture(capture) => literals_of(&capture.sub),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(literals_of(branch)?);
                if all.len() > LITERALS_MAX {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Concat(parts) => {
            let mut all = vec![String::new()];
            for part in parts {
                let tails = literals_of(part)?;
                if all.len() * tails.len() > LITERALS_MAX {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}")))
                    .collect();
            }
            Some(all)
        }
    }
}

/// `Some(min)` when the pattern is `.{min,}` over every character.
fn dot_repetition(hir: &Hir) -> Option<u32> {
    match hir.kind() {
        HirKind::Capture(capture) => dot_repetition(&capture.sub),
        HirKind::Repetition(repetition) if repetition.max.is_none() => match repetition.sub.kind() {
            HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
                let everything: u32 =
                    class.iter().map(|range| range.end() as u32 - range.start() as u32).sum();
                // `.` with newlines is one range over all scalar values.
                (everything >= char::MAX as u32).then_some(repetition.min)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The literals between which `hir` has `.*`, two at least; nothing where it has anything else.
fn glob_of(hir: &Hir) -> Option<Vec<String>> {
    fn walk(hir: &Hir, pieces: &mut Vec<String>) -> Option<()> {
        match hir.kind() {
            HirKind::Literal(literal) => pieces.last_mut()?.push_str(std::str::from_utf8(&literal.0).ok()?),
            HirKind::Capture(capture) => walk(&capture.sub, pieces)?,
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| walk(part, pieces))?,
            HirKind::Empty => {}
            _ if dot_repetition(hir) == Some(0) => pieces.push(String::new()),
            _ => return None,
        }
        Some(())
    }
    let mut pieces = vec![String::new()];
    walk(hir, &mut pieces)?;
    (pieces.len() > 1).then_some(pieces)
}

/// Taking each piece where it first comes leaves the most for those behind it.
fn matches_glob(text: &str, prefix: &str, inner: &[String], suffix: &str) -> bool {
    let rest = text.strip_prefix(prefix).and_then(|rest| without_suffix(rest, suffix));
    let take = |rest: &'_ str, piece: &String| Some(rest.find(piece.as_str())? + piece.len());
    let found = rest.and_then(|rest| {
        inner.iter().try_fold(rest, |rest, piece| take(rest, piece).map(|end| &rest[end..]))
    });
    found.is_some()
}

/// As `strip_suffix`, byte by byte: of many values that end alike the first byte mostly tells.
fn without_suffix<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(suffix.len())?;
    let is_there = text.as_bytes()[at..].iter().zip(suffix.as_bytes()).all(|(left, right)| left == right);
    if is_there { text.get(..at) } else { None }
}

/// The literal text a match must start with.
fn prefix_of(hir: &Hir) -> String {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).unwrap_or("").to_owned(),
        HirKind::Capture(capture) => prefix_of(&capture.sub),
        HirKind::Concat(parts) => {
            let mut prefix = String::new();
            for part in parts {
                match literals_of(part).as_deref() {
                    Some([only]) => prefix.push_str(only),
                    _ => {
                        prefix.push_str(&prefix_of(part));
                        break;
                    }
                }
            }
            prefix
        }
        _ => String::new(),
    }
}

/// The parser's last line says what is wrong; the lines before it draw the pattern.
fn one_line(error: &impl fmt::Display) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("");
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_value_and_newlines() {
        let regex = Regex::new("a.b").unwrap();
        assert!(regex.is_match("a\nb"));
        assert!(!regex.is_match("xa.b"));
        assert!(!regex.is_match("a.bx"));
        assert!(Regex::new("a|bc").unwrap().is_match("bc"));
        assert!(!Regex::new("a|bc").unwrap().is_match("ac"));
    }

    #[test]
    fn literals_with_anything_between_them_need_no_automaton() {
        let check = |pattern: &str, matching: &[&str], others: &[&str]| {
            let regex = Regex::new(pattern).unwrap();
            assert!(matches!(regex.compiled.plan, Plan::Glob { .. }), "{pattern}");
            let automaton = compile(pattern, WhichCaptures::Implicit, COMPILED_BYTES_MAX).unwrap();
            for (texts, want) in [(matching, true), (others, false)] {
                for text in texts {
                    assert_eq!(
                        (regex.is_match(text), automaton.is_match(text)),
                        (want, want),
                        "{pattern} {text}"
                    );
                }
            }
        };
        check(".*:9100", &[":9100", "a:9100", "\n:9100", ":9100:9100"], &["a:9101", "", "a:9100b"]);
        check("/api/.*", &["/api/", "/api/x"], &["/ap", "x/api/"]);
        check(".*error.*", &["error", "an error or two"], &["eror", ""]);
        check("ab.*ba", &["abba", "ab-ba"], &["aba", "ab", "xabba"]);
        check("a.*(bc).*b.*", &["abcb", "abbcb", "a-bc-b-"], &["abc", "abcd", "bcb"]);
        check("größe.*", &["größe", "größer"], &["grö", "grosse"]);
        for pattern in [".+x", "a.*|b", "(?i)a.*", "a.*b?", "(?-s).*x", "a.{0,3}", "^a.*"] {
            assert!(!matches!(Regex::new(pattern).unwrap().compiled.plan, Plan::Glob { .. }), "{pattern}");
        }
        assert_eq!(Regex::new("/api/(.*)").unwrap().expand("/api/x", "$1").as_deref(), Some("x"));
    }

    #[test]
    fn finite_patterns_are_sets() {
        let check = |pattern: &str, want: &[&str]| {
            assert_eq!(
                Regex::new(pattern).unwrap().literals(),
                Some(want.iter().map(|s| s.to_string()).collect::<Vec<_>>().as_slice()),
                "{pattern}"
            );
        };
        check("", &[""]);
        check("foo", &["foo"]);
        check("b|a|b", &["a", "b"]);
        check("(get|post)", &["get", "post"]);
        check("5[01]x?", &["50", "50x", "51", "51x"]);
        check("node\\.1", &["node.1"]);
        assert_eq!(Regex::new("a.*").unwrap().literals(), None);
        assert_eq!(Regex::new("(?i)a").unwrap().literals().map(<[String]>::len), Some(2));
    }

    #[test]
    fn everything_and_prefixes_are_seen() {
        assert!(Regex::new(".*").unwrap().matches_everything());
        assert!(Regex::new("(.*)").unwrap().matches_everything());
        assert!(Regex::new(".+").unwrap().matches_every_non_empty());
        assert_eq!(Regex::new("node_.*").unwrap().prefix(), "node_");
        assert_eq!(Regex::new("(node_cpu|node_mem).*").unwrap().prefix(), "");
        assert_eq!(Regex::new("a(b.*)").unwrap().prefix(), "ab");
    }

    #[test]
    fn groups_expand() {
        let regex = Regex::new("(?P<host>[^:]+):(.*)").unwrap();
        assert_eq!(regex.expand("a:80", "$2-${host}-$$"), Some("80-a-$".to_owned()));
        assert_eq!(regex.expand("a", "$1"), None);
        assert_eq!(Regex::new("(a|b)").unwrap().expand("b", "<$1>"), Some("<b>".to_owned()));
    }

    /// Twenty thousand groups, followed at every place of the pattern, took 38 GB and with them the process.
    #[test]
    fn many_groups_match_and_are_not_followed() {
        let many = Regex::new(&("(a*)*".repeat(20_000) + "b")).unwrap();
        assert!(many.is_match("aab") && !many.is_match("aa"));
        assert_eq!(many.expand("aab", "$1"), None);
        let some = Regex::new(&("(a*)".repeat(90) + "(b)")).unwrap();
        assert_eq!(some.expand("aab", "$91"), Some("b".to_owned()));
    }

    #[test]
    fn errors_are_one_line() {
        assert!(!Regex::new("a(").unwrap_err().to_string().contains('\n'));
    }
}
