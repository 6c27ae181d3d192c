//! The kernel's name, open files, entropy, pressure and the clock.

use model::MetricType::{Counter, Gauge};
use model::Timestamp;

use super::readings::{Readings, number_of, text_of};

pub(super) fn read(readings: &mut Readings, time: Timestamp) {
    uname(readings);
    open_files(&text_of("/proc/sys/fs/file-nr").unwrap_or_default(), readings);
    let entropy = [
        ("entropy_avail", "node_entropy_available_bits", "Entropy that is there, in bits."),
        ("poolsize", "node_entropy_pool_size_bits", "Entropy there can be, in bits."),
    ];
    for (file, name, help) in entropy {
        if let Some(bits) = number_of(format!("/proc/sys/kernel/random/{file}")) {
            readings.single(name, Gauge, help, bits);
        }
    }
    for resource in ["cpu", "io", "irq", "memory"] {
        pressure(resource, &text_of(format!("/proc/pressure/{resource}")).unwrap_or_default(), readings);
    }
    readings.single(
        "node_time_seconds",
        Gauge,
        "The machine's clock, in seconds since 1970.",
        time as f64 / 1_000.0,
    );
}

/// What this machine calls itself.
pub(super) fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

fn uname(readings: &mut Readings) {
    let uname = rustix::system::uname();
    let text = |field: &std::ffi::CStr| field.to_string_lossy().into_owned();
    let domain = text_of("/proc/sys/kernel/domainname").unwrap_or_default();
    let (machine, node, release) = (text(uname.machine()), text(uname.nodename()), text(uname.release()));
    let (system, version) = (text(uname.sysname()), text(uname.version()));
    readings.describe("node_uname_info", Gauge, "What the machine and its kernel are, in labels; always 1.");
    let labels = [
        ("domainname", domain.trim()),
        ("machine", &machine),
        ("nodename", &node),
        ("release", &release),
        ("sysname", &system),
        ("version", &version),
    ];
    readings.push("node_uname_info", &labels, 1.0);
}

fn open_files(text: &str, readings: &mut Readings) {
    let mut fields = text.split_ascii_whitespace().map(|field| field.parse::<f64>().ok());
    if let (Some(Some(allocated)), Some(_), Some(Some(maximum))) =
        (fields.next(), fields.next(), fields.next())
    {
        readings.single("node_filefd_allocated", Gauge, "Files that are open.", allocated);
        readings.single("node_filefd_maximum", Gauge, "Files that can be open.", maximum);
    }
}

/// How long work waited for a resource: `some` of it, or all of it (`full`).
fn pressure(resource: &str, text: &str, readings: &mut Readings) {
    for line in text.lines() {
        let Some((kind, rest)) = line.split_once(' ') else { continue };
        let total = rest.split(' ').find_map(|field| field.strip_prefix("total="));
        let Some(micros) = total.and_then(|total| total.trim().parse::<f64>().ok()) else { continue };
        let (word, who) = match (kind, resource) {
            ("some", _) => ("waiting", "some process"),
            // The processor always runs somebody, so nobody else being able to is no news.
            ("full", "cpu") => continue,
            ("full", _) => ("stalled", "every process"),
            _ => continue,
        };
        let help = format!("Time {who} waited for {resource}, in seconds.");
        readings.single(
            &format!("node_pressure_{resource}_{word}_seconds_total"),
            Counter,
            help,
            micros / 1e6,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_and_open_files() {
        let mut readings = Readings::default();
        let text = "some avg10=0.36 avg60=0.37 avg300=0.35 total=43269295\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=14\n";
        pressure("io", text, &mut readings);
        pressure("cpu", text, &mut readings);
        open_files("971\t0\t2466170\n", &mut readings);
        assert_eq!(
            readings.show(),
            "node_pressure_io_waiting_seconds_total 43.269295\nnode_pressure_io_stalled_seconds_total 0.000014\n\
             node_pressure_cpu_waiting_seconds_total 43.269295\nnode_filefd_allocated 971\nnode_filefd_maximum 2466170\n"
        );
    }
}
