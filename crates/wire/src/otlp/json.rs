//! Reads a request from JSON: protobuf's JSON mapping with lower camel case names, except that ids are
//! hexadecimal and enums are numbers. Integers of 64 bits may be numbers or texts.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::OtlpError;
use super::request::{
    Attributes, Buckets, CUMULATIVE, DELTA, Exemplar, Kind, Metric, Point, Request, Resource, Scope,
    number_text,
};
use crate::budget::Budget;
use crate::protobuf::Malformed;

type Object = Map<String, Value>;

/// About how much memory a JSON value takes where it stands: in an array that may be half empty.
const VALUE_BYTES: usize = 2 * size_of::<Value>();
/// About how much an object takes, however few members it has: a node of a tree with room for eleven.
const OBJECT_BYTES: usize = 11 * (size_of::<String>() + size_of::<Value>());
/// About how much a text takes besides its bytes.
const TEXT_BYTES: usize = 32;

/// Reads a request from its JSON encoding.
pub fn decode_json(body: &[u8]) -> Result<Request<'static>, OtlpError> {
    check_parts(body).map_err(|error| OtlpError::Json(error.to_string()))?;
    let root: Value = serde_json::from_slice(body).map_err(|error| OtlpError::Json(error.to_string()))?;
    let root = root.as_object().ok_or_else(|| wrong("the request", "an object"))?;
    Ok(Request { resources: each(root, "resourceMetrics", resource)? })
}

/// Whether a body has room for its parts within the budget of a message. Told before it is read: `{"":0},` takes eight bytes
/// here and hundreds once it is an object.
fn check_parts(body: &[u8]) -> Result<(), Malformed> {
    let mut budget = Budget::new();
    budget.take_bytes(body.len())?;
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in body {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => {
                is_text = !is_text;
                budget.take_bytes(TEXT_BYTES / 2)?;
            }
            _ if is_text => {}
            b'{' => budget.take_bytes(OBJECT_BYTES)?,
            // An array makes room for four values at once.
            b'[' => budget.take_bytes(2 * VALUE_BYTES)?,
            b',' => budget.take_bytes(VALUE_BYTES)?,
            _ => {}
        }
    }
    Ok(())
}

fn wrong(what: &str, expected: &str) -> OtlpError {
    OtlpError::Json(format!("{what}: expected {expected}"))
}

/// The elements of an array of objects; an absent array is an empty one.
fn each<T>(
    object: &Object,
    key: &str,
    read: impl Fn(&Object) -> Result<T, OtlpError>,
) -> Result<Vec<T>, OtlpError> {
    let element = |element: &Value| element.as_object().ok_or_else(|| wrong(key, "objects")).and_then(&read);
    match object.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(elements)) => elements.iter().map(element).collect(),
        Some(_) => Err(wrong(key, "an array")),
    }
}

fn child<'a>(object: &'a Object, key: &str) -> Result<Option<&'a Object>, OtlpError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(wrong(key, "an object")),
    }
}

fn text(object: &Object, key: &str) -> Result<Cow<'static, str>, OtlpError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(Cow::Borrowed("")),
        Some(Value::String(text)) => Ok(text.clone().into()),
        Some(_) => Err(wrong(key, "a text")),
    }
}

fn to_int(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or(number.as_u64().map(i128::from))
            .or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i128)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn to_double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        _ => None,
    }
}

fn optional<T>(
    object: &Object,
    key: &str,
    what: &str,
    read: fn(&Value) -> Option<T>,
) -> Result<Option<T>, OtlpError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| wrong(key, what)),
    }
}

fn double(object: &Object, key: &str) -> Result<Option<f64>, OtlpError> {
    optional(object, key, "a number", to_double)
}

fn uint(object: &Object, key: &str) -> Result<u64, OtlpError> {
    let read = |value: &Value| to_int(value).and_then(|number| u64::try_from(number).ok());
    Ok(optional(object, key, "a whole number", read)?.unwrap_or(0))
}

fn int32(object: &Object, key: &str) -> Result<i32, OtlpError> {
    let read = |value: &Value| to_int(value).and_then(|number| i32::try_from(number).ok());
    Ok(optional(object, key, "a whole number", read)?.unwrap_or(0))
}

fn list<T>(object: &Object, key: &str, read: fn(&Value) -> Option<T>) -> Result<Vec<T>, OtlpError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(elements)) => {
            elements.iter().map(|element| read(element).ok_or_else(|| wrong(key, "numbers"))).collect()
        }
        Some(_) => Err(wrong(key, "an array")),
    }
}

fn counts(object: &Object, key: &str) -> Result<Vec<u64>, OtlpError> {
    list(object, key, |value| to_int(value).and_then(|number| u64::try_from(number).ok()))
}

fn resource(object: &Object) -> Result<Resource<'static>, OtlpError> {
    let attributes = match child(object, "resource")? {
        Some(resource) => attributes(resource, "attributes")?,
        None => Attributes::new(),
    };
    Ok(Resource { attributes, scopes: each(object, "scopeMetrics", scope)? })
}

fn scope(object: &Object) -> Result<Scope<'static>, OtlpError> {
    let mut scope = Scope {
        schema_url: text(object, "schemaUrl")?,
        metrics: each(object, "metrics", metric)?,
        ..Scope::default()
    };
    if let Some(head) = child(object, "scope")? {
        scope.name = text(head, "name")?;
        scope.version = text(head, "version")?;
        scope.attributes = attributes(head, "attributes")?;
    }
    Ok(scope)
}

fn metric(object: &Object) -> Result<Metric<'static>, OtlpError> {
    let mut metric = Metric {
        name: text(object, "name")?,
        description: text(object, "description")?,
        unit: text(object, "unit")?,
        ..Metric::default()
    };
    let kinds = [
        ("gauge", Kind::Gauge),
        ("sum", Kind::Sum),
        ("histogram", Kind::Histogram),
        ("exponentialHistogram", Kind::ExponentialHistogram),
        ("summary", Kind::Summary),
    ];
    for (key, kind) in kinds {
        let Some(data) = child(object, key)? else { continue };
        metric.kind = kind;
        metric.temporality = temporality(data)?;
        metric.is_monotonic = matches!(data.get("isMonotonic"), Some(Value::Bool(true)));
        metric.points = each(data, "dataPoints", |object| point(object, kind))?;
    }
    Ok(metric)
}

fn temporality(data: &Object) -> Result<u64, OtlpError> {
    match data.get("aggregationTemporality") {
        Some(Value::String(name)) if name == "AGGREGATION_TEMPORALITY_DELTA" => Ok(DELTA),
        Some(Value::String(name)) if name == "AGGREGATION_TEMPORALITY_CUMULATIVE" => Ok(CUMULATIVE),
        _ => uint(data, "aggregationTemporality"),
    }
}

fn point(object: &Object, kind: Kind) -> Result<Point<'static>, OtlpError> {
    let mut point = Point {
        attributes: attributes(object, "attributes")?,
        start_nanos: uint(object, "startTimeUnixNano")?,
        time_nanos: uint(object, "timeUnixNano")?,
        exemplars: each(object, "exemplars", exemplar)?,
        flags: uint(object, "flags")?,
        ..Point::default()
    };
    match kind {
        Kind::None => {}
        Kind::Gauge | Kind::Sum => point.value = number(object)?,
        Kind::Histogram => {
            point.count = uint(object, "count")?;
            point.sum = double(object, "sum")?;
            point.bucket_counts = counts(object, "bucketCounts")?;
            point.bounds = list(object, "explicitBounds", to_double)?;
        }
        Kind::ExponentialHistogram => {
            point.count = uint(object, "count")?;
            point.sum = double(object, "sum")?;
            point.scale = int32(object, "scale")?;
            point.zero_count = uint(object, "zeroCount")?;
            point.zero_threshold = double(object, "zeroThreshold")?.unwrap_or(0.0);
            point.positive = buckets(object, "positive")?;
            point.negative = buckets(object, "negative")?;
        }
        Kind::Summary => {
            point.count = uint(object, "count")?;
            point.sum = double(object, "sum")?;
            point.quantiles = each(object, "quantileValues", |object| {
                Ok((double(object, "quantile")?.unwrap_or(0.0), double(object, "value")?.unwrap_or(0.0)))
            })?;
        }
    }
    Ok(point)
}

fn number(object: &Object) -> Result<Option<f64>, OtlpError> {
    let whole = optional(object, "asInt", "a whole number", to_int)?;
    Ok(double(object, "asDouble")?.or(whole.map(|number| number as f64)))
}

fn buckets(object: &Object, key: &str) -> Result<Buckets, OtlpError> {
    Ok(match child(object, key)? {
        Some(buckets) => {
            Buckets { offset: int32(buckets, "offset")?, counts: counts(buckets, "bucketCounts")? }
        }
        None => Buckets::default(),
    })
}

fn exemplar(object: &Object) -> Result<Exemplar<'static>, OtlpError> {
    Ok(Exemplar {
        attributes: attributes(object, "filteredAttributes")?,
        time_nanos: uint(object, "timeUnixNano")?,
        value: number(object)?.unwrap_or(0.0),
        trace_id: text(object, "traceId")?.to_ascii_lowercase(),
        span_id: text(object, "spanId")?.to_ascii_lowercase(),
    })
}

fn attributes(object: &Object, key: &str) -> Result<Attributes<'static>, OtlpError> {
    each(object, key, |pair| {
        let value = child(pair, "value")?.map(plain).unwrap_or(Value::Null);
        let value = match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            Value::Number(number) if number.is_f64() => number_text(number.as_f64().unwrap_or(0.0)),
            other => other.to_string(),
        };
        Ok((text(pair, "key")?, value.into()))
    })
}

/// A value without the names of its types. Depth is bounded by the JSON parser.
fn plain(value: &Object) -> Value {
    let Some((kind, value)) = value.iter().next() else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("intValue", value) => match to_int(value).and_then(|number| i64::try_from(number).ok()) {
            Some(number) => number.into(),
            None => Value::Null,
        },
        ("arrayValue", Value::Object(array)) => elements(array).map(plain).collect(),
        ("kvlistValue", Value::Object(list)) => {
            let pair = |pair: &Object| {
                let key = pair.get("key").and_then(Value::as_str).unwrap_or("").to_owned();
                (key, pair.get("value").and_then(Value::as_object).map_or(Value::Null, plain))
            };
            Value::Object(elements(list).map(pair).collect())
        }
        ("stringValue" | "boolValue" | "doubleValue" | "bytesValue", value) => value.clone(),
        _ => Value::Null,
    }
}

fn elements(object: &Object) -> impl Iterator<Item = &Object> {
    object.get("values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
