//! What each codec makes of the recorded pages: bytes and time per value, series by series.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Serialize;
use storage::codec::{self, FloatGroup, Tier};

use crate::machine::Machine;
use crate::pages::Pages;
use crate::report;

/// How many series are compressed together in a group.
const GROUP_SERIES: usize = 16;

/// How many values a page of the head has.
const PAGE_VALUES: usize = 120;

#[derive(Serialize)]
struct Outcome {
    machine: Machine,
    pages: String,
    series: usize,
    values: usize,
    codecs: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    bytes_per_value: f64,
    /// Nothing where only the size was computed.
    encode_ns_per_value: Option<f64>,
    decode_ns_per_value: Option<f64>,
}

/// Encodes and decodes every series of the pages with each codec.
pub(crate) fn run(pages: &Pages) -> Result<()> {
    let columns = columns(pages);
    let values = columns.iter().map(Vec::len).sum();
    let rows = vec![
        gorilla(&columns),
        alone("fast, pages of 120 values", &columns, Tier::Fast, PAGE_VALUES)?,
        alone("fast, whole series", &columns, Tier::Fast, usize::MAX)?,
        alone("merged, whole series", &columns, Tier::Merged, usize::MAX)?,
        grouped("merged, 16 series together", &columns)?,
    ];
    let outcome = Outcome {
        machine: Machine::here(),
        pages: pages.origin.clone(),
        series: columns.len(),
        values,
        codecs: rows,
    };
    report::keep("codecs", &table(&outcome), &outcome)
}

/// The values of every series over all pages, in the order of the page.
fn columns(pages: &Pages) -> Vec<Vec<f64>> {
    let mut places = BTreeMap::new();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for page in &pages.bodies {
        let text = String::from_utf8_lossy(page);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse() else { continue };
            let place = *places.entry(series.to_owned()).or_insert(columns.len());
            if place == columns.len() {
                columns.push(Vec::new());
            }
            columns[place].push(value);
        }
    }
    columns
}

/// What Gorilla's XOR encoding of values takes, as Prometheus stores them: the floor of the competition.
fn gorilla(columns: &[Vec<f64>]) -> Row {
    let bits: u64 = columns.iter().map(|column| gorilla_bits(column)).sum();
    let values = columns.iter().map(Vec::len).sum::<usize>() as f64;
    Row {
        name: "Gorilla, whole series (size only)",
        bytes_per_value: bits as f64 / 8.0 / values,
        encode_ns_per_value: None,
        decode_ns_per_value: None,
    }
}

/// The first value whole; then a bit for the same value, or two bits and the bits that changed: those between the zeros that
/// the change before it had around them, or after 5 bits for the leading zeros and 6 for how many follow.
fn gorilla_bits(values: &[f64]) -> u64 {
    let Some(first) = values.first() else { return 0 };
    let (mut bits, mut previous) = (64, first.to_bits());
    let mut window: Option<(u32, u32)> = None;
    for value in &values[1..] {
        let change = previous ^ value.to_bits();
        previous = value.to_bits();
        let (leading, trailing) = (change.leading_zeros().min(31), change.trailing_zeros());
        bits += match window {
            _ if change == 0 => 1,
            Some((before, after)) if leading >= before && trailing >= after => {
                2 + u64::from(64 - before - after)
            }
            _ => {
                window = Some((leading, trailing));
                2 + 5 + 6 + u64::from(64 - leading - trailing)
            }
        };
    }
    bits
}

fn alone(name: &'static str, columns: &[Vec<f64>], tier: Tier, values_max: usize) -> Result<Row> {
    let chunks: Vec<&[f64]> =
        columns.iter().flat_map(|column| column.chunks(values_max.min(column.len()))).collect();
    let (encoded, encoding) = timed(|| {
        let encode = |values: &&[f64]| {
            let mut bytes = Vec::new();
            codec::encode_floats(values, tier, &mut bytes);
            bytes
        };
        chunks.iter().map(encode).collect::<Vec<_>>()
    });
    let (decoded, decoding) = timed(|| {
        let decode = |(bytes, values): (&Vec<u8>, &&[f64])| {
            let mut decoded = Vec::with_capacity(values.len());
            codec::decode_floats(bytes, values.len(), &mut decoded).map(|_| decoded)
        };
        encoded.iter().zip(&chunks).map(decode).collect::<Result<Vec<_>, _>>()
    });
    ensure!(
        same(decoded?.iter().map(Vec::as_slice), chunks.iter().copied()),
        "{name} does not give back what it took"
    );
    Ok(row(name, &encoded, columns, encoding, decoding))
}

fn grouped(name: &'static str, columns: &[Vec<f64>]) -> Result<Row> {
    let groups: Vec<Vec<&[f64]>> =
        columns.chunks(GROUP_SERIES).map(|group| group.iter().map(Vec::as_slice).collect()).collect();
    let (encoded, encoding) = timed(|| {
        let encode = |group: &Vec<&[f64]>| {
            let mut bytes = Vec::new();
            codec::encode_float_group(group, &mut bytes);
            bytes
        };
        groups.iter().map(encode).collect::<Vec<_>>()
    });
    let (decoded, decoding) = timed(|| -> Result<Vec<Vec<f64>>> {
        let mut all = Vec::new();
        for (bytes, group) in encoded.iter().zip(&groups) {
            let counts: Vec<usize> = group.iter().map(|column| column.len()).collect();
            let open = FloatGroup::open(bytes, &counts)?;
            for place in 0..group.len() {
                let mut values = Vec::new();
                open.column(place, &mut values)?;
                all.push(values);
            }
        }
        Ok(all)
    });
    ensure!(
        same(decoded?.iter().map(Vec::as_slice), columns.iter().map(Vec::as_slice)),
        "{name} does not give back what it took"
    );
    Ok(row(name, &encoded, columns, encoding, decoding))
}

/// What `work` yields and how many nanoseconds it took.
fn timed<T>(work: impl Fn() -> T) -> (T, f64) {
    let begun = Instant::now();
    let result = black_box(work());
    (result, begun.elapsed().as_nanos() as f64)
}

/// Whether both are the same numbers, bit for bit.
fn same<'a>(left: impl Iterator<Item = &'a [f64]>, right: impl Iterator<Item = &'a [f64]>) -> bool {
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    left.map(bits).eq(right.map(bits))
}

fn row(name: &'static str, encoded: &[Vec<u8>], columns: &[Vec<f64>], encoding: f64, decoding: f64) -> Row {
    let values = columns.iter().map(Vec::len).sum::<usize>() as f64;
    Row {
        name,
        bytes_per_value: encoded.iter().map(Vec::len).sum::<usize>() as f64 / values,
        encode_ns_per_value: Some(encoding / values),
        decode_ns_per_value: Some(decoding / values),
    }
}

fn table(outcome: &Outcome) -> String {
    let mut text = format!(
        "# Codecs on the recorded pages\n\n{} series, {} values, timestamps not included; {}.\n{}.\n\n",
        outcome.series,
        outcome.values,
        outcome.pages,
        outcome.machine.describe()
    );
    text.push_str(
        "| | bytes per value | encoding, ns per value | decoding, ns per value |\n|---|---:|---:|---:|\n",
    );
    for row in &outcome.codecs {
        let Row { name, bytes_per_value, encode_ns_per_value, decode_ns_per_value } = row;
        let time = |time: &Option<f64>| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.1}"));
        let (encoding, decoding) = (time(encode_ns_per_value), time(decode_ns_per_value));
        let _ = writeln!(text, "| {name} | {bytes_per_value:.3} | {encoding} | {decoding} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gorilla_takes_a_bit_for_the_same_and_a_window_for_what_changed() {
        assert_eq!(gorilla_bits(&[]), 0);
        assert_eq!(gorilla_bits(&[5.0, 5.0, 5.0]), 64 + 2);
        let change = 5f64.to_bits() ^ 7f64.to_bits();
        let changed = u64::from(64 - change.leading_zeros().min(31) - change.trailing_zeros());
        assert_eq!(gorilla_bits(&[5.0, 7.0, 5.0]), 64 + 13 + changed + 2 + changed);
    }
}
