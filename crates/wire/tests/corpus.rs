//! Reads the expositions of other projects, and agrees with them on which are well-formed.

use std::fs;
use std::path::{Path, PathBuf};

use wire::{Format, Options, Reader};

/// The folder of test data, or `None` with a line that says so. Continuous integration must have it.
fn testdata(folder: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/testdata")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
    println!("skipped: {} is missing", path.display());
    None
}

#[test]
fn the_openmetrics_corpus_is_judged_as_its_authors_judge_it() {
    let Some(corpus) = testdata("openmetrics") else { return };
    let (mut cases, mut disagreements) = (0, Vec::new());
    for case in fs::read_dir(corpus).unwrap() {
        let case = case.unwrap().path();
        let body = fs::read(case.join("metrics")).unwrap();
        let should_parse =
            fs::read_to_string(case.join("test.json")).unwrap().contains("\"shouldParse\": true");
        let problems = wire::check(&body, Format::OpenMetrics);
        if problems.is_empty() != should_parse {
            disagreements.push(format!("{}: {problems:?}", case.file_name().unwrap().display()));
        }
        if should_parse {
            let page = Reader::new().read(&body, Format::OpenMetrics, &Options::default());
            assert!(page.is_ok(), "{}: {:?}", case.display(), page.err());
        }
        cases += 1;
    }
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    assert!(cases > 100, "only {cases} cases");
}

#[test]
fn every_exposition_page_is_read() {
    let Some(pages) = testdata("exposition") else { return };
    for page in fs::read_dir(pages).unwrap() {
        let path = page.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let body = fs::read(&path).unwrap();
        let is_openmetrics = body.trim_ascii_end().ends_with(b"# EOF");
        let format = if is_openmetrics { Format::OpenMetrics } else { Format::Text };
        let samples =
            body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && !line.starts_with(b"#"));
        let mut reader = Reader::new();
        for _ in 0..2 {
            let page = reader.read(&body, format, &Options { created_as_start: false, ..Options::default() });
            let page = page.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(page.values.len() as u64 + page.duplicates, samples.clone().count() as u64, "{name}");
        }
    }
}

#[test]
fn recorded_pages_read_on_as_they_read_anew() {
    let Some(fleet) = testdata("fleet") else { return };
    let archive = fs::read(fleet.join("node-exporter-240-pages-5s.tar.zst")).unwrap();
    let archive = zstd::decode_all(&archive[..]).unwrap();
    let (mut reader, mut shapes, mut pages) = (Reader::new(), Vec::new(), 0);
    for body in tar_members(&archive) {
        let page = reader.read(body, Format::Text, &Options::default()).unwrap();
        let anew = Reader::new().read(body, Format::Text, &Options::default()).unwrap();
        let row = |page: &wire::Page| -> Vec<_> {
            let told = |column: &usize| !page.absent.contains(&(*column as u32));
            let mut row: Vec<_> = (0..page.values.len())
                .filter(told)
                .map(|column| (page.shape.series[column].clone(), page.values[column].to_bits()))
                .collect();
            row.sort();
            row
        };
        assert_eq!(row(&page), row(&anew));
        shapes.push(page.shape.id());
        pages += 1;
    }
    shapes.dedup();
    assert_eq!((pages, shapes.len()), (240, 1), "the exporter's series did not change");
}

/// The contents of the files of a tar archive: blocks of 512 bytes, a header and then the contents of each.
fn tar_members(mut archive: &[u8]) -> Vec<&[u8]> {
    let mut members = Vec::new();
    while let Some((header, rest)) = archive.split_at_checked(512).filter(|(header, _)| header[0] != 0) {
        let size = std::str::from_utf8(&header[124..135]).unwrap();
        let size = usize::from_str_radix(size.trim(), 8).unwrap();
        if header[156] == b'0' && size > 0 {
            members.push(&rest[..size]);
        }
        archive = &rest[size.next_multiple_of(512)..];
    }
    members
}
