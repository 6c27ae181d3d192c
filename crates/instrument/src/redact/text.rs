//! Secrets in the middle of a text: messages, errors and what `Debug` prints are made of values that had names once.

use std::borrow::Cow;
use std::ops::Range;

use super::path::looks_secret;
use super::{Paths, REDACTED, is_secret};
use crate::escapes::unescaped;

/// A longer name is none.
const NAME_BYTES_MAX: usize = 64;

/// Schemes of credentials, as they stand in front of them.
const SCHEMES: [&str; 4] = ["Bearer ", "bearer ", "Basic ", "basic "];

/// What follows a scheme and is shorter is a word.
const CREDENTIAL_BYTES_MIN: usize = 8;

/// A text without what stands behind the name of a secret (`token=abc`, `password: "abc"`), behind the scheme of credentials,
/// or in front of the host of a URL, and without what looks like a key in the path of one.
pub(crate) fn redact_text<'a>(text: &'a str, more: &[String], paths: Paths) -> Cow<'a, str> {
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    // Where the path of the URL ends that is being read.
    let mut path_end = 0;
    while let Some(found) = text[at..].find(['=', ':', ' ', '/']) {
        let separator = at + found;
        at = separator + 1;
        let secret = match text.as_bytes()[separator] {
            b' ' => credential(text, at),
            b':' if text[at..].starts_with("//") => {
                if paths != Paths::Raw {
                    path_end = end_of_path(text, at + 2);
                }
                at += 2;
                user_info(text, at)
            }
            b'/' if at < path_end => key(text, at),
            b'/' => None,
            _ => named(text, separator, more),
        };
        if let Some(secret) = secret.filter(|secret| !secret.is_empty() && secret.start >= copied) {
            out.push_str(&text[copied..secret.start]);
            out.push_str(REDACTED);
            (copied, at) = (secret.end, secret.end);
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The value behind a separator, if the name in front of it is that of a secret.
fn named(text: &str, separator: usize, more: &[String]) -> Option<Range<usize>> {
    let before = text[..separator].trim_end_matches([' ', '"', '\'', '\\']);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(byte);
    let length = before.bytes().rev().take(NAME_BYTES_MAX).take_while(is_name).count();
    let name = before[before.len() - length..].trim_start_matches('[');
    // Only then the value is looked for, or a text of nothing but separators would be read once for each.
    if name.is_empty() || !is_secret(&unescaped(name), more) {
        return None;
    }
    value(text, separator)
}

/// What stands behind a separator: behind a colon only what is quoted, for prose has colons too.
fn value(text: &str, separator: usize) -> Option<Range<usize>> {
    let mut rest = text[separator + 1..].trim_start_matches(' ');
    rest = rest.strip_prefix("Some(").unwrap_or(rest).trim_start_matches('\\');
    let start = text.len() - rest.len();
    for quote in ['"', '\''] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let end = quoted.find(quote).unwrap_or(quoted.len());
            return Some(start + 1..start + 1 + quoted[..end].trim_end_matches('\\').len());
        }
    }
    let ends = |one: char| one.is_whitespace() || "&,;\"'()<>{}[]#".contains(one);
    let end = rest.find(ends).unwrap_or(rest.len());
    (text.as_bytes()[separator] == b'=').then(|| start..start + end)
}

/// What stands between `://` and the host.
fn user_info(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = &text[start..];
    let ends = |one: char| one.is_whitespace() || "/?#\"'<>".contains(one);
    let authority = &rest[..rest.find(ends).unwrap_or(rest.len())];
    authority.rfind('@').map(|end| start..start + end)
}

/// Where the address ends that begins at `start`, or its path if there is more.
fn end_of_path(text: &str, start: usize) -> usize {
    let ends = |one: char| one.is_whitespace() || "?#\"'<>()".contains(one);
    start + text[start..].find(ends).unwrap_or(text.len() - start)
}

/// The segment of a path that begins at `start`, if it looks like a key.
fn key(text: &str, start: usize) -> Option<Range<usize>> {
    let ends = |one: char| one.is_whitespace() || "/?#\"'<>(),;".contains(one);
    let segment = &text[start..];
    let segment = &segment[..segment.find(ends).unwrap_or(segment.len())];
    looks_secret(segment).then(|| start..start + segment.len())
}

/// What stands behind the scheme that ends at `start`. Tokens have digits, and words have none.
fn credential(text: &str, start: usize) -> Option<Range<usize>> {
    if !SCHEMES.iter().any(|scheme| text[..start].ends_with(scheme)) {
        return None;
    }
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let length = text[start..].bytes().take_while(is_token).count();
    let token = &text[start..start + length];
    let is_credential = length >= CREDENTIAL_BYTES_MIN && token.bytes().any(|byte| byte.is_ascii_digit());
    is_credential.then_some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_texts() {
        let check = |text: &str, want: &str| {
            assert_eq!(redact_text(text, &["iban".to_owned()], Paths::Redacted), want, "{text}");
        };
        let unchanged = |text: &str| check(text, text);
        check(
            "error sending request for url (http://pay/charge?a=1&token=abc&b=2)",
            "error sending request for url (http://pay/charge?a=1&token=[redacted]&b=2)",
        );
        check(
            r#"Login { user: "a", password: "hunter2", pin: Some("x"), token: Some("t") }"#,
            r#"Login { user: "a", password: "[redacted]", pin: Some("x"), token: Some("[redacted]") }"#,
        );
        check(r#"{"accessToken":"abc","n":1}"#, r#"{"accessToken":"[redacted]","n":1}"#);
        check(r#"body "{\"password\":\"hunter2\"}""#, r#"body "{\"password\":\"[redacted]\"}""#);
        check(
            "cannot open postgres://shop:hunter2@db:5432/shop",
            "cannot open postgres://[redacted]@db:5432/shop",
        );
        check("host=db password=hunter2 user=x", "host=db password=[redacted] user=x");
        check("password = 'hunter 2' x", "password = '[redacted]' x");
        check("authorization: Bearer eyJ0.e30.x-y_9", "authorization: Bearer [redacted]");
        check(
            "no answer (https://bot:x@api.example/110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/send) in time",
            "no answer (https://[redacted]@api.example/[redacted]/send) in time",
        );
        unchanged("read /var/lib/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        check("iban=DE00 1", "iban=[redacted] 1");
        check("token=a token=b", "token=[redacted] token=[redacted]");
        check("%74oken=abc", "%74oken=[redacted]");
        check("password=ünïcödé", "password=[redacted]");
        check("password=\"never ends", "password=\"[redacted]");
        unchanged("invalid token: unexpected end");
        unchanged("Basic authentication failed");
        unchanged("page=2&sort=price");
        unchanged("https://example.com/a@b");
        unchanged("12:30:59 took=5 ms");
        unchanged("password=");
        unchanged("=:= ://@ :");
        unchanged("");
    }

    #[test]
    fn long_texts_are_read_once() {
        let text = "a=".repeat(4_096);
        assert_eq!(redact_text(&text, &[], Paths::Redacted), text);
        let text = format!("http://{}", "a/".repeat(4_096));
        assert_eq!(redact_text(&text, &[], Paths::Redacted), text);
        let text = "token=".repeat(2_000);
        assert!(redact_text(&text, &[], Paths::Redacted).ends_with(REDACTED));
    }
}
