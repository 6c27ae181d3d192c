//! Spans: what a piece of work was, how long it took and how it ended.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::queue::Item;
use super::resource::{Resource, write_scope};
use super::{Exporter, unix_ns};
use crate::correlate::TraceContext;
use crate::lock;
use crate::protobuf::Message;
use crate::value::Value;

/// Spans of one request that wait for a decision.
const PENDING_SPANS_MAX: usize = 128;

/// Attributes of one span; what is beyond is counted.
const ATTRIBUTES_MAX: usize = 128;

pub type Attributes = Vec<(Cow<'static, str>, Value)>;

/// A piece of work that is over.
#[derive(Clone, Debug)]
pub struct Span {
    /// Trace, span and parent.
    pub trace: TraceContext,
    /// What it was.
    pub name: Cow<'static, str>,
    /// What kind of work.
    pub kind: SpanKind,
    /// When it began.
    pub start: SystemTime,
    /// When it ended.
    pub end: SystemTime,
    /// What else there is to be said.
    pub attributes: Attributes,
    /// How it ended.
    pub status: SpanStatus,
}

impl Item for Span {
    fn bytes(&self) -> usize {
        let attribute = |(name, value): &(Cow<'static, str>, Value)| {
            size_of::<(Cow<'static, str>, Value)>() + name.len() + value.bytes()
        };
        size_of::<Span>() + self.name.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

/// What kind of work, by OTLP's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Within the service.
    Internal = 1,
    /// A request that was answered.
    Server = 2,
    /// A call that was made.
    Client = 3,
    /// A message that was sent.
    Producer = 4,
    /// A message that was worked on.
    Consumer = 5,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanStatus {
    /// Nobody said.
    Unset,
    /// Well.
    Ok,
    /// It failed, and why.
    Error(Cow<'static, str>),
}

/// The spans of a request that was not sampled: they are kept until it is over, because it may be slow or fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    Undecided(Vec<Span>),
    Decided { keep: bool },
}

impl Default for State {
    fn default() -> State {
        State::Undecided(Vec::new())
    }
}

impl Pending {
    /// A span of the request has ended.
    pub(crate) fn offer(&self, span: Span, exporter: &Exporter) {
        match &mut *lock(&self.state) {
            State::Undecided(spans) if spans.len() < PENDING_SPANS_MAX => spans.push(span),
            State::Decided { keep: true } => exporter.span(span),
            State::Undecided(_) | State::Decided { keep: false } => {}
        }
    }

    /// The request is over.
    pub(crate) fn decide(&self, keep: bool, exporter: &Exporter) {
        let before = std::mem::replace(&mut *lock(&self.state), State::Decided { keep });
        if let (State::Undecided(spans), true) = (before, keep) {
            spans.into_iter().for_each(|span| exporter.span(span));
        }
    }
}

/// Spans as one `ExportTraceServiceRequest`.
pub(super) fn request(resource: &Resource, spans: &[Span]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |of_resource| {
        resource.write(of_resource);
        of_resource.message(2, |of_scope| {
            write_scope(of_scope);
            spans.iter().for_each(|span| of_scope.message(2, |message| write_span(message, span)));
        });
    });
    request.bytes
}

fn write_span(message: &mut Message, span: &Span) {
    message.bytes(1, &span.trace.trace_id.to_be_bytes());
    message.bytes(2, &span.trace.span_id.to_be_bytes());
    if !span.trace.state.is_empty() {
        message.bytes(3, span.trace.state.as_bytes());
    }
    if let Some(parent) = span.trace.parent_id {
        message.bytes(4, &parent.to_be_bytes());
    }
    message.bytes(5, span.name.as_bytes());
    message.number(6, span.kind as u64);
    message.fixed64(7, unix_ns(span.start));
    // Clocks are set back now and then; a span never ends before it begins.
    message.fixed64(8, unix_ns(span.end.max(span.start)));
    for (name, value) in span.attributes.iter().take(ATTRIBUTES_MAX) {
        write_attribute(message, 9, name, value);
    }
    if let Some(dropped) = span.attributes.len().checked_sub(ATTRIBUTES_MAX).filter(|dropped| *dropped > 0) {
        message.number(10, dropped as u64);
    }
    match &span.status {
        SpanStatus::Unset => {}
        SpanStatus::Ok => message.message(15, |status| status.number(3, 1)),
        SpanStatus::Error(reason) => message.message(15, |status| {
            if !reason.is_empty() {
                status.bytes(2, reason.as_bytes());
            }
            status.number(3, 2);
        }),
    }
    message.fixed32(16, u32::from(span.trace.sampled));
}

/// A `KeyValue`.
pub(super) fn write_attribute(message: &mut Message, field: u32, name: &str, value: &Value) {
    message.message(field, |pair| {
        pair.bytes(1, name.as_bytes());
        pair.message(2, |any| value.write(any));
    });
}
