//! The data directory and the real binary: history pushed into a running server, commands that only look, an import that
//! is killed, a full disk, a memory ceiling, and a part of another version.

mod harness;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use harness::{
    Directory, Process, Response, encode, flightdeck, free_address, get, peer, post, wait_for_ready,
    wait_until,
};

const IMPORT: &str = "/api/v1/import/prometheus";
const HOUR: i64 = 3_600_000;

fn start(directory: &Directory, arguments: &[&str]) -> (SocketAddr, Process) {
    let address = free_address();
    let mut command = flightdeck(directory, address);
    let server = Process::start(command.args(["--otlp-grpc-listen", "off", "--no-host"]).args(arguments));
    wait_for_ready(address, "/-/ready");
    (address, server)
}

/// Runs a command in the directory; exit code, output and errors.
fn command(directory: &Directory, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
        .current_dir(directory.path())
        .args(arguments)
        .output()
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn push(address: SocketAddr, body: &str) -> Response {
    post(address, IMPORT, &[], body.as_bytes()).expect("the server answers")
}

/// The value of the only series of an instant query.
fn value(address: SocketAddr, query: &str) -> Option<f64> {
    let answer = get(address, &format!("/api/v1/query?query={}", encode(query))).ok()?.json();
    let result = answer["data"]["result"].as_array()?;
    assert!(result.len() <= 1, "{query}: {answer}");
    result.first()?["value"][1].as_str()?.parse().ok()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is past 1970");
    since.as_millis() as i64
}

/// The files that end in `.part`.
fn parts(data: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(data.join("parts")).expect("there are parts").flatten();
    let mut parts: Vec<PathBuf> = files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "part"))
        .collect();
    parts.sort();
    parts
}

#[test]
fn history_is_pushed_into_a_running_server_and_survives_kill_9() {
    let directory = Directory::new("backfill");
    let (address, mut server) = start(&directory, &[]);
    let begin = now();
    // Many small pushes, oldest first, as a script sends them; the last ones lie in the time of the head.
    for hour in (0..240).rev() {
        let time = begin - hour * HOUR - 1;
        let lines: String =
            (0..5).map(|n| format!("history{{n=\"{n}\"}} {} {time}\n", hour * 10 + n)).collect();
        let answer = push(address, &lines);
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
    let contradiction = push(address, &format!("history{{n=\"1\"}} 7 {}\n", begin - 100 * HOUR - 1));
    assert!(contradiction.text().contains("another value is there already"), "{}", contradiction.text());
    let ancient = push(address, "history{n=\"1\"} 7 5000\nfresh 1\n");
    assert!(ancient.text().contains("the retention admits"), "{}", ancient.text());
    assert_eq!(value(address, "fresh"), Some(1.0));
    let refused =
        |reason: &str| format!("flightdeck_samples_refused_total{{reason=\"{reason}\",source=\"import\"}} 1");
    let metrics = get(address, "/metrics").expect("answered").text();
    for reason in ["too_old", "duplicate_timestamp"] {
        let found = metrics.lines().filter(|line| line.contains(reason) && line.contains("import"));
        assert!(
            metrics.contains(&refused(reason)) || found.clone().any(|line| line.ends_with(" 1")),
            "{reason}: {:?}",
            found.collect::<Vec<_>>()
        );
    }
    let files = parts(&directory.path().join("data")).len();
    assert!(files <= 11 * 16, "{files} parts");
    server.kill();
    let (address, _server) = start(&directory, &[]);
    assert_eq!(value(address, "sum(count_over_time(history[11d]))"), Some(1_200.0));
    let time = (begin - 100 * HOUR) as f64 / 1_000.0;
    assert_eq!(value(address, &format!("history{{n=\"1\"}} @ {time}")), Some(1_001.0));
}

/// Every file below a directory: its name, what it holds, and when it was changed.
fn tree(path: &Path) -> BTreeMap<PathBuf, (Vec<u8>, Option<SystemTime>)> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(path).expect("a directory").flatten() {
        let path = entry.path();
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        match path.is_dir() {
            true => {
                files.extend(tree(&path));
                files.insert(path, (Vec::new(), changed));
            }
            false => drop(files.insert(path.clone(), (std::fs::read(&path).expect("a file"), changed))),
        }
    }
    files
}

#[test]
fn commands_that_look_change_nothing() {
    let directory = Directory::new("looking");
    let (address, mut server) = start(&directory, &[]);
    let time = now();
    assert_eq!(push(address, &format!("old 1 {}\nnew 2 {time}\n", time - 50 * HOUR)).status, 204);
    let looks: [&[&str]; 4] = [
        &["tsdb", "stats", "--limit", "100"],
        &["tsdb", "list"],
        &["tsdb", "verify"],
        &["tsdb", "dump", "--match", "{__name__=~\"old|new\"}"],
    ];
    for arguments in looks {
        let (code, _, errors) = command(&directory, &[arguments, &["--data", "data"]].concat());
        assert_eq!(code, Some(1), "{arguments:?} beside a server");
        assert!(errors.contains("is used by another process (pid "), "{errors}");
        assert!(errors.contains(&server.id().to_string()), "{errors}");
    }
    server.kill();
    // What a crash tore off the log stays as it is too.
    let data = directory.path().join("data");
    let log =
        std::fs::read_dir(data.join("log")).expect("there is a log").flatten().next().expect("a segment");
    let torn = [std::fs::read(log.path()).expect("a file"), vec![7; 100]].concat();
    std::fs::write(log.path(), torn).expect("written");
    for with_lock in [true, false] {
        if !with_lock {
            std::fs::remove_file(data.join("lock")).expect("the lock's file is there");
        }
        let before = tree(&data);
        for arguments in looks {
            let (code, output, errors) = command(&directory, &[arguments, &["--data", "data"]].concat());
            assert_eq!(code, Some(0), "{arguments:?}: {output}{errors}");
            match arguments[1] {
                "dump" => assert!(output.starts_with("new 2 ") && output.contains("\nold 1 "), "{output}"),
                "stats" => {
                    assert!(output.contains("         1  old") || output.contains("  1  old"), "{output}")
                }
                _ => {}
            }
        }
        assert!(tree(&data) == before, "a command that looks changed something");
    }
    let (code, _, errors) = command(&directory, &["tsdb", "stats", "--data", "."]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("holds no store"), "{errors}");
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let Some(promtool) = peer("promtool") else { return };
    let directory = Directory::new("killed-import");
    let begin = 1_760_000_000 / 7_200 * 7_200;
    let mut dump = String::from("# TYPE m gauge\n");
    for series in 0..400 {
        for minute in 0..24 * 60 {
            let time = begin + minute * 60;
            dump.push_str(&format!(
                "m{{job=\"j\",series=\"{series}\"}} {} {time}\n",
                (series * 31 + minute * 7) % 1_000
            ));
        }
    }
    dump.push_str("# EOF\n");
    directory.write("dump.om", &dump);
    let made = Command::new(promtool)
        .current_dir(directory.path())
        .args(["tsdb", "create-blocks-from", "openmetrics", "dump.om", "blocks"])
        .stdout(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "promtool makes blocks");
    let blocks = std::fs::read_dir(directory.path().join("blocks")).expect("there are blocks").count();
    assert!(blocks >= 10, "{blocks} blocks");

    let noted = || {
        let text = std::fs::read_to_string(directory.path().join("data/imported")).unwrap_or_default();
        text.lines().count()
    };
    // Killed twice: while blocks are read, and while what the first run left is gone on with.
    for blocks_noted in [2, 5] {
        let mut import = Process::start(
            Command::new(env!("CARGO_BIN_EXE_flightdeck")).current_dir(directory.path()).args([
                "tsdb",
                "import-prometheus",
                "--data",
                "data",
                "blocks",
            ]),
        );
        let deadline = Instant::now() + Duration::from_secs(60);
        while noted() < blocks_noted {
            assert!(Instant::now() < deadline, "{} blocks were noted", noted());
            std::thread::sleep(Duration::from_micros(200));
        }
        import.kill();
        let noted = noted();
        assert!((blocks_noted..blocks).contains(&noted), "the import was over when it was killed: {noted}");
    }
    let finished = noted();
    let (code, output, errors) =
        command(&directory, &["tsdb", "import-prometheus", "--data", "data", "blocks"]);
    assert_eq!(code, Some(0), "{output}{errors}");
    assert_eq!(errors.matches("was imported before").count(), finished, "{errors}");
    let (code, output, errors) = command(&directory, &["tsdb", "dump", "--data", "data", "--match", "m"]);
    assert_eq!(code, Some(0), "{errors}");
    let line = |line: &str| line.replace(".000", "").replace("# TYPE m gauge", "");
    let mut got: Vec<String> = output.lines().filter(|line| line.starts_with("m{")).map(line).collect();
    let mut want: Vec<String> = dump.lines().filter(|line| line.starts_with("m{")).map(line).collect();
    got.sort_unstable();
    want.sort_unstable();
    assert_eq!((got.len(), got.first(), got.last()), (want.len(), want.first(), want.last()));
    assert!(got == want, "every sample is there once and says what it said");
    let (code, output, _) = command(&directory, &["tsdb", "verify", "--data", "data"]);
    assert_eq!(code, Some(0), "{output}");
}

/// A disk of its own in memory, gone with the test.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// `None`, with a line that says so, where nothing may be mounted.
    fn mount(path: PathBuf, size: &str) -> Option<SmallDisk> {
        std::fs::create_dir_all(&path).expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(&path).stderr(Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            println!("skipped: no disk can be mounted here");
            return None;
        }
        Some(SmallDisk { path })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}

#[test]
fn a_full_disk_is_said_queries_go_on_and_so_does_the_server_once_there_is_room() {
    let directory = Directory::new("full-disk");
    let Some(disk) = SmallDisk::mount(directory.path().join("data"), "64m") else { return };
    let ballast = disk.path.join("ballast");
    std::fs::write(&ballast, vec![1; 24 << 20]).expect("there is room for the ballast");
    let (address, mut server) = start(&directory, &[]);
    let begin = now();
    // Values that nothing can be left out of, each push at a time of its own.
    let page = |number: i64| {
        let value = |n: i64| (((number * 20_011 + n) as f64) * 0.618_033_988_749).fract();
        (0..20_000)
            .map(|n| format!("fill{{n=\"{n}\"}} {} {}\n", value(n), begin + number))
            .collect::<String>()
    };
    let mut acknowledged = 0;
    let refusal = loop {
        let answer = push(address, &page(acknowledged));
        if answer.status != 204 {
            break answer;
        }
        acknowledged += 1;
        assert!(acknowledged < 1_000, "the disk was never full");
    };
    assert_eq!(refusal.status, 503, "{}", refusal.text());
    assert!(refusal.text().contains("no space left"), "{}", refusal.text());
    wait_until("readiness says that the disk is full", 20, || {
        get(address, "/-/ready")
            .is_ok_and(|ready| ready.status == 503 && ready.text().contains("disk writable"))
    });
    let metrics = get(address, "/metrics").expect("answered").text();
    assert!(
        metrics
            .lines()
            .any(|line| line.starts_with("flightdeck_store_errors_total") && !line.ends_with(" 0"))
    );
    let count = format!("count_over_time(fill{{n=\"7\"}}[1h] @ {})", (begin + 1_000) / 1_000 + 1);
    // What was refused may have been taken and not be durable yet: it is no less than what was acknowledged.
    assert!(value(address, &count) >= Some(acknowledged as f64), "queries go on");
    assert_eq!(push(address, "more 1\n").status, 503, "it goes on saying so");

    std::fs::remove_file(&ballast).expect("the ballast is removed");
    wait_for_ready(address, "/-/ready");
    assert_eq!(push(address, "more 1\n").status, 204, "it goes on by itself");
    server.kill();
    let (address, _server) = start(&directory, &[]);
    assert!(value(address, &count) >= Some(acknowledged as f64), "{acknowledged} were acknowledged");
    assert_eq!(value(address, "more"), Some(1.0));
    println!("{acknowledged} pushes of 20,000 samples were acknowledged before the disk was full");
}

#[test]
fn at_the_memory_ceiling_new_series_are_refused_and_named_and_old_ones_go_on() {
    let directory = Directory::new("ceiling");
    let (address, _server) = start(&directory, &["--memory-max", "48MB"]);
    assert_eq!(push(address, "steady 1\n").status, 204);
    let begin = now();
    let refusal = (0..2_000)
        .find_map(|number| {
            let series = |n: i64| format!("flood{{id=\"{number}-{n}-{}\"}} 1\n", "x".repeat(200));
            let answer = push(address, &(0..500).map(series).collect::<String>());
            (answer.status != 204).then_some(answer)
        })
        .expect("the ceiling is reached");
    assert!(refusal.text().contains("the memory limit is near"), "{} {}", refusal.status, refusal.text());
    assert!(refusal.text().contains("flood{"), "{}", refusal.text());
    assert_eq!(push(address, &format!("steady 2 {}\n", begin + 60_000)).status, 204, "old series go on");
    let metrics = get(address, "/metrics").expect("answered").text();
    let counted = |line: &str| {
        line.starts_with("flightdeck_samples_refused_total")
            && line.contains("memory_limit")
            && line.contains("import")
    };
    assert!(metrics.lines().any(|line| counted(line) && !line.ends_with(" 0")), "{metrics}");
}

/// CRC32C, bit by bit: a test need not be fast.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn a_part_of_a_newer_version_is_named_and_kept_and_everything_else_is_served() {
    let directory = Directory::new("newer");
    let times = [now() - 60 * HOUR, now() - 30 * HOUR];
    let (address, mut server) = start(&directory, &[]);
    for time in times {
        assert_eq!(push(address, &format!("day{{of=\"{time}\"}} 1 {time}\n")).status, 204);
    }
    server.kill();
    let data = directory.path().join("data");
    let newer = parts(&data).remove(0);
    let mut bytes = std::fs::read(&newer).expect("a part");
    for header in [0, 16] {
        bytes[header + 8..header + 12].copy_from_slice(&2u32.to_le_bytes());
        let crc = crc32c(&bytes[header..header + 12]);
        bytes[header + 12..header + 16].copy_from_slice(&crc.to_le_bytes());
    }
    std::fs::write(&newer, &bytes).expect("written");
    let name = newer.file_name().and_then(|name| name.to_str()).expect("a name");
    let (code, output, _) = command(&directory, &["tsdb", "verify", "--data", "data"]);
    assert_eq!(code, Some(1));
    assert!(output.contains(name) && output.contains("version 2"), "{output}");
    // Nothing that could go is left: not for its age, nor its size, nor beside what is merged.
    let (address, mut server) = start(&directory, &["--retention-size", "1B", "--admin-api"]);
    assert_eq!(value(address, "count(count_over_time(day[4d]))"), Some(1.0));
    for n in 0..40 {
        assert_eq!(push(address, &format!("more{{n=\"{n}\"}} 1 {}\n", times[0] + 1 + n)).status, 204);
    }
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(newer.exists(), "it is not this program's to remove");
    assert!(server.terminate(Duration::from_secs(10)));
    let (_address, _server) = start(&directory, &["--retention-time", "1h"]);
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(std::fs::read(&newer).expect("it is there"), bytes);
}
