//! `/proc/meminfo` and `/proc/vmstat`: memory, paging and swapping.

use model::MetricType::{Gauge, Unknown};

use super::readings::{Readings, text_of};

pub(super) fn read(readings: &mut Readings) {
    meminfo(&text_of("/proc/meminfo").unwrap_or_default(), readings);
    vmstat(&text_of("/proc/vmstat").unwrap_or_default(), readings);
}

fn meminfo(text: &str, readings: &mut Readings) {
    for line in text.lines() {
        let Some((key, rest)) = line.split_once(':') else { continue };
        let mut fields = rest.split_ascii_whitespace();
        let Some(value) = fields.next().and_then(|value| value.parse::<f64>().ok()) else { continue };
        // `Active(anon)` is `Active_anon` as a name.
        let key = key.trim().replace('(', "_").replace(')', "");
        let (name, value) = match fields.next() {
            Some("kB") => (format!("node_memory_{key}_bytes"), value * 1024.0),
            _ => (format!("node_memory_{key}"), value),
        };
        readings.single(&name, Gauge, format!("{key} of /proc/meminfo."), value);
    }
}

/// The fields that tell of trouble; there are some 200 others.
fn is_interesting(field: &str) -> bool {
    ["oom_kill", "pgpg", "pswp"].iter().any(|prefix| field.starts_with(prefix))
        || field.starts_with("pg") && field.contains("fault")
}

fn vmstat(text: &str, readings: &mut Readings) {
    for line in text.lines() {
        let Some((field, value)) = line.split_once(' ') else { continue };
        let Some(value) = value.trim().parse().ok().filter(|_| is_interesting(field)) else { continue };
        readings.single(&format!("node_vmstat_{field}"), Unknown, format!("{field} of /proc/vmstat."), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilobytes_are_bytes_and_counts_are_counts() {
        let mut readings = Readings::default();
        meminfo(
            "MemTotal:       1024 kB\nActive(anon):    2 kB\nHugePages_Total:  3\nbroken\n",
            &mut readings,
        );
        vmstat("pgpgin 5\npgmajfault 6\nnr_free_pages 7\noom_kill 0\n", &mut readings);
        assert_eq!(
            readings.show(),
            "node_memory_MemTotal_bytes 1048576\nnode_memory_Active_anon_bytes 2048\nnode_memory_HugePages_Total 3\n\
             node_vmstat_pgpgin 5\nnode_vmstat_pgmajfault 6\nnode_vmstat_oom_kill 0\n"
        );
    }
}
