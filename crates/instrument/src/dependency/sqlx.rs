//! Databases through sqlx: a pool that measures what is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::error::BoxDynError;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Either, Error as SqlxError, Execute, Executor, Pool, SqlStr, Statement, Transaction};

use super::calls::Calls;
use super::pool::{PoolState, watch_pool};
use crate::Error;
use crate::metrics::{Histogram, LATENCY_BUCKETS, Registry};

/// A pool of sqlx's in which everything is measured that goes through it. Queries take `&pool` as they take `&Pool`:
///
/// | metric | labels | |
/// |---|---|---|
/// | `db_query_duration_seconds` | operation, outcome | from the asking to the last row, without the wait for a connection |
/// | `db_query_in_progress` | operation | |
/// | `pool_connections` | pool, state | used and idle |
/// | `pool_connections_max`, `pool_waiting` | pool | |
/// | `pool_wait_seconds` | pool | how long connections were waited for |
///
/// The operation is the first word of the statement, or what [`MeasuredPool::operation`] says.
///
/// ```no_run
/// # async fn run<DB: sqlx::Database>(pool: sqlx::Pool<DB>) -> Result<(), Box<dyn std::error::Error>> {
/// # let registry = flightdeck::Registry::new();
/// let pool = flightdeck::dependency::MeasuredPool::register(&registry, "orders", pool)?;
/// // sqlx::query("DELETE FROM carts").execute(&pool).await?;
/// // sqlx::query("SELECT 1").execute(pool.operation("ping")).await?;
/// let transaction = pool.begin().await?;
/// # drop(transaction);
/// # Ok(())
/// # }
/// ```
pub struct MeasuredPool<DB: Database> {
    pool: Pool<DB>,
    calls: Calls,
    waiting: Arc<AtomicU64>,
    wait: Histogram,
}

impl<DB: Database> Clone for MeasuredPool<DB> {
    fn clone(&self) -> MeasuredPool<DB> {
        MeasuredPool {
            pool: self.pool.clone(),
            calls: self.calls.clone(),
            waiting: self.waiting.clone(),
            wait: self.wait.clone(),
        }
    }
}

impl<DB: Database> std::fmt::Debug for MeasuredPool<DB> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pool.fmt(out)
    }
}

impl<DB: Database> MeasuredPool<DB> {
    /// A pool that is `name` in the metrics.
    pub fn register(registry: &Registry, name: &str, pool: Pool<DB>) -> Result<MeasuredPool<DB>, Error> {
        let wait = registry
            .histogram("pool_wait_seconds", "How long connections of the pool were waited for.")
            .buckets(&LATENCY_BUCKETS)
            .labels(["pool"])?;
        let waiting = Arc::new(AtomicU64::new(0));
        let (watched, waiters) = (pool.clone(), waiting.clone());
        watch_pool(registry, name, move || PoolState {
            size: watched.size().into(),
            idle: watched.num_idle() as u64,
            size_max: Some(watched.options().get_max_connections().into()),
            waiting: Some(waiters.load(Ordering::Relaxed)),
        });
        Ok(MeasuredPool {
            pool,
            calls: Calls::register(registry, "db_query")?,
            waiting,
            wait: wait.get(&[name]),
        })
    }

    /// The pool itself; what goes through it is not measured.
    pub fn inner(&self) -> &Pool<DB> {
        &self.pool
    }

    /// What times queries, for those that are made on a connection or in a transaction.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The pool for a query that is `operation` in the metrics.
    pub fn operation(&self, operation: &'static str) -> Operation<DB> {
        Operation { pool: self.clone(), name: Some(operation) }
    }

    /// A connection; the wait for it is measured.
    pub async fn acquire(&self) -> Result<PoolConnection<DB>, SqlxError> {
        let _waiting = Waiting::begin(&self.waiting);
        let _timer = self.wait.start_timer();
        self.pool.acquire().await
    }

    /// A transaction; the wait for its connection is measured.
    pub async fn begin(&self) -> Result<Transaction<'static, DB>, SqlxError> {
        let _waiting = Waiting::begin(&self.waiting);
        let _timer = self.wait.start_timer();
        self.pool.begin().await
    }
}

/// One more waits, until this is dropped.
struct Waiting<'a>(&'a AtomicU64);

impl Waiting<'_> {
    fn begin(waiting: &AtomicU64) -> Waiting<'_> {
        waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A pool for a query with a name of its own.
pub struct Operation<DB: Database> {
    pool: MeasuredPool<DB>,
    name: Option<&'static str>,
}

impl<DB: Database> std::fmt::Debug for Operation<DB> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pool.fmt(out)
    }
}

type Step<DB> = Either<<DB as Database>::QueryResult, <DB as Database>::Row>;

impl<'p, DB: Database> Executor<'p> for Operation<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step<DB>, SqlxError>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Statements::take(query);
        let name = self.name.unwrap_or_else(|| operation(query.sql.as_str()));
        Box::pin(async_stream::try_stream! {
            let mut connection = self.pool.acquire().await?;
            let mut recorded = self.pool.calls.begin(name);
            let mut steps = (&mut *connection).fetch_many(query);
            loop {
                match std::future::poll_fn(|task| steps.as_mut().poll_next(task)).await {
                    Some(Ok(step)) => yield step,
                    Some(Err(error)) => {
                        recorded.end(false);
                        Err(error)?;
                    }
                    None => break,
                }
            }
            recorded.end(true);
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, SqlxError>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Statements::take(query);
        let name = self.name.unwrap_or_else(|| operation(query.sql.as_str()));
        Box::pin(async move {
            let mut connection = self.pool.acquire().await?;
            let mut recorded = self.pool.calls.begin(name);
            let row = (&mut *connection).fetch_optional(query).await;
            recorded.end(row.is_ok());
            row
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, SqlxError>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut connection = self.pool.acquire().await?;
            (&mut *connection).prepare_with(sql, parameters).await
        })
    }
}

impl<'p, DB: Database> Executor<'p> for &MeasuredPool<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step<DB>, SqlxError>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        Operation { pool: self.clone(), name: None }.fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, SqlxError>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        Operation { pool: self.clone(), name: None }.fetch_optional(query)
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, SqlxError>>
    where
        'p: 'e,
    {
        Operation { pool: self.clone(), name: None }.prepare_with(sql, parameters)
    }
}

/// A query that was looked at: sqlx gives its statement only to whoever takes it.
struct Statements<DB: Database> {
    sql: SqlStr,
    statement: Option<DB::Statement>,
    arguments: Result<Option<DB::Arguments>, BoxDynError>,
    persistent: bool,
}

impl<DB: Database> Statements<DB> {
    fn take<'q>(mut query: impl Execute<'q, DB>) -> Statements<DB> {
        let arguments = query.take_arguments();
        let statement = query.statement().cloned();
        let persistent = query.persistent();
        let sql = match &statement {
            Some(statement) => statement.sql().clone(),
            None => query.sql(),
        };
        Statements { sql, statement, arguments, persistent }
    }
}

impl<DB: Database> Execute<'_, DB> for Statements<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        std::mem::replace(&mut self.arguments, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// The first word of a statement, if it is one that statements begin with.
fn operation(sql: &str) -> &'static str {
    const KNOWN: [&str; 22] = [
        "select",
        "insert",
        "update",
        "delete",
        "with",
        "merge",
        "create",
        "alter",
        "drop",
        "truncate",
        "begin",
        "commit",
        "rollback",
        "savepoint",
        "set",
        "copy",
        "call",
        "explain",
        "pragma",
        "replace",
        "vacuum",
        "show",
    ];
    let mut rest = sql.trim_start_matches(|character: char| character.is_whitespace() || character == '(');
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map(|(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, after)| after)
        } else {
            break;
        };
        rest = after.unwrap_or_default().trim_start();
    }
    let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(&rest[..end])).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_first_words() {
        let check = |sql: &str, want: &str| assert_eq!(operation(sql), want, "{sql}");
        check("SELECT 1", "select");
        check("\n  insert into orders values ($1)", "insert");
        check("(SELECT 1) UNION (SELECT 2)", "select");
        check("-- orders of a customer\n/* hint */ Update orders SET x = 1", "update");
        check("WITH recent AS (SELECT 1) SELECT 2", "with");
        check("selection", "other");
        check("/* never ends", "other");
        check("", "other");
    }
}
