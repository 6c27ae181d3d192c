//! The database: every query is timed by its operation, and the pool is watched.

use std::time::Duration;

use anyhow::{Context, Result};
use flightdeck::Registry;
use flightdeck::dependency::MeasuredPool;
use sqlx::Postgres;
use sqlx::postgres::PgPoolOptions;

/// Connections at most: few, so that exhausting them is easy.
const CONNECTIONS_MAX: u32 = 5;

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(500);

/// How long connections are held that were asked to be.
const HELD: Duration = Duration::from_secs(5);

/// Orders and prices.
#[derive(Clone)]
pub(crate) struct Store {
    pool: MeasuredPool<Postgres>,
}

impl Store {
    /// Opens the database and makes what it lacks.
    pub(crate) async fn open(url: &str, registry: &Registry) -> Result<Store> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect(url)
            .await
            .with_context(|| format!("cannot open the database {url}"))?;
        for statement in [
            "CREATE TABLE IF NOT EXISTS products (id BIGINT PRIMARY KEY, dollars DOUBLE PRECISION NOT NULL)",
            "CREATE TABLE IF NOT EXISTS orders (id BIGSERIAL PRIMARY KEY, product BIGINT NOT NULL, dollars DOUBLE PRECISION NOT NULL)",
            "INSERT INTO products SELECT id, 5 + id % 200 FROM generate_series(1, 1000) AS id ON CONFLICT DO NOTHING",
        ] {
            sqlx::query(statement).execute(&pool).await?;
        }
        Ok(Store { pool: MeasuredPool::register(registry, "shop", pool)? })
    }

    /// Whether it answers.
    pub(crate) async fn ping(self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// What a product costs.
    pub(crate) async fn price(&self, product: i64, delay: Duration) -> Result<f64, sqlx::Error> {
        self.delay(delay).await?;
        sqlx::query_scalar("SELECT dollars FROM products WHERE id = $1")
            .bind(product)
            .fetch_one(self.pool.operation("select_product"))
            .await
    }

    /// Keeps an order; its number.
    pub(crate) async fn insert_order(&self, product: i64, dollars: f64) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("INSERT INTO orders (product, dollars) VALUES ($1, $2) RETURNING id")
            .bind(product)
            .bind(dollars)
            .fetch_one(self.pool.operation("insert_order"))
            .await
    }

    /// What an order cost, if there is one of that number.
    pub(crate) async fn order(&self, id: i64, delay: Duration) -> Result<Option<f64>, sqlx::Error> {
        self.delay(delay).await?;
        sqlx::query_scalar("SELECT dollars FROM orders WHERE id = $1")
            .bind(id)
            .fetch_optional(self.pool.operation("select_order"))
            .await
    }

    /// Takes connections and does nothing with them for a while.
    pub(crate) fn hold_connections(&self, count: u32) {
        for _ in 0..count.min(CONNECTIONS_MAX) {
            let pool = self.pool.clone();
            tokio::spawn(async move {
                let held = pool.acquire().await;
                tokio::time::sleep(HELD).await;
                drop(held);
            });
        }
    }

    /// Makes the database slow.
    async fn delay(&self, delay: Duration) -> Result<(), sqlx::Error> {
        if !delay.is_zero() {
            let sleep = sqlx::query("SELECT pg_sleep($1)").bind(delay.as_secs_f64());
            sleep.execute(self.pool.operation("slow_query")).await?;
        }
        Ok(())
    }
}
