//! Redis: a connection that measures its commands.

use redis::aio::ConnectionLike;
use redis::{Arg, Cmd, Pipeline, RedisFuture, Value};

use super::calls::Calls;
use crate::Error;
use crate::metrics::Registry;

/// A longer first word is no command of Redis's.
const COMMAND_BYTES_MAX: usize = 24;

/// A connection whose commands are timed: `redis_command_duration_seconds{operation, outcome}` and
/// `redis_command_in_progress{operation}`. Everything that takes a connection takes this one; the operation is the command,
/// and `pipeline` for several at once. Keys are never labels.
///
/// ```no_run
/// # async fn run(connection: redis::aio::MultiplexedConnection) -> Result<(), Box<dyn std::error::Error>> {
/// # let registry = flightdeck::Registry::new();
/// let mut redis = flightdeck::dependency::MeasuredRedis::register(&registry, connection)?;
/// let price: Option<f64> = redis::cmd("GET").arg("price:7").query_async(&mut redis).await?;
/// # let _ = price;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MeasuredRedis<C> {
    connection: C,
    calls: Calls,
}

impl<C> MeasuredRedis<C> {
    /// A connection that is measured in `registry`.
    pub fn register(registry: &Registry, connection: C) -> Result<MeasuredRedis<C>, Error> {
        Ok(MeasuredRedis { connection, calls: Calls::register(registry, "redis_command")? })
    }
}

impl<C: ConnectionLike + Send> ConnectionLike for MeasuredRedis<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let name = name(command);
            let mut recorded = self.calls.begin(&name);
            let answer = self.connection.req_packed_command(command).await;
            recorded.end(answer.as_ref().is_ok_and(|value| !is_error(value)));
            answer
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let mut recorded = self.calls.begin("pipeline");
            let answer = self.connection.req_packed_commands(pipeline, offset, count).await;
            recorded.end(answer.as_ref().is_ok_and(|values| !values.iter().any(is_error)));
            answer
        })
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }
}

/// Whether the server refused a command: that is an answer to whoever sends it, and an error to who asked.
fn is_error(value: &Value) -> bool {
    matches!(value, Value::ServerError(_))
}

/// The command, in lower case.
fn name(command: &Cmd) -> String {
    let first = match command.args_iter().next() {
        Some(Arg::Simple(first)) => first,
        _ => &[],
    };
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"._".contains(byte);
    if first.is_empty() || first.len() > COMMAND_BYTES_MAX || !first.iter().all(is_word) {
        return "other".to_owned();
    }
    String::from_utf8_lossy(first).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// A server that knows one answer.
    struct Server;

    impl ConnectionLike for Server {
        fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
            Box::pin(async { Ok(Value::Int(7)) })
        }

        fn req_packed_commands<'a>(
            &'a mut self,
            _: &'a Pipeline,
            _: usize,
            _: usize,
        ) -> RedisFuture<'a, Vec<Value>> {
            Box::pin(async { Ok(vec![Value::Int(7)]) })
        }

        fn get_db(&self) -> i64 {
            0
        }
    }

    #[test]
    fn commands_are_timed_by_name() {
        let registry = Registry::new();
        let mut redis = MeasuredRedis::register(&registry, Server).unwrap();
        let mut task = Context::from_waker(Waker::noop());
        for word in ["GET", "JSON.SET", "no such command"] {
            let mut command = redis::cmd(word);
            command.arg("key:17");
            let Poll::Ready(answer) = pin!(redis.req_packed_command(&command)).poll(&mut task) else {
                panic!()
            };
            assert_eq!(answer.unwrap(), Value::Int(7));
        }
        let text = registry.text();
        for operation in ["get", "json.set", "other"] {
            let sample = format!(
                "redis_command_duration_seconds_count{{operation=\"{operation}\",outcome=\"ok\"}} 1.0\n"
            );
            assert!(text.contains(&sample), "{text}");
        }
        assert!(!text.contains("key:17"));
    }
}
