//! Methods as a label: those that exist, and one for all others.

use http::Method;

/// The label of methods that nobody defined. A client may send any word.
pub(crate) const OTHER: &str = "_OTHER";

/// The method as a label value: what RFC 9110 defines, PATCH and QUERY.
pub(crate) fn label(method: &Method) -> &'static str {
    const KNOWN: [&str; 10] =
        ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_no_methods_are_one_value() {
        let check = |word: &str, want| assert_eq!(label(&Method::from_bytes(word.as_bytes()).unwrap()), want);
        check("GET", "GET");
        check("QUERY", "QUERY");
        check("get", OTHER);
        check("BREW", OTHER);
    }
}
