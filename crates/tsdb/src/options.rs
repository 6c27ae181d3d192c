//! How a store behaves: what it keeps, for how long, and how much it may take.

/// The store's options. Limits name their unit last; 0 means no limit where it is said.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much older than the newest sample of its target another may be and still be taken.
    pub out_of_order_window_ms: i64,
    /// How far ahead of the clock a sample may be; one that is further would hold up its target and the log until its
    /// time comes. A store in memory has no clock and takes all.
    pub ahead_ms_max: i64,
    /// The labels that make a target when samples do not come as frames. Sorted or not.
    pub target_labels: Vec<String>,
    /// How many series the head may have; new ones are refused beyond. 0 for no limit.
    pub series_max: u64,
    /// How much memory head and index may take; near it new series are refused. 0 for no limit.
    pub memory_bytes_max: u64,
    /// How many bytes the labels of one series may take.
    pub label_set_bytes_max: usize,
    /// How many exemplars the head keeps; beyond, new ones are dropped.
    pub exemplars_max: usize,
    /// How many metric families may have metadata; beyond, new ones are ignored.
    pub metadata_max: usize,
    /// How much time one part of fresh samples covers. With the window of late samples this bounds what is only in
    /// memory and in the log, so how much a start has to replay.
    pub part_span_ms: i64,
    /// How much time a merged part covers at most.
    pub merged_span_ms_max: i64,
    /// Samples older than this are removed. 0 for no limit.
    pub retention_ms: i64,
    /// The oldest parts are removed when all of them take more than this. 0 for no limit.
    pub retention_bytes: u64,
    /// The oldest parts are removed when the disk has less than this left. 0 for no limit.
    pub free_bytes_min: u64,
    /// How many series one selection may have.
    pub select_series_max: usize,
    /// How large a chapter of the log gets before the next begins.
    pub chapter_bytes_max: u64,
    /// How many samples each column of a page in memory has, on average, before the page is compressed.
    pub page_samples: usize,
    /// How many threads replay the log. 0 for what suits its size and the machine.
    pub replay_threads: usize,
    /// What the log does with its files.
    pub log: storage::LogOptions,
}

/// Which of the options may change while the store is open, and how they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// How old a sample may be when a newer one of its series is there already.
    pub out_of_order_window_ms: i64,
    /// Samples older than this are removed. 0 for no limit.
    pub retention_ms: i64,
    /// The oldest parts are removed when all of them take more than this. 0 for no limit.
    pub retention_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        const HOUR_MS: i64 = 3_600_000;
        Options {
            out_of_order_window_ms: HOUR_MS,
            ahead_ms_max: HOUR_MS / 6,
            target_labels: vec!["instance".to_owned(), "job".to_owned()],
            series_max: 0,
            memory_bytes_max: 0,
            label_set_bytes_max: 64 << 10,
            exemplars_max: 100_000,
            metadata_max: 100_000,
            part_span_ms: HOUR_MS / 2,
            merged_span_ms_max: 24 * HOUR_MS,
            retention_ms: 15 * 24 * HOUR_MS,
            retention_bytes: 0,
            free_bytes_min: 0,
            select_series_max: 10_000_000,
            chapter_bytes_max: 64 << 20,
            page_samples: 64,
            replay_threads: 0,
            log: storage::LogOptions::default(),
        }
    }
}

impl Options {
    /// What of them may change later.
    pub fn keeping(&self) -> Keeping {
        Keeping {
            out_of_order_window_ms: self.out_of_order_window_ms,
            retention_ms: self.retention_ms,
            retention_bytes: self.retention_bytes,
        }
    }

    /// For a store that forgets everything when it is dropped: samples of any time are taken.
    pub fn in_memory() -> Options {
        Options { out_of_order_window_ms: i64::MAX, retention_ms: 0, ..Options::default() }
    }
}
