//! Reads the scrapes of one target, one after the other.

use crate::custom::Conversion;
use crate::error::ParseError;
use crate::family::rows::FamilyRows;
use crate::format::Format;
use crate::page::{Options, Page};
use crate::text::rows::TextRows;
use crate::text::scan::Dialect;

/// The state of reading one target: its last page.
#[derive(Default)]
pub struct Reader {
    /// What the state below was made for. Whoever changes either begins anew.
    read_as: Option<(Format, Options)>,
    rows: Option<Rows>,
    conversion: Conversion,
}

enum Rows {
    Text(Box<TextRows>),
    Families(Box<FamilyRows>),
}

impl Reader {
    /// A reader that has seen nothing yet.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Reads the body of a scrape. On an error the scrape is lost as a whole, and the reader stays usable.
    pub fn read(&mut self, body: &[u8], format: Format, options: &Options) -> Result<Page, ParseError> {
        if self.read_as.as_ref().is_none_or(|read_as| (read_as.0, &read_as.1) != (format, options)) {
            *self = Reader { read_as: Some((format, options.clone())), ..Reader::default() };
        }
        let page = match self.rows.get_or_insert_with(|| Rows::new(format, options)) {
            Rows::Text(rows) => rows.read(body)?,
            Rows::Families(rows) => rows.read(body)?,
        };
        Ok(if options.classic_to_custom { self.conversion.convert(page, options.keep_classic) } else { page })
    }
}

impl Rows {
    fn new(format: Format, options: &Options) -> Rows {
        let text = |dialect| Rows::Text(Box::new(TextRows::new(dialect, options.created_as_start)));
        match format {
            Format::Text => text(Dialect::Text),
            Format::OpenMetrics => text(Dialect::OpenMetrics),
            Format::Protobuf => Rows::Families(Box::new(FamilyRows::new(options))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use model::Value;
    use proptest::prelude::*;

    use super::*;

    /// A page as lines of text, columns that say nothing left out, in the order of their labels.
    fn render(page: &Page) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (column, series) in page.shape.series.iter().enumerate() {
            if page.absent.contains(&(column as u32)) {
                continue;
            }
            let histogram = page.histograms.iter().find(|(at, _)| *at as usize == column);
            let mut line = match histogram {
                Some((_, histogram)) => format!("{series} {histogram:?}"),
                None => format!("{series} {}", page.values[column]),
            };
            for (_, time) in page.times.iter().filter(|(at, _)| *at as usize == column) {
                write!(line, " @{time}").unwrap();
            }
            if let Some(start) = page.starts.get(column).filter(|start| **start != 0) {
                write!(line, " since {start}").unwrap();
            }
            lines.push(line);
        }
        lines.sort();
        lines.extend(page.shape.metadata.iter().map(|(family, metadata)| {
            format!("# {family} {} {:?} {:?}", metadata.kind, metadata.unit, metadata.help)
        }));
        lines.push(format!("duplicates {}", page.duplicates));
        lines.join("\n")
    }

    fn read(reader: &mut Reader, body: &str, format: Format) -> Result<Page, String> {
        reader.read(body.as_bytes(), format, &Options::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn values_change_and_the_shape_stays() {
        let mut reader = Reader::new();
        let first =
            read(&mut reader, "# TYPE a counter\na{b=\"1\"} 1\na{b=\"2\"} 2\nc 3\n", Format::Text).unwrap();
        let second =
            read(&mut reader, "# TYPE a counter\na{b=\"1\"} 1\na{b=\"2\"} 25.5\nc 3", Format::Text).unwrap();
        assert_eq!(first.shape.id(), second.shape.id());
        assert_eq!(second.values, [1.0, 25.5, 3.0]);
    }

    #[test]
    fn replicas_share_what_does_not_change() {
        let (mut one, mut other) = (Reader::new(), Reader::new());
        let body = |value: u32| format!("# TYPE a counter\n# HELP a help\na{{b=\"1\"}} {value}\nc 3\n");
        let first = read(&mut one, &body(1), Format::Text).unwrap();
        let second = read(&mut other, &body(20), Format::Text).unwrap();
        assert_eq!(first.shape.id(), second.shape.id());
        let template = |reader: &Reader| match &reader.rows {
            Some(Rows::Text(rows)) => rows.template.clone(),
            _ => panic!("the page is text"),
        };
        assert!(std::sync::Arc::ptr_eq(&template(&one), &template(&other)));
        let changed = read(&mut other, &body(20).replace("c 3", "d 3"), Format::Text).unwrap();
        assert_ne!(first.shape.id(), changed.shape.id());
        assert!(std::sync::Arc::ptr_eq(&first.shape.metadata, &changed.shape.metadata), "it is the same");
        assert_eq!(read(&mut one, &body(7), Format::Text).unwrap().values, [7.0, 3.0]);
    }

    #[test]
    fn lines_may_grow_and_shrink_without_being_lost() {
        let mut reader = Reader::new();
        let bodies = [
            "a 1\nb 2\nc 3\n",
            "a 1000\nb 2\nc 3\n",
            "a 1\nb 2\nc 30\n",
            "a 1\nb 2\nd 5\nc 3\n",
            "a 12\nb 21\nd 5\nc 3\n",
        ];
        for body in bodies {
            let again = read(&mut reader, body, Format::Text).unwrap();
            assert_eq!(render(&again), render(&read(&mut Reader::new(), body, Format::Text).unwrap()));
        }
    }

    #[test]
    fn a_series_may_go_and_come_back_and_lines_may_move() {
        let mut reader = Reader::new();
        let first = read(&mut reader, "a 1\nb 2\nc 3\n", Format::Text).unwrap();
        let second = read(&mut reader, "a 1\nc 4\n", Format::Text).unwrap();
        assert_eq!((first.shape.id(), &second.absent[..]), (second.shape.id(), &[1][..]));
        let third = read(&mut reader, "c 5\nb 6\na 1\n", Format::Text).unwrap();
        assert_eq!(
            (first.shape.id(), third.values, third.absent.len()),
            (third.shape.id(), vec![1.0, 6.0, 5.0], 0)
        );
        let fourth = read(&mut reader, "c 5\nb 6\nd 1\n", Format::Text).unwrap();
        assert_ne!(first.shape.id(), fourth.shape.id());
        assert_eq!(render(&fourth), "b 6\nc 5\nd 1\nduplicates 0");
    }

    #[test]
    fn created_lines_become_starts() {
        let body = |created: &str| {
            format!(
                "# TYPE a counter\na_total{{x=\"1\"}} 5\na_created{{x=\"1\"}} {created}\na_total{{x=\"2\"}} 6\n\
                 # TYPE h histogram\nh_bucket{{le=\"1\"}} 0\nh_count 0\nh_created 2\n# EOF\n"
            )
        };
        let mut reader = Reader::new();
        let first = read(&mut reader, &body("1.5"), Format::OpenMetrics).unwrap();
        assert_eq!(first.shape.series.len(), 4);
        assert_eq!(first.starts[..], [1500, 0, 2000, 2000]);
        let second = read(&mut reader, &body("1.5"), Format::OpenMetrics).unwrap();
        assert!(std::sync::Arc::ptr_eq(&first.starts, &second.starts));
        let third = read(&mut reader, &body("7"), Format::OpenMetrics).unwrap();
        assert_eq!((third.starts[0], third.shape.id()), (7000, first.shape.id()));
    }

    #[test]
    fn a_page_that_failed_leaves_no_trace() {
        let mut reader = Reader::new();
        let good = "a 1\nb 2\nc 3\n";
        read(&mut reader, good, Format::Text).unwrap();
        let error = read(&mut reader, "a 7\nb 8\nc x\n", Format::Text).unwrap_err();
        assert_eq!(error, "line 3, column 3: expected a value: \"c x\"");
        assert_eq!(read(&mut reader, good, Format::Text).unwrap().values, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn errors_name_line_and_column() {
        let check = |body: &str, format, want: &str| {
            assert_eq!(read(&mut Reader::new(), body, format).unwrap_err(), want);
        };
        check("a 1\nb{c=\"d\" 2\n", Format::Text, "line 2, column 9: expected , or }: \"b{c=\\\"d\\\" 2\"");
        check("a 1\n", Format::OpenMetrics, "line 2, column 1: expected # EOF as the last line: \"\"");
        check(
            "a 1\n# EOF\nb 1\n",
            Format::OpenMetrics,
            "line 3, column 1: nothing may follow # EOF: \"b 1\"",
        );
        check("", Format::OpenMetrics, "line 1, column 1: expected # EOF as the last line: \"\"");
    }

    #[test]
    fn duplicates_are_counted_and_the_first_one_wins() {
        let mut reader = Reader::new();
        for _ in 0..2 {
            let page = read(
                &mut reader,
                "a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 2\na{b=\"1\",c=\"2\"} 3\n",
                Format::Text,
            );
            assert_eq!(render(&page.unwrap()), "a{b=\"1\", c=\"2\"} 1\nduplicates 2");
        }
    }

    const CLASSIC: &str = "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 1\nh_bucket{a=\"1\",le=\"2.5\"} 3\n\
                           h_bucket{a=\"1\",le=\"+Inf\"} 4\nh_sum{a=\"1\"} 7.5\nh_count{a=\"1\"} 4\nup 1\n";

    #[test]
    fn classic_histograms_become_one_series_with_custom_bounds() {
        let mut reader = Reader::new();
        let options = Options { classic_to_custom: true, ..Options::default() };
        let page = reader.read(CLASSIC.as_bytes(), Format::Text, &options).unwrap();
        let [(1, Value::Histogram(histogram))] = &page.histograms[..] else { panic!("{page:?}") };
        assert_eq!(
            page.shape.series.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["up", "h{a=\"1\"}"]
        );
        assert_eq!((histogram.count, histogram.sum, &histogram.positive[..]), (4, 7.5, &[1, 2, 1][..]));
        assert_eq!(histogram.custom_values[..], [1.0, 2.5]);
        assert!(histogram.validate().is_ok());

        let grown = CLASSIC.replace("} 4", "} 5");
        let next = reader.read(grown.as_bytes(), Format::Text, &options).unwrap();
        assert_eq!(next.shape.id(), page.shape.id());
        let [(1, Value::Histogram(histogram))] = &next.histograms[..] else { panic!("{next:?}") };
        assert_eq!(histogram.positive, [1, 2, 2]);

        let contradictory = CLASSIC.replace("} 3", "} 0");
        let last = reader.read(contradictory.as_bytes(), Format::Text, &options).unwrap();
        assert_eq!((last.histograms.len(), &last.absent[..]), (0, &[1][..]));
    }

    #[test]
    fn classic_series_may_stay_beside_their_histogram() {
        let options = Options { classic_to_custom: true, keep_classic: true, ..Options::default() };
        let page = Reader::new().read(CLASSIC.as_bytes(), Format::Text, &options).unwrap();
        assert_eq!((page.shape.series.len(), page.histograms.len(), page.values[2]), (7, 1, 4.0));
    }

    /// A protobuf family; `count` is that of a histogram both classic and native.
    fn family(name: &str, count: u64, start: i64) -> Vec<u8> {
        let mut family = crate::protobuf::Message::default();
        family.text(1, name);
        family.uint(3, 4);
        family.message(4, |metric| {
            metric.message(1, |label| {
                label.text(1, "a");
                label.text(2, "1");
            });
            metric.message(7, |histogram| {
                histogram.uint(1, count);
                histogram.double(2, 2.5);
                histogram.message(3, |bucket| {
                    bucket.uint(1, count);
                    bucket.double(2, 10.0);
                });
                histogram.message(12, |span| span.uint(2, 1));
                histogram.packed_varints(13, [crate::protobuf::zigzag(count as i64)]);
                histogram.message(15, |time| time.int(1, start));
            });
        });
        let family = family.into_bytes();
        let mut bytes = Vec::new();
        crate::protobuf::push_varint(&mut bytes, family.len() as u64);
        bytes.extend(family);
        bytes
    }

    #[test]
    fn protobuf_histograms_are_native_or_classic_as_asked() {
        let check = |options: &Options, want: &[&str]| {
            let body = [family("x", 3, 7), family("y", 4, 0)].concat();
            let mut reader = Reader::new();
            let first = reader.read(&body, Format::Protobuf, options).unwrap();
            assert_eq!(first.shape.series.iter().map(ToString::to_string).collect::<Vec<_>>(), want);
            let body = [family("x", 3, 7), family("y", 5, 0)].concat();
            let next = reader.read(&body, Format::Protobuf, options).unwrap();
            let anew = Reader::new().read(&body, Format::Protobuf, options).unwrap();
            assert_eq!((next.shape.id(), render(&next)), (first.shape.id(), render(&anew)));
            assert_eq!(next.starts[0], 7000);
            assert!(std::sync::Arc::ptr_eq(&first.starts, &next.starts));
        };
        let native = ["x{a=\"1\"}", "y{a=\"1\"}"];
        check(&Options::default(), &native);
        let classic = [
            "x_count{a=\"1\"}",
            "x_sum{a=\"1\"}",
            "x_bucket{a=\"1\", le=\"10.0\"}",
            "x_bucket{a=\"1\", le=\"+Inf\"}",
            "y_count{a=\"1\"}",
            "y_sum{a=\"1\"}",
            "y_bucket{a=\"1\", le=\"10.0\"}",
            "y_bucket{a=\"1\", le=\"+Inf\"}",
        ];
        check(&Options { native_histograms: false, ..Options::default() }, &classic);
        let both = [&native[..1], &classic[..4], &native[1..], &classic[4..]].concat();
        check(&Options { keep_classic: true, ..Options::default() }, &both);
    }

    #[test]
    fn a_protobuf_page_that_is_cut_off_names_its_byte() {
        let mut body = family("x", 3, 7);
        let end = body.len();
        body.extend([5, 1]);
        let error = Reader::new().read(&body, Format::Protobuf, &Options::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("byte {}: malformed protobuf: bytes are cut off", end + 1));
    }

    /// A line of a small language in which accidents are likely.
    fn line() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec!["a", "b_total", "b_created", "h_bucket", "h_count", "s"]);
        let labels = prop::sample::select(vec![
            "",
            "{}",
            "{x=\"1\"}",
            "{x=\"1\",le=\"1\"}",
            "{le=\"1\",x=\"1\"}",
            "{quantile=\"0.50\"}",
            "{x=\"}\"}",
        ]);
        let value = prop::sample::select(vec!["0", "1", "12.5", "1e3", "NaN", "x", ""]);
        let tail = prop::sample::select(vec!["", "", "", "", " 12", " 5 # {t=\"1\"} 3", " ", "  "]);
        let comment = prop::sample::select(vec![
            "# TYPE b counter",
            "# TYPE h histogram",
            "# TYPE s summary",
            "# TYPE a gauge",
            "# HELP a help",
            "# EOF",
            "#",
            "",
        ]);
        prop_oneof![
            4 => (name, labels, prop::sample::select(vec![" ", " ", " ", "  ", ""]), value, tail)
                .prop_map(|(name, labels, blank, value, tail)| format!("{name}{labels}{blank}{value}{tail}")),
            1 => comment.prop_map(str::to_owned),
        ]
    }

    #[derive(Clone, Debug)]
    enum Edit {
        Value(usize, String),
        Replace(usize, String),
        Insert(usize, String),
        Remove(usize),
        Swap(usize, usize),
    }

    fn edit() -> impl Strategy<Value = Edit> {
        prop_oneof![
            12 => (any::<usize>(), "[0-9]{1,6}").prop_map(|(at, value)| Edit::Value(at, value)),
            4 => (any::<usize>(), line()).prop_map(|(at, line)| Edit::Replace(at, line)),
            2 => (any::<usize>(), line()).prop_map(|(at, line)| Edit::Insert(at, line)),
            2 => any::<usize>().prop_map(Edit::Remove),
            1 => any::<(usize, usize)>().prop_map(|(left, right)| Edit::Swap(left, right)),
        ]
    }

    fn apply(lines: &mut Vec<String>, edit: Edit) {
        let length = lines.len().max(1);
        match edit {
            Edit::Insert(at, line) => lines.insert(at % (lines.len() + 1), line),
            _ if lines.is_empty() => {}
            Edit::Value(at, value) => {
                let line = &mut lines[at % length];
                let series = line.rfind(' ').map_or(0, |blank| blank + 1);
                line.replace_range(series.., &value);
            }
            Edit::Replace(at, line) => lines[at % length] = line,
            Edit::Remove(at) => drop(lines.remove(at % length)),
            Edit::Swap(left, right) => lines.swap(left % length, right % length),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn reading_on_is_reading_anew(
            openmetrics: bool,
            first in prop::collection::vec(line(), 0..12),
            edits in prop::collection::vec(prop::collection::vec(edit(), 0..3), 1..8),
            newline: bool,
        ) {
            let format = if openmetrics { Format::OpenMetrics } else { Format::Text };
            let mut reader = Reader::new();
            let mut lines = first;
            for edits in edits {
                edits.into_iter().for_each(|edit| apply(&mut lines, edit));
                let mut body = lines.join("\n");
                if openmetrics {
                    body.push_str("\n# EOF");
                }
                if newline {
                    body.push('\n');
                }
                let again = read(&mut reader, &body, format).map(|page| render(&page));
                let anew = read(&mut Reader::new(), &body, format).map(|page| render(&page));
                prop_assert_eq!(again, anew, "{}", body);
            }
        }
    }
}
