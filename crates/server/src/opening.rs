//! Opening the store: which options it gets from flags and configuration, and what it found.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use tsdb::{Keeping, Options, Store};

use crate::config::Config;
use crate::flags::ServeOptions;
use crate::memory::Memory;

/// Opens the store in the data directory and says what it found.
pub fn open(options: &ServeOptions, config: &Config) -> anyhow::Result<Arc<Store>> {
    let began = Instant::now();
    let store = Store::open(&options.data, store_options(options, config))
        .with_context(|| format!("opening the data directory {}", options.data.display()))?;
    let opened = store.opened();
    tracing::info!(
        data = %options.data.display(),
        parts = opened.parts,
        log_samples = opened.log_samples,
        torn_bytes = opened.log_torn_bytes,
        took_ms = began.elapsed().as_millis() as u64,
        "opened the store"
    );
    for damage in &opened.damages {
        tracing::error!(damage, "something in the data directory is damaged; the rest is served");
    }
    Ok(Arc::new(store))
}

/// For how long, how much and how late samples are kept. A flag wins over the file, the file over the default.
pub fn keeping(options: &ServeOptions, config: &Config) -> Keeping {
    let tsdb = &config.storage.tsdb;
    let defaults = Options::default();
    let retention_ms = options.retention_time_millis.or(tsdb.retention.time.map(|span| span.millis));
    let retention_bytes = options.retention_bytes_max.or(tsdb.retention.size.map(|size| size.bytes));
    let window_ms = options.out_of_order_millis.or(tsdb.out_of_order_time_window.map(|span| span.millis));
    Keeping {
        retention_ms: retention_ms.unwrap_or(defaults.retention_ms),
        retention_bytes: retention_bytes.unwrap_or(defaults.retention_bytes),
        out_of_order_window_ms: window_ms.unwrap_or(defaults.out_of_order_window_ms),
    }
}

fn store_options(options: &ServeOptions, config: &Config) -> Options {
    let keeping = keeping(options, config);
    Options {
        retention_ms: keeping.retention_ms,
        retention_bytes: keeping.retention_bytes,
        out_of_order_window_ms: keeping.out_of_order_window_ms,
        free_bytes_min: options.free_bytes_min,
        memory_bytes_max: Memory::new(options.memory_bytes_max).store_bytes_max(),
        ..Options::default()
    }
}
