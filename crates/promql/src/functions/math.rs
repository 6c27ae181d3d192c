//! Functions of one float: rounding, roots, logarithms, angles.

pub(super) fn round(value: f64, nearest: f64) -> f64 {
    // Dividing by the inverse costs less precision than multiplying.
    let inverse = 1.0 / nearest;
    (value * inverse + 0.5).floor() / inverse
}

/// `value` within bounds; NaN where any of the three is.
pub(super) fn clamp(value: f64, low: f64, high: f64) -> f64 {
    larger(low, smaller(high, value))
}

/// The larger of two, NaN if either is. Of two zeros that is the positive one, which a division by it tells.
pub(crate) fn larger(left: f64, right: f64) -> f64 {
    if left == f64::INFINITY || right == f64::INFINITY {
        f64::INFINITY
    } else if left.is_nan() || right.is_nan() {
        f64::NAN
    } else if left == right {
        f64::from_bits(left.to_bits() & right.to_bits())
    } else {
        left.max(right)
    }
}

/// The smaller of two, NaN if either is. Of two zeros that is the negative one.
pub(crate) fn smaller(left: f64, right: f64) -> f64 {
    if left == f64::NEG_INFINITY || right == f64::NEG_INFINITY {
        f64::NEG_INFINITY
    } else if left.is_nan() || right.is_nan() {
        f64::NAN
    } else if left == right {
        f64::from_bits(left.to_bits() | right.to_bits())
    } else {
        left.min(right)
    }
}

pub(super) fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

pub(super) fn to_radians(degrees: f64) -> f64 {
    degrees * std::f64::consts::PI / 180.0
}

pub(super) fn to_degrees(radians: f64) -> f64 {
    radians * 180.0 / std::f64::consts::PI
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_round_up() {
        let check = |value: f64, nearest: f64, want: f64| assert_eq!(round(value, nearest), want);
        check(0.5, 1.0, 1.0);
        check(-0.5, 1.0, 0.0);
        check(5.25, 0.1, 5.3);
        check(7.0, 5.0, 5.0);
    }

    #[test]
    fn nan_is_neither_large_nor_small() {
        assert!(larger(f64::NAN, 1.0).is_nan());
        assert!(smaller(1.0, f64::NAN).is_nan());
        assert_eq!(larger(f64::NAN, f64::INFINITY), f64::INFINITY);
        assert!(clamp(f64::NAN, 0.0, 1.0).is_nan());
        assert_eq!(clamp(5.0, 0.0, 1.0), 1.0);
    }

    #[test]
    fn zeros_have_an_order() {
        let check = |left: f64, right: f64, larger_one: f64, smaller_one: f64| {
            assert_eq!(
                larger(left, right).to_bits(),
                larger_one.to_bits(),
                "the larger of {left:?} and {right:?}"
            );
            assert_eq!(
                smaller(left, right).to_bits(),
                smaller_one.to_bits(),
                "the smaller of {left:?} and {right:?}"
            );
        };
        check(0.0, -0.0, 0.0, -0.0);
        check(-0.0, 0.0, 0.0, -0.0);
        check(-0.0, -0.0, -0.0, -0.0);
        check(-2.5, -2.5, -2.5, -2.5);
    }
}
