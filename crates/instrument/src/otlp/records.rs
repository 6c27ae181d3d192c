//! Log lines as records.

use std::time::SystemTime;

use super::resource::{Resource, write_scope, write_text};
use super::spans::write_attribute;
use super::unix_ns;
use crate::correlate::TraceContext;
use crate::protobuf::Message;
use crate::value::Value;

/// One line. It was redacted when it was written.
#[derive(Clone, Debug)]
pub(crate) struct LogRecord {
    time: SystemTime,
    /// Number and name, as OTLP has them.
    severity: (u64, &'static str),
    target: String,
    message: Option<Value>,
    attributes: Vec<(&'static str, Value)>,
    request: Option<(String, TraceContext)>,
}

impl LogRecord {
    /// What was just written.
    pub(crate) fn new(
        metadata: &tracing::Metadata<'_>,
        message: Option<Value>,
        fields: crate::logs::fields::Fields,
        suppressed: u64,
    ) -> LogRecord {
        let severity = match *metadata.level() {
            tracing::Level::TRACE => (1, "TRACE"),
            tracing::Level::DEBUG => (5, "DEBUG"),
            tracing::Level::INFO => (9, "INFO"),
            tracing::Level::WARN => (13, "WARN"),
            tracing::Level::ERROR => (17, "ERROR"),
        };
        let mut attributes = fields.values;
        if suppressed > 0 {
            attributes.push(("suppressed", Value::Integer(suppressed as i64)));
        }
        let context = crate::correlate::current();
        LogRecord {
            time: SystemTime::now(),
            severity,
            target: metadata.target().to_owned(),
            message,
            attributes,
            request: context.map(|context| (context.request_id().to_owned(), context.trace().clone())),
        }
    }
}

/// Lines as one `ExportLogsServiceRequest`.
pub(super) fn request(resource: &Resource, records: &[LogRecord]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |of_resource| {
        resource.write(of_resource);
        of_resource.message(2, |of_scope| {
            write_scope(of_scope);
            records.iter().for_each(|record| of_scope.message(2, |message| write_record(message, record)));
        });
    });
    request.bytes
}

fn write_record(message: &mut Message, record: &LogRecord) {
    message.fixed64(1, unix_ns(record.time));
    message.number(2, record.severity.0);
    message.bytes(3, record.severity.1.as_bytes());
    if let Some(body) = &record.message {
        message.message(5, |any| body.write(any));
    }
    write_text(message, 6, "target", &record.target);
    if let Some((request_id, _)) = &record.request {
        write_text(message, 6, "request_id", request_id);
    }
    for (name, value) in &record.attributes {
        // A field may be named as we name something; it keeps what it says, under another name.
        let taken = ["target", "request_id"].contains(name);
        let name = if taken { format!("{name}_") } else { (*name).to_owned() };
        write_attribute(message, 6, &name, value);
    }
    if let Some((_, trace)) = &record.request {
        message.fixed32(8, u32::from(trace.sampled));
        message.bytes(9, &trace.trace_id.to_be_bytes());
        message.bytes(10, &trace.span_id.to_be_bytes());
    }
    message.fixed64(11, unix_ns(record.time));
}
