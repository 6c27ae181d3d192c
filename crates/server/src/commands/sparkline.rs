//! A chart of one line: eight heights, as many columns as asked for.

const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws values between their least and their greatest; what is no number leaves a gap.
pub fn draw(values: &[f64], columns: usize) -> String {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (least, greatest) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), value| {
        (least.min(value), greatest.max(value))
    });
    let columns = columns.min(values.len());
    (0..columns)
        .map(|column| {
            let value = values[column * values.len() / columns];
            if !value.is_finite() {
                return ' ';
            }
            let share = if greatest > least { (value - least) / (greatest - least) } else { 0.0 };
            HEIGHTS[((share * 7.0).round() as usize).min(7)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_heights() {
        let check =
            |values: &[f64], columns, want: &str| assert_eq!(draw(values, columns), want, "{values:?}");
        check(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8, "▁▂▃▄▅▆▇█");
        check(&[5.0, 5.0], 8, "▁▁");
        check(&[1.0, f64::NAN, 2.0], 8, "▁ █");
        check(&[0.0, 0.0, 7.0, 7.0], 2, "▁█");
        check(&[], 8, "");
    }
}
