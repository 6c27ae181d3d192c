//! Reads a request from protobuf: the metrics, resource and common messages of `opentelemetry-proto` v1.
//!
//! ```text
//! request   := 1 resource metrics*
//! resource metrics := 1 resource (1 attribute*), 2 scope metrics*
//! scope metrics    := 1 scope (1 name, 2 version, 3 attribute*), 2 metric*, 3 schema URL
//! metric    := 1 name, 2 description, 3 unit, 5 gauge | 7 sum | 9 histogram | 10 exponential | 11 summary
//! data      := 1 point*, 2 temporality, 3 monotonic
//! attribute := 1 key, 2 value (1 text | 2 bool | 3 int | 4 double | 5 array (1 value*) | 6 pairs (1 attribute*) | 7 bytes)
//! ```
//! The points' fields are told where they are read.

use std::borrow::Cow;

use super::OtlpError;
use super::request::{
    Attributes, Buckets, Exemplar, Kind, Metric, Point, Request, Resource, Scope, base64, hex, number_text,
};
use crate::budget::Budget;
use crate::protobuf::{Field, Malformed, fields};

/// How deep arrays and pairs may lie in each other.
const DEPTH_MAX: usize = 32;

/// Reads a request from its protobuf encoding.
pub fn decode(body: &[u8]) -> Result<Request<'_>, OtlpError> {
    let (mut request, mut fields, mut budget) = (Request::default(), fields(body), Budget::new());
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            budget.take::<Resource>()?;
            request.resources.push(resource(field, &mut budget)?);
        }
    }
    Ok(request)
}

fn resource<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Resource<'a>, Malformed> {
    let (mut resource, mut fields) = (Resource::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => {
                let mut fields = field.message()?;
                while let Some((number, field)) = fields.next()? {
                    if number == 1 {
                        attribute(field, &mut resource.attributes, budget)?;
                    }
                }
            }
            2 => {
                budget.take::<Scope>()?;
                resource.scopes.push(scope(field, budget)?);
            }
            _ => {}
        }
    }
    Ok(resource)
}

fn scope<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Scope<'a>, Malformed> {
    let (mut scope, mut fields) = (Scope::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => {
                let mut fields = field.message()?;
                while let Some((number, field)) = fields.next()? {
                    match number {
                        1 => scope.name = field.text()?.into(),
                        2 => scope.version = field.text()?.into(),
                        3 => attribute(field, &mut scope.attributes, budget)?,
                        _ => {}
                    }
                }
            }
            2 => {
                budget.take::<Metric>()?;
                scope.metrics.push(metric(field, budget)?);
            }
            3 => scope.schema_url = field.text()?.into(),
            _ => {}
        }
    }
    Ok(scope)
}

fn metric<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Metric<'a>, Malformed> {
    let (mut metric, mut fields) = (Metric::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => metric.name = field.text()?.into(),
            2 => metric.description = field.text()?.into(),
            3 => metric.unit = field.text()?.into(),
            5 => data(field, Kind::Gauge, &mut metric, budget)?,
            7 => data(field, Kind::Sum, &mut metric, budget)?,
            9 => data(field, Kind::Histogram, &mut metric, budget)?,
            10 => data(field, Kind::ExponentialHistogram, &mut metric, budget)?,
            11 => data(field, Kind::Summary, &mut metric, budget)?,
            _ => {}
        }
    }
    Ok(metric)
}

fn data<'a>(
    field: Field<'a>,
    kind: Kind,
    metric: &mut Metric<'a>,
    budget: &mut Budget,
) -> Result<(), Malformed> {
    metric.kind = kind;
    let mut fields = field.message()?;
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => {
                budget.take::<Point>()?;
                metric.points.push(match kind {
                    Kind::Histogram => histogram_point(field, budget)?,
                    Kind::ExponentialHistogram => exponential_point(field, budget)?,
                    Kind::Summary => summary_point(field, budget)?,
                    _ => number_point(field, budget)?,
                });
            }
            2 => metric.temporality = field.uint()?,
            3 => metric.is_monotonic = field.uint()? != 0,
            _ => {}
        }
    }
    Ok(())
}

fn number_point<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Point<'a>, Malformed> {
    let (mut point, mut fields) = (Point::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            2 => point.start_nanos = field.fixed64()?,
            3 => point.time_nanos = field.fixed64()?,
            4 => point.value = Some(field.double()?),
            5 => {
                budget.take::<Exemplar>()?;
                point.exemplars.push(exemplar(field, budget)?);
            }
            6 => point.value = Some(field.fixed64()? as i64 as f64),
            7 => attribute(field, &mut point.attributes, budget)?,
            8 => point.flags = field.uint()?,
            _ => {}
        }
    }
    Ok(point)
}

fn histogram_point<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Point<'a>, Malformed> {
    let (mut point, mut fields) = (Point::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            2 => point.start_nanos = field.fixed64()?,
            3 => point.time_nanos = field.fixed64()?,
            4 => point.count = field.fixed64()?,
            5 => point.sum = Some(field.double()?),
            6 => field.each_fixed64(|count| point.bucket_counts.push(count))?,
            7 => field.each_fixed64(|bits| point.bounds.push(f64::from_bits(bits)))?,
            8 => {
                budget.take::<Exemplar>()?;
                point.exemplars.push(exemplar(field, budget)?);
            }
            9 => attribute(field, &mut point.attributes, budget)?,
            10 => point.flags = field.uint()?,
            _ => {}
        }
    }
    Ok(point)
}

fn exponential_point<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Point<'a>, Malformed> {
    let (mut point, mut fields) = (Point::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => attribute(field, &mut point.attributes, budget)?,
            2 => point.start_nanos = field.fixed64()?,
            3 => point.time_nanos = field.fixed64()?,
            4 => point.count = field.fixed64()?,
            5 => point.sum = Some(field.double()?),
            6 => point.scale = field.sint32()?,
            7 => point.zero_count = field.fixed64()?,
            8 => point.positive = buckets(field)?,
            9 => point.negative = buckets(field)?,
            10 => point.flags = field.uint()?,
            11 => {
                budget.take::<Exemplar>()?;
                point.exemplars.push(exemplar(field, budget)?);
            }
            14 => point.zero_threshold = field.double()?,
            _ => {}
        }
    }
    Ok(point)
}

fn buckets(field: Field<'_>) -> Result<Buckets, Malformed> {
    let (mut buckets, mut fields) = (Buckets::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => buckets.offset = field.sint32()?,
            2 => field.each_varint(|count| buckets.counts.push(count))?,
            _ => {}
        }
    }
    Ok(buckets)
}

fn summary_point<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Point<'a>, Malformed> {
    let (mut point, mut fields) = (Point::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            2 => point.start_nanos = field.fixed64()?,
            3 => point.time_nanos = field.fixed64()?,
            4 => point.count = field.fixed64()?,
            5 => point.sum = Some(field.double()?),
            6 => {
                let (mut quantile, mut fields) = ((0.0, 0.0), field.message()?);
                while let Some((number, field)) = fields.next()? {
                    match number {
                        1 => quantile.0 = field.double()?,
                        2 => quantile.1 = field.double()?,
                        _ => {}
                    }
                }
                budget.take::<(f64, f64)>()?;
                point.quantiles.push(quantile);
            }
            7 => attribute(field, &mut point.attributes, budget)?,
            8 => point.flags = field.uint()?,
            _ => {}
        }
    }
    Ok(point)
}

fn exemplar<'a>(field: Field<'a>, budget: &mut Budget) -> Result<Exemplar<'a>, Malformed> {
    let (mut exemplar, mut fields) = (Exemplar::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            2 => exemplar.time_nanos = field.fixed64()?,
            3 => exemplar.value = field.double()?,
            4 => exemplar.span_id = hex(field.bytes()?),
            5 => exemplar.trace_id = hex(field.bytes()?),
            6 => exemplar.value = field.fixed64()? as i64 as f64,
            7 => attribute(field, &mut exemplar.attributes, budget)?,
            _ => {}
        }
    }
    Ok(exemplar)
}

fn attribute<'a>(field: Field<'a>, into: &mut Attributes<'a>, budget: &mut Budget) -> Result<(), Malformed> {
    budget.take::<(Cow<'a, str>, Cow<'a, str>)>()?;
    let (key, value) = pair(field)?;
    let value = match value {
        Some(value) => any_value(value)?,
        None => Cow::Borrowed(""),
    };
    into.push((key.into(), value));
    Ok(())
}

fn pair<'a>(field: Field<'a>) -> Result<(&'a str, Option<Field<'a>>), Malformed> {
    let (mut key, mut value, mut fields) = ("", None, field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => key = field.text()?,
            2 => value = Some(field),
            _ => {}
        }
    }
    Ok((key, value))
}

/// A value as text: texts as they are, numbers in decimal, everything nested as JSON.
fn any_value<'a>(field: Field<'a>) -> Result<Cow<'a, str>, Malformed> {
    let mut fields = field.message()?;
    let Some((number, field)) = fields.next()? else {
        return Ok(Cow::Borrowed(""));
    };
    Ok(match number {
        1 => field.text()?.into(),
        7 => base64(field.bytes()?).into(),
        4 => number_text(field.double()?).into(),
        _ => {
            let mut json = String::new();
            write_json(number, field, &mut json, 0)?;
            json.into()
        }
    })
}

fn write_json(number: u32, field: Field<'_>, json: &mut String, depth: usize) -> Result<(), Malformed> {
    if depth > DEPTH_MAX {
        return Err(Malformed("an attribute is nested too deep"));
    }
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    match number {
        1 => json.push_str(&quote(field.text()?)),
        2 => json.push_str(if field.uint()? == 0 { "false" } else { "true" }),
        3 => json.push_str(&field.int()?.to_string()),
        4 => json.push_str(&number_text(field.double()?)),
        5 | 6 => {
            let is_array = number == 5;
            json.push(if is_array { '[' } else { '{' });
            let (mut fields, mut is_first) = (field.message()?, true);
            while let Some((number, field)) = fields.next()? {
                if number != 1 {
                    continue;
                }
                if !std::mem::take(&mut is_first) {
                    json.push(',');
                }
                let value = if is_array {
                    Some(field)
                } else {
                    let (key, value) = pair(field)?;
                    json.push_str(&quote(key));
                    json.push(':');
                    value
                };
                match value
                    .map(Field::message)
                    .transpose()?
                    .map(|mut fields| fields.next())
                    .transpose()?
                    .flatten()
                {
                    Some((number, field)) => write_json(number, field, json, depth + 1)?,
                    None => json.push_str("null"),
                }
            }
            json.push(if is_array { ']' } else { '}' });
        }
        7 => json.push_str(&quote(&base64(field.bytes()?))),
        _ => json.push_str("null"),
    }
    Ok(())
}
