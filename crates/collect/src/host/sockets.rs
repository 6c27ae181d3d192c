//! Sockets and protocols: `/proc/net/sockstat`, `netstat`, `snmp`, and connection tracking.

use model::MetricType::{Gauge, Unknown};

use super::readings::{Readings, number_of, text_of};

pub(super) fn read(readings: &mut Readings) {
    let page_bytes = rustix::param::page_size() as f64;
    for file in ["/proc/net/sockstat", "/proc/net/sockstat6"] {
        sockstat(&text_of(file).unwrap_or_default(), page_bytes, readings);
    }
    for file in ["/proc/net/netstat", "/proc/net/snmp"] {
        paired(&text_of(file).unwrap_or_default(), readings);
    }
    listed(&text_of("/proc/net/snmp6").unwrap_or_default(), readings);
    let tracking = [
        ("count", "node_nf_conntrack_entries", "Connections that are tracked."),
        ("max", "node_nf_conntrack_entries_limit", "Connections that can be tracked."),
    ];
    for (file, name, help) in tracking {
        if let Some(value) = number_of(format!("/proc/sys/net/netfilter/nf_conntrack_{file}")) {
            readings.single(name, Gauge, help, value);
        }
    }
}

fn sockstat(text: &str, page_bytes: f64, readings: &mut Readings) {
    for line in text.lines() {
        let Some((protocol, rest)) = line.split_once(':') else { continue };
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        for pair in fields.chunks_exact(2) {
            let Ok(value) = pair[1].parse::<f64>() else { continue };
            let name = format!("node_sockstat_{protocol}_{}", pair[0]);
            readings.single(&name, Gauge, format!("{} of {protocol} sockets.", pair[0]), value);
            // Memory is counted in pages.
            if pair[0] == "mem" {
                let help = format!("Memory of {protocol} sockets, in bytes.");
                readings.single(&format!("{name}_bytes"), Gauge, help, value * page_bytes);
            }
        }
    }
}

/// Files in which a line of names is followed by a line of values, both led by the protocol.
fn paired(text: &str, readings: &mut Readings) {
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.chunks_exact(2) {
        let (Some((protocol, names)), Some((same, values))) =
            (pair[0].split_once(':'), pair[1].split_once(':'))
        else {
            continue;
        };
        if protocol != same {
            continue;
        }
        for (field, value) in names.split_ascii_whitespace().zip(values.split_ascii_whitespace()) {
            statistic(protocol, field, value, readings);
        }
    }
}

/// Files in which each line is a protocol's name run together with the statistic's, and a value.
fn listed(text: &str, readings: &mut Readings) {
    for line in text.lines() {
        let mut fields = line.split_ascii_whitespace();
        let (Some(name), Some(value)) = (fields.next(), fields.next()) else { continue };
        let protocol_end = name.find('6').map_or(0, |six| six + 1);
        let (protocol, field) = name.split_at(protocol_end);
        statistic(protocol, field, value, readings);
    }
}

fn statistic(protocol: &str, field: &str, value: &str, readings: &mut Readings) {
    let Some(value) = value.parse().ok().filter(|_| is_interesting(protocol, field)) else { return };
    let name = format!("node_netstat_{protocol}_{field}");
    readings.single(&name, Unknown, format!("{field} of {protocol}."), value);
}

/// The few of several hundred statistics that tell of traffic and trouble.
fn is_interesting(protocol: &str, field: &str) -> bool {
    if protocol.is_empty() {
        return false;
    }
    if matches!(field, "InErrors" | "InErrs") {
        return true;
    }
    match protocol {
        "Ip" => field == "Forwarding",
        "Ip6" | "IpExt" => matches!(field, "InOctets" | "OutOctets"),
        "Icmp" | "Icmp6" => matches!(field, "InMsgs" | "OutMsgs"),
        "TcpExt" => {
            field.starts_with("Listen")
                || field.starts_with("Syncookies")
                || matches!(field, "TCPSynRetrans" | "TCPTimeouts" | "TCPOFOQueue" | "TCPRcvQDrop")
        }
        "Tcp" => matches!(
            field,
            "ActiveOpens" | "InSegs" | "OutSegs" | "OutRsts" | "PassiveOpens" | "RetransSegs" | "CurrEstab"
        ),
        "Udp" | "Udp6" => {
            matches!(field, "InDatagrams" | "OutDatagrams" | "NoPorts" | "RcvbufErrors" | "SndbufErrors")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_counts() {
        let mut readings = Readings::default();
        sockstat("sockets: used 41\nTCP: inuse 8 orphan 0 mem 2\nbroken\n", 4096.0, &mut readings);
        assert_eq!(
            readings.show(),
            "node_sockstat_sockets_used 41\nnode_sockstat_TCP_inuse 8\nnode_sockstat_TCP_orphan 0\n\
             node_sockstat_TCP_mem 2\nnode_sockstat_TCP_mem_bytes 8192\n"
        );
    }

    #[test]
    fn protocol_statistics() {
        let mut readings = Readings::default();
        paired(
            "Tcp: RtoMin ActiveOpens InErrs\nTcp: 200 7 1\nTcpExt: ListenDrops X\nTcpExt: 3 4\n",
            &mut readings,
        );
        listed("Ip6InOctets   \t128\nIcmp6InMsgs 1\nIp6InReceives 9\nUdpLite6InErrors 2\n", &mut readings);
        assert_eq!(
            readings.show(),
            "node_netstat_Tcp_ActiveOpens 7\nnode_netstat_Tcp_InErrs 1\nnode_netstat_TcpExt_ListenDrops 3\n\
             node_netstat_Ip6_InOctets 128\nnode_netstat_Icmp6_InMsgs 1\nnode_netstat_UdpLite6_InErrors 2\n"
        );
    }
}
