//! Mounted file systems and how full they are.

use std::collections::BTreeSet;

use model::MetricType::Gauge;

use super::readings::{Readings, text_of};

/// How many file systems are looked at.
const MOUNTS_MAX: usize = 512;

/// File systems that hold no files of anybody's, or repeat another's.
const PSEUDO_TYPES: [&str; 24] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
];
/// Places below which mounts belong to the system or to containers.
const SYSTEM_PLACES: [&str; 3] = ["/dev", "/proc", "/sys"];
const CONTAINER_PLACES: [&str; 3] = ["/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"];

#[derive(Debug, PartialEq)]
struct Mount {
    device: String,
    point: String,
    kind: String,
    read_only: bool,
}

pub(super) fn read(readings: &mut Readings) {
    // The first process sees the machine's mounts even where this one sees only its own.
    let text = text_of("/proc/1/mounts").or_else(|| text_of("/proc/self/mounts")).unwrap_or_default();
    let helps = [
        ("node_filesystem_size_bytes", "Size, in bytes."),
        ("node_filesystem_free_bytes", "Free space, in bytes."),
        ("node_filesystem_avail_bytes", "Space that ordinary users may still fill, in bytes."),
        ("node_filesystem_files", "How many files there may be."),
        ("node_filesystem_files_free", "How many more files there may be."),
        ("node_filesystem_readonly", "1 where nothing can be written."),
        ("node_filesystem_device_error", "1 where the file system could not be asked."),
    ];
    for (name, help) in helps {
        readings.describe(name, Gauge, help);
    }
    for mount in mounts(&text) {
        let labels = [
            ("device", mount.device.as_str()),
            ("fstype", mount.kind.as_str()),
            ("mountpoint", mount.point.as_str()),
        ];
        let Ok(stat) = rustix::fs::statvfs(mount.point.as_str()) else {
            readings.push("node_filesystem_device_error", &labels, 1.0);
            continue;
        };
        let block = stat.f_frsize.max(1) as f64;
        readings.push("node_filesystem_size_bytes", &labels, stat.f_blocks as f64 * block);
        readings.push("node_filesystem_free_bytes", &labels, stat.f_bfree as f64 * block);
        readings.push("node_filesystem_avail_bytes", &labels, stat.f_bavail as f64 * block);
        readings.push("node_filesystem_files", &labels, stat.f_files as f64);
        readings.push("node_filesystem_files_free", &labels, stat.f_ffree as f64);
        readings.push("node_filesystem_readonly", &labels, f64::from(u8::from(mount.read_only)));
        readings.push("node_filesystem_device_error", &labels, 0.0);
    }
}

fn mounts(text: &str) -> Vec<Mount> {
    let mut seen = BTreeSet::new();
    let parse = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (device, point, kind) =
            (unescape(fields.next()?), unescape(fields.next()?), fields.next()?.to_owned());
        let read_only = fields.next()?.split(',').any(|option| option == "ro");
        Some(Mount { device, point, kind, read_only })
    };
    let is_wanted = |mount: &Mount| {
        let point = mount.point.as_str();
        !PSEUDO_TYPES.contains(&mount.kind.as_str())
            && !SYSTEM_PLACES.iter().any(|place| {
                point.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            && !CONTAINER_PLACES.iter().any(|place| point.starts_with(place))
    };
    let mounts = text.lines().filter_map(parse).filter(is_wanted);
    mounts.filter(|mount| seen.insert((mount.device.clone(), mount.point.clone()))).take(MOUNTS_MAX).collect()
}

/// Spaces and the like stand as three octal digits behind a backslash.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits =
            tail.get(..3).filter(|_| byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &tail[3..];
            }
            None => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_file_systems_only_and_each_once() {
        let got: Vec<String> = mounts(
            "proc /proc proc rw 0 0\n/dev/vda / ext4 rw,relatime 0 0\n/dev/vda / ext4 rw 0 0\n\
             tmpfs /dev/shm tmpfs rw 0 0\n/dev/sdb /mnt/my\\040disk xfs ro,noatime 0 0\noverlay /x overlay rw 0 0\n\
             /dev/sdc /devices ext4 rw 0 0\n/dev/sdd /var/lib/docker/x ext4 rw 0 0\nbroken\n",
        )
        .into_iter()
        .map(|mount| format!("{} {} {} {}", mount.device, mount.point, mount.kind, mount.read_only))
        .collect();
        assert_eq!(
            got,
            ["/dev/vda / ext4 false", "/dev/sdb /mnt/my disk xfs true", "/dev/sdc /devices ext4 false"]
        );
    }
}
