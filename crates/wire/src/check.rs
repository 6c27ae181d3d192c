//! Checks an exposition the way its author wants it checked: against all of the format's rules.

use crate::error::ParseError;
use crate::format::Format;
use crate::page::Options;
use crate::reader::Reader;
use crate::text;
use crate::text::scan::Dialect;

/// Everything wrong with an exposition, in the order of its lines; empty if it is as it should be.
pub fn check(body: &[u8], format: Format) -> Vec<ParseError> {
    match format {
        Format::Text => text::check::check(body, Dialect::Text),
        Format::OpenMetrics => text::check::check(body, Dialect::OpenMetrics),
        // What a family may hold is in the protobuf types; what remains is what a reader minds.
        Format::Protobuf => Reader::new().read(body, format, &Options::default()).err().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(body: &str, format: Format) -> Vec<String> {
        check(body.as_bytes(), format)
            .iter()
            .map(|problem| format!("{}: {}", problem.line, problem.message))
            .collect()
    }

    #[test]
    fn every_problem_names_its_line() {
        let check = |body: &str, format, want: &[&str]| assert_eq!(problems(body, format), want, "{body}");
        check("a 1\nb 2\na{x=\"1\"} 3\n", Format::Text, &["3: the lines of a are not together"]);
        check(
            "# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 4\nh_sum 1\nh_count 4\nx y\n",
            Format::Text,
            &[
                "3: a bucket counts less than the one before it",
                "6: expected a value",
                "6: a histogram needs a bucket with le=\"+Inf\"",
            ],
        );
        check("# TYPE a counter\na 1\n# EOF\n", Format::OpenMetrics, &["2: the lines of a are not together"]);
        check("a 1\na 1\n", Format::Text, &["2: the series is told twice"]);
    }
}
