//! Tags of answers (`ETag`): the same bytes have the same one, so that a caller can ask whether what it has is still what is here.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};

use axum::http::{HeaderMap, HeaderName};

/// The tag of these bytes, without its quotes. The hasher's keys are fixed, so it is the same in every process.
pub fn tag(bytes: &[u8]) -> String {
    let mut hasher = BuildHasherDefault::<DefaultHasher>::default().build_hasher();
    hasher.write(bytes);
    format!("{:016x}", hasher.finish())
}

/// The tags that a header names; nothing where it is not there. What a proxy compressed on the way has a weak one, which is
/// still the one it was.
pub fn named(headers: &HeaderMap, header: HeaderName) -> Option<Vec<String>> {
    let said = headers.get(header)?.to_str().unwrap_or_default();
    let bare = |one: &str| one.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    Some(said.split(',').map(bare).filter(|one| !one.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn tags_are_read_with_and_without_what_stands_around_them() {
        let check = |said: &str, want: &[&str]| {
            let said = HeaderValue::from_str(said).expect("a header");
            let headers = HeaderMap::from_iter([(header::IF_MATCH, said)]);
            assert_eq!(named(&headers, header::IF_MATCH).expect("it is there"), want);
        };
        check("\"a\"", &["a"]);
        check("\"0\", W/\"b\",c", &["0", "b", "c"]);
        check("*", &["*"]);
        check("", &[]);
        assert!(named(&HeaderMap::new(), header::IF_MATCH).is_none());
        assert_ne!(tag(b"a"), tag(b"b"));
    }
}
