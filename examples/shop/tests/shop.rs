//! The shop with a real PostgreSQL: what is measured when all is well, and what is said when it is not.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use shop::app::{Options, build};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A database of the test's own, stopped and removed with it.
struct Postgres {
    server: Child,
    directory: tempfile::TempDir,
    port: u16,
}

/// Where Debian keeps the programs of the newest PostgreSQL that is installed.
fn programs() -> Option<PathBuf> {
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
    fn start(programs: &Path) -> Postgres {
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

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn stop(&mut self) {
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

async fn ask(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

async fn value(address: &str, sample: &str) -> f64 {
    let metrics = ask(address, "GET", "/metrics", "").await;
    let found = metrics.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("{sample} is not in {metrics}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_is_measured_in_good_times_and_bad() {
    let Some(programs) = programs() else { return };
    let mut postgres = Postgres::start(&programs);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let deck = shop::app::deck();
    let app = open(&postgres, &address, &deck).await;
    let server = Server::start();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

    let order = r#"{"product":7,"payment_method":"bank_transfer"}"#;
    for _ in 0..3 {
        let answer = ask(&address, "POST", "/orders", order).await;
        assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("x-request-id: "), "{answer}");
    }
    assert!(ask(&address, "GET", "/orders/1", "").await.starts_with("HTTP/1.1 200"));
    assert!(ask(&address, "GET", "/orders/999", "").await.starts_with("HTTP/1.1 404"));
    for (sample, want) in [
        (r#"orders_created_total{payment_method="bank_transfer"}"#, 3.0),
        ("order_total_dollars_sum", 36.0),
        ("active_users", 0.0),
        (r#"http_requests_total{method="POST",route="/orders",status="201"}"#, 3.0),
        (r#"db_query_duration_seconds_count{operation="insert_order",outcome="ok"}"#, 3.0),
        (&format!(r#"external_api_requests_total{{host="{address}",method="POST",status="200"}}"#), 3.0),
        (r#"pool_connections_max{pool="shop"}"#, 5.0),
        (r#"pool_waiting{pool="shop"}"#, 0.0),
        ("tokio_workers", 2.0),
    ] {
        assert_eq!(value(&address, sample).await, want, "{sample}");
    }
    assert!(value(&address, r#"cache_requests_total{cache="prices",outcome="hit"}"#).await >= 1.0);
    assert!(ask(&address, "GET", "/health/ready", "").await.starts_with("HTTP/1.1 200"));
    if let Some(server) = server {
        // The machine may have other shops.
        let (_, port) = address.rsplit_once(':').unwrap();
        let orders =
            format!(r#"orders_created_total{{payment_method="bank_transfer",instance=~".*:{port}"}}"#);
        server.sees(&orders, "3").await;
        let requests =
            format!(r#"http_requests_total{{route="/orders",status="201",instance=~".*:{port}"}}"#);
        server.sees(&requests, "3").await;
    }

    ask(&address, "POST", "/faults", r#"{"slow_query_ms":200}"#).await;
    ask(&address, "GET", "/orders/1", "").await;
    let slow = value(&address, r#"db_query_duration_seconds_sum{operation="slow_query",outcome="ok"}"#).await;
    assert!(slow >= 0.2, "{slow}");
    ask(&address, "POST", "/faults", r#"{"error_share":1.0}"#).await;
    assert!(ask(&address, "GET", "/orders/1", "").await.starts_with("HTTP/1.1 500"));
    ask(&address, "POST", "/faults", r#"{"held_connections":5}"#).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(ask(&address, "GET", "/orders/1", "").await.starts_with("HTTP/1.1 500"), "no connection is left");
    assert_eq!(value(&address, r#"pool_connections{pool="shop",state="idle"}"#).await, 0.0);
    ask(&address, "POST", "/faults", "{}").await;

    postgres.stop();
    let answer = ask(&address, "GET", "/health/ready", "").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("last_error"), "{answer}");
}

/// A Flightdeck that was told nothing: it finds the shop because the shop is there.
struct Server {
    server: Child,
    address: String,
    _directory: tempfile::TempDir,
}

impl Server {
    /// Starts the binary that is built beside this test; `None` where it is not.
    fn start() -> Option<Server> {
        let test = std::env::current_exe().unwrap();
        let binary = test.ancestors().nth(2).unwrap().join("flightdeck");
        if !binary.exists() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the server is not built");
            println!("skipped: {} is not built", binary.display());
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (directory, address) = (tempfile::tempdir().unwrap(), format!("127.0.0.1:{port}"));
        let child = Command::new(binary)
            .current_dir(directory.path())
            .args(["--listen", &address, "--otlp-grpc-listen", "off", "--no-host"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { server: child, address, _directory: directory };
        for _ in 0..200 {
            if std::net::TcpStream::connect(&server.address).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not listen at {}", server.address);
    }

    /// Waits until a query finds a value: the shop is found and scraped a little after it opened.
    async fn sees(&self, query: &str, want: &str) {
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

async fn open(postgres: &Postgres, address: &str, deck: &flightdeck::Flightdeck) -> axum::Router {
    for _ in 0..100 {
        // PostgreSQL listens a moment before it answers.
        if let Ok(app) = build(Options { database: postgres.url(), payment: address.to_owned() }, deck).await
        {
            return app;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the shop does not open");
}
