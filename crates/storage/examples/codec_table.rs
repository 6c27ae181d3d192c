//! Prints what each codec makes of the recorded pages: `cargo run --release --example codec_table [FILE.tar.zst]`.
//!
//! A page is the text of one scrape, named by its time in milliseconds. Every series becomes a column of its
//! values over all pages, the times become one column.

use std::collections::BTreeMap;
use std::time::SystemTime;

use storage::codec::{self, FloatGroup, Tier};

const RECORDED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/testdata/fleet/node-exporter-240-pages-5s.tar.zst");

fn main() {
    let path = std::env::args().nth(1).unwrap_or(RECORDED.to_owned());
    let Ok(archive) = std::fs::read(&path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let tar = zstd::stream::decode_all(archive.as_slice()).expect("the archive is zstd");
    let (times, series) = columns(&tar);
    let values: usize = series.iter().map(Vec::len).sum();
    println!("{} pages, {} series, {values} values", times.len(), series.len());
    println!("{:32} {:>9} {:>12} {:>12}", "", "B/value", "encode ns", "decode ns");
    for length in [16, 64, 120] {
        let pages: Vec<&[f64]> = series.iter().flat_map(|column| column.chunks(length)).collect();
        apart(&format!("fast, pages of {length}"), &pages, Tier::Fast);
    }
    let whole: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    apart("fast, whole columns", &whole, Tier::Fast);
    apart("merged, each series alone", &whole, Tier::Merged);
    for size in [16, 64, 256] {
        grouped(&format!("merged, groups of {size}"), &whole, size);
    }
    let mut bytes = Vec::new();
    codec::encode_ints(&times, Tier::Merged, &mut bytes);
    println!(
        "{:32} {:9.3} (per time, shared by all series of a target)",
        "times",
        bytes.len() as f64 / times.len() as f64
    );
}

fn apart(name: &str, columns: &[&[f64]], tier: Tier) {
    let mut bytes = Vec::new();
    let mut sizes = Vec::new();
    let encode = nanoseconds(|| {
        bytes.clear();
        sizes.clear();
        for column in columns {
            codec::encode_floats(column, tier, &mut bytes);
            sizes.push(bytes.len());
        }
    });
    let mut values = Vec::new();
    let decode = nanoseconds(|| {
        values.clear();
        let mut rest = bytes.as_slice();
        for column in columns {
            let read = codec::decode_floats(rest, column.len(), &mut values).expect("what was written reads");
            rest = &rest[read..];
        }
    });
    let expected = columns.iter().flat_map(|column| column.iter()).map(|value| value.to_bits());
    assert!(values.iter().map(|value| value.to_bits()).eq(expected), "lossless");
    row(name, bytes.len(), values.len(), encode, decode);
}

fn grouped(name: &str, columns: &[&[f64]], size: usize) {
    let mut groups = Vec::new();
    let encode = nanoseconds(|| {
        groups = columns.chunks(size).map(encode_group).collect::<Vec<_>>();
    });
    let mut values = Vec::new();
    let decode = nanoseconds(|| {
        values.clear();
        for (bytes, columns) in groups.iter().zip(columns.chunks(size)) {
            let counts: Vec<usize> = columns.iter().map(|column| column.len()).collect();
            let group = FloatGroup::open(bytes, &counts).expect("what was written reads");
            (0..counts.len())
                .for_each(|index| group.column(index, &mut values).expect("what was written reads"));
        }
    });
    let expected = columns.iter().flat_map(|column| column.iter()).map(|value| value.to_bits());
    assert!(values.iter().map(|value| value.to_bits()).eq(expected), "lossless");
    row(name, groups.iter().map(Vec::len).sum(), values.len(), encode, decode);
}

fn encode_group(columns: &[&[f64]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_float_group(columns, &mut bytes);
    bytes
}

fn row(name: &str, bytes: usize, values: usize, encode: u128, decode: u128) {
    let per_value = |number: f64| number / values as f64;
    let (encode, decode) = (per_value(encode as f64), per_value(decode as f64));
    println!("{name:32} {:9.3} {encode:12.2} {decode:12.2}", per_value(bytes as f64));
}

/// The mean of so many runs that the kernel's ticks do not matter.
fn nanoseconds(mut run: impl FnMut()) -> u128 {
    const RUNS: u128 = 20;
    let started = now();
    (0..RUNS).for_each(|_| run());
    (now() - started) / RUNS
}

/// Nanoseconds this thread has run, where Linux tells them: other programs do not disturb those. Else the clock's.
fn now() -> u128 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ran = told.and_then(|text| text.split(' ').next()?.parse().ok());
    let since_epoch = || SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    ran.unwrap_or_else(since_epoch)
}

/// The times of the pages in a tar archive and the values of every series that is on all of them.
fn columns(tar: &[u8]) -> (Vec<i64>, Vec<Vec<f64>>) {
    let mut pages: Vec<(i64, &str)> = Vec::new();
    let mut rest = tar;
    while let Some(header) = rest.get(..512).filter(|header| header[0] != 0) {
        let name = std::str::from_utf8(&header[..100]).unwrap_or("").trim_end_matches('\0');
        let size = std::str::from_utf8(&header[124..135]).unwrap_or("0");
        let size = usize::from_str_radix(size.trim(), 8).expect("sizes are octal");
        let time = name.rsplit('/').next().and_then(|name| name.strip_suffix(".txt")?.parse().ok());
        if let Some(time) = time {
            pages.push((time, std::str::from_utf8(&rest[512..512 + size]).expect("pages are text")));
        }
        rest = &rest[512 + size.div_ceil(512) * 512..];
    }
    pages.sort();
    let mut order = BTreeMap::new();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for (_, page) in &pages {
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let column = *order.entry(series).or_insert_with(|| {
                columns.push(Vec::new());
                columns.len() - 1
            });
            columns[column].push(value.parse().expect("values are numbers"));
        }
    }
    columns.retain(|column| column.len() == pages.len());
    (pages.iter().map(|(time, _)| *time).collect(), columns)
}
