//! Remote read: queries in, samples or streamed chunks out.
//!
//! ```text
//! request  := 1 query*, 2 accepted answer types (0 samples, 1 streamed chunks)
//! query    := 1 start in ms, 2 end in ms, 3 matcher*, 4 hints
//! matcher  := 1 type (0 =, 1 !=, 2 =~, 3 !~), 2 name, 3 value
//! hints    := 1 step in ms, 2 function, 3 start, 4 end, 5 grouping*, 6 by, 7 range
//! response := 1 result* (1 series*)
//! frame    := 1 series* (1 label*, 2 chunk* (1 first time, 2 last time, 3 encoding, 4 bytes)), 2 query
//! stream   := { varint(length) crc32c:32 frame }*
//! ```
//! A response is one snappy block; a stream is not compressed.

use model::{Labels, MatchOp, Matcher, Sample, Series, Timestamp};

use super::{RemoteError, histogram, pack, series, unpack, write1};
use crate::chunk::{self, Chunk, Encoding};
use crate::protobuf::{Field, Malformed, Message, fields, push_varint, take_varint};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The queries, answered in their order.
    pub queries: Vec<Query>,
    /// Whether the asker takes a stream of chunks. Whoever does not gets samples.
    pub takes_chunks: bool,
}

/// One selection.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The first time asked for.
    pub start: Timestamp,
    /// The last time asked for.
    pub end: Timestamp,
    /// Which series.
    pub matchers: Vec<Matcher>,
}

/// The media type of an answer of samples.
pub const SAMPLES_CONTENT_TYPE: &str = "application/x-protobuf";

/// The media type of a stream of chunks.
pub const CHUNKS_CONTENT_TYPE: &str = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";

/// Reads the body of a request. `bytes_max` limits what it unpacks to.
pub fn decode_request(body: &[u8], bytes_max: usize) -> Result<Request, RemoteError> {
    let message = unpack(body, bytes_max)?;
    let (mut request, mut is_first, mut fields) = (Request::default(), true, fields(&message));
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => request.queries.push(query(field)?),
            // The first type that is known wins.
            2 => field.each_varint(|kind| {
                if kind <= 1 && std::mem::take(&mut is_first) {
                    request.takes_chunks = kind == 1;
                }
            })?,
            _ => {}
        }
    }
    Ok(request)
}

fn query(field: Field<'_>) -> Result<Query, RemoteError> {
    let (mut query, mut fields) = (Query::default(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => query.start = field.int()?,
            2 => query.end = field.int()?,
            3 => query.matchers.push(matcher(field)?),
            _ => {}
        }
    }
    Ok(query)
}

fn matcher(field: Field<'_>) -> Result<Matcher, RemoteError> {
    let (mut op, mut name, mut value, mut fields) = (0, "", "", field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => op = field.uint()?,
            2 => name = field.text()?,
            3 => value = field.text()?,
            _ => {}
        }
    }
    let op = match op {
        0 => MatchOp::Equal,
        1 => MatchOp::NotEqual,
        2 => MatchOp::Regex,
        3 => MatchOp::NotRegex,
        _ => return Err(RemoteError::Invalid(format!("matcher type {op} is unknown"))),
    };
    Matcher::new(name, op, value).map_err(|error| RemoteError::Invalid(error.to_string()))
}

/// Writes the body of a request.
pub fn encode_request(request: &Request) -> Result<Vec<u8>, RemoteError> {
    let mut message = Message::default();
    for query in &request.queries {
        message.message(1, |message| {
            message.int(1, query.start);
            message.int(2, query.end);
            for matcher in &query.matchers {
                message.message(3, |message| {
                    message.uint(1, matcher.op as u64);
                    message.text(2, &matcher.name);
                    message.text(3, &matcher.value);
                });
            }
        });
    }
    message.packed_varints(2, [u64::from(request.takes_chunks)]);
    pack(&message.into_bytes())
}

/// Writes the body of an answer of samples: the series of every query, in the order of the queries.
pub fn encode_response(results: &[Vec<Series>]) -> Result<Vec<u8>, RemoteError> {
    let mut message = Message::default();
    for result in results {
        message.message(1, |message| {
            for series in result {
                message.message(1, |message| write1::write_series(message, series));
            }
        });
    }
    pack(&message.into_bytes())
}

/// Reads the body of an answer of samples. Series that are none are left out.
pub fn decode_response(body: &[u8], bytes_max: usize) -> Result<Vec<Vec<Series>>, RemoteError> {
    let message = unpack(body, bytes_max)?;
    let (mut results, mut outer) = (Vec::new(), fields(&message));
    while let Some((number, field)) = outer.next()? {
        if number == 1 {
            let (mut result, mut fields) = (Vec::new(), field.message()?);
            while let Some((number, field)) = fields.next()? {
                if number == 1 {
                    result.push(read_series(field)?);
                }
            }
            results.push(result);
        }
    }
    Ok(results)
}

fn read_series(field: Field<'_>) -> Result<Series, RemoteError> {
    let (mut pairs, mut samples, mut fields): (Vec<_>, Vec<Sample>, _) =
        (Vec::new(), Vec::new(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => pairs.push(write1::read_label(field)?),
            2 => samples.push(write1::read_sample(field)?),
            4 => samples.push(histogram::read(field)?.finish().map_err(RemoteError::Invalid)?),
            _ => {}
        }
    }
    let invalid = |(series, reason): (String, String)| RemoteError::Invalid(format!("{series}: {reason}"));
    let labels = series::labels_of(&mut pairs).map_err(invalid)?;
    Ok(Series { labels, samples, ..Series::default() })
}

/// Appends one frame of a stream: the chunks of one series, or some of them, for the query at `query`.
pub fn write_frame(into: &mut Vec<u8>, query: usize, labels: &Labels, chunks: &[Chunk]) {
    let mut frame = Message::default();
    frame.message(1, |message| {
        write1::write_labels(message, labels);
        for chunk in chunks {
            message.message(2, |message| {
                message.int(1, chunk.time_min);
                message.int(2, chunk.time_max);
                message.uint(3, chunk.encoding as u64);
                message.delimited(4, &chunk.bytes);
            });
        }
    });
    frame.uint(2, query as u64);
    let frame = frame.into_bytes();
    push_varint(into, frame.len() as u64);
    into.extend(crc32c::crc32c(&frame).to_be_bytes());
    into.extend(frame);
}

/// Reads a whole stream: per frame its query and its series, samples unpacked.
pub fn decode_stream(mut stream: &[u8]) -> Result<Vec<(usize, Series)>, RemoteError> {
    let mut found = Vec::new();
    while !stream.is_empty() {
        let mut length = stream;
        take_varint(&mut length)?;
        let (checksum, _) = length.split_first_chunk::<4>().ok_or(Malformed("a frame is cut off"))?;
        let frame = take_frame(&mut stream)?;
        if crc32c::crc32c(frame) != u32::from_be_bytes(*checksum) {
            return Err(RemoteError::Invalid("the checksum of a frame is wrong".to_owned()));
        }
        let (mut query, mut all, mut fields) = (0, Vec::new(), fields(frame));
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => all.push(chunked_series(field)?),
                2 => query = field.uint()? as usize,
                _ => {}
            }
        }
        found.extend(all.into_iter().map(|series| (query, series)));
    }
    Ok(found)
}

/// Takes a length, a checksum, and then that many bytes.
fn take_frame<'a>(stream: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let length = usize::try_from(take_varint(stream)?).unwrap_or(usize::MAX);
    let rest = stream.get(4..).ok_or(Malformed("a frame is cut off"))?;
    let (frame, rest) = rest.split_at_checked(length).ok_or(Malformed("a frame is cut off"))?;
    *stream = rest;
    Ok(frame)
}

fn chunked_series(field: Field<'_>) -> Result<Series, RemoteError> {
    let (mut pairs, mut samples, mut fields) = (Vec::new(), Vec::new(), field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => pairs.push(write1::read_label(field)?),
            2 => samples.extend(read_chunk(field)?),
            _ => {}
        }
    }
    let invalid = |(series, reason): (String, String)| RemoteError::Invalid(format!("{series}: {reason}"));
    let labels = series::labels_of(&mut pairs).map_err(invalid)?;
    Ok(Series { labels, samples, ..Series::default() })
}

fn read_chunk(field: Field<'_>) -> Result<Vec<Sample>, RemoteError> {
    let (mut encoding, mut bytes, mut fields): (u64, &[u8], _) = (0, &[], field.message()?);
    while let Some((number, field)) = fields.next()? {
        match number {
            3 => encoding = field.uint()?,
            4 => bytes = field.bytes()?,
            _ => {}
        }
    }
    let encoding = Encoding::from_number(encoding).ok_or(Malformed("a chunk has an unknown encoding"))?;
    chunk::decode(encoding, bytes).map_err(|error| RemoteError::Invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    const BYTES_MAX: usize = 1 << 20;

    #[test]
    fn requests_round_trip() {
        let matchers = vec![
            Matcher::equal("__name__", "up"),
            Matcher::new("job", MatchOp::NotRegex, "a|b").unwrap(),
            Matcher::new("x", MatchOp::NotEqual, "").unwrap(),
        ];
        let request = Request { queries: vec![Query { start: -5, end: 10, matchers }], takes_chunks: true };
        let back = decode_request(&encode_request(&request).unwrap(), BYTES_MAX).unwrap();
        assert_eq!(format!("{back:?}"), format!("{request:?}"));
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        let mut message = Message::default();
        message.message(1, |query| {
            query.message(3, |matcher| {
                matcher.uint(1, 2);
                matcher.text(3, "(");
            });
        });
        let error = decode_request(&pack(&message.into_bytes()).unwrap(), BYTES_MAX).unwrap_err();
        assert!(matches!(error, RemoteError::Invalid(_)), "{error}");
    }

    proptest! {
        #[test]
        fn answers_round_trip(mut results in prop::collection::vec(prop::collection::vec(testing::series(), 0..3), 0..3)) {
            for series in results.iter_mut().flatten() {
                series.exemplars.clear();
                series.samples.sort_by_key(|sample| sample.time);
                series.samples.dedup_by_key(|sample| sample.time);
                series.samples.iter_mut().for_each(|sample| sample.start = None);
            }
            let back = decode_response(&encode_response(&results).unwrap(), BYTES_MAX).unwrap();
            let shown = |results: &[Vec<Series>]| results.iter().map(|result| testing::shown(result, false)).collect::<Vec<_>>();
            prop_assert_eq!(shown(&back), shown(&results));

            let mut stream = Vec::new();
            for (query, result) in results.iter().enumerate() {
                result.iter().for_each(|series| write_frame(&mut stream, query, &series.labels, &chunk::encode(&series.samples)));
            }
            let hintless = |series: &Series| Series { samples: series.samples.iter().map(testing::without_hint).collect(), ..series.clone() };
            let got: Vec<_> = decode_stream(&stream).unwrap().iter().map(|(query, series)| (*query, testing::shown(&[hintless(series)], false))).collect();
            let want: Vec<_> = results.iter().enumerate().flat_map(|(query, result)| result.iter().map(move |series| (query, testing::shown(&[hintless(series)], false)))).collect();
            prop_assert_eq!(got, want);
        }
    }
}
