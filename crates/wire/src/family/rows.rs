//! Reads a target's protobuf pages one after the other; a family whose bytes did not change is not read again.

use std::sync::Arc;

use hashbrown::HashMap;
use model::{Exemplar, Labels, Metadata, Timestamp, Value};

use super::decode::{self, Row};
use crate::error::ParseError;
use crate::page::{Options, Page, Shape};
use crate::protobuf::take_delimited;

/// What is remembered of a target's last protobuf page.
pub(crate) struct FamilyRows {
    options: Options,
    body: Vec<u8>,
    families: Vec<Family>,
    /// Whether the state below is that of `body`.
    is_settled: bool,
    shape: Arc<Shape>,
    /// Per column: the value, the time of its own if any, the start or 0.
    values: Vec<Value>,
    times: Vec<Option<Timestamp>>,
    starts: Vec<Timestamp>,
    shared_starts: Arc<[Timestamp]>,
    exemplars: Vec<(u32, Exemplar)>,
    duplicates: u64,
}

/// One family of the last page.
#[derive(Debug)]
struct Family {
    /// Where in the body its message lies.
    start: usize,
    end: usize,
    /// Its columns; `None` where some of its rows were duplicates.
    columns: Option<std::ops::Range<usize>>,
}

impl FamilyRows {
    pub(crate) fn new(options: &Options) -> FamilyRows {
        FamilyRows {
            options: options.clone(),
            body: Vec::new(),
            families: Vec::new(),
            is_settled: false,
            shape: Shape::new(Vec::new(), Vec::new()),
            values: Vec::new(),
            times: Vec::new(),
            starts: Vec::new(),
            shared_starts: Arc::from([]),
            exemplars: Vec::new(),
            duplicates: 0,
        }
    }

    pub(crate) fn read(&mut self, body: &[u8]) -> Result<Page, ParseError> {
        let messages = split(body)?;
        self.exemplars.clear();
        let is_updated = self.is_settled && self.update(body, &messages);
        self.is_settled = false;
        if !is_updated {
            self.resolve(body, &messages)?;
        }
        self.is_settled = true;
        self.body.clear();
        self.body.extend_from_slice(body);
        for (family, message) in self.families.iter_mut().zip(messages) {
            (family.start, family.end) = message;
        }
        Ok(self.page())
    }

    fn page(&mut self) -> Page {
        let has_starts = self.starts.iter().any(|&start| start != 0);
        if !has_starts {
            self.shared_starts = Arc::from([]);
        } else if *self.shared_starts != *self.starts {
            self.shared_starts = self.starts.as_slice().into();
        }
        let times = (0u32..).zip(&self.times).filter_map(|(column, time)| Some((column, (*time)?)));
        let is_histogram = |value: &&Value| !matches!(value, Value::Float(_));
        let histograms = (0u32..).zip(&self.values).filter(|(_, value)| is_histogram(value));
        let float = |value: &Value| if let Value::Float(value) = value { *value } else { f64::NAN };
        Page {
            shape: self.shape.clone(),
            values: self.values.iter().map(float).collect(),
            absent: Vec::new(),
            times: times.collect(),
            histograms: histograms.map(|(column, value)| (column, value.clone())).collect(),
            exemplars: std::mem::take(&mut self.exemplars),
            starts: self.shared_starts.clone(),
            duplicates: self.duplicates,
        }
    }

    /// The short way: the same families with the same series. `false` where that is not so.
    fn update(&mut self, body: &[u8], messages: &[(usize, usize)]) -> bool {
        if messages.len() != self.families.len() {
            return false;
        }
        let mut rows = Vec::new();
        for index in 0..messages.len() {
            let family = &self.families[index];
            let bytes = &body[messages[index].0..messages[index].1];
            if bytes == &self.body[family.start..family.end] {
                continue;
            }
            let Some(columns) = family.columns.clone() else { return false };
            rows.clear();
            let Ok(head) = decode::family(bytes, &self.options, &mut rows) else { return false };
            let same_series = rows.len() == columns.len()
                && rows
                    .iter()
                    .zip(&self.shape.series[columns.clone()])
                    .all(|(row, series)| row.labels == *series);
            let (name, metadata) = &self.shape.metadata[index];
            if !same_series || head.name != *name || head.metadata != *metadata {
                return false;
            }
            for (column, row) in columns.zip(rows.drain(..)) {
                self.settle(column, row);
            }
        }
        true
    }

    fn settle(&mut self, column: usize, row: Row) {
        self.values[column] = row.value;
        self.times[column] = row.time;
        self.starts[column] = row.start;
        self.exemplars.extend(row.exemplars.into_iter().map(|exemplar| (column as u32, exemplar)));
    }

    /// The long way: reads every family. The shape stays if it is the same series in the same order.
    fn resolve(&mut self, body: &[u8], messages: &[(usize, usize)]) -> Result<(), ParseError> {
        let (mut rows, mut families) = (Vec::new(), Vec::with_capacity(messages.len()));
        let mut seen: HashMap<Labels, (), foldhash::fast::FixedState> = HashMap::default();
        let mut duplicates = 0;
        let mut metadata: Vec<(String, Metadata)> = Vec::with_capacity(messages.len());
        for &(start, end) in messages {
            let first = rows.len();
            let head = decode::family(&body[start..end], &self.options, &mut rows)
                .map_err(|message| ParseError::binary(start, message))?;
            let told = rows.len();
            let mut fresh = rows.split_off(first);
            fresh.retain(|row| seen.insert(row.labels.clone(), ()).is_none());
            rows.append(&mut fresh);
            duplicates += (told - rows.len()) as u64;
            let columns = (told == rows.len()).then_some(first..told);
            families.push(Family { start, end, columns });
            metadata.push((head.name, head.metadata));
        }
        let same = rows.len() == self.shape.series.len()
            && rows.iter().zip(&self.shape.series).all(|(row, series)| row.labels == *series)
            && *metadata == *self.shape.metadata;
        if !same {
            self.shape = Shape::new(rows.iter().map(|row| row.labels.clone()).collect(), metadata);
        }
        self.families = families;
        self.duplicates = duplicates;
        self.exemplars.clear();
        self.values = vec![Value::Float(0.0); rows.len()];
        self.times = vec![None; rows.len()];
        self.starts = vec![0; rows.len()];
        for (column, row) in rows.into_iter().enumerate() {
            self.settle(column, row);
        }
        Ok(())
    }
}

/// Where the messages of a body lie.
fn split(body: &[u8]) -> Result<Vec<(usize, usize)>, ParseError> {
    let (mut rest, mut messages) = (body, Vec::new());
    while !rest.is_empty() {
        let at = body.len() - rest.len();
        let message = take_delimited(&mut rest).map_err(|error| ParseError::binary(at, error.to_string()))?;
        let end = body.len() - rest.len();
        messages.push((end - message.len(), end));
    }
    Ok(messages)
}
