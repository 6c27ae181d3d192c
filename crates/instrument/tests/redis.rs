//! A real Redis, of the test's own: what its commands are measured as.

#![cfg(feature = "redis")]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flightdeck::Registry;
use flightdeck::dependency::MeasuredRedis;
use redis::aio::MultiplexedConnection;
use redis::{RedisError, Value};

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Debian's; `None` where it is not installed.
    fn start() -> Option<Server> {
        let program = "/usr/bin/redis-server";
        if !std::path::Path::new(program).exists() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "Redis is not installed");
            println!("skipped: {program} is not installed");
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(program)
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Some(Server { process, port })
    }

    async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.port)).unwrap();
        for _ in 0..200 {
            if let Ok(connection) = client.get_multiplexed_async_connection().await {
                return connection;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("Redis does not answer at port {}", self.port);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn check(registry: &Registry, operation: &str, outcome: &str, want: f64) {
    let text = registry.text();
    let sample = format!(
        "redis_command_duration_seconds_count{{operation=\"{operation}\",outcome=\"{outcome}\"}} {want:?}\n"
    );
    assert!(text.contains(&sample), "{sample}{text}");
}

#[tokio::test]
async fn commands_are_measured_by_name_and_outcome() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new();
    let mut redis = MeasuredRedis::register(&registry, server.connect().await).unwrap();
    redis::cmd("SET").arg("price:7").arg(12.5).exec_async(&mut redis).await.unwrap();
    let price: f64 = redis::cmd("GET").arg("price:7").query_async(&mut redis).await.unwrap();
    let none: Option<f64> = redis::cmd("get").arg("price:8").query_async(&mut redis.clone()).await.unwrap();
    assert_eq!((price, none), (12.5, None));
    let both: (f64, i64) =
        redis::pipe().get("price:7").incr("orders", 3).query_async(&mut redis).await.unwrap();
    assert_eq!(both, (12.5, 3));
    let wrong: Result<Value, RedisError> =
        redis::cmd("LPUSH").arg("price:7").arg(1).query_async(&mut redis).await;
    assert!(wrong.is_err());
    // What nobody waits for any more was cancelled, and is not in progress.
    let blocked = redis::cmd("BLPOP").arg("never").arg(0).clone();
    let mut waiting = redis.clone();
    let waited = tokio::time::timeout(Duration::from_millis(50), blocked.exec_async(&mut waiting)).await;
    assert!(waited.is_err());
    check(&registry, "set", "ok", 1.0);
    check(&registry, "get", "ok", 2.0);
    check(&registry, "pipeline", "ok", 1.0);
    check(&registry, "lpush", "error", 1.0);
    check(&registry, "blpop", "cancelled", 1.0);
    let text = registry.text();
    assert!(text.contains("redis_command_in_progress{operation=\"blpop\"} 0.0\n"), "{text}");
    assert!(!text.contains("price:7"), "keys are never labels: {text}");
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let gone: Result<Value, RedisError> = redis::cmd("GET").arg("price:7").query_async(&mut redis).await;
    assert!(gone.is_err());
    check(&registry, "get", "error", 1.0);
}
