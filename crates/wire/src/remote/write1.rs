//! Remote write 1.0: `prometheus.WriteRequest`.
//!
//! ```text
//! request  := 1 series*, 3 metadata*
//! series   := 1 label* (1 name, 2 value), 2 sample* (1 value, 2 time in ms), 3 exemplar*, 4 histogram*
//! exemplar := 1 label*, 2 value, 3 time in ms
//! metadata := 1 type, 2 family, 4 help, 5 unit
//! ```

use model::{Exemplar, Histogram, Labels, Metadata, Sample, Series, Value};

use super::series::{Batch, kind_of, labels_of, number_of};
use super::{RemoteError, histogram, pack, unpack};
use crate::budget::{Budget, check_labels};
use crate::protobuf::{Field, Malformed, Message, fields};

/// Reads the body of a request. `bytes_max` limits what it unpacks to.
pub fn decode(body: &[u8], bytes_max: usize) -> Result<Batch, RemoteError> {
    let message = unpack(body, bytes_max)?;
    let (mut batch, mut budget) = (Batch::default(), Budget::new());
    let mut fields = fields(&message);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => read_series(field, &mut batch, &mut budget)?,
            3 => {
                budget.take::<(String, Metadata)>()?;
                batch.metadata.push(read_metadata(field)?);
            }
            _ => {}
        }
    }
    Ok(batch)
}

fn read_series(field: Field<'_>, batch: &mut Batch, budget: &mut Budget) -> Result<(), Malformed> {
    budget.take::<Series>()?;
    let (mut pairs, mut series) = (Vec::with_capacity(16), Series::default());
    let (mut wrong_histograms, mut wrong_exemplars) = (Vec::new(), Vec::new());
    let mut fields = field.message()?;
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => {
                check_labels(pairs.len())?;
                pairs.push(read_label(field)?);
            }
            2 => {
                budget.take::<Sample>()?;
                series.samples.push(read_sample(field)?);
            }
            3 => {
                budget.take::<(Exemplar, Labels)>()?;
                match read_exemplar(field)? {
                    Ok(exemplar) => series.exemplars.push(exemplar),
                    Err(reason) => wrong_exemplars.push(reason),
                }
            }
            4 => {
                budget.take::<(Sample, Histogram)>()?;
                match histogram::read(field)?.finish() {
                    Ok(sample) => series.samples.push(sample),
                    Err(reason) => wrong_histograms.push(reason),
                }
            }
            _ => {}
        }
    }
    match labels_of(&mut pairs) {
        Ok(labels) => {
            let wrong = wrong_histograms.into_iter().map(|reason| format!("histogram: {reason}"));
            for reason in wrong.chain(wrong_exemplars.into_iter().map(|reason| format!("exemplar: {reason}")))
            {
                batch.refuse(labels.to_string(), reason);
            }
            series.labels = labels;
            batch.series.push(series);
        }
        Err((shown, reason)) => batch.refuse(shown, reason),
    }
    Ok(())
}

pub(super) fn read_label<'a>(field: Field<'a>) -> Result<(&'a [u8], &'a [u8]), Malformed> {
    let (mut pair, mut fields): ((&[u8], &[u8]), _) = ((b"", b""), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => pair.0 = field.bytes()?,
            2 => pair.1 = field.bytes()?,
            _ => {}
        }
    }
    Ok(pair)
}

pub(super) fn read_sample(field: Field<'_>) -> Result<Sample, Malformed> {
    let (mut value, mut time, mut start, mut fields) = (0.0, 0, 0, field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => value = field.double()?,
            2 => time = field.int()?,
            3 => start = field.int()?,
            _ => {}
        }
    }
    Ok(Sample { time, start: Some(start).filter(|&start| start != 0), value: Value::Float(value) })
}

fn read_exemplar(field: Field<'_>) -> Result<Result<Exemplar, String>, Malformed> {
    let (mut pairs, mut value, mut time, mut fields) = (Vec::new(), 0.0, 0, field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => {
                check_labels(pairs.len())?;
                let (name, value) = read_label(field)?;
                let text =
                    |bytes| std::str::from_utf8(bytes).map_err(|_| Malformed("an exemplar is not UTF-8"));
                pairs.push((text(name)?, text(value)?));
            }
            2 => value = field.double()?,
            3 => time = field.int()?,
            _ => {}
        }
    }
    let time = Some(time).filter(|&time| time != 0);
    Ok(crate::family::decode::labels_of(pairs).map(|labels| Exemplar { labels, value, time }))
}

fn read_metadata(field: Field<'_>) -> Result<(String, Metadata), Malformed> {
    let (mut family, mut metadata, mut fields) = (String::new(), Metadata::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => metadata.kind = kind_of(field.uint()?),
            2 => family = field.text()?.to_owned(),
            4 => metadata.help = field.text()?.to_owned(),
            5 => metadata.unit = field.text()?.to_owned(),
            _ => {}
        }
    }
    Ok((family, metadata))
}

/// Writes the body of a request.
pub fn encode(series: &[Series], metadata: &[(String, Metadata)]) -> Result<Vec<u8>, RemoteError> {
    let mut request = Message::default();
    for series in series {
        request.message(1, |message| write_series(message, series));
    }
    for (family, metadata) in metadata {
        request.message(3, |message| {
            message.uint(1, number_of(metadata.kind));
            message.text(2, family);
            message.text(4, &metadata.help);
            message.text(5, &metadata.unit);
        });
    }
    pack(&request.into_bytes())
}

/// Writes a series with its samples; remote read answers with the same message.
pub(super) fn write_series(message: &mut Message, series: &Series) {
    write_labels(message, &series.labels);
    for sample in &series.samples {
        match &sample.value {
            Value::Float(value) => message.message(2, |message| {
                message.double(1, *value);
                message.int(2, sample.time);
            }),
            _ => message.message(4, |message| histogram::write(message, sample, false)),
        }
    }
    for exemplar in &series.exemplars {
        message.message(3, |message| {
            write_labels(message, &exemplar.labels);
            message.double(2, exemplar.value);
            message.int(3, exemplar.time.unwrap_or(0));
        });
    }
}

pub(super) fn write_labels(message: &mut Message, labels: &Labels) {
    for (name, value) in labels {
        message.message(1, |message| {
            message.text(1, name);
            message.text(2, value);
        });
    }
}
