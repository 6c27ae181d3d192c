//! Spans of `tracing` as spans of the trace: children of the request they are part of.

use std::borrow::Cow;
use std::time::SystemTime;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer;
use tracing_subscriber::registry::LookupSpan;

use super::{Exporter, Span, SpanKind, SpanStatus};
use crate::correlate::{self, Context, TraceContext, new_request_id};
use crate::logs::fields::{Fields, Visitor};
use crate::metrics::guarded;
use crate::redact::Paths;
use crate::value::Value;

/// Exports the spans of `tracing`. Within a span, calls to other services and log lines carry its id.
///
/// Fields become attributes; `otel.name`, `otel.kind` and `otel.status_code` have the meaning that they have elsewhere. An
/// event of level ERROR makes its span one that failed.
pub struct SpanLayer {
    exporter: Exporter,
    secrets: Vec<String>,
    paths: Paths,
    sample_ratio: f64,
}

/// What a span of `tracing` remembers while it is open.
struct Open {
    context: Context,
    start: SystemTime,
    fields: Fields,
    status: SpanStatus,
    /// What was current each time the span was entered.
    entered: Vec<Option<Context>>,
}

impl SpanLayer {
    /// A layer that gives spans to `exporter`.
    pub fn new(exporter: &Exporter) -> SpanLayer {
        SpanLayer {
            exporter: exporter.clone(),
            secrets: Vec::new(),
            paths: Paths::default(),
            sample_ratio: 1.0,
        }
    }

    /// Further names of fields that are secret, in lower case with underscores.
    pub fn redacting(mut self, secrets: &[String]) -> SpanLayer {
        self.secrets = secrets.to_vec();
        self
    }

    /// What is told of the paths of URLs in fields.
    pub fn paths(mut self, paths: Paths) -> SpanLayer {
        self.paths = paths;
        self
    }

    /// The share of traces that is sampled of those that begin with a span outside of any request.
    pub fn sample_ratio(mut self, sample_ratio: f64) -> SpanLayer {
        self.sample_ratio = sample_ratio;
        self
    }

    fn visitor<'a>(&'a self, fields: &'a mut Fields) -> Visitor<'a> {
        Visitor { fields, secrets: &self.secrets, paths: self.paths }
    }

    fn export(&self, name: &'static str, open: Open) {
        let Open { context, start, mut fields, mut status, .. } = open;
        let text = |value: Option<Value>| match value {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        };
        let kind = match text(fields.take("otel.kind")).as_deref() {
            Some("server") => SpanKind::Server,
            Some("client") => SpanKind::Client,
            Some("producer") => SpanKind::Producer,
            Some("consumer") => SpanKind::Consumer,
            _ => SpanKind::Internal,
        };
        let said = text(fields.take("otel.status_code"));
        match said.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("ok") => status = SpanStatus::Ok,
            Some("error") => {
                status = SpanStatus::Error(text(fields.take("otel.status_message")).unwrap_or_default());
            }
            _ => {}
        }
        let name = text(fields.take("otel.name")).unwrap_or(Cow::Borrowed(name));
        let mut attributes: Vec<_> =
            fields.values.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        if !attributes.iter().any(|(name, _)| name == "request_id") {
            attributes.push((Cow::Borrowed("request_id"), context.request_id().to_owned().into()));
        }
        let span = Span {
            trace: context.trace().clone(),
            name,
            kind,
            start,
            end: SystemTime::now(),
            attributes,
            status,
        };
        match context.pending() {
            _ if span.trace.sampled => self.exporter.span(span),
            Some(pending) => pending.offer(span, &self.exporter),
            None => {}
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layer: layer::Context<'_, S>) {
        let Some(span) = layer.span(id) else { return };
        let around = span
            .parent()
            .and_then(|parent| Some(parent.extensions().get::<Open>()?.context.clone()))
            .or_else(correlate::current);
        let context = match around {
            Some(around) => around.child(),
            None => Context::new(new_request_id(), TraceContext::new_root(self.sample_ratio)),
        };
        // What nobody will want costs nothing.
        if !context.trace().sampled && context.pending().is_none() {
            return;
        }
        let mut fields = Fields::default();
        guarded(|| attributes.record(&mut self.visitor(&mut fields)));
        let open = Open {
            context,
            start: SystemTime::now(),
            fields,
            status: SpanStatus::Unset,
            entered: Vec::new(),
        };
        span.extensions_mut().replace(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, layer: layer::Context<'_, S>) {
        if let Some(span) = layer.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            guarded(|| values.record(&mut self.visitor(&mut open.fields)));
        }
    }

    fn on_event(&self, event: &Event<'_>, layer: layer::Context<'_, S>) {
        if *event.metadata().level() != Level::ERROR {
            return;
        }
        if let Some(span) = layer.event_span(event)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            let mut fields = Fields::default();
            guarded(|| event.record(&mut self.visitor(&mut fields)));
            let message = match fields.take("message") {
                Some(Value::Text(text)) => text,
                _ => Cow::Borrowed(""),
            };
            open.status = SpanStatus::Error(message);
        }
    }

    fn on_enter(&self, id: &Id, layer: layer::Context<'_, S>) {
        if let Some(span) = layer.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            open.entered.push(correlate::replace(Some(open.context.clone())));
        }
    }

    fn on_exit(&self, id: &Id, layer: layer::Context<'_, S>) {
        if let Some(span) = layer.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
            && let Some(before) = open.entered.pop()
        {
            correlate::replace(before);
        }
    }

    fn on_close(&self, id: Id, layer: layer::Context<'_, S>) {
        if let Some(span) = layer.span(&id) {
            let open = span.extensions_mut().remove::<Open>();
            if let Some(open) = open {
                guarded(|| self.export(span.name(), open));
            }
        }
    }
}
