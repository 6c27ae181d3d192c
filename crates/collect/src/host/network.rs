//! Network interfaces: `/proc/net/dev` and `/sys/class/net`.

use std::path::Path;

use model::MetricType::{Counter, Gauge};

use super::readings::{Readings, number_of, text_of};

/// How many interfaces are looked at; a host of containers has thousands.
const INTERFACES_MAX: usize = 4_096;

const RECEIVE: [&str; 8] = ["bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"];
const TRANSMIT: [&str; 8] = ["bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed"];

/// Files below an interface's directory, what makes their unit the metric's, and whether they only go up.
const PROPERTIES: [(&str, &str, f64, bool, &str); 7] = [
    ("carrier", "carrier", 1.0, false, "1 where the link is there."),
    ("carrier_changes", "carrier_changes_total", 1.0, true, "How often the link came or went."),
    ("carrier_up_count", "carrier_up_changes_total", 1.0, true, "How often the link came."),
    ("carrier_down_count", "carrier_down_changes_total", 1.0, true, "How often the link went."),
    ("mtu", "mtu_bytes", 1.0, false, "The largest packet, in bytes."),
    ("speed", "speed_bytes", 125_000.0, false, "The speed of the link, in bytes per second."),
    ("tx_queue_len", "transmit_queue_length", 1.0, false, "How many packets may wait to be sent."),
];

pub(super) fn read(readings: &mut Readings) {
    devices(&text_of("/proc/net/dev").unwrap_or_default(), readings);
    let entries = std::fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.take(INTERFACES_MAX).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        interface(&name, &Path::new("/sys/class/net").join(&name), readings);
    }
}

fn devices(text: &str, readings: &mut Readings) {
    for line in text.lines().skip(2).take(INTERFACES_MAX) {
        let Some((device, counts)) = line.split_once(':') else { continue };
        let counts = counts.split_ascii_whitespace().map(|count| count.parse::<f64>().unwrap_or(0.0));
        let receive = RECEIVE.iter().map(|field| ("receive", field));
        let transmit = TRANSMIT.iter().map(|field| ("transmit", field));
        for ((direction, field), count) in receive.chain(transmit).zip(counts) {
            let name = format!("node_network_{direction}_{field}_total");
            readings.describe(&name, Counter, format!("{direction} {field} of /proc/net/dev."));
            readings.push(&name, &[("device", device.trim())], count);
        }
    }
}

fn interface(device: &str, directory: &Path, readings: &mut Readings) {
    let property =
        |file: &str| text_of(directory.join(file)).map(|text| text.trim().to_owned()).unwrap_or_default();
    let state = property("operstate");
    if state.is_empty() {
        // Not an interface: bonding keeps a file of its own in this directory.
        return;
    }
    readings.describe("node_network_up", Gauge, "1 where the interface is in operation.");
    readings.push("node_network_up", &[("device", device)], f64::from(u8::from(state == "up")));
    readings.describe("node_network_info", Gauge, "What an interface is, in labels; always 1.");
    let (address, broadcast) = (property("address"), property("broadcast"));
    let (duplex, alias) = (property("duplex"), property("ifalias"));
    let labels = [
        ("device", device),
        ("address", &address),
        ("broadcast", &broadcast),
        ("duplex", &duplex),
        ("ifalias", &alias),
        ("operstate", &state),
    ];
    readings.push("node_network_info", &labels, 1.0);
    for (file, suffix, unit, counts_up, help) in PROPERTIES {
        if let Some(value) = number_of(directory.join(file)) {
            let name = format!("node_network_{suffix}");
            readings.describe(&name, if counts_up { Counter } else { Gauge }, help);
            readings.push(&name, &[("device", device)], value * unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_metrics() {
        let mut readings = Readings::default();
        devices(
            "Inter-|   Receive  |  Transmit\n face |bytes ...|bytes ...\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n lo:17 0\n",
            &mut readings,
        );
        let shown = readings.show();
        assert!(shown.starts_with("node_network_receive_bytes_total{device=\"eth0\"} 1\n"));
        assert!(shown.contains("node_network_receive_multicast_total{device=\"eth0\"} 8\n"));
        assert!(shown.contains("node_network_transmit_bytes_total{device=\"eth0\"} 9\n"));
        assert!(shown.contains("node_network_transmit_compressed_total{device=\"eth0\"} 16\n"));
        assert!(shown.ends_with("node_network_receive_bytes_total{device=\"lo\"} 17\nnode_network_receive_packets_total{device=\"lo\"} 0\n"));
    }
}
