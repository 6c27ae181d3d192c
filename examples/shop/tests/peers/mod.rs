//! What the tests of the shop talk to: a database, a cache and a Flightdeck of their own, stopped and removed with them.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// An address that nobody listens at.
pub fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A database of the test's own, stopped and removed with it.
pub struct Postgres {
    server: Child,
    directory: tempfile::TempDir,
    port: u16,
}

/// Where Debian keeps the programs of the newest PostgreSQL that is installed.
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> =
        versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect();
    found.retain(|programs| programs.join("initdb").exists());
    found.sort();
    let found = found.pop();
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "PostgreSQL is not installed");
        println!("skipped: PostgreSQL is not installed");
    }
    found
}

/// A program of PostgreSQL, which refuses to be run by root.
fn program(path: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self")
        .is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0);
    if !is_root {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
    command
}

impl Postgres {
    pub fn start(programs: &Path) -> Postgres {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let opened = Command::new("chmod").arg("777").arg(directory.path()).status().unwrap();
        assert!(opened.success());
        let made = program(&programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--no-sync", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = program(&programs.join("postgres"))
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "unix_socket_directories=",
                "-p",
            ])
            .arg(port.to_string())
            .arg("-D")
            .arg(&data)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let postgres = Postgres { server, directory, port };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return postgres;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL does not listen; see {}", postgres.directory.path().display());
    }

    /// Waits until it answers, which is a moment after it listens.
    pub async fn answers(&self) {
        use sqlx::Connection;
        for _ in 0..200 {
            if let Ok(connection) = sqlx::PgConnection::connect(&self.url()).await {
                connection.close().await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL does not answer at {}", self.url());
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub fn stop(&mut self) {
        if !matches!(self.server.try_wait(), Ok(None)) {
            return;
        }
        // SIGINT ends it at once but in order; the child is ours, whoever it runs as.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

pub async fn ask(address: &str, method: &str, path: &str, body: &str) -> String {
    ask_with(address, method, path, "", body).await
}

/// The same with more headers, each ending its line.
pub async fn ask_with(address: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

pub async fn value(address: &str, sample: &str) -> f64 {
    let metrics = ask(address, "GET", "/metrics", "").await;
    let found = metrics.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("{sample} is not in {metrics}"))
}

/// Waits until a sample has a value: checks of health use the pool for a moment too.
pub async fn until(address: &str, sample: &str, want: f64) {
    let mut found = f64::NAN;
    for _ in 0..100 {
        found = value(address, sample).await;
        if found == want {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{sample} is {found}, not {want}");
}

/// A cache of the test's own.
pub struct Redis {
    server: Child,
    address: String,
}

impl Redis {
    /// Starts Debian's; `None` where it is not installed.
    pub fn start() -> Option<Redis> {
        if !Path::new("/usr/bin/redis-server").exists() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "Redis is not installed");
            println!("skipped: Redis is not installed");
            return None;
        }
        let address = free();
        let (host, port) = address.rsplit_once(':').unwrap();
        let server = Command::new("/usr/bin/redis-server")
            .args(["--bind", host, "--port", port, "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let redis = Redis { server, address };
        for _ in 0..200 {
            if std::net::TcpStream::connect(&redis.address).is_ok() {
                return Some(redis);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("Redis does not listen at {}", redis.address);
    }

    pub fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    pub fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A Flightdeck that was told nothing: it finds the shop because the shop is there.
pub struct Server {
    server: Child,
    pub address: String,
    pub otlp_grpc: String,
    _directory: tempfile::TempDir,
}

impl Server {
    /// Starts the binary that is built beside this test; `None` where it is not.
    pub fn start() -> Option<Server> {
        let test = std::env::current_exe().unwrap();
        let binary = test.ancestors().nth(2).unwrap().join("flightdeck");
        if !binary.exists() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the server is not built");
            println!("skipped: {} is not built", binary.display());
            return None;
        }
        let (directory, address, otlp_grpc) = (tempfile::tempdir().unwrap(), free(), free());
        let child = Command::new(binary)
            .current_dir(directory.path())
            .args(["--listen", &address, "--otlp-grpc-listen", &otlp_grpc, "--no-host"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { server: child, address, otlp_grpc, _directory: directory };
        for _ in 0..200 {
            if std::net::TcpStream::connect(&server.address).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not listen at {}", server.address);
    }

    /// Waits until a query finds a value: the shop is found and scraped a little after it opened.
    pub async fn sees(&self, query: &str, want: &str) {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let mut answer = String::new();
        for _ in 0..300 {
            answer = ask(&self.address, "GET", &format!("/api/v1/query?query={encoded}"), "").await;
            if answer.contains(&format!(",\"{want}\"]")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{query} is not {want}: {answer}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
