//! What a scraper accepts, out of what there is.

use super::escape::Scheme;

/// Headers longer than this are read as far as they go.
const HEADER_BYTES_MAX: usize = 4_096;

/// An exposition format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// Prometheus text 0.0.4, which everything reads.
    #[default]
    Text,
    /// Prometheus text 1.0.0, which has quoted names.
    Text1,
    /// OpenMetrics 1.0: text with exemplars and units.
    OpenMetrics,
    /// Prometheus's protobuf: the one with native histograms.
    Protobuf,
}

/// A format and how names are escaped in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Accepted {
    /// The format.
    pub format: Format,
    /// The escaping of names that classic Prometheus cannot read.
    pub scheme: Scheme,
}

impl Accepted {
    /// What an `Accept` header asks for: the format it prefers among those there are, else text 0.0.4.
    pub fn from_header(header: &str) -> Accepted {
        let header = header.get(..header.floor_char_boundary(HEADER_BYTES_MAX)).unwrap_or(header);
        let mut best: Option<(u32, Accepted)> = None;
        for range in header.split(',') {
            let Some((quality, accepted)) = parse(range) else { continue };
            // Of equals the first one wins.
            if quality > 0 && best.is_none_or(|(other, _)| quality > other) {
                best = Some((quality, accepted));
            }
        }
        best.map(|(_, accepted)| accepted).unwrap_or_default()
    }

    /// The `Content-Type` to answer with.
    pub fn content_type(self) -> String {
        let escaping = self.scheme.name();
        match self.format {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8".to_owned(),
            Format::Text1 => format!("text/plain; version=1.0.0; charset=utf-8; escaping={escaping}"),
            Format::OpenMetrics => {
                format!("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping={escaping}")
            }
            Format::Protobuf => format!(
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; \
                 escaping={escaping}"
            ),
        }
    }
}

/// One media range: how much it is wanted in thousandths, and what it is, if there is such a format.
fn parse(range: &str) -> Option<(u32, Accepted)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let (mut quality, mut version, mut proto, mut encoding) = (1_000, "", "", "delimited");
    let mut scheme = Scheme::Underscores;
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match name.trim() {
            "q" => quality = (value.parse::<f32>().ok()?.clamp(0.0, 1.0) * 1_000.0) as u32,
            "version" => version = value,
            "proto" => proto = value,
            "encoding" => encoding = value,
            "escaping" => scheme = Scheme::from_name(value).unwrap_or_default(),
            _ => {}
        }
    }
    let format = match (media.as_str(), version) {
        ("application/openmetrics-text", "" | "1.0.0" | "0.0.1") => Format::OpenMetrics,
        ("text/plain", "1.0.0") => Format::Text1,
        ("text/plain", "" | "0.0.4") | ("text/*" | "*/*", _) => Format::Text,
        ("application/vnd.google.protobuf", _)
            if proto == "io.prometheus.client.MetricFamily" && encoding == "delimited" =>
        {
            Format::Protobuf
        }
        _ => return None,
    };
    // Text 0.0.4 cannot quote names.
    let scheme = if format == Format::Text { Scheme::Underscores } else { scheme };
    Some((quality, Accepted { format, scheme }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrapers_get_what_they_prefer() {
        let check = |header: &str, format: Format, scheme: Scheme| {
            assert_eq!(Accepted::from_header(header), Accepted { format, scheme }, "{header}");
        };
        check("", Format::Text, Scheme::Underscores);
        check("*/*", Format::Text, Scheme::Underscores);
        check("text/html,application/xhtml+xml,*/*;q=0.8", Format::Text, Scheme::Underscores);
        check("application/json", Format::Text, Scheme::Underscores);
        check(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            Format::OpenMetrics,
            Scheme::AllowUtf8,
        );
        check(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\
             application/openmetrics-text;version=1.0.0;q=0.6",
            Format::Protobuf,
            Scheme::Underscores,
        );
        check(
            "application/vnd.google.protobuf;encoding=text,text/plain;q=0.1",
            Format::Text,
            Scheme::Underscores,
        );
        check("text/plain; version=1.0.0; escaping=dots", Format::Text1, Scheme::Dots);
        check(
            "application/openmetrics-text; version=2.0.0, text/plain;q=0.5",
            Format::Text,
            Scheme::Underscores,
        );
        check("application/openmetrics-text;q=0, text/plain;q=0.5", Format::Text, Scheme::Underscores);
        check("application/openmetrics-text;q=nonsense", Format::Text, Scheme::Underscores);
        check(&"ä,".repeat(100_000), Format::Text, Scheme::Underscores);
    }
}
