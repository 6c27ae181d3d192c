//! Which proxy, if any, a request goes through.

use std::net::IpAddr;

use http::header::PROXY_AUTHORIZATION;
use http::{HeaderName, HeaderValue, Uri};

use super::redirect::percent_decoded;
use super::{FetchError, credentials};
use crate::config::{ConfigError, ProxyConfig, Secret};

/// The proxies of one section.
pub(super) struct Proxy {
    http: Option<ProxyServer>,
    https: Option<ProxyServer>,
    except: Exceptions,
}

/// One proxy.
#[derive(Clone)]
pub(super) struct ProxyServer {
    pub(super) is_https: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// From the user information of its URL.
    pub(super) authorization: Option<HeaderValue>,
    headers: Vec<(HeaderName, Vec<Secret>)>,
}

/// Hosts that are reached directly.
#[derive(Default)]
struct Exceptions {
    entries: Vec<Exception>,
    /// Whether this machine itself is one, as it is when the environment names the proxy.
    loopback: bool,
}

enum Exception {
    Everything,
    /// The name and everything below it.
    Domain {
        suffix: String,
        port: Option<u16>,
    },
    Network {
        address: IpAddr,
        bits: u32,
    },
}

impl Proxy {
    pub(super) fn new(config: &ProxyConfig) -> Result<Proxy, ConfigError> {
        Proxy::within(config, |name| std::env::var(name).ok())
    }

    /// As `new`, in an environment of these variables.
    fn within(
        config: &ProxyConfig,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Proxy, ConfigError> {
        let variable = |name: &str| {
            let value = environment(&name.to_ascii_lowercase()).or_else(|| environment(name));
            value.filter(|value| !value.is_empty())
        };
        let server = |url: Option<String>| url.map(|url| ProxyServer::new(&url, config)).transpose();
        if config.from_environment {
            return Ok(Proxy {
                http: server(variable("HTTP_PROXY"))?,
                https: server(variable("HTTPS_PROXY"))?,
                except: Exceptions::new(&variable("NO_PROXY").unwrap_or_default(), true),
            });
        }
        let http = server(config.url.clone())?;
        let except = Exceptions::new(config.no_proxy.as_deref().unwrap_or(""), false);
        Ok(Proxy { https: http.clone(), http, except })
    }

    /// The proxy for a request to `host`.
    pub(super) fn server_for(
        &self,
        is_https: bool,
        host: &str,
        port: u16,
    ) -> Result<Option<ProxyServer>, FetchError> {
        let server = if is_https { &self.https } else { &self.http };
        Ok(server.as_ref().filter(|_| !self.except.covers(host, port)).cloned())
    }
}

impl ProxyServer {
    fn new(url: &str, config: &ProxyConfig) -> Result<ProxyServer, ConfigError> {
        let invalid = |message: String| ConfigError::new("proxy_url", message);
        let with_scheme = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let uri: Uri = with_scheme.parse().map_err(|error| invalid(format!("not a valid URL: {error}")))?;
        let is_https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid("scheme must be http or https".to_owned())),
        };
        let host = uri.host().unwrap_or("").trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let user =
            uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(user, _)| user);
        let authorization = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            credentials::basic_header(&percent_decoded(name), &percent_decoded(password))
        });
        let authorization = authorization.transpose().map_err(|error| invalid(error.to_string()))?;
        let headers = config.connect_header.iter().map(|(name, values)| {
            let name = HeaderName::from_bytes(name.as_bytes());
            name.map(|name| (name, values.clone()))
                .map_err(|error| ConfigError::new("proxy_connect_header", error.to_string()))
        });
        Ok(ProxyServer { is_https, host, port, authorization, headers: headers.collect::<Result<_, _>>()? })
    }

    /// The headers of a `CONNECT`, as text.
    pub(super) fn connect_headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::new();
        if let Some(text) = self.authorization.as_ref().and_then(|value| value.to_str().ok()) {
            headers.push((PROXY_AUTHORIZATION.to_string(), text.to_owned()));
        }
        for (name, values) in &self.headers {
            let clean =
                values.iter().map(|value| value.reveal()).filter(|value| !value.contains(['\r', '\n']));
            headers.extend(clean.map(|value| (name.to_string(), value.to_owned())));
        }
        headers
    }
}

impl Exceptions {
    fn new(list: &str, loopback: bool) -> Exceptions {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Exception::new);
        Exceptions { entries: entries.collect(), loopback }
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        let address: Option<IpAddr> = host.parse().ok();
        let is_loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        if self.loopback && is_loopback {
            return true;
        }
        self.entries.iter().any(|entry| match entry {
            Exception::Everything => true,
            Exception::Domain { suffix, port: only } => {
                let host = host.to_ascii_lowercase();
                let is_below = host.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.ends_with('.'));
                (host == *suffix || is_below) && only.is_none_or(|only| only == port)
            }
            Exception::Network { address: network, bits } => {
                address.is_some_and(|address| same_network(address, *network, *bits))
            }
        })
    }
}

impl Exception {
    fn new(entry: &str) -> Exception {
        if entry == "*" {
            return Exception::Everything;
        }
        let network = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
        if let Ok(address) = network.0.trim_matches(['[', ']']).parse::<IpAddr>() {
            let all = if address.is_ipv4() { 32 } else { 128 };
            let bits = network.1.and_then(|bits| bits.parse().ok()).unwrap_or(all).min(all);
            return Exception::Network { address, bits };
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (entry, None),
        };
        let suffix = host.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        Exception::Domain { suffix, port }
    }
}

fn same_network(a: IpAddr, b: IpAddr, bits: u32) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_cover_names_networks_and_ports() {
        let check = |list: &str, host: &str, port: u16, want: bool| {
            assert_eq!(Exceptions::new(list, false).covers(host, port), want, "{list} {host}:{port}");
        };
        check("*", "a", 1, true);
        check("example.com", "example.com", 80, true);
        check("example.com", "www.Example.com", 80, true);
        check(".example.com", "www.example.com", 80, true);
        check("example.com", "badexample.com", 80, false);
        check("a, example.com:8080", "example.com", 8080, true);
        check("example.com:8080", "example.com", 80, false);
        check("10.0.0.0/8", "10.1.2.3", 80, true);
        check("10.0.0.0/8", "11.1.2.3", 80, false);
        check("10.0.0.1", "10.0.0.1", 80, true);
        check("0.0.0.0/0", "11.1.2.3", 80, true);
        check("fd00::/8", "fd12::1", 80, true);
        check("", "a", 80, false);
        assert!(Exceptions::new("", true).covers("127.0.0.1", 80));
    }

    #[test]
    fn the_environment_names_proxies_where_the_section_asks_for_it() {
        let config = ProxyConfig { from_environment: true, ..ProxyConfig::default() };
        let check = |variables: &[(&str, &str)], url: (bool, &str), want: Option<(&str, u16)>| {
            let known = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let proxy = Proxy::within(&config, known).unwrap();
            let server = proxy.server_for(url.0, url.1, 80).unwrap();
            let got = server.as_ref().map(|server| (server.host.as_str(), server.port));
            assert_eq!(got, want, "{variables:?} {url:?}");
        };
        let both = [("HTTP_PROXY", "http://a:1"), ("https_proxy", "b:2"), ("NO_PROXY", "near.example")];
        check(&both, (false, "far.example"), Some(("a", 1)));
        check(&both, (true, "far.example"), Some(("b", 2)));
        check(&both, (true, "near.example"), None);
        check(&both, (false, "127.0.0.1"), None);
        check(&[("http_proxy", "c:3"), ("HTTP_PROXY", "a:1")], (false, "far.example"), Some(("c", 3)));
        check(&[("HTTP_PROXY", "")], (false, "far.example"), None);
        let ignored = Proxy::within(&ProxyConfig::default(), |_| Some("a:1".to_owned())).unwrap();
        assert!(ignored.server_for(false, "far.example", 80).unwrap().is_none());
    }

    #[test]
    fn user_information_becomes_a_header() {
        let server = ProxyServer::new("http://us%65r:p%40ss@proxy:3128", &ProxyConfig::default()).unwrap();
        assert_eq!((server.host.as_str(), server.port), ("proxy", 3128));
        assert_eq!(server.connect_headers()[0].1, "Basic dXNlcjpwQHNz");
        assert!(ProxyServer::new("socks5://proxy:1", &ProxyConfig::default()).is_err());
    }
}
