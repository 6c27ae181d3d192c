//! `/proc/diskstats`: what each block device did.

use model::MetricType::{Counter, Gauge};

use super::readings::{Readings, text_of};

const SECTOR_BYTES: f64 = 512.0;
const MILLISECOND: f64 = 0.001;

/// The columns behind the device's name, in their order, with what makes their unit the metric's.
const COLUMNS: [(&str, f64, &str); 17] = [
    ("reads_completed_total", 1.0, "Reads completed."),
    ("reads_merged_total", 1.0, "Reads merged with a neighbour."),
    ("read_bytes_total", SECTOR_BYTES, "Bytes read."),
    ("read_time_seconds_total", MILLISECOND, "Time all reads took, in seconds."),
    ("writes_completed_total", 1.0, "Writes completed."),
    ("writes_merged_total", 1.0, "Writes merged with a neighbour."),
    ("written_bytes_total", SECTOR_BYTES, "Bytes written."),
    ("write_time_seconds_total", MILLISECOND, "Time all writes took, in seconds."),
    ("io_now", 1.0, "Requests under way."),
    ("io_time_seconds_total", MILLISECOND, "Time with a request under way, in seconds."),
    (
        "io_time_weighted_seconds_total",
        MILLISECOND,
        "Time with requests under way times their number, in seconds.",
    ),
    ("discards_completed_total", 1.0, "Discards completed."),
    ("discards_merged_total", 1.0, "Discards merged with a neighbour."),
    ("discarded_sectors_total", 1.0, "Sectors discarded."),
    ("discard_time_seconds_total", MILLISECOND, "Time all discards took, in seconds."),
    ("flush_requests_total", 1.0, "Flushes completed."),
    ("flush_requests_time_seconds_total", MILLISECOND, "Time all flushes took, in seconds."),
];

pub(super) fn read(readings: &mut Readings) {
    diskstats(&text_of("/proc/diskstats").unwrap_or_default(), readings);
}

fn diskstats(text: &str, readings: &mut Readings) {
    for line in text.lines() {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let Some(device) = fields.get(2).filter(|device| !is_part_or_memory(device)) else { continue };
        for ((suffix, unit, help), value) in COLUMNS.iter().zip(&fields[3..]) {
            let Ok(value) = value.parse::<f64>() else { continue };
            let name = format!("node_disk_{suffix}");
            readings.describe(&name, if *suffix == "io_now" { Gauge } else { Counter }, *help);
            readings.push(&name, &[("device", device)], value * unit);
        }
    }
}

/// Partitions repeat what their disk says; ram, loop and floppy devices say nothing of interest.
fn is_part_or_memory(device: &str) -> bool {
    let base = device.trim_end_matches(|c: char| c.is_ascii_digit());
    if base.len() == device.len() {
        return false;
    }
    let is_disk_with_letter = |prefix: &str| {
        base.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_lowercase())
    };
    matches!(base, "ram" | "loop" | "fd")
        || ["hd", "sd", "vd", "xvd"].iter().any(|prefix| is_disk_with_letter(prefix))
        || base.starts_with("nvme") && base.ends_with('p')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_disks_in_bytes_and_seconds() {
        let mut readings = Readings::default();
        diskstats(
            "   7 0 loop0 1 1 1 1 1 1 1 1 1 1 1\n 254 0 vda 10 1 4 500 20 2 8 250 3 100 750\n 254 1 vda1 9 9 9 9 9 9 9 9 9 9 9\n",
            &mut readings,
        );
        let shown = readings.show();
        assert_eq!(shown.lines().count(), 11, "{shown}");
        assert!(shown.contains("node_disk_read_bytes_total{device=\"vda\"} 2048\n"));
        assert!(shown.contains("node_disk_write_time_seconds_total{device=\"vda\"} 0.25\n"));
        assert!(shown.contains("node_disk_io_now{device=\"vda\"} 3\n"));
    }

    #[test]
    fn partitions_are_told_from_disks() {
        let check = |device: &str, want: bool| assert_eq!(is_part_or_memory(device), want, "{device}");
        check("sda", false);
        check("sda1", true);
        check("nvme0n1", false);
        check("nvme0n1p2", true);
        check("dm-0", false);
        check("md127", false);
        check("mmcblk0", false);
        check("xvdb12", true);
        check("ram3", true);
    }
}
