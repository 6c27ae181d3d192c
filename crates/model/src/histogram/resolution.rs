//! Coarser resolutions: merging neighbouring buckets of an exponential histogram.

use std::ops::AddAssign;

use super::spans::{Indexed, SpanWriter};
use super::types::{CUSTOM_BUCKETS_SCHEMA, FloatHistogram, Histogram, SCHEMA_MAX, SCHEMA_MIN, Span};
use super::validate::HistogramError;

/// The finest schema that senders may use; what is finer than `SCHEMA_MAX` is stored at that.
const SCHEMA_TOLERATED_MAX: i8 = 52;

impl Histogram {
    /// Merges buckets until the resolution is that of `schema`, which must not be finer.
    pub fn reduce_resolution(&mut self, schema: i8) -> Result<(), HistogramError> {
        let steps = steps(self.schema, schema)?;
        if steps > 0 {
            (self.positive_spans, self.positive) = reduced(&self.positive_spans, &self.positive, steps);
            (self.negative_spans, self.negative) = reduced(&self.negative_spans, &self.negative, steps);
            self.schema = schema;
        }
        Ok(())
    }

    /// Brings a schema finer than can be stored, up to 52, to the finest that can; refuses every other unknown one.
    pub fn reduce_to_supported(&mut self) -> Result<(), HistogramError> {
        match supported(self.schema)? {
            Some(schema) => self.reduce_resolution(schema),
            None => Ok(()),
        }
    }
}

impl FloatHistogram {
    /// Merges buckets until the resolution is that of `schema`, which must not be finer.
    pub fn reduce_resolution(&mut self, schema: i8) -> Result<(), HistogramError> {
        let steps = steps(self.schema, schema)?;
        if steps > 0 {
            (self.positive_spans, self.positive) = reduced(&self.positive_spans, &self.positive, steps);
            (self.negative_spans, self.negative) = reduced(&self.negative_spans, &self.negative, steps);
            self.schema = schema;
        }
        Ok(())
    }

    /// Brings a schema finer than can be stored, up to 52, to the finest that can; refuses every other unknown one.
    pub fn reduce_to_supported(&mut self) -> Result<(), HistogramError> {
        match supported(self.schema)? {
            Some(schema) => self.reduce_resolution(schema),
            None => Ok(()),
        }
    }
}

/// The index, `steps` schemas coarser, of the bucket that contains the one at `index`.
pub(super) fn coarser_index(index: i32, steps: u8) -> i32 {
    (((i64::from(index) - 1) >> steps.min(63)) + 1) as i32
}

/// The schema to reduce to, if any.
fn supported(schema: i8) -> Result<Option<i8>, HistogramError> {
    const FINER: i8 = SCHEMA_MAX + 1;
    match schema {
        CUSTOM_BUCKETS_SCHEMA | SCHEMA_MIN..=SCHEMA_MAX => Ok(None),
        FINER..=SCHEMA_TOLERATED_MAX => Ok(Some(SCHEMA_MAX)),
        _ => Err(HistogramError::Schema(schema)),
    }
}

fn steps(from: i8, to: i8) -> Result<u8, HistogramError> {
    if from == to {
        return Ok(0);
    }
    if from == CUSTOM_BUCKETS_SCHEMA || to == CUSTOM_BUCKETS_SCHEMA || to > from {
        return Err(HistogramError::Resolution { from, to });
    }
    Ok(from.abs_diff(to))
}

fn reduced<Count: Copy + Default + AddAssign>(
    spans: &[Span],
    counts: &[Count],
    steps: u8,
) -> (Vec<Span>, Vec<Count>) {
    let mut writer = SpanWriter::with_capacity(counts.len());
    for (index, count) in Indexed::new(spans, counts) {
        writer.push(coarser_index(index, steps), count);
    }
    (writer.spans, writer.counts)
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;

    fn check(notation: &str, schema: i8, want: &str) {
        let mut float = parse_notation(notation).unwrap().histogram;
        let mut whole = float.to_integer().unwrap();
        float.reduce_resolution(schema).unwrap();
        assert_eq!(float.notation(), want);
        whole.reduce_resolution(schema).unwrap();
        assert_eq!(whole.to_float(), float);
    }

    #[test]
    fn neighbours_merge() {
        check("{{schema:1 buckets:[1 2 4 8 16] n_buckets:[1]}}", 0, "{{buckets:[1 6 24] n_buckets:[1]}}");
        check("{{schema:2 offset:-9 buckets:[1 2 4 8 16]}}", 0, "{{offset:-2 buckets:[3 28]}}");
        check("{{schema:0 offset:-9 buckets:[1 2 4 8 16]}}", -4, "{{schema:-4 buckets:[31]}}");
        check(
            "{{schema:3 offset:-2147483648 buckets:[1]}}",
            2,
            "{{schema:2 offset:-1073741824 buckets:[1]}}",
        );
    }

    #[test]
    fn finer_is_impossible_and_custom_bounds_have_no_resolution() {
        let error = |notation: &str, schema| {
            parse_notation(notation).unwrap().histogram.reduce_resolution(schema).unwrap_err().to_string()
        };
        assert_eq!(error("{{}}", 1), "the resolution of schema 0 cannot become that of schema 1");
        assert_eq!(
            error("{{schema:-53}}", -54),
            "the resolution of schema -53 cannot become that of schema -54"
        );
        assert_eq!(error("{{}}", -53), "the resolution of schema 0 cannot become that of schema -53");
    }

    #[test]
    fn schemas_finer_than_supported_are_tolerated_and_others_refused() {
        let supported = |notation: &str| {
            let mut histogram = parse_notation(notation).unwrap().histogram;
            histogram.reduce_to_supported().map(|()| histogram.notation()).map_err(|error| error.to_string())
        };
        assert_eq!(
            supported("{{schema:10 offset:1 buckets:[1 1 1 1 1]}}").unwrap(),
            "{{schema:8 offset:1 buckets:[4 1]}}"
        );
        assert_eq!(
            supported("{{schema:52 offset:5 buckets:[1]}}").unwrap(),
            "{{schema:8 offset:1 buckets:[1]}}"
        );
        assert_eq!(supported("{{schema:-53}}").unwrap(), "{{schema:-53 custom_values:[]}}");
        assert!(supported("{{schema:53}}").unwrap_err().starts_with("schema 53 is not supported"));
        assert!(supported("{{schema:-9}}").unwrap_err().starts_with("schema -9 is not supported"));
    }
}
