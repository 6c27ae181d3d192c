//! Which known name a mistyped one most likely meant.

/// The known name with the fewest letters to add, drop, change or swap, if those are few enough.
pub fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance_max = (typed.chars().count() / 3).clamp(1, 4);
    known
        .iter()
        .map(|name| (distance(typed, name), *name))
        .filter(|(distance, _)| *distance <= distance_max)
        .min()
        .map(|(_, name)| name)
}

/// The edit distance in which swapping two neighbours counts once.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(100).collect();
    let right: Vec<char> = right.chars().take(100).collect();
    let width = right.len() + 1;
    let mut table = vec![0; (left.len() + 1) * width];
    for row in 0..=left.len() {
        for column in 0..width {
            table[row * width + column] = if row == 0 || column == 0 {
                row + column
            } else {
                let same = left[row - 1] == right[column - 1];
                let mut best = (table[(row - 1) * width + column] + 1)
                    .min(table[row * width + column - 1] + 1)
                    .min(table[(row - 1) * width + column - 1] + usize::from(!same));
                let swapped = row > 1
                    && column > 1
                    && left[row - 1] == right[column - 2]
                    && left[row - 2] == right[column - 1];
                if swapped {
                    best = best.min(table[(row - 2) * width + column - 2] + 1);
                }
                best
            };
        }
    }
    table[left.len() * width + right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let known = ["scrape_interval", "scrape_timeout", "job_name", "scheme"];
        let check = |typed: &str, want: Option<&str>| assert_eq!(nearest(typed, &known), want, "{typed}");
        check("scrape_intervall", Some("scrape_interval"));
        check("scarpe_timeout", Some("scrape_timeout"));
        check("jobname", Some("job_name"));
        check("shceme", Some("scheme"));
        check("colour", None);
        check("x", None);
    }
}
