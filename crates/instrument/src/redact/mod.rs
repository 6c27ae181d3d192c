//! What must not leave the process: fields and parameters whose names say that they are secret, what texts have of them,
//! and keys in paths.

mod path;
mod text;

use std::borrow::Cow;

pub use path::Paths;
pub(crate) use path::redact_path;
pub(crate) use text::redact_text;

use crate::escapes::unescaped;

/// What is written in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Words that make a name secret wherever in it they are: `password_hash` and `old_password` are no better than `password`.
const WORDS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "jwt",
];

/// Names that are secret, also after an underscore: `access_token` is, `token_type` and `design` are not.
const ENDS: [&str; 19] = [
    "token",
    "api_key",
    "apikey",
    "access_key",
    "accesskey",
    "private_key",
    "privatekey",
    "signing_key",
    "encryption_key",
    "signature",
    "sig",
    "awsaccesskeyid",
    "googleaccessid",
    "session_id",
    "sessionid",
    "code_verifier",
    "card_number",
    "cvv",
    "cvc",
];

/// Whether a value of that name must not be written. `more` are names to add, in lower case with underscores.
pub(crate) fn is_secret(name: &str, more: &[String]) -> bool {
    let name = snake_case(name);
    let ends = |secret: &str| {
        name.strip_suffix(secret).is_some_and(|before| before.is_empty() || before.ends_with('_'))
    };
    name.split('_').any(|word| WORDS.contains(&word))
        || ENDS.into_iter().any(ends)
        || more.iter().any(|secret| ends(secret))
}

/// A name in lower case, its words apart by underscores: however it was written, it means the same.
fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for character in name.chars() {
        if character.is_ascii_uppercase() && after_lower {
            out.push('_');
        }
        after_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        out.push(if character.is_ascii_alphanumeric() || !character.is_ascii() {
            character.to_ascii_lowercase()
        } else {
            '_'
        });
    }
    out
}

/// A URL or path without the values of secret parameters, without a password in front of the host, and without the
/// segments of its path that look like keys. `more` are names to add to those that are secret.
pub fn redact_url<'a>(url: &'a str, more: &[String]) -> Cow<'a, str> {
    redact_url_as(url, more, Paths::Redacted)
}

/// The same with or without the path as it is.
pub(crate) fn redact_url_as<'a>(url: &'a str, more: &[String], paths: Paths) -> Cow<'a, str> {
    let scheme = url.find("://").filter(|at| !url[..*at].contains(['/', '?', '#']));
    let start = scheme.map_or(0, |at| at + 3);
    let end = start + url[start..].find(['?', '#']).unwrap_or(url.len() - start);
    let path = url[start..end].find('/').map_or(if start == 0 { 0 } else { end }, |at| start + at);
    let (origin, path, query) = (&url[..path], &url[path..end], &url[end..]);
    let origin = redact_userinfo(origin, &[]);
    // A parameter may be an address, too.
    let query = match redact_userinfo(query, &['/', '?', '#', '&']) {
        Cow::Borrowed(query) => redact_query(query, more),
        Cow::Owned(query) => Cow::Owned(redact_query(&query, more).into_owned()),
    };
    let path = match paths {
        Paths::Raw => Cow::Borrowed(path),
        Paths::Redacted | Paths::Template => redact_path(path, None, more),
    };
    match (&origin, &path, &query) {
        (Cow::Borrowed(_), Cow::Borrowed(_), Cow::Borrowed(_)) => Cow::Borrowed(url),
        _ => Cow::Owned(format!("{origin}{path}{query}")),
    }
}

/// A query with its question mark, and what may follow it.
fn redact_query<'a>(url: &'a str, more: &[String]) -> Cow<'a, str> {
    let Some(query) = url.strip_prefix('?') else { return Cow::Borrowed(url) };
    let (query, fragment) =
        query.split_once('#').map_or((query, None), |(query, fragment)| (query, Some(fragment)));
    let secret = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| is_secret(&unescaped(name), more));
    if !query.split('&').any(secret) {
        return Cow::Borrowed(url);
    }
    let pairs: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if secret(pair) => Cow::Owned(format!("{name}={REDACTED}")),
            _ => Cow::Borrowed(pair),
        })
        .collect();
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Cow::Owned(format!("?{}{fragment}", pairs.join("&")))
}

/// An address without what stands in front of its host, which ends at the first of `ends`.
fn redact_userinfo<'a>(url: &'a str, ends: &[char]) -> Cow<'a, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Cow::Borrowed(url) };
    let end = rest.find(ends).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((_, host)) => Cow::Owned(format!("{scheme}://{REDACTED}@{host}{}", &rest[end..])),
        None => Cow::Borrowed(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        let check = |name: &str, want| assert_eq!(is_secret(name, &["iban".to_owned()]), want, "{name}");
        check("password", true);
        check("DB_PASSWORD", true);
        check("Set-Cookie", true);
        check("x-api-key", true);
        check("http.request.header.authorization", true);
        check("access_token", true);
        check("customer_iban", true);
        check("customerIban", true);
        check("accessToken", true);
        check("clientSecret", true);
        check("secret_key", true);
        check("password_hash", true);
        check("user[password]", true);
        check("APIKey", true);
        check("X-Amz-Security-Token", true);
        check("token_type", false);
        check("secretary", false);
        check("tokens_used", false);
        check("design", false);
        check("order", false);
    }

    #[test]
    fn parameters_of_urls() {
        let check = |url: &str, want: &str| assert_eq!(redact_url(url, &[]), want, "{url}");
        check("/orders?page=2", "/orders?page=2");
        check("/orders?page=2&token=abc#end", "/orders?page=2&token=[redacted]#end");
        check("/blob?X-Amz-Signature=abc&sig=def", "/blob?X-Amz-Signature=[redacted]&sig=[redacted]");
        check("/a?%74oken=abc", "/a?%74oken=[redacted]");
        check("/a?%zz=1&%", "/a?%zz=1&%");
        check("postgres://shop:secret@db:5432/shop", "postgres://[redacted]@db:5432/shop");
        check("https://example.com/a@b", "https://example.com/a@b");
        check("https://u:p@example.com?token=a/b", "https://[redacted]@example.com?token=[redacted]");
        let hook = "https://hooks.example/T00/B7/T7b9XqLk2vWpR4sYdN8mZc";
        check(&format!("{hook}?a=1#x"), "https://hooks.example/T00/B7/[redacted]?a=1#x");
        check("/a?next=https://u:p@h/x&token=1", "/a?next=https://[redacted]@h/x&token=[redacted]");
        check("?next=https://h&email=a@b", "?next=https://h&email=a@b");
        assert_eq!(redact_url_as(hook, &[], Paths::Raw), hook);
        check("", "");
    }
}
