//! Floats that a person or a program wrote as short decimals: integers with a decimal point.
//!
//! `12.34` is 1234 / 10^2, and the division gives back every bit, because both are exact as floats and a division
//! rounds as a parser does. Values for which that fails (NaN, infinities, negative zero, long fractions) are
//! exceptions, kept beside.

use super::{DecodeError, DecodeResult, varint};

/// The largest power of ten that is tried; beyond it no short decimal is left.
pub(super) const EXPONENT_MAX: usize = 18;

const POWERS: [f64; EXPONENT_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// Up to this exponent no value is worth an exception.
const EXPONENT_USUAL: usize = 6;
const BITS_PER_DIGIT_TENTHS: usize = 33;
const EXCEPTION_BITS: usize = 80;

/// Integers up to here are exact as floats.
const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

/// Exceptions that need one byte: staleness markers, what computations yield, and both infinities.
const COMMON: [u64; 6] = [
    0x7ff0_0000_0000_0002,
    0x7ff8_0000_0000_0001,
    0x7ff8_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x8000_0000_0000_0000,
];

/// A column as integers over a power of ten.
pub(super) struct Decimals {
    pub(super) exponent: usize,
    /// One for each value; an exception repeats the integer before it.
    pub(super) integers: Vec<i64>,
    /// Which values the integers do not give.
    pub(super) exceptions: Vec<(usize, u64)>,
}

/// The integers behind `values`, unless too many of them have none.
pub(super) fn find(values: &[f64]) -> Option<Decimals> {
    if let Some(integers) = whole(values) {
        return Some(Decimals { exponent: 0, integers, exceptions: Vec::new() });
    }
    let exponent = exponent(values)?;
    let mut integers = Vec::with_capacity(values.len());
    let mut exceptions = Vec::new();
    let mut before = None;
    for (index, &value) in values.iter().enumerate() {
        match integer(value, exponent) {
            Some(integer) => {
                before = Some(integer);
                integers.push(integer);
            }
            None => {
                exceptions.push((index, value.to_bits()));
                integers.push(before.unwrap_or(0));
            }
        }
    }
    if exceptions.len() > 1 + values.len() / 2 {
        return None;
    }
    // Exceptions at the very start repeat the first integer that there is.
    let leading = exceptions.iter().enumerate().take_while(|(rank, (index, _))| rank == index).count();
    if let Some(&first) = integers.get(leading) {
        integers[..leading].fill(first);
    }
    Some(Decimals { exponent, integers, exceptions })
}

/// Turns integers back into the values they stand for.
pub(super) fn restore(integers: &[i64], exponent: usize, out: &mut Vec<f64>) {
    if exponent == 0 {
        out.extend(integers.iter().map(|&integer| integer as f64));
    } else {
        let power = POWERS[exponent];
        out.extend(integers.iter().map(|&integer| integer as f64 / power));
    }
}

pub(super) fn write_exceptions(exceptions: &[(usize, u64)], out: &mut Vec<u8>) {
    varint::write(out, exceptions.len() as u64);
    let mut next = 0;
    for &(index, bits) in exceptions {
        varint::write(out, (index - next) as u64);
        next = index + 1;
        match COMMON.iter().position(|&common| common == bits) {
            Some(common) => out.push(common as u8 + 1),
            None => {
                out.push(0);
                out.extend_from_slice(&bits.to_le_bytes());
            }
        }
    }
}

/// Puts the exceptions at the start of `bytes` over what the integers gave.
pub(super) fn read_exceptions(bytes: &mut &[u8], values: &mut [f64]) -> DecodeResult<()> {
    let mut next = 0_usize;
    for _ in 0..varint::read(bytes)? {
        let index = next.saturating_add(varint::read(bytes)? as usize);
        let kind = *bytes.split_off_first().ok_or(DecodeError("it ends too early"))?;
        let bits = match kind {
            0 => {
                let bits = bytes.split_off(..8).ok_or(DecodeError("it ends too early"))?;
                u64::from_le_bytes(bits.try_into().expect("eight bytes"))
            }
            _ => *COMMON.get(usize::from(kind) - 1).ok_or(DecodeError("unknown exception"))?,
        };
        *values.get_mut(index).ok_or(DecodeError("an exception beyond the column"))? = f64::from_bits(bits);
        next = index + 1;
    }
    Ok(())
}

/// The values as integers if all of them are: what counts mostly is, and needs no search for an exponent.
fn whole(values: &[f64]) -> Option<Vec<i64>> {
    let mut integers = Vec::with_capacity(values.len());
    for &value in values {
        let integer = value as i64;
        if (integer as f64).to_bits() != value.to_bits() || value.abs() > INTEGER_MAX {
            return None;
        }
        integers.push(integer);
    }
    Some(integers)
}

/// The exponent that serves `values` best; `None` when too few have one.
fn exponent(values: &[f64]) -> Option<usize> {
    let mut exponent = 0;
    let mut without = 0;
    for (index, &value) in values.iter().enumerate() {
        if integer(value, exponent).is_some() {
            continue;
        }
        match (exponent + 1..=EXPONENT_MAX).find(|&exponent| integer(value, exponent).is_some()) {
            _ if is_special(value) => {}
            Some(larger) => exponent = larger,
            None => without += 1,
        }
        if without > 1 + index / 8 {
            return None;
        }
    }
    // A long fraction among short ones is cheaper as an exception than as the measure of all.
    Some(if exponent <= EXPONENT_USUAL { exponent } else { cheapest_exponent(values) })
}

fn cheapest_exponent(values: &[f64]) -> usize {
    let mut needing = [0; EXPONENT_MAX + 1];
    for &value in values.iter().filter(|&&value| !is_special(value)) {
        if let Some(exponent) = (0..=EXPONENT_MAX).find(|&exponent| integer(value, exponent).is_some()) {
            needing[exponent] += 1;
        }
    }
    let bits = |exponent: &usize| {
        let exceptions: usize = needing[exponent + 1..].iter().sum();
        values.len() * exponent * BITS_PER_DIGIT_TENTHS / 10 + exceptions * EXCEPTION_BITS
    };
    (0..=EXPONENT_MAX).min_by_key(bits).unwrap_or(0)
}

fn is_special(value: f64) -> bool {
    !value.is_finite() || value.to_bits() == COMMON[5]
}

/// The integer that gives back exactly `value` when divided by the power of ten.
fn integer(value: f64, exponent: usize) -> Option<i64> {
    let power = POWERS[exponent];
    let scaled = value * power;
    let integer = (scaled + 0.5_f64.copysign(scaled)) as i64;
    let restored = integer as f64 / power;
    (restored.to_bits() == value.to_bits() && scaled.abs() <= INTEGER_MAX).then_some(integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], exponent: usize, exceptions: usize) {
        let decimals = find(values).unwrap();
        assert_eq!((decimals.exponent, decimals.exceptions.len()), (exponent, exceptions), "{values:?}");
        let mut bytes = Vec::new();
        write_exceptions(&decimals.exceptions, &mut bytes);
        let mut restored = Vec::new();
        restore(&decimals.integers, decimals.exponent, &mut restored);
        read_exceptions(&mut bytes.as_slice(), &mut restored).unwrap();
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&restored), bits(values));
    }

    #[test]
    fn exponents_are_the_smallest_that_serve() {
        check(&[1.0, 20.0, -3.0], 0, 0);
        check(&[1.5, 20.25, 3.0], 2, 0);
        check(&[0.1, 0.2, 1e-4], 4, 0);
        check(&[0.1, 0.2, 1e-9], 1, 1);
        check(&[9_007_199_254_740_992.0], 0, 0);
    }

    #[test]
    fn specials_are_exceptions() {
        check(&[f64::NAN, f64::from_bits(COMMON[0]), 1.5, -0.0, 2.5, 3.5, 3.5, 3.5], 1, 3);
        check(&[1.0, f64::INFINITY, 1.0, std::f64::consts::PI], 0, 2);
    }

    #[test]
    fn noise_has_no_exponent() {
        let noise: Vec<f64> = (1..50).map(|number| f64::from(number).sqrt() * 1e-3).collect();
        assert!(find(&noise).is_none());
    }
}
