//! Times the reading of recorded pages: `cargo run --release -p flightdeck-wire --example pages FOLDER`.
//!
//! The folder holds the bodies of one target's scrapes in text format; they are read in the order of their names,
//! again and again. Beside that, each is read by a reader that has seen nothing.

use std::time::Instant;

use wire::{Format, Options, ParseError, Reader};

const ROUNDS: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: pages FOLDER")?;
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    let pages: Vec<Vec<u8>> = paths.iter().map(std::fs::read).collect::<std::io::Result<_>>()?;
    let bytes: usize = pages.iter().map(Vec::len).sum();
    let options = Options::default();
    let mut reader = Reader::new();
    let series =
        reader.read(pages.first().ok_or("the folder is empty")?, Format::Text, &options)?.values.len();
    println!("{} pages, {} bytes and {series} series each", pages.len(), bytes / pages.len());
    time("read on", &pages, ROUNDS, |page| Ok(reader.read(page, Format::Text, &options)?.values[0]))?;
    time("read anew", &pages, ROUNDS / 10, |page| {
        Ok(Reader::new().read(page, Format::Text, &options)?.values[0])
    })?;
    Ok(())
}

/// Prints the time of a page in the best round: what the code costs. The other rounds add what else the machine did.
fn time(
    name: &str,
    pages: &[Vec<u8>],
    rounds: usize,
    mut read: impl FnMut(&[u8]) -> Result<f64, ParseError>,
) -> Result<(), ParseError> {
    let (mut best, mut total) = (f64::INFINITY, 0.0);
    for _ in 0..rounds {
        let start = Instant::now();
        for page in pages {
            total += read(page)?;
        }
        best = best.min(start.elapsed().as_nanos() as f64 / pages.len() as f64);
    }
    println!("{name}: {best:.0} ns a page (check {total:e})");
    Ok(())
}
