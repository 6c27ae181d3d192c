//! Secrets in paths: links to reset a password, webhooks and bots have their key in the address itself.

use std::borrow::Cow;

use super::{REDACTED, is_secret};

/// What log lines and spans tell of the paths of requests.
///
/// The route is told in any case. A segment is redacted that stands for a parameter of the route whose name is that of a
/// secret (`/reset/{token}`), that follows such a name (`/token/k7s9`), or that looks like a key by itself: long and
/// random, or beginning as those of well-known services do. UUIDs and numbers are ids, and stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Paths {
    /// As they are.
    Raw,
    /// Without the segments that look like secrets.
    #[default]
    Redacted,
    /// Spans have the template of the route in the place of the path, and no path where none matched. Where there are no
    /// routes, in log lines and the addresses of calls, it is the same as `Redacted`.
    Template,
}

/// A shorter segment is no key, however it looks.
const KEY_BYTES_MIN: usize = 20;

/// Letters and digits in one piece that are too many for a word.
const PIECE_BYTES_MAX: usize = 32;

/// How the keys of well-known services begin.
const BEGINNINGS: [&str; 20] = [
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "whsec_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "npm_",
    "hvs.",
    "SG.",
    "eyJ",
];

/// A path without its secrets, `template` being that of its route if there is one.
pub(crate) fn redact_path<'a>(path: &'a str, template: Option<&str>, more: &[String]) -> Cow<'a, str> {
    let mut parts = template.filter(|template| fits(template, path)).map(|template| template.split('/'));
    let (mut out, mut before, mut is_changed) = (String::with_capacity(path.len()), "", false);
    for (at, segment) in path.split('/').enumerate() {
        let part = parts.as_mut().and_then(Iterator::next);
        let is_secret_segment = part != Some(segment)
            && (part.is_some_and(|part| is_secret(parameter(part), more))
                || looks_secret(segment)
                || (is_secret(before, more) && has_digit(segment)));
        out.push_str(if at > 0 { "/" } else { "" });
        out.push_str(if is_secret_segment { REDACTED } else { segment });
        is_changed |= is_secret_segment;
        before = segment;
    }
    if is_changed { Cow::Owned(out) } else { Cow::Borrowed(path) }
}

/// Whether a template is that of this path: nested routers see a part of the path, of which it does not tell.
fn fits(template: &str, path: &str) -> bool {
    let is_parameter = |part: &str| part.contains(['{', '*']);
    template.split('/').zip(path.split('/')).all(|(part, segment)| part == segment || is_parameter(part))
}

/// The name of the parameter that a part of a template is.
fn parameter(part: &str) -> &str {
    let name = part.split_once('{').map_or(part, |(_, name)| name);
    name.split_once('}').map_or(name, |(name, _)| name).trim_start_matches('*')
}

/// Words that follow the name of a secret, as in `/token/refresh`, say what to do with it.
fn has_digit(segment: &str) -> bool {
    segment.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a segment is a key by itself.
pub(super) fn looks_secret(segment: &str) -> bool {
    segment.len() >= KEY_BYTES_MIN
        && !is_uuid(segment)
        && (BEGINNINGS.iter().any(|beginning| segment.starts_with(beginning)) || is_random(segment))
}

/// Whether nobody would have chosen these characters: upper and lower case and digits in no order, or a piece that is
/// longer than words are. Letters of one case follow each other in words, also where words begin with a capital.
fn is_random(text: &str) -> bool {
    let (mut lower, mut upper, mut digit, mut turns) = (0, 0, 0, 0);
    let (mut piece, mut longest, mut before) = (0, 0, b'-');
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' => lower += 1,
            b'A'..=b'Z' => upper += 1,
            b'0'..=b'9' => digit += 1,
            _ => {}
        }
        let is_alphanumeric = byte.is_ascii_alphanumeric();
        piece = if is_alphanumeric { piece + 1 } else { 0 };
        longest = longest.max(piece);
        let is_turn = before.is_ascii_lowercase() && byte.is_ascii_uppercase()
            || before.is_ascii_digit() != byte.is_ascii_digit();
        turns += usize::from(is_turn && is_alphanumeric && before.is_ascii_alphanumeric());
        before = byte;
    }
    let is_mixed = lower > 0 && upper > 0 && digit > 0 && turns * 4 > text.len();
    is_mixed || (longest >= PIECE_BYTES_MAX && digit > 0 && lower + upper > 0)
}

fn is_uuid(text: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if is_dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_that_look_like_keys() {
        let check = |segment: &str, want| assert_eq!(looks_secret(segment), want, "{segment}");
        check("T7b9XqLk2vWpR4sYdN8mZc", true);
        check("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", true);
        check("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", true);
        check("sk_live_aaaaaaaaaaaaaaaa", true);
        check("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", true);
        check("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", false);
        check("12345678901234567890123456789012345", false);
        check("01ARZ3NDEKTSV4RRFFQ69G5FAV", false);
        check("how-to-write-a-fast-parser-in-rust-2024-edition", false);
        check("Introduction-to-Rust-2024-Edition", false);
        check("GetCustomerAccountByIdV2", false);
        check("opentelemetry.proto.collector.trace.v1.TraceService", false);
        check("report_2026-11-21T10%3A00%3A00Z.csv", false);
        check("a1B2", false);
        check("", false);
    }

    #[test]
    fn paths_of_routes_and_of_none() {
        let check = |path: &str, template: Option<&str>, want: &str| {
            assert_eq!(redact_path(path, template, &["voucher".to_owned()]), want, "{path} {template:?}");
        };
        let key = "T7b9XqLk2vWpR4sYdN8mZc";
        check("/orders/17", Some("/orders/{id}"), "/orders/17");
        check("/reset/abc", Some("/reset/{token}"), "/reset/[redacted]");
        check("/reset/abc/now", Some("/reset/{reset_token}/now"), "/reset/[redacted]/now");
        check("/redeem/abc", Some("/redeem/{voucher}"), "/redeem/[redacted]");
        check(&format!("/hooks/{key}/x"), Some("/hooks/{id}/x"), "/hooks/[redacted]/x");
        check(&format!("/files/a/{key}/b"), Some("/files/{*path}"), "/files/a/[redacted]/b");
        check(&format!("/files/{key}"), Some("/files/*"), "/files/[redacted]");
        check(&format!("/{key}"), None, "/[redacted]");
        // What the program itself calls its routes is no secret.
        check("/auth/token/v2", Some("/auth/token/v2"), "/auth/token/v2");
        check(&format!("/{key}"), Some(&format!("/{key}")), &format!("/{key}"));
        check("/auth/token/refresh", None, "/auth/token/refresh");
        check("/auth/token/k7s9", None, "/auth/token/[redacted]");
        check("/reset-password/k7s9", None, "/reset-password/[redacted]");
        // A nested router's path is not that of the template.
        check("/reset/abc", Some("/api/reset/{token}"), "/reset/abc");
        check("", None, "");
        check("//", Some("/"), "//");
        check("*", None, "*");
    }
}
