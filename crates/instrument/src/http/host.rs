//! Hosts: as labels, of which there are few whatever a program calls, and apart from their ports.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// Hosts that have a label of their own; the others are one.
const HOSTS_MAX: usize = 100;

/// The host of calls beyond that, and of requests that name none.
const OTHER: &str = "other";

/// The hosts that have a label.
#[derive(Default)]
pub(super) struct Hosts {
    known: RwLock<HashSet<Box<str>>>,
}

impl Hosts {
    /// The label of a host: a name that a program makes up for each call must not make a series for each.
    pub(super) fn label(&self, authority: Option<&str>) -> Box<str> {
        let Some(authority) = authority else { return OTHER.into() };
        let host = without_user(authority).to_ascii_lowercase().into_boxed_str();
        if self.known.read().unwrap_or_else(PoisonError::into_inner).contains(&host) {
            return host;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= HOSTS_MAX && !known.contains(&host) {
            return OTHER.into();
        }
        known.insert(host.clone());
        host
    }
}

/// A name and password in an address are nobody's business.
pub(super) fn without_user(authority: &str) -> &str {
    authority.rsplit('@').next().unwrap_or_default()
}

/// A host and its port.
pub(super) fn split_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((address, port)) if !address.contains(':') || address.ends_with(']') => match port.parse() {
            Ok(port) => (address, Some(port)),
            Err(_) => (host, None),
        },
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_bounded_and_tell_no_secrets() {
        let hosts = Hosts::default();
        for number in 0..HOSTS_MAX - 1 {
            assert_eq!(&*hosts.label(Some(&format!("tenant-{number}"))), format!("tenant-{number}"));
        }
        assert_eq!(&*hosts.label(Some("User:secret@Pay.example:8080")), "pay.example:8080");
        assert_eq!(&*hosts.label(Some("one-too-many")), OTHER);
        assert_eq!(&*hosts.label(Some("tenant-7")), "tenant-7");
        assert_eq!(&*hosts.label(None), OTHER);
    }

    #[test]
    fn ports_of_hosts() {
        let check = |host: &str, want: (&str, Option<u16>)| assert_eq!(split_port(host), want, "{host}");
        check("pay.example", ("pay.example", None));
        check("pay.example:8080", ("pay.example", Some(8080)));
        check("[::1]:80", ("[::1]", Some(80)));
        check("::1", ("::1", None));
        check("x:y", ("x:y", None));
        check("", ("", None));
    }
}
