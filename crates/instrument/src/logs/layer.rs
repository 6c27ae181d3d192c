//! The layer that writes lines.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::SystemTime;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::fields::{Fields, Visitor};
use super::repeats::{Repeats, Verdict};
use crate::json::push_text;
use crate::metrics::time::rfc3339;
use crate::metrics::{Counter, Family, Registry, guarded};
use crate::redact::Paths;
use crate::value::Value;
use crate::{Error, correlate};

/// The target of the line that the HTTP layer writes for each request. These are never left out.
pub const REQUEST_TARGET: &str = "flightdeck::request";

/// Names that the line itself has; a field of such a name gets an underscore behind it.
const TAKEN: [&str; 7] = ["time", "level", "target", "service", "request_id", "trace_id", "span_id"];

/// What is not as usual.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The least severe level that is written; a request may have one of its own, see [`correlate::Context::with_level`].
    pub level: Level,
    /// Lines a second from one place in the program; the others are counted.
    pub lines_per_second_max: u32,
    /// Further names of fields that are secret, in lower case with underscores.
    pub secrets: Vec<String>,
    /// What is told of the paths of URLs.
    pub paths: Paths,
}

impl LogOptions {
    fn visitor<'a>(&'a self, fields: &'a mut Fields) -> Visitor<'a> {
        Visitor { fields, secrets: &self.secrets, paths: self.paths }
    }
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions {
            level: Level::INFO,
            lines_per_second_max: 100,
            secrets: Vec::new(),
            paths: Paths::default(),
        }
    }
}

/// Writes events as lines of JSON. Its level holds for the whole subscriber, as that of a filter does.
pub struct JsonLayer<W> {
    service: String,
    options: LogOptions,
    repeats: Repeats,
    lines: Family<[&'static str; 1], Counter>,
    suppressed: Counter,
    writer: W,
    #[cfg(feature = "otlp")]
    exporter: Option<crate::otlp::Exporter>,
}

impl<W> JsonLayer<W> {
    /// A layer that writes to what `writer` makes, and counts lines in `registry`.
    pub fn register(
        registry: &Registry,
        service: &str,
        options: LogOptions,
        writer: W,
    ) -> Result<JsonLayer<W>, Error> {
        Ok(JsonLayer {
            service: service.to_owned(),
            repeats: Repeats::new(options.lines_per_second_max),
            options,
            lines: registry.counter("log_lines", "Lines written, by level.").labels(["level"])?,
            suppressed: registry
                .counter("log_lines_suppressed", "Lines left out because their place repeated itself.")
                .register()?,
            writer,
            #[cfg(feature = "otlp")]
            exporter: None,
        })
    }

    /// Also exports what it writes.
    #[cfg(feature = "otlp")]
    pub fn exported_by(mut self, exporter: &crate::otlp::Exporter) -> JsonLayer<W> {
        self.exporter = Some(exporter.clone());
        self
    }

    fn line(
        &self,
        metadata: &Metadata<'_>,
        message: Option<&Value>,
        fields: &Fields,
        suppressed: u64,
    ) -> String {
        let mut line = String::with_capacity(256);
        let _ = write!(line, "{{\"time\":\"{}\"", rfc3339(SystemTime::now()));
        let _ = write!(line, ",\"level\":\"{}\"", metadata.level().as_str());
        member(&mut line, "target", metadata.target());
        if let Some(message) = message {
            line.push_str(",\"message\":");
            message.push_json(&mut line);
        }
        member(&mut line, "service", &self.service);
        if let Some(context) = correlate::current() {
            member(&mut line, "request_id", context.request_id());
            let trace = context.trace();
            let _ = write!(
                line,
                ",\"trace_id\":\"{:032x}\",\"span_id\":\"{:016x}\"",
                trace.trace_id, trace.span_id
            );
        }
        if suppressed > 0 {
            let _ = write!(line, ",\"suppressed\":{suppressed}");
        }
        for (name, value) in &fields.values {
            line.push(',');
            let taken = TAKEN.contains(name) || (suppressed > 0 && *name == "suppressed");
            push_text(&mut line, &if taken { format!("{name}_") } else { (*name).to_owned() });
            line.push(':');
            value.push_json(&mut line);
        }
        line.push_str("}\n");
        line
    }
}

/// The fields of a span, in the span.
struct OfSpan(Fields);

fn member(line: &mut String, name: &str, value: &str) {
    let _ = write!(line, ",\"{name}\":");
    push_text(line, value);
}

impl<S, W> Layer<S> for JsonLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        // What is below the level may be wanted by a single request, so it is asked each time.
        if *metadata.level() <= self.options.level {
            tracing::subscriber::Interest::always()
        } else {
            tracing::subscriber::Interest::sometimes()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.options.level
            || correlate::current_level().is_some_and(|level| *metadata.level() <= level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            guarded(|| attributes.record(&mut self.options.visitor(&mut fields)));
            span.extensions_mut().replace(OfSpan(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<OfSpan>()
        {
            guarded(|| values.record(&mut self.options.visitor(&mut fields.0)));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let verdict = match metadata.target() {
            REQUEST_TARGET => Verdict::Write { suppressed: 0 },
            _ => self.repeats.judge(metadata.callsite()),
        };
        let Verdict::Write { suppressed } = verdict else { return self.suppressed.inc() };
        // A field whose `Debug` panics costs the line, not the request.
        guarded(|| {
            let mut fields = Fields::default();
            for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
                if let Some(of_span) = span.extensions().get::<OfSpan>() {
                    of_span.0.values.iter().for_each(|(name, value)| fields.put(name, value.clone()));
                }
            }
            event.record(&mut self.options.visitor(&mut fields));
            let message = fields.take("message");
            let line = self.line(metadata, message.as_ref(), &fields, suppressed);
            // Nobody is there to be told that nothing can be told.
            let _ = self.writer.make_writer_for(metadata).write_all(line.as_bytes());
            #[cfg(feature = "otlp")]
            if let Some(exporter) =
                self.exporter.as_ref().filter(|_| metadata.target() != crate::otlp::TARGET)
            {
                exporter.log(crate::otlp::LogRecord::new(metadata, message, fields, suppressed));
            }
            self.lines.with(&[level_name(*metadata.level())], Counter::inc);
        });
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing_subscriber::prelude::*;

    use super::*;
    use crate::correlate::TraceContext;
    use crate::lock;

    /// What was written.
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` writes, as JSON, and the metrics.
    fn lines(options: LogOptions, work: impl FnOnce()) -> (Vec<Value>, String) {
        let (sink, registry) = (Sink::default(), Registry::new());
        let made = sink.clone();
        let layer = JsonLayer::register(&registry, "shop", options, move || made.clone()).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        let bytes = lock(&sink.0).clone();
        let text = String::from_utf8(bytes).unwrap();
        (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), registry.text())
    }

    #[test]
    fn a_line_says_what_where_and_for_whom() {
        let trace = TraceContext::new_root(1.0);
        let context = correlate::Context::new("order-17".to_owned(), trace.clone());
        let (lines, metrics) = lines(LogOptions::default(), || {
            let span = tracing::info_span!("checkout", customer = 7, method = "card");
            let _span = span.enter();
            let _context = context.enter();
            tracing::info!(dollars = 12.5, gift = true, method = "invoice", level = "own", "paid \"now\"\n");
        });
        let line = &lines[0];
        assert_eq!(line["message"], "paid \"now\"\n");
        assert_eq!(
            (&line["level"], &line["level_"], &line["service"]),
            (&"INFO".into(), &"own".into(), &"shop".into())
        );
        assert_eq!(
            (&line["customer"], &line["dollars"], &line["gift"]),
            (&7.into(), &12.5.into(), &true.into())
        );
        assert_eq!(line["method"], "invoice");
        assert_eq!(line["request_id"], "order-17");
        assert_eq!(line["trace_id"], format!("{:032x}", trace.trace_id));
        assert!(metrics.contains("log_lines_total{level=\"info\"} 1.0\n"), "{metrics}");
    }

    #[test]
    fn secrets_stay_inside() {
        let (lines, _) = lines(LogOptions::default(), || {
            tracing::info!(
                password = "hunter2",
                api_key = 7,
                url = "/pay?token=abc&page=1",
                query = "sig=x",
                error = "no answer from http://a:hunter2@pay/?token=abc",
                "sent with password=hunter2"
            );
        });
        let text = lines[0].to_string();
        assert!(!text.contains("hunter2") && !text.contains("abc") && !text.contains(":7"), "{text}");
        assert_eq!(lines[0]["url"], "/pay?token=[redacted]&page=1");
        assert_eq!(lines[0]["query"], "sig=[redacted]");
    }

    #[test]
    fn a_line_that_repeats_itself_is_cut_short() {
        let options = LogOptions { lines_per_second_max: 3, ..LogOptions::default() };
        let (lines, metrics) = lines(options, || {
            for _ in 0..200 {
                tracing::warn!("again");
            }
            tracing::warn!("another");
        });
        // The second may have changed once meanwhile.
        assert!((4..=7).contains(&lines.len()), "{}", lines.len());
        assert!(metrics.contains("log_lines_suppressed_total 19"), "{metrics}");
    }

    #[test]
    fn one_request_may_say_more_than_others() {
        let context =
            correlate::Context::new("loud".to_owned(), TraceContext::new_root(1.0)).with_level(Level::DEBUG);
        let (lines, _) = lines(LogOptions::default(), || {
            let say = || tracing::debug!("details");
            say();
            let entered = context.enter();
            say();
            tracing::trace!("more than was asked for");
            drop(entered);
            say();
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["request_id"], "loud");
    }
}
