//! The pages that exporters serve: recorded from a real node_exporter, or generated where there is no recording.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// How long after the one before it each page was recorded.
pub(crate) const PAGE_INTERVAL_MS: u64 = 5_000;

/// A recording larger than this is none of ours.
const RECORDING_BYTES_MAX: u64 = 256 << 20;

const GENERATED_PAGES: usize = 240;
const GENERATED_SAMPLES: usize = 507;

/// Pages of one target in the order of time.
pub(crate) struct Pages {
    /// The pages, at least one.
    pub(crate) bodies: Vec<Vec<u8>>,
    /// Where they are from, for the report.
    pub(crate) origin: String,
}

impl Pages {
    /// Reads the pages at `path`, or else the usual recording, or else makes some up.
    pub(crate) fn open(path: Option<&Path>) -> Result<Pages> {
        if let Some(path) = path {
            return Pages::recorded(path)
                .with_context(|| format!("cannot read pages from {}", path.display()));
        }
        let usual = usual_recording();
        if usual.is_file() {
            return Pages::recorded(&usual)
                .with_context(|| format!("cannot read pages from {}", usual.display()));
        }
        Ok(Pages::generated(GENERATED_PAGES, GENERATED_SAMPLES))
    }

    /// How many samples a page has: those of the first.
    pub(crate) fn samples(&self) -> usize {
        samples(&self.bodies[0])
    }

    fn recorded(path: &Path) -> Result<Pages> {
        let files = if path.is_dir() { read_directory(path)? } else { read_archive(path)? };
        if files.is_empty() {
            bail!("there are no pages");
        }
        let origin = format!("{} recorded node_exporter pages", files.len());
        Ok(Pages { bodies: files.into_values().collect(), origin })
    }

    /// Counters that grow and gauges that swing, a third of them constant.
    fn generated(pages: usize, samples: usize) -> Pages {
        let body = |page: usize| {
            let mut text = String::new();
            for sample in 0..samples {
                let (family, member) = (sample / 8, sample % 8);
                let value = match sample % 3 {
                    0 => sample as f64,
                    1 => (page * (sample + 1)) as f64,
                    _ => ((page as f64 / 7.0 + sample as f64).sin() * 1000.0).round() / 8.0,
                };
                let _ = writeln!(text, "generated_family_{family}{{member=\"{member}\"}} {value}");
            }
            text.into_bytes()
        };
        Pages { bodies: (0..pages).map(body).collect(), origin: format!("{pages} generated pages") }
    }
}

/// How many lines of a page are samples.
fn samples(page: &[u8]) -> usize {
    page.split(|&byte| byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#').count()
}

fn usual_recording() -> PathBuf {
    crate::home().join("../../shared/testdata/fleet/node-exporter-240-pages-5s.tar.zst")
}

fn read_directory(path: &Path) -> Result<BTreeMap<u64, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?.path();
        if let Some(time) = page_time(&entry) {
            files.insert(time, std::fs::read(&entry)?);
        }
    }
    Ok(files)
}

/// Reads the regular files of a tar archive compressed with zstd.
fn read_archive(path: &Path) -> Result<BTreeMap<u64, Vec<u8>>> {
    const BLOCK: usize = 512;
    let mut archive = Vec::new();
    let reader = zstd::Decoder::new(std::fs::File::open(path)?)?;
    reader.take(RECORDING_BYTES_MAX).read_to_end(&mut archive)?;
    let mut files = BTreeMap::new();
    let mut rest = archive.as_slice();
    while let Some((header, content)) = rest.split_at_checked(BLOCK) {
        let field = |from: usize, to: usize| {
            let bytes = header[from..to].split(|&byte| byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(bytes).trim().to_owned()
        };
        if header[0] == 0 {
            break;
        }
        let bytes = usize::from_str_radix(&field(124, 136), 8).context("an entry has no size")?;
        let file = content.get(..bytes).context("the archive ends inside an entry")?;
        if let Some(time) = page_time(Path::new(&field(0, 100))) {
            files.insert(time, file.to_vec());
        }
        rest = content.get(bytes.next_multiple_of(BLOCK)..).unwrap_or_default();
    }
    Ok(files)
}

/// The time in milliseconds that names a page.
fn page_time(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_pages_have_the_samples_they_should_and_change() {
        let pages = Pages::generated(3, 50);
        assert_eq!((pages.bodies.len(), pages.samples()), (3, 50));
        assert_ne!(pages.bodies[0], pages.bodies[1]);
        assert!(pages.bodies[0].starts_with(b"generated_family_0{member=\"0\"} 0\n"));
    }

    #[test]
    fn recorded_pages_are_in_the_order_of_time() {
        if !usual_recording().is_file() {
            assert!(std::env::var_os("CI").is_none(), "{} is missing", usual_recording().display());
            eprintln!("skipped: {} is missing", usual_recording().display());
            return;
        }
        let pages = Pages::open(None).unwrap();
        assert_eq!((pages.bodies.len(), pages.samples()), (240, 507));
        let seconds = |page: &[u8]| {
            let line = page
                .split(|&byte| byte == b'\n')
                .find(|line| line.starts_with(b"node_time_seconds "))
                .unwrap();
            String::from_utf8_lossy(&line[18..]).parse::<f64>().unwrap()
        };
        assert!(pages.bodies.windows(2).all(|pair| seconds(&pair[0]) < seconds(&pair[1])));
    }
}
