//! Every class of bit patterns through every entry, and damaged bytes through every decoder.

use proptest::prelude::*;

use super::*;

/// One float of any class: specials, integers, decimals of any length, any bits at all.
fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::from_bits(0x7ff0_0000_0000_0002)),
        Just(f64::from_bits(0x7ff8_0000_0000_0001)),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MIN_POSITIVE),
        Just(f64::MAX),
        (0x7ff0_0000_0000_0000..=0x7fff_ffff_ffff_ffff_u64).prop_map(f64::from_bits),
        (0xfff0_0000_0000_0000..=0xffff_ffff_ffff_ffff_u64).prop_map(f64::from_bits),
        (1..0x10_0000_0000_0000_u64).prop_map(f64::from_bits),
        any::<i32>().prop_map(f64::from),
        any::<i64>().prop_map(|integer| integer as f64),
        (any::<i32>(), 0..15_i32).prop_map(|(digits, places)| f64::from(digits) / 10_f64.powi(places)),
        any::<u64>().prop_map(f64::from_bits),
    ]
}

/// Columns as series have them: alike, counting, wandering, with others strewn in.
fn any_floats() -> impl Strategy<Value = Vec<f64>> {
    let column = prop_oneof![
        prop::collection::vec(any_float(), 0..300),
        (any_float(), 0..300_usize).prop_map(|(value, count)| vec![value; count]),
        (any::<i32>(), prop::collection::vec(0..1000_u32, 0..300), 0..6_i32).prop_map(
            |(start, steps, places)| {
                let mut digits = i64::from(start);
                let count = |step: &u32| {
                    digits += i64::from(*step);
                    digits as f64 / 10_f64.powi(places)
                };
                steps.iter().map(count).collect()
            }
        ),
        prop::collection::vec((any_float(), 1..40_usize), 0..20).prop_map(|runs| {
            runs.into_iter().flat_map(|(value, count)| std::iter::repeat_n(value, count)).collect()
        }),
    ];
    (column, prop::collection::vec((any::<prop::sample::Index>(), any_float()), 0..4)).prop_map(
        |(mut column, strewn)| {
            for (index, value) in strewn {
                if !column.is_empty() {
                    let index = index.index(column.len());
                    column[index] = value;
                }
            }
            column
        },
    )
}

fn any_ints() -> impl Strategy<Value = Vec<i64>> {
    let step = prop_oneof![Just(0), Just(15_000), -10..10_i64, Just(i64::MIN), any::<i64>()];
    let steps = prop_oneof![
        prop::collection::vec(step.clone(), 0..400),
        (step, 0..400_usize).prop_map(|(step, count)| vec![step; count]),
    ];
    (any::<i64>(), steps, prop_oneof![Just(1), Just(4096), Just(1000)]).prop_map(|(start, steps, factor)| {
        let mut value = start;
        let sum = |step: i64| {
            value = value.wrapping_add(step.wrapping_mul(factor));
            value
        };
        steps.into_iter().map(sum).collect()
    })
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Encodes, appends something that is none of the column's business, decodes; returns how many bytes it took.
fn check(values: &[f64], tier: Tier) -> usize {
    let mut bytes = vec![0xee];
    encode_floats(values, tier, &mut bytes);
    let length = bytes.len() - 1;
    bytes.extend_from_slice(&[0xff; 20]);
    let mut read = vec![1.0];
    assert_eq!(decode_floats(&bytes[1..], values.len(), &mut read), Ok(length), "{values:?}");
    assert!(bits(&read[1..]) == bits(values), "{values:?} came back as {read:?}");
    length
}

fn check_ints(values: &[i64], tier: Tier) -> usize {
    let mut bytes = Vec::new();
    encode_ints(values, tier, &mut bytes);
    let length = bytes.len();
    bytes.extend_from_slice(&[0xff; 20]);
    let mut read = Vec::new();
    assert_eq!(decode_ints(&bytes, values.len(), &mut read), Ok(length), "{values:?}");
    assert_eq!(read, values);
    length
}

fn check_group(columns: &[Vec<f64>]) -> usize {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let counts: Vec<usize> = columns.iter().map(|column| column.len()).collect();
    let mut bytes = Vec::new();
    encode_float_group(&columns, &mut bytes);
    let length = bytes.len();
    bytes.push(7);
    let group = FloatGroup::open(&bytes, &counts).unwrap();
    assert_eq!(group.bytes(), length);
    for index in (0..columns.len()).rev() {
        let mut read = Vec::new();
        group.column(index, &mut read).unwrap();
        assert!(bits(&read) == bits(columns[index]), "{:?} came back as {read:?}", columns[index]);
    }
    length
}

#[test]
fn ordinary_columns_take_few_bytes() {
    let column = |value: fn(usize) -> f64| (0..120).map(value).collect::<Vec<_>>();
    for (name, values, fast_max) in [
        ("zero", column(|_| 0.0), 3),
        ("one value", column(|_| std::f64::consts::PI), 9),
        ("stale", column(|_| f64::from_bits(0x7ff0_0000_0000_0002)), 9),
        ("counting", column(|row| row as f64 * 7.0), 5),
        ("hundredths", column(|row| (row * row % 7 + row * 30) as f64 / 100.0), 70),
        ("pages", column(|row| ((row * 7919) % 13) as f64 * 4096.0 + 1e9), 72),
        ("a step", column(|row| if row < 50 { 3.0 } else { 4.0 }), 8),
        ("a stale end", column(|row| if row < 119 { 2.5 } else { f64::from_bits(0x7ff0_0000_0000_0002) }), 8),
    ] {
        let (fast, merged) = (check(&values, Tier::Fast), check(&values, Tier::Merged));
        assert!(fast <= fast_max && merged <= fast, "{name}: {fast} fast, {merged} merged");
    }
    assert!(
        check_ints(&(0..1000).map(|row| 1_700_000_000_000 + row * 15_000).collect::<Vec<_>>(), Tier::Merged)
            < 12
    );
}

#[test]
fn nothing_takes_nothing() {
    assert_eq!(check_ints(&[], Tier::Fast), 0);
    assert_eq!(check(&[], Tier::Fast), 1);
    assert_eq!(check_group(&[]), 2);
}

proptest! {
    #[test]
    fn every_bit_comes_back(values in any_floats()) {
        check(&values, Tier::Fast);
        check(&values, Tier::Merged);
    }

    #[test]
    fn every_integer_comes_back(values in any_ints()) {
        check_ints(&values, Tier::Fast);
        check_ints(&values, Tier::Merged);
        let unsigned: Vec<u64> = values.iter().map(|&value| value as u64).collect();
        let (mut bytes, mut read) = (Vec::new(), Vec::new());
        encode_uints(&unsigned, Tier::Fast, &mut bytes);
        prop_assert_eq!(decode_uints(&bytes, unsigned.len(), &mut read), Ok(bytes.len()));
        prop_assert_eq!(read, unsigned);
    }

    #[test]
    fn every_group_comes_back(columns in prop::collection::vec(any_floats(), 0..6)) {
        check_group(&columns);
    }

    #[test]
    fn each_float_codec_keeps_every_bit(values in prop::collection::vec(any_float(), 1..200)) {
        let (mut bytes, mut read) = (Vec::new(), Vec::new());
        xor::encode(&values, &mut bytes);
        let mut rest = bytes.as_slice();
        xor::decode(&mut rest, values.len(), &mut read).unwrap();
        prop_assert!(rest.is_empty());
        prop_assert_eq!(bits(&read), bits(&values));
    }

    #[test]
    fn damaged_columns_are_survived(values in any_floats(), at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = Vec::new();
        encode_floats(&values, Tier::Merged, &mut bytes);
        let index = at.index(bytes.len());
        bytes[index] ^= with;
        let mut read = Vec::new();
        let _ = decode_floats(&bytes, values.len(), &mut read);
        prop_assert!(read.len() <= values.len());
        let _ = decode_floats(&bytes[..cut.index(bytes.len())], values.len(), &mut read);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..500_usize) {
        let (mut floats, mut ints) = (Vec::new(), Vec::new());
        let _ = decode_floats(&bytes, count, &mut floats);
        let _ = decode_ints(&bytes, count, &mut ints);
        prop_assert!(floats.len() <= count && ints.len() <= count);
        if let Ok(group) = FloatGroup::open(&bytes, &[count, 3]) {
            let _ = group.column(0, &mut floats);
        }
    }
}
