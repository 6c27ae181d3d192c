//! URLs: addresses out of them, where redirects lead, and what their parts mean.

use http::{StatusCode, Uri};

use super::FetchError;
use crate::target::Address;

/// Whether a status sends the client elsewhere.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads: an absolute URL, another path on the same host, or a path relative to the last one.
pub(super) fn redirect_of(at: &Address, location: Option<&str>) -> Result<Address, FetchError> {
    let location = location.ok_or_else(|| FetchError::Redirect("without a Location".to_owned()))?;
    resolve_location(at, location)
        .ok_or_else(|| FetchError::Redirect(format!("to {location:?}, which is not an HTTP address")))
}

fn resolve_location(at: &Address, location: &str) -> Option<Address> {
    let location = location.split('#').next().unwrap_or("");
    if let Some(rest) = location.strip_prefix("//") {
        return resolve_location(at, &format!("{}://{rest}", at.scheme));
    }
    if location.contains("://") {
        let uri: Uri = location.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?.to_owned();
        // User information in a redirect is nothing this client would send.
        let authority = uri.authority()?.as_str();
        let host_port = authority.rsplit('@').next().unwrap_or(authority).to_owned();
        let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let same_host = scheme == at.scheme && host_port == at.host_port;
        let unix_socket = at.unix_socket.clone().filter(|_| same_host);
        return Some(Address { scheme, host_port, path_and_query, unix_socket });
    }
    let path_and_query = match location.as_bytes().first() {
        Some(b'/') => location.to_owned(),
        Some(b'?') => format!("{}{location}", at.path_and_query.split('?').next().unwrap_or("/")),
        _ => {
            let path = at.path_and_query.split('?').next().unwrap_or("/");
            let directory = path.rfind('/').map_or("/", |slash| &path[..=slash]);
            format!("{directory}{location}")
        }
    };
    Some(Address { path_and_query, ..at.clone() })
}

/// Splits a URL of a configuration file into an address.
pub fn address_of(url: &str) -> Result<Address, FetchError> {
    let uri: Uri = url
        .parse()
        .map_err(|error: http::uri::InvalidUri| FetchError::Address(url.to_owned(), error.to_string()))?;
    let scheme = uri.scheme_str().unwrap_or("http").to_owned();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host_port = authority.rsplit('@').next().unwrap_or(authority).to_owned();
    let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Ok(Address { scheme, host_port, path_and_query, unix_socket: None })
}

/// What `%` and two hexadecimal digits stand for in a part of a URL.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|digits| first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(first));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_resolved_against_the_last_address() {
        let at = address_of("http://a:1/x/y?z=1").unwrap();
        let check = |location: &str, want: Option<&str>| {
            assert_eq!(resolve_location(&at, location).map(|to| to.uri()).as_deref(), want, "{location}");
        };
        check("/m", Some("http://a:1/m"));
        check("m?q", Some("http://a:1/x/m?q"));
        check("?q=2", Some("http://a:1/x/y?q=2"));
        check("https://user:pw@b/m#f", Some("https://b/m"));
        check("//b:2/m", Some("http://b:2/m"));
        check("ftp://b/m", None);
        check("http://", None);
    }
}
