//! Histograms and numbers as people read them, in the form that Prometheus prints.

use std::fmt::{Display, Formatter, Result};

use super::buckets::Bucket;
use super::types::{FloatHistogram, Histogram};

/// A number in the shortest form that reads back the same, with an exponent where it is below 1e-4 or has more than six
/// digits before the point: what Go's `%g` and `%v` print.
pub fn format_general(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_string();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

impl Display for Bucket {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write_bounds(self, formatter)?;
        formatter.write_str(&format_general(self.count))
    }
}

impl Display for FloatHistogram {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{{count:{}, sum:{}", format_general(self.count), format_general(self.sum))?;
        for bucket in all_buckets(self) {
            write!(formatter, ", {bucket}")?;
        }
        formatter.write_str("}")
    }
}

impl Display for Histogram {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{{count:{}, sum:{}", self.count, format_general(self.sum))?;
        for bucket in all_buckets(&self.to_float()) {
            formatter.write_str(", ")?;
            write_bounds(&bucket, formatter)?;
            write!(formatter, "{}", bucket.count)?;
        }
        formatter.write_str("}")
    }
}

/// All populated buckets with the bounds of their indexes, even where the zero bucket reaches into them.
fn all_buckets(histogram: &FloatHistogram) -> impl Iterator<Item = Bucket> + '_ {
    let around = histogram.negative_buckets().rev().chain(histogram.zero_bucket());
    around.chain(histogram.positive_buckets()).filter(|bucket| bucket.count != 0.0)
}

fn write_bounds(bucket: &Bucket, formatter: &mut Formatter<'_>) -> Result {
    let opening = if bucket.lower_inclusive { '[' } else { '(' };
    let closing = if bucket.upper_inclusive { ']' } else { ')' };
    write!(formatter, "{opening}{},{}{closing}:", format_general(bucket.lower), format_general(bucket.upper))
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;
    use super::*;

    #[test]
    fn numbers_are_shortest_and_have_exponents_where_go_has_them() {
        for (value, want) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (-1.5, "-1.5"),
            (999_999.0, "999999"),
            (100_000.5, "100000.5"),
            (1e6, "1e+06"),
            (12_345_678.9, "1.23456789e+07"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.000_012_345, "1.2345e-05"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(format_general(value), want);
        }
    }

    #[test]
    fn histograms_list_their_populated_buckets() {
        let float = parse_notation(
            "{{count:1234567 sum:-1.5 z_bucket:1 z_bucket_w:0.75 buckets:[1 0 2] n_buckets:[3 1234567]}}",
        );
        let float = float.unwrap().histogram;
        assert_eq!(
            float.to_string(),
            "{count:1.234567e+06, sum:-1.5, [-2,-1):1.234567e+06, [-1,-0.5):3, [-0.75,0.75]:1, (0.5,1]:1, (2,4]:2}"
        );
        assert_eq!(
            float.to_integer().unwrap().to_string(),
            "{count:1234567, sum:-1.5, [-2,-1):1234567, [-1,-0.5):3, [-0.75,0.75]:1, (0.5,1]:1, (2,4]:2}"
        );
        assert_eq!(FloatHistogram::default().to_string(), "{count:0, sum:0}");
    }
}
