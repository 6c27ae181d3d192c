//! The services of this machine: every listening TCP port that answers `GET /metrics` with an exposition is a target,
//! named as it calls itself in `target_info`, else after the process that owns it.
//!
//! Ports are probed on loopback or on the machine's own address they listen on, nowhere else. One that does not
//! answer is asked again ever more rarely, and ports that are known to speak something else are not asked at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use http::HeaderValue;
use model::Labels;
use tokio::task::JoinSet;

use super::{Publisher, TargetGroup, process};
use crate::config::HttpClientConfig;
use crate::fetch::{Ask, Client, FetchError, Shared};
use crate::target::{ADDRESS, Address};

/// How often the list of ports is read.
const LIST_INTERVAL: Duration = Duration::from_secs(5);
/// How long a probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many ports are asked at once.
const PROBES_MAX: usize = 24;
/// How large an answer may be.
const BODY_BYTES_MAX: u64 = 16 << 20;
/// How long a port that did not answer is left alone at first, and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3_600));
/// How long what was found stays a target after its port closed: who died is down, and not forgotten.
pub const GONE_KEPT: Duration = Duration::from_secs(15 * 60);
/// How many ports are looked at.
const PORTS_MAX: usize = 1_024;
/// Ports of well-known services that speak no HTTP and might log, count or punish a stranger's request.
const OTHER_PORTS: [u16; 23] = [
    21, 22, 23, 25, 53, 110, 111, 139, 143, 389, 445, 465, 587, 631, 636, 993, 995, 3306, 5432, 6379, 11211,
    27017, 5671,
];

/// Longer names are not believed.
const NAME_BYTES_MAX: usize = 128;

/// What local discovery leaves out, and what it begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalConfig {
    /// Ports that are never probed: this process's own.
    pub own_ports: Vec<u16>,
    /// Services that were there lately, with their names: who died while nobody looked is down, and not forgotten.
    pub known: Vec<(SocketAddr, String)>,
}

/// A port that something listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// Where to reach it from this machine.
    pub address: IpAddr,
    /// The socket's number in `/proc`.
    pub inode: u64,
}

/// What is known of a port.
struct Port {
    inode: u64,
    /// The labels of the target, where it answered an exposition.
    target: Option<Labels>,
    /// Since when nothing listens on it.
    closed: Option<Instant>,
    next_probe: Instant,
    back_off: Duration,
}

impl Port {
    /// One that is to be asked at once.
    fn new(inode: u64, now: Instant) -> Port {
        Port { inode, target: None, closed: None, next_probe: now, back_off: BACK_OFF.0 }
    }

    /// One that had a service when somebody looked last: closed, until something listens on it.
    fn known(address: SocketAddr, job: &str, now: Instant) -> Port {
        Port { target: Some(target(address, job, "")), closed: Some(now), ..Port::new(0, now) }
    }

    /// Notes whether something listens on it, and says whether it is to be kept.
    fn stays(&mut self, listens: bool, now: Instant) -> bool {
        self.closed = if listens { None } else { Some(self.closed.unwrap_or(now)) };
        let gone = self.closed.map(|closed| now.duration_since(closed));
        gone.is_none_or(|gone| self.target.is_some() && gone < GONE_KEPT)
    }

    fn job(&self) -> Option<&str> {
        self.target.as_ref().map(|labels| labels.value("job"))
    }
}

pub(super) async fn run(config: LocalConfig, publisher: Publisher) {
    let shared = match Shared::new(&HttpClientConfig::default()) {
        Ok(shared) => shared,
        Err(error) => return publisher.fail(format!("local discovery: {error}")),
    };
    let is_asked = |port: u16| !config.own_ports.contains(&port) && !OTHER_PORTS.contains(&port);
    let known = config.known.iter().filter(|(address, _)| is_asked(address.port()));
    let known = known
        .map(|(address, job)| ((address.port(), address.ip()), Port::known(*address, job, Instant::now())));
    let mut ports: BTreeMap<(u16, IpAddr), Port> = known.collect();
    let mut published = None;
    let mut ticks = tokio::time::interval(LIST_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Ok(listeners) = tokio::task::spawn_blocking(listeners).await else { return };
        let wanted = listeners.into_iter().filter(|listener| is_asked(listener.port));
        let listening: Vec<Listener> = wanted.take(PORTS_MAX).collect();
        let keys: BTreeSet<_> = listening.iter().map(|listener| (listener.port, listener.address)).collect();
        ports.retain(|key, port| port.stays(keys.contains(key), Instant::now()));
        let mut due = Vec::new();
        for listener in listening {
            let now = Instant::now();
            let new = || Port::new(listener.inode, now);
            let port = ports.entry((listener.port, listener.address)).or_insert_with(new);
            if port.inode != listener.inode {
                *port = new();
            }
            if port.target.is_none() && port.next_probe <= now {
                due.push(listener);
            }
        }
        // Together: one that accepts and says nothing takes its whole time, and must not take it from the others.
        for some in due.chunks(PROBES_MAX) {
            let mut probes: JoinSet<_> = some
                .iter()
                .map(|&listener| {
                    let shared = shared.clone();
                    async move { (listener, probe(&shared, listener).await) }
                })
                .collect();
            while let Some(Ok((listener, target))) = probes.join_next().await {
                let Some(port) = ports.get_mut(&(listener.port, listener.address)) else { continue };
                port.target = target;
                let found = port.job().map(str::to_owned);
                port.next_probe = Instant::now() + port.back_off;
                port.back_off = (port.back_off * 2).min(BACK_OFF.1);
                // Who comes back elsewhere has moved, and did not die.
                ports.retain(|_, port| {
                    port.closed.is_none() || found.is_none() || port.job() != found.as_deref()
                });
            }
        }
        let targets: Vec<Labels> = ports.values().filter_map(|port| port.target.clone()).collect();
        if published.as_ref() != Some(&targets) {
            published = Some(targets.clone());
            publisher.publish(vec![TargetGroup { labels: Labels::empty(), targets }]).await;
        }
    }
}

/// Asks a port for metrics once; its target's labels when it answers an exposition.
async fn probe(shared: &std::sync::Arc<Shared>, listener: Listener) -> Option<Labels> {
    let address = SocketAddr::new(listener.address, listener.port);
    let page = Address {
        scheme: "http".to_owned(),
        host_port: address.to_string(),
        path_and_query: "/metrics".to_owned(),
        unix_socket: None,
    };
    let accept = wire::format::accept_header(&wire::format::DEFAULT_PROTOCOLS, "allow-utf-8");
    let ask = Ask {
        accept: HeaderValue::from_str(&accept).ok()?,
        compression: false,
        headers: Vec::new(),
        body_bytes_max: BODY_BYTES_MAX,
    };
    let mut client = Client::new(shared.clone());
    let answer = tokio::time::timeout(PROBE_TIMEOUT, client.fetch(&page, &ask)).await;
    let answer: Result<_, FetchError> = answer.ok()?;
    let answer = answer.ok()?;
    let format = wire::Format::from_content_type(answer.content_type(), None).ok()?;
    let page = wire::Reader::new().read(answer.body(), format, &wire::Options::default()).ok()?;
    if page.shape.series.is_empty() {
        return None;
    }
    let inode = listener.inode;
    let process = tokio::task::spawn_blocking(move || owner_of(inode)).await.ok()?;
    let job = own_name(&page.shape.series)
        .or_else(|| process.clone())
        .unwrap_or_else(|| format!("port-{}", listener.port));
    tracing::info!(%address, %job, "found a local service with metrics");
    Some(target(address, &job, process.as_deref().unwrap_or("")))
}

/// A service as a target.
fn target(address: SocketAddr, job: &str, process: &str) -> Labels {
    Labels::from_pairs([
        (ADDRESS, address.to_string().as_str()),
        ("job", job),
        ("__meta_local_port", &address.port().to_string()),
        ("__meta_local_process", process),
    ])
}

/// What a service calls itself.
fn own_name(series: &[Labels]) -> Option<String> {
    let info = series.iter().find(|labels| labels.value("__name__") == "target_info")?;
    let name = info.value("service_name");
    (!name.is_empty() && name.len() <= NAME_BYTES_MAX).then(|| name.to_owned())
}

/// The listening ports of this machine.
fn listeners() -> Vec<Listener> {
    let mut found = Vec::new();
    for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
        found.extend(parse_listeners(&fs::read_to_string(path).unwrap_or_default()));
    }
    one_per_port(found)
}

/// A service that listens on both families, or on loopback and elsewhere, is one target.
fn one_per_port(mut found: Vec<Listener>) -> Vec<Listener> {
    found.sort_by_key(|listener| (listener.port, !listener.address.is_loopback(), listener.address));
    let mut by_inode: HashMap<(u16, bool), ()> = HashMap::new();
    found.retain(|listener| {
        let has_loopback = by_inode.contains_key(&(listener.port, true));
        by_inode.insert((listener.port, listener.address.is_loopback()), ());
        !has_loopback
    });
    found
}

/// Reads the listening sockets of `/proc/net/tcp` or `tcp6`.
pub fn parse_listeners(text: &str) -> Vec<Listener> {
    const LISTENING: &str = "0A";
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        if fields.get(3) != Some(&LISTENING) {
            return None;
        }
        let (address, port) = fields.get(1)?.split_once(':')?;
        let address = parse_address(address)?;
        let address = match address {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            // A socket on every address of both families is reached over IPv4 as well.
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            other => other,
        };
        let port = u16::from_str_radix(port, 16).ok()?;
        Some(Listener { port, address, inode: fields.get(9)?.parse().ok()? })
    };
    text.lines().skip(1).filter_map(parse).collect()
}

/// An address as the kernel prints it: 32-bit words in the machine's own byte order.
fn parse_address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bytes = [0; 16];
            for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index * 8)?);
            }
            let ip = Ipv6Addr::from(bytes);
            Some(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4))
        }
        _ => None,
    }
}

/// The name of the process that has the socket, where this process may see it.
fn owner_of(inode: u64) -> Option<String> {
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    for process in processes.filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit()) {
        let descriptors = fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
        let mut links = descriptors.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
        if links.any(|link| link.as_os_str() == wanted.as_str()) {
            return process::name(&process.path());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_died_stays_a_target_for_a_while() {
        let start = Instant::now();
        let port = |target: Option<Labels>| Port { target, ..Port::new(1, start) };
        let mut found = port(Some(Labels::from_pairs([("job", "a")])));
        assert!(found.stays(true, start) && found.stays(false, start));
        assert!(found.stays(false, start + GONE_KEPT / 2));
        assert!(found.stays(true, start + GONE_KEPT * 2), "it is back");
        assert!(found.stays(false, start + GONE_KEPT * 3));
        assert!(!found.stays(false, start + GONE_KEPT * 4));
        assert!(!port(None).stays(false, start), "nothing was found there");
        let mut known = Port::known(SocketAddr::from(([127, 0, 0, 1], 80)), "a", start);
        assert!(known.stays(false, start + GONE_KEPT / 2) && known.job() == Some("a"));
        assert!(!known.stays(false, start + GONE_KEPT));
    }

    #[test]
    fn listening_sockets_are_read() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 123 1 0 100 0 0 10 0\n\
            \x20  1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 124 1 0 100 0 0 10 0\n\
            \x20  2: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 125 1 0 100 0 0 10 0\n\
            \x20  3: 0000000000000000FFFF00000200A8C0:1F91 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 126 1 0\n\
            \x20  4: garbage\n";
        let got: Vec<String> = parse_listeners(text)
            .iter()
            .map(|listener| format!("{}:{} {}", listener.address, listener.port, listener.inode))
            .collect();
        assert_eq!(got, ["127.0.0.1:9090 123", "127.0.0.1:80 124", "192.168.0.2:8081 126"]);
    }

    #[test]
    fn a_service_is_called_what_it_calls_itself() {
        let check = |labels: &[(&str, &str)], want: Option<&str>| {
            let series = [Labels::from_pairs([("__name__", "up")]), Labels::from_pairs(labels.to_vec())];
            assert_eq!(own_name(&series).as_deref(), want);
        };
        check(&[("__name__", "target_info"), ("service_name", "shop")], Some("shop"));
        check(&[("__name__", "target_info")], None);
        check(&[("__name__", "target_info"), ("service_name", &"x".repeat(NAME_BYTES_MAX + 1))], None);
        check(&[("__name__", "other_info"), ("service_name", "shop")], None);
    }

    #[test]
    fn a_service_on_several_addresses_is_one() {
        let listener = |address: &str, inode| Listener { port: 80, address: address.parse().unwrap(), inode };
        let got = one_per_port(vec![listener("10.0.0.1", 3), listener("::1", 2), listener("127.0.0.1", 1)]);
        assert_eq!(got, [listener("127.0.0.1", 1)]);
        let got = one_per_port(vec![listener("10.0.0.2", 3), listener("10.0.0.1", 2)]);
        assert_eq!(got.len(), 2);
    }
}
