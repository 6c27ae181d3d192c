//! The formats a target may answer in: how they are asked for and how an answer is recognised.

/// The format of an exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Delimited `io.prometheus.client.MetricFamily` messages.
    Protobuf,
    /// OpenMetrics 1.0, which differs from 0.0.1 in nothing a reader minds.
    OpenMetrics,
    /// Prometheus's text format, 0.0.4 or 1.0.0.
    Text,
}

/// A format that a scrape may ask for, by the name it has in a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScrapeProtocol {
    /// `PrometheusProto`
    PrometheusProto,
    /// `PrometheusText0.0.4`
    PrometheusText0_0_4,
    /// `PrometheusText1.0.0`
    PrometheusText1_0_0,
    /// `OpenMetricsText0.0.1`
    OpenMetricsText0_0_1,
    /// `OpenMetricsText1.0.0`
    OpenMetricsText1_0_0,
}

/// Every protocol, by the name it has in a configuration file.
pub const SCRAPE_PROTOCOLS: [(&str, ScrapeProtocol); 5] = [
    ("PrometheusProto", ScrapeProtocol::PrometheusProto),
    ("PrometheusText0.0.4", ScrapeProtocol::PrometheusText0_0_4),
    ("PrometheusText1.0.0", ScrapeProtocol::PrometheusText1_0_0),
    ("OpenMetricsText0.0.1", ScrapeProtocol::OpenMetricsText0_0_1),
    ("OpenMetricsText1.0.0", ScrapeProtocol::OpenMetricsText1_0_0),
];

/// What is asked for where a configuration does not say, best first.
pub const DEFAULT_PROTOCOLS: [ScrapeProtocol; 4] = [
    ScrapeProtocol::OpenMetricsText1_0_0,
    ScrapeProtocol::OpenMetricsText0_0_1,
    ScrapeProtocol::PrometheusText1_0_0,
    ScrapeProtocol::PrometheusText0_0_4,
];

/// What is asked for, best first, where native histograms are wanted: only protobuf carries them.
pub const DEFAULT_NATIVE_PROTOCOLS: [ScrapeProtocol; 5] = [
    ScrapeProtocol::PrometheusProto,
    ScrapeProtocol::OpenMetricsText1_0_0,
    ScrapeProtocol::OpenMetricsText0_0_1,
    ScrapeProtocol::PrometheusText1_0_0,
    ScrapeProtocol::PrometheusText0_0_4,
];

impl ScrapeProtocol {
    /// The name in a configuration file.
    pub fn name(self) -> &'static str {
        SCRAPE_PROTOCOLS.iter().find(|(_, protocol)| *protocol == self).map_or("", |(name, _)| name)
    }

    /// The protocol of that name.
    pub fn from_name(name: &str) -> Option<ScrapeProtocol> {
        SCRAPE_PROTOCOLS.iter().find(|(candidate, _)| *candidate == name).map(|(_, protocol)| *protocol)
    }

    /// The format it asks for.
    pub fn format(self) -> Format {
        match self {
            ScrapeProtocol::PrometheusProto => Format::Protobuf,
            ScrapeProtocol::PrometheusText0_0_4 | ScrapeProtocol::PrometheusText1_0_0 => Format::Text,
            ScrapeProtocol::OpenMetricsText0_0_1 | ScrapeProtocol::OpenMetricsText1_0_0 => {
                Format::OpenMetrics
            }
        }
    }

    /// The media type, and whether its version knows escaping schemes.
    fn media_type(self) -> (&'static str, bool) {
        match self {
            ScrapeProtocol::PrometheusProto => (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
                true,
            ),
            ScrapeProtocol::PrometheusText0_0_4 => ("text/plain;version=0.0.4", false),
            ScrapeProtocol::PrometheusText1_0_0 => ("text/plain;version=1.0.0", true),
            ScrapeProtocol::OpenMetricsText0_0_1 => ("application/openmetrics-text;version=0.0.1", false),
            ScrapeProtocol::OpenMetricsText1_0_0 => ("application/openmetrics-text;version=1.0.0", true),
        }
    }
}

/// The `Accept` header that asks for `protocols`, best first; `escaping` is the scheme's name on the wire, such as
/// `allow-utf-8`.
pub fn accept_header(protocols: &[ScrapeProtocol], escaping: &str) -> String {
    let mut header = String::new();
    // One weight more than there are protocols, so that the last one is still above "anything".
    let mut weight = SCRAPE_PROTOCOLS.len() + 1;
    for protocol in protocols.iter().take(SCRAPE_PROTOCOLS.len()) {
        let (media_type, escapes) = protocol.media_type();
        header.push_str(media_type);
        if escapes {
            header.push_str(";escaping=");
            header.push_str(escaping);
        }
        header.push_str(&format!(";q=0.{weight},"));
        weight -= 1;
    }
    header.push_str(&format!("*/*;q=0.{weight}"));
    header
}

/// Why a `Content-Type` could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentTypeError {
    /// There was none, or not one of an exposition, and the scrape has no fallback.
    #[error(
        "the target answers with Content-Type {0:?}, which is none of an exposition, and no fallback_scrape_protocol is set"
    )]
    Unknown(String),
}

impl Format {
    /// The format that a `Content-Type` header means; `fallback` where it is missing, malformed or unknown.
    pub fn from_content_type(
        header: Option<&str>,
        fallback: Option<ScrapeProtocol>,
    ) -> Result<Format, ContentTypeError> {
        let header = header.unwrap_or("");
        let mut parameters = header.split(';').map(str::trim);
        let media_type = parameters.next().unwrap_or("").to_ascii_lowercase();
        let recognised = match media_type.as_str() {
            "application/openmetrics-text" => Some(Format::OpenMetrics),
            "application/vnd.google.protobuf" => Some(Format::Protobuf),
            "text/plain" => Some(Format::Text),
            _ => None,
        };
        recognised
            .or(fallback.map(ScrapeProtocol::format))
            .ok_or_else(|| ContentTypeError::Unknown(header.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_headers_weigh_protocols_in_their_order() {
        assert_eq!(
            accept_header(
                &[ScrapeProtocol::OpenMetricsText1_0_0, ScrapeProtocol::PrometheusText0_0_4],
                "allow-utf-8"
            ),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.4"
        );
    }

    #[test]
    fn content_types_are_recognised_whatever_their_parameters() {
        let check = |header: Option<&str>, fallback, want: Option<Format>| {
            assert_eq!(Format::from_content_type(header, fallback).ok(), want, "{header:?}");
        };
        let text = Some(ScrapeProtocol::PrometheusText0_0_4);
        check(Some("text/plain; version=0.0.4; charset=utf-8"), None, Some(Format::Text));
        check(Some("Application/OpenMetrics-Text;version=1.0.0"), None, Some(Format::OpenMetrics));
        check(
            Some(
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
            ),
            None,
            Some(Format::Protobuf),
        );
        check(Some("text/html"), None, None);
        check(None, None, None);
        check(Some("application/json"), text, Some(Format::Text));
        check(None, text, Some(Format::Text));
    }
}
