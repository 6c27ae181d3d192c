//! What end-to-end tests share: free ports, temporary directories, child processes that die with their test, and a
//! blocking HTTP client small enough to read.
#![allow(dead_code, reason = "each test binary uses its own part of the harness")]
#![allow(clippy::disallowed_methods, reason = "end-to-end tests live in real time and on real files")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A directory that is removed when the test ends.
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Makes an empty directory whose name contains `name`.
    pub fn new(name: &str) -> Directory {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("flightdeck-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary directory can be made");
        Directory { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it and returns the file's path.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        std::fs::write(&path, text).expect("the file can be written");
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A child process that is killed when the test ends.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts `command` with its output discarded, unless `FLIGHTDECK_TEST_OUTPUT` is set.
    pub fn start(command: &mut Command) -> Process {
        if std::env::var_os("FLIGHTDECK_TEST_OUTPUT").is_none() {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Process { child: command.stdin(Stdio::null()).spawn().expect("the program can be started") }
    }

    /// Starts `command` and returns the first line it prints.
    pub fn start_and_read_line(command: &mut Command) -> (Process, String) {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program can be started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output is piped"))
            .read_line(&mut line)
            .expect("it prints a line");
        (Process { child }, line.trim().to_owned())
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as the kernel or a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop and returns whether it did so with success, within `limit`.
    pub fn terminate(&mut self, limit: Duration) -> bool {
        let status = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "the signal is delivered");
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The answer to a request.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// Asks for `path` at `address`.
pub fn get(address: SocketAddr, path: &str) -> std::io::Result<Response> {
    request(address, "GET", path, &[], &[])
}

/// Sends `body` to `path` at `address`.
pub fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Response> {
    request(address, "POST", path, headers, body)
}

/// One request on a connection of its own.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if method == "POST" || method == "PUT" {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    // A server may answer, and close, before it has read a body that is too large: then the answer is what counts.
    let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        written.and(read)?;
    }
    parse_response(&answer).ok_or_else(|| std::io::Error::other("the answer broke off"))
}

/// An address on loopback that nobody listens on at the moment.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("the listener has an address")
}

/// Waits until `condition` holds; panics after `seconds` saying what was waited for.
pub fn wait_until(what: &str, seconds: u64, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !condition() {
        assert!(Instant::now() < deadline, "waited {seconds} s in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until a server answers `path` with 200.
pub fn wait_for_ready(address: SocketAddr, path: &str) {
    wait_until(&format!("{address}{path} answers 200"), 60, || {
        get(address, path).is_ok_and(|response| response.status == 200)
    });
}

/// The real binary with a data directory of its own and nothing found by itself.
pub fn flightdeck(directory: &Directory, address: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flightdeck"));
    command.current_dir(directory.path()).args([
        "--listen",
        &address.to_string(),
        "--data",
        "data",
        "--no-discover-local",
    ]);
    command
}

/// A real Prometheus and ours with the same configuration, to be asked the same.
pub struct Beside {
    /// Where the Prometheus listens.
    pub theirs: SocketAddr,
    /// Where ours does.
    pub ours: SocketAddr,
    /// Whether theirs is of release 3 or newer.
    pub is_newer: bool,
    _processes: [Process; 2],
    _directory: Directory,
}

impl Beside {
    /// Starts both, empty, and ready to be written to. The Prometheus is the one `FLIGHTDECK_TEST_PROMETHEUS` names, or
    /// the one that is installed; without either there is nothing to compare with.
    pub fn start(name: &str, config: &str, their_flags: &[&str], our_flags: &[&str]) -> Option<Beside> {
        let named = std::env::var_os("FLIGHTDECK_TEST_PROMETHEUS").map(PathBuf::from);
        let prometheus = named.or_else(|| peer("prometheus"))?;
        let directory = Directory::new(name);
        let config = directory.write("prometheus.yml", config);
        let (theirs, ours) = (free_address(), free_address());
        let mut their_command = Command::new(prometheus);
        their_command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--web.listen-address={theirs}"))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("prometheus").display()))
            .args(["--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y"])
            .args(their_flags);
        let mut our_command = flightdeck(&directory, ours);
        let always = ["--config=prometheus.yml", "--retention-time=100y", "--otlp-grpc-listen=off"];
        our_command.args(always).args(our_flags);
        let processes = [Process::start(&mut their_command), Process::start(&mut our_command)];
        [theirs, ours].iter().for_each(|address| wait_for_ready(*address, "/-/ready"));
        let version = get(theirs, "/api/v1/status/buildinfo").expect("answered").json();
        let is_newer = version["data"]["version"].as_str().is_some_and(|version| !version.starts_with("2."));
        Some(Beside { theirs, ours, is_newer, _processes: processes, _directory: directory })
    }
}

/// The path of a peer's program; `None`, with a line that says so, where it is not installed. With `CI=true` absence fails.
pub fn peer(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").and_then(|paths| {
        std::env::split_paths(&paths).map(|directory| directory.join(name)).find(|path| path.exists())
    });
    skip_unless(path, &format!("{name} is not installed"))
}

/// A file or directory of the test data beside the repository; absent as `peer`.
pub fn test_data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata").join(name);
    skip_unless(path.exists().then_some(path), &format!("../shared/testdata/{name} is absent"))
}

/// The interpreter that has the peers' packages: `FLIGHTDECK_TEST_PYTHON`.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("FLIGHTDECK_TEST_PYTHON").map(PathBuf::from);
    skip_unless(python, "FLIGHTDECK_TEST_PYTHON names no Python with the packages of tests/requirements.txt")
}

fn skip_unless(path: Option<PathBuf>, why: &str) -> Option<PathBuf> {
    if path.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
        println!("skipped: {why}");
    }
    path
}

/// `text` as it may stand in a query string.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte as char),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

fn parse_response(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = &answer[end + 4..];
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { join_chunks(body)? } else { body.to_vec() };
    Some(Response { status, headers, body })
}

fn join_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?.trim(), 16)
                .ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
