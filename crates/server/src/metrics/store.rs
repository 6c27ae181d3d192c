//! What the store says about itself, as figures of `/metrics`.

use model::MetricType;
use tsdb::Stats;

/// One figure each.
pub(super) fn gather(stats: &Stats) -> Vec<(&'static str, MetricType, &'static str, f64)> {
    let gauge = |name, help, value: u64| (name, MetricType::Gauge, help, value as f64);
    let mut figures = vec![
        gauge("flightdeck_store_series", "Series of the head.", stats.series),
        gauge("flightdeck_store_targets", "Targets that are known, in head and parts.", stats.targets),
        gauge("flightdeck_store_points", "Points that are known, in head and parts.", stats.points),
        gauge("flightdeck_store_memory_bytes", "Memory of head and index, about.", stats.memory_bytes),
        gauge("flightdeck_store_head_bytes", "Memory of the head's samples.", stats.head_bytes),
        gauge("flightdeck_store_cache_bytes", "Decoded blocks of parts that are kept.", stats.cache_bytes),
        gauge("flightdeck_store_log_bytes", "The files of the log.", stats.log_bytes),
        gauge("flightdeck_store_part_bytes", "The files of the parts.", stats.part_bytes),
        gauge("flightdeck_store_parts", "Parts that are live.", stats.parts.len() as u64),
        gauge("flightdeck_store_exemplars", "Exemplars of the head.", stats.exemplars),
        gauge("flightdeck_store_tombstones", "Deletions that are not physical yet.", stats.tombstones),
        gauge("flightdeck_store_damages", "Parts and blocks found damaged.", stats.damages.len() as u64),
        gauge(
            "flightdeck_store_memory_short",
            "Whether new series are refused because memory is short.",
            u64::from(stats.is_near_memory_limit),
        ),
    ];
    for (name, help, time) in [
        ("flightdeck_store_min_time_seconds", "The oldest sample.", stats.min_time),
        ("flightdeck_store_max_time_seconds", "The newest sample.", stats.max_time),
    ] {
        if let Some(time) = time {
            figures.push((name, MetricType::Gauge, help, time as f64 / 1000.0));
        }
    }
    figures
}
