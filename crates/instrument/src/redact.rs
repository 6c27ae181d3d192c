//! What must not leave the process: fields and parameters whose names say that they are secret.

use std::borrow::Cow;

/// What is written in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Names of fields and query parameters that are secret, in lower case and with underscores for dashes. A name that ends in one
/// of them after an underscore is secret too.
const SECRETS: [&str; 20] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "credential",
    "credentials",
    "signature",
    "sig",
    "awsaccesskeyid",
    "googleaccessid",
    "session_id",
    "code_verifier",
    "jwt",
];

/// Whether a value of that name must not be written. `more` are names to add, in lower case with underscores.
pub(crate) fn is_secret(name: &str, more: &[String]) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '.'], "_");
    let matches = |secret: &str| {
        name.strip_suffix(secret).is_some_and(|before| before.is_empty() || before.ends_with('_'))
    };
    SECRETS.into_iter().any(matches) || more.iter().any(|secret| matches(secret))
}

/// A URL or path without the values of secret parameters, and without a password in front of the host.
pub fn redact_url<'a>(url: &'a str, more: &[String]) -> Cow<'a, str> {
    let url = redact_userinfo(url);
    let Some((path, query)) = url.split_once('?') else { return url };
    let (query, fragment) =
        query.split_once('#').map_or((query, None), |(query, fragment)| (query, Some(fragment)));
    let secret = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| is_secret(&unescaped(name), more));
    if !query.split('&').any(secret) {
        return url;
    }
    let pairs: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if secret(pair) => Cow::Owned(format!("{name}={REDACTED}")),
            _ => Cow::Borrowed(pair),
        })
        .collect();
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Cow::Owned(format!("{path}?{}{fragment}", pairs.join("&")))
}

fn redact_userinfo(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Cow::Borrowed(url) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((_, host)) => Cow::Owned(format!("{scheme}://{REDACTED}@{host}{}", &rest[end..])),
        None => Cow::Borrowed(url),
    }
}

/// A name with its escapes resolved, so that `%74oken` is a token.
pub(crate) fn unescaped(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
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
        check("", "");
    }
}
