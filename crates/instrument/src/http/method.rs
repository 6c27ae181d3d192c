//! Methods as a label: those that exist, and one for all others.

use std::sync::OnceLock;

use http::Method;

/// The label of methods that nobody defined. A client may send any word.
pub(crate) const OTHER: &str = "_OTHER";

/// What RFC 9110 defines, PATCH and QUERY.
const USUAL: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"];

/// Methods a program may have of its own, such as WebDAV's.
const METHODS_MAX: usize = 64;

/// The method as a label value. Which ones are known `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` may say instead.
pub(crate) fn label(method: &Method) -> &'static str {
    static KNOWN: OnceLock<Vec<&'static str>> = OnceLock::new();
    let known = KNOWN
        .get_or_init(|| known(&std::env::var("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS").unwrap_or_default()));
    among(method, known)
}

fn among(method: &Method, known: &[&'static str]) -> &'static str {
    known.iter().copied().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

/// The words of a list, or the usual ones where it has none. They are kept for as long as the program runs.
fn known(list: &str) -> Vec<&'static str> {
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    let keep = |word: &str| match USUAL.into_iter().find(|usual| *usual == word) {
        Some(usual) => usual,
        None => &*word.to_owned().leak(),
    };
    let words: Vec<&'static str> = words.take(METHODS_MAX).map(keep).collect();
    if words.is_empty() { USUAL.to_vec() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_no_methods_are_one_value() {
        let check = |list: &str, word: &str, want| {
            assert_eq!(among(&Method::from_bytes(word.as_bytes()).unwrap(), &known(list)), want, "{word}");
        };
        check("", "GET", "GET");
        check(" , ", "QUERY", "QUERY");
        check("", "get", OTHER);
        check("", "BREW", OTHER);
        check("GET, PROPFIND", "PROPFIND", "PROPFIND");
        check("GET,PROPFIND", "POST", OTHER);
    }
}
