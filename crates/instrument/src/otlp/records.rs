//! Log lines as records.

use std::borrow::Cow;
use std::time::SystemTime;

use super::queue::Item;
use super::resource::{Resource, write_scope, write_text};
use super::spans::{Attributes, write_attribute};
use super::unix_ns;
use crate::correlate::TraceContext;
use crate::protobuf::Message;
use crate::value::Value;

/// One line. It was redacted when it was written.
#[derive(Clone, Debug)]
pub struct LogRecord {
    /// When it was written.
    pub time: SystemTime,
    /// Number and name, as OTLP has them.
    pub severity: (u64, Cow<'static, str>),
    /// Which part of the service wrote it; may be empty.
    pub target: String,
    /// What it says.
    pub message: Option<Value>,
    /// What else.
    pub attributes: Attributes,
    /// The id of the request it belongs to, and where that is in a trace.
    pub request: Option<(String, Option<TraceContext>)>,
}

impl Item for LogRecord {
    fn bytes(&self) -> usize {
        let attribute = |(name, value): &(Cow<'static, str>, Value)| {
            size_of::<(Cow<'static, str>, Value)>() + name.len() + value.bytes()
        };
        let message = self.message.as_ref().map_or(0, Value::bytes);
        size_of::<LogRecord>() + message + self.attributes.iter().map(attribute).sum::<usize>()
    }
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
        let named = fields.values.into_iter().map(|(name, value)| (Cow::Borrowed(name), value));
        let mut attributes: Attributes = named.collect();
        if suppressed > 0 {
            attributes.push((Cow::Borrowed("suppressed"), Value::Integer(suppressed as i64)));
        }
        let context = crate::correlate::current();
        LogRecord {
            time: SystemTime::now(),
            severity: (severity.0, Cow::Borrowed(severity.1)),
            target: metadata.target().to_owned(),
            message,
            attributes,
            request: context.map(|context| (context.request_id().to_owned(), Some(context.trace().clone()))),
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
    if !record.target.is_empty() {
        write_text(message, 6, "target", &record.target);
    }
    let request_id = record.request.as_ref().map_or("", |(request_id, _)| request_id);
    if !request_id.is_empty() {
        write_text(message, 6, "request_id", request_id);
    }
    for (name, value) in &record.attributes {
        // A field may be named as we name something; it keeps what it says, under another name.
        let taken = match name.as_ref() {
            "target" => !record.target.is_empty(),
            "request_id" => !request_id.is_empty(),
            _ => false,
        };
        let name = if taken { Cow::Owned(format!("{name}_")) } else { Cow::Borrowed(name.as_ref()) };
        write_attribute(message, 6, &name, value);
    }
    if let Some((_, Some(trace))) = &record.request {
        message.fixed32(8, u32::from(trace.sampled));
        message.bytes(9, &trace.trace_id.to_be_bytes());
        message.bytes(10, &trace.span_id.to_be_bytes());
    }
    message.fixed64(11, unix_ns(record.time));
}
