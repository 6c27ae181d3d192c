//! `storage`: how samples are kept.

use collect::config::{ByteSize, ConfigError, Span, nullable};
use serde::Deserialize;

/// The `storage` section.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct StorageSection {
    /// The metrics store.
    #[serde(default, deserialize_with = "nullable")]
    pub tsdb: TsdbSection,
    /// Exemplars.
    pub exemplars: Option<ExemplarsSection>,
}

/// `storage.tsdb`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TsdbSection {
    /// How old a sample may be when a newer one is there already.
    pub out_of_order_time_window: Option<Span>,
    /// When Prometheus writes out series that have ended; this store always does.
    pub stale_series_compaction_threshold: Option<f64>,
    /// How long and how much is kept.
    #[serde(default, deserialize_with = "nullable")]
    pub retention: RetentionSection,
    /// How Prometheus encodes chunks; this store chooses per column.
    #[serde(default, deserialize_with = "nullable")]
    pub chunk_encoding: ChunkEncodingSection,
}

/// `storage.tsdb.retention`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RetentionSection {
    /// For how long.
    pub time: Option<Span>,
    /// How many bytes.
    pub size: Option<ByteSize>,
    /// How much of the disk, in percent.
    pub percentage: Option<f64>,
}

/// `storage.tsdb.chunk_encoding`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ChunkEncodingSection {
    /// How floats are encoded.
    pub floats: Option<FloatEncoding>,
}

/// Prometheus's encodings of floats.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum FloatEncoding {
    /// The first.
    Xor,
    /// The second.
    Xor2,
}

/// `storage.exemplars`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ExemplarsSection {
    /// How many Prometheus keeps; this store keeps them as long as their samples.
    pub max_exemplars: Option<i64>,
}

impl StorageSection {
    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self.tsdb.retention.percentage {
            Some(percentage) if !(0.0..=100.0).contains(&percentage) => {
                let message = format!("{percentage} is not a percentage; expected 0 to 100");
                Err(ConfigError::new("tsdb.retention.percentage", message))
            }
            _ => Ok(()),
        }
    }
}
