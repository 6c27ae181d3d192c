//! Pages separated by form feeds: reading on must come to what reading anew comes to, and checks never panic.

use wire::{Format, Options, Reader};

/// Reads every page on and anew, and checks it.
pub fn fuzz(data: &[u8], format: Format) {
    let options = Options { classic_to_custom: data.first() == Some(&b'#'), ..Options::default() };
    let mut reader = Reader::new();
    for body in data.split(|byte| *byte == b'\x0c') {
        let again = reader.read(body, format, &options).map(|page| shown(&page));
        let anew = Reader::new().read(body, format, &options).map(|page| shown(&page));
        assert_eq!(again, anew);
        wire::check(body, format);
    }
}

fn shown(page: &wire::Page) -> Vec<String> {
    let told = |column: &usize| !page.absent.contains(&(*column as u32));
    let mut lines: Vec<String> = (0..page.values.len())
        .filter(told)
        .map(|column| {
            let at = column as u32;
            let histogram = page.histograms.iter().find(|(column, _)| *column == at);
            let value =
                histogram.map_or(page.values[column].to_string(), |(_, histogram)| format!("{histogram:?}"));
            let time = page.times.iter().find(|(column, _)| *column == at);
            let start = page.starts.get(column).copied().unwrap_or(0);
            format!(
                "{} {value} {time:?} {start}",
                page.shape.series[column],
                time = time.map(|(_, time)| time)
            )
        })
        .collect();
    lines.sort();
    lines.push(format!("{} {:?}", page.duplicates, page.shape.metadata));
    lines
}
