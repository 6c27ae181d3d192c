//! `max_points`: series thinned to what a picture can show, so that a million points never travel. Of each stretch the
//! lowest and the highest sample stay, in their order, so that no spike is lost.

use model::Timestamp;
use promql::Value;

/// Thins every series of a range to at most so many points.
pub fn thin(value: &mut Value, points_max: usize) {
    if let Value::Matrix(series) = value {
        for one in series {
            if one.floats.len() > points_max {
                one.floats = thinned(one.floats.iter().collect(), points_max).into_iter().collect();
            }
        }
    }
}

fn thinned(samples: Vec<(Timestamp, f64)>, points_max: usize) -> Vec<(Timestamp, f64)> {
    // Two of each stretch stay, so fewer than two points cannot be.
    let stretches = (points_max / 2).max(1);
    if samples.len() <= stretches * 2 {
        return samples;
    }
    let mut kept = Vec::with_capacity(stretches * 2);
    for stretch in 0..stretches {
        let of = |part: usize| part * samples.len() / stretches;
        let samples = &samples[of(stretch)..of(stretch + 1)];
        let by = |left: &&(Timestamp, f64), right: &&(Timestamp, f64)| left.1.total_cmp(&right.1);
        let (Some(low), Some(high)) = (samples.iter().min_by(by), samples.iter().max_by(by)) else {
            continue;
        };
        let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        kept.push(*first);
        if first.0 != second.0 {
            kept.push(*second);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], points_max: usize, want: &[f64]) {
        let samples = values.iter().enumerate().map(|(at, value)| (at as Timestamp, *value)).collect();
        let kept: Vec<f64> = thinned(samples, points_max).into_iter().map(|(_, value)| value).collect();
        assert_eq!(kept, want);
    }

    #[test]
    fn lowest_and_highest_stay_in_their_order() {
        check(&[1.0, 2.0, 3.0], 4, &[1.0, 2.0, 3.0]);
        check(&[5.0, 1.0, 9.0, 4.0, 8.0, 2.0, 7.0, 3.0], 4, &[1.0, 9.0, 8.0, 2.0]);
        check(&[5.0, 5.0, 5.0, 5.0], 2, &[5.0, 5.0]);
        check(&[1.0, 2.0, 3.0, 4.0], 0, &[1.0, 4.0]);
    }
}
