//! Remote write 2.0: `io.prometheus.write.v2.Request`. Every string is told once and referred to by its place.
//!
//! ```text
//! request  := 4 symbol*, 5 series*                        symbol 0 is empty
//! series   := 1 label references, 2 sample*, 3 histogram*, 4 exemplar*, 5 metadata, 6 start in ms (drafts)
//! sample   := 1 value, 2 time in ms, 3 start in ms
//! exemplar := 1 label references, 2 value, 3 time in ms
//! metadata := 1 type, 3 help reference, 4 unit reference
//! ```

use hashbrown::HashMap;
use model::{Exemplar, Histogram, Labels, Metadata, Sample, Series, Value};

use super::series::{Batch, kind_of, labels_of, number_of};
use super::{RemoteError, histogram, pack, unpack, write1};
use crate::budget::{Budget, check_labels};
use crate::protobuf::{Field, Malformed, Message, fields};

/// How many bytes a number takes at most.
const VARINT_BYTES_MAX: usize = 10;

/// Reads the body of a request. `bytes_max` limits what it unpacks to.
pub fn decode(body: &[u8], bytes_max: usize) -> Result<Batch, RemoteError> {
    let message = unpack(body, bytes_max)?;
    let (mut symbols, mut all_series, mut budget) = (Vec::new(), Vec::new(), Budget::new());
    let mut fields = fields(&message);
    while let Some((number, field)) = fields.next()? {
        match number {
            4 => {
                budget.take::<&[u8]>()?;
                symbols.push(field.bytes()?);
            }
            5 => {
                budget.take::<Field<'_>>()?;
                all_series.push(field);
            }
            _ => {}
        }
    }
    if symbols.first().is_some_and(|first| !first.is_empty()) {
        return Err(RemoteError::Invalid("the first symbol must be the empty string".to_owned()));
    }
    let mut batch = Batch::default();
    for series in all_series {
        read_series(series, &symbols, &mut batch, &mut budget)?;
    }
    Ok(batch)
}

fn read_series(
    field: Field<'_>,
    symbols: &[&[u8]],
    batch: &mut Batch,
    budget: &mut Budget,
) -> Result<(), Malformed> {
    budget.take::<Series>()?;
    let (mut references, mut series, mut start) = (Vec::with_capacity(32), Series::default(), 0);
    let mut wrong = Vec::new();
    let mut fields = field.message()?;
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => read_references(field, &mut references)?,
            2 => {
                budget.take::<Sample>()?;
                series.samples.push(write1::read_sample(field)?);
            }
            3 => {
                budget.take::<(Sample, Histogram)>()?;
                match histogram::read(field)?.finish() {
                    Ok(sample) => series.samples.push(sample),
                    Err(reason) => wrong.push(format!("histogram: {reason}")),
                }
            }
            4 => {
                budget.take::<(Exemplar, Labels)>()?;
                match read_exemplar(field, symbols, budget)? {
                    Ok(exemplar) => series.exemplars.push(exemplar),
                    Err(reason) => wrong.push(format!("exemplar: {reason}")),
                }
            }
            5 => match read_metadata(field, symbols, budget)? {
                Ok(metadata) => series.metadata = metadata,
                Err(reason) => wrong.push(format!("metadata: {reason}")),
            },
            6 => start = field.int()?,
            _ => {}
        }
    }
    if start != 0 {
        series.samples.iter_mut().for_each(|sample| sample.start = sample.start.or(Some(start)));
    }
    let labels = match pairs_of(&references, symbols) {
        Ok(mut pairs) => {
            budget.take_bytes(text_bytes(&pairs))?;
            labels_of(&mut pairs)
        }
        Err(reason) => Err((format!("series {}", batch.series.len() as u64 + batch.refused), reason)),
    };
    match labels {
        Ok(labels) => {
            wrong.into_iter().for_each(|reason| batch.refuse(labels.to_string(), reason));
            series.labels = labels;
            batch.series.push(series);
        }
        Err((shown, reason)) => batch.refuse(shown, reason),
    }
    Ok(())
}

/// Reads references of labels, packed or single.
fn read_references(field: Field<'_>, references: &mut Vec<u64>) -> Result<(), Malformed> {
    let bytes = field.bytes().map_or(1, <[u8]>::len);
    check_labels(references.len() + bytes / VARINT_BYTES_MAX)?;
    field.each_varint(|reference| references.push(reference))
}

/// A label's name and value, not yet known to be text.
type Pair<'a> = (&'a [u8], &'a [u8]);

fn pairs_of<'a>(references: &[u64], symbols: &[&'a [u8]]) -> Result<Vec<Pair<'a>>, String> {
    if !references.len().is_multiple_of(2) {
        return Err("a label reference without its pair".to_owned());
    }
    references
        .chunks_exact(2)
        .map(|pair| Ok((symbol(pair[0], symbols)?, symbol(pair[1], symbols)?)))
        .collect()
}

/// How long the texts are together: a few bytes of references can stand for a symbol of any length, and each series
/// keeps a copy of its own.
fn text_bytes(pairs: &[Pair<'_>]) -> usize {
    pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn symbol<'a>(reference: u64, symbols: &[&'a [u8]]) -> Result<&'a [u8], String> {
    let found = usize::try_from(reference).ok().and_then(|reference| symbols.get(reference).copied());
    found.ok_or_else(|| format!("symbol {reference} is referred to, of {}", symbols.len()))
}

fn read_exemplar(
    field: Field<'_>,
    symbols: &[&[u8]],
    budget: &mut Budget,
) -> Result<Result<Exemplar, String>, Malformed> {
    let (mut references, mut value, mut time, mut fields) = (Vec::new(), 0.0, 0, field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => read_references(field, &mut references)?,
            2 => value = field.double()?,
            3 => time = field.int()?,
            _ => {}
        }
    }
    let pairs = pairs_of(&references, symbols);
    budget.take_bytes(pairs.as_deref().map_or(0, text_bytes))?;
    let finish = || {
        let pairs = pairs?;
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| "a label is not UTF-8".to_owned());
        let pairs: Result<Vec<_>, String> =
            pairs.into_iter().map(|(name, value)| Ok((text(name)?, text(value)?))).collect();
        let labels = crate::family::decode::labels_of(pairs?)?;
        Ok(Exemplar { labels, value, time: Some(time).filter(|&time| time != 0) })
    };
    Ok(finish())
}

/// The metadata of a series, `None` where it says nothing.
fn read_metadata(
    field: Field<'_>,
    symbols: &[&[u8]],
    budget: &mut Budget,
) -> Result<Result<Option<Metadata>, String>, Malformed> {
    let (mut kind, mut help, mut unit, mut fields) = (0, 0, 0, field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => kind = field.uint()?,
            3 => help = field.uint()?,
            4 => unit = field.uint()?,
            _ => {}
        }
    }
    budget.take::<Metadata>()?;
    for reference in [help, unit] {
        budget.take_bytes(symbol(reference, symbols).map_or(0, <[u8]>::len))?;
    }
    let text = |reference| match reference {
        0 => Ok(String::new()),
        _ => symbol(reference, symbols).map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    };
    let finish = || Ok(Metadata { kind: kind_of(kind), help: text(help)?, unit: text(unit)? });
    Ok(finish().map(|metadata| Some(metadata).filter(|metadata| *metadata != Metadata::default())))
}

/// Writes the body of a request.
pub fn encode(series: &[Series]) -> Result<Vec<u8>, RemoteError> {
    let mut symbols = Symbols { places: HashMap::default(), told: vec![""] };
    symbols.places.insert("", 0);
    let mut body = Message::default();
    for series in series {
        body.message(5, |message| write_series(message, series, &mut symbols));
    }
    let mut request = Message::default();
    symbols.told.iter().for_each(|symbol| request.delimited(4, symbol.as_bytes()));
    let mut bytes = request.into_bytes();
    bytes.extend(body.into_bytes());
    pack(&bytes)
}

struct Symbols<'a> {
    places: HashMap<&'a str, u64, foldhash::fast::FixedState>,
    told: Vec<&'a str>,
}

impl<'a> Symbols<'a> {
    fn place(&mut self, text: &'a str) -> u64 {
        let next = self.told.len() as u64;
        let place = *self.places.entry(text).or_insert(next);
        if place == next {
            self.told.push(text);
        }
        place
    }

    fn labels(&mut self, message: &mut Message, labels: &'a Labels) {
        let places: Vec<u64> =
            labels.iter().flat_map(|(name, value)| [self.place(name), self.place(value)]).collect();
        message.packed_varints(1, places);
    }
}

fn write_series<'a>(message: &mut Message, series: &'a Series, symbols: &mut Symbols<'a>) {
    symbols.labels(message, &series.labels);
    for sample in &series.samples {
        match &sample.value {
            Value::Float(value) => message.message(2, |message| write_sample(message, sample, *value)),
            _ => message.message(3, |message| histogram::write(message, sample, true)),
        }
    }
    for exemplar in &series.exemplars {
        message.message(4, |message| {
            symbols.labels(message, &exemplar.labels);
            message.double(2, exemplar.value);
            message.int(3, exemplar.time.unwrap_or(0));
        });
    }
    if let Some(metadata) = &series.metadata {
        message.message(5, |message| {
            message.uint(1, number_of(metadata.kind));
            message.uint(3, symbols.place(&metadata.help));
            message.uint(4, symbols.place(&metadata.unit));
        });
    }
}

fn write_sample(message: &mut Message, sample: &Sample, value: f64) {
    message.double(1, value);
    message.int(2, sample.time);
    message.int(3, sample.start.unwrap_or(0));
}
