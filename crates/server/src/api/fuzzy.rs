//! How well a name answers a search: by what it contains, and, where nothing does, by what it resembles.
//!
//! Scores lie between 0 and 1: equal is 1, a prefix beats a substring, both beat a resemblance.

/// How resemblance is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The letters occur in order, the closer together the better.
    Subsequence,
    /// Few letters differ or changed places, and the beginnings agree.
    JaroWinkler,
}

/// How many characters of a name are looked at.
const COMPARED_MAX: usize = 512;

/// A search term, ready to be compared.
pub struct Term {
    text: String,
    characters: Vec<char>,
    case_sensitive: bool,
}

impl Term {
    /// A term; both sides are compared in lower case unless told otherwise.
    pub fn new(text: &str, case_sensitive: bool) -> Term {
        let text = if case_sensitive { text.to_owned() } else { text.to_lowercase() };
        let characters = text.chars().take(COMPARED_MAX).collect();
        Term { text, characters, case_sensitive }
    }

    /// The score of a name, where it has one of at least `threshold`. A threshold of 0 turns resemblance off.
    pub fn score(&self, name: &str, algorithm: Algorithm, threshold: f64) -> Option<f64> {
        let lowered;
        let name = if self.case_sensitive {
            name
        } else {
            lowered = name.to_lowercase();
            &lowered
        };
        if let Some(at) = name.find(&self.text) {
            let covered = self.text.len() as f64 / name.len().max(1) as f64;
            let base = if at == 0 { 0.9 } else { 0.8 };
            return Some(if covered >= 1.0 { 1.0 } else { base + covered * 0.09 });
        }
        if threshold <= 0.0 {
            return None;
        }
        let name: Vec<char> = name.chars().take(COMPARED_MAX).collect();
        let score = match algorithm {
            Algorithm::Subsequence => subsequence(&self.characters, &name),
            Algorithm::JaroWinkler => jaro_winkler(&self.characters, &name),
        };
        Some(score).filter(|score| *score > 0.0 && *score >= threshold)
    }
}

/// 0 where the letters do not all occur in order; otherwise the more, the longer their runs are.
fn subsequence(term: &[char], name: &[char]) -> f64 {
    if term.is_empty() || name.is_empty() {
        return 0.0;
    }
    let (mut at, mut runs, mut previous) = (0, 0usize, None);
    for letter in term {
        let Some(found) = name[at..].iter().position(|other| other == letter) else { return 0.0 };
        let found = at + found;
        if previous.is_none_or(|previous| found != previous + 1) {
            runs += 1;
        }
        previous = Some(found);
        at = found + 1;
    }
    let unbroken = 1.0 - (runs - 1) as f64 / term.len() as f64;
    let covered = term.len() as f64 / name.len() as f64;
    0.8 * (0.7 * unbroken + 0.3 * covered)
}

fn jaro_winkler(left: &[char], right: &[char]) -> f64 {
    let jaro = jaro(left, right);
    let prefix = left.iter().zip(right).take(4).take_while(|(left, right)| left == right).count();
    jaro + prefix as f64 * 0.1 * (1.0 - jaro)
}

fn jaro(left: &[char], right: &[char]) -> f64 {
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    let window = (left.len().max(right.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; right.len()];
    let mut matched_left = Vec::new();
    for (index, letter) in left.iter().enumerate() {
        let from = index.saturating_sub(window);
        let to = (index + window + 1).min(right.len());
        let free = (from..to).find(|&other| !taken[other] && right[other] == *letter);
        if let Some(other) = free {
            taken[other] = true;
            matched_left.push(*letter);
        }
    }
    if matched_left.is_empty() {
        return 0.0;
    }
    let matched_right = right.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(letter, _)| *letter);
    let moved = matched_left.iter().zip(matched_right).filter(|(left, right)| **left != *right).count();
    let matches = matched_left.len() as f64;
    let swaps = moved as f64 / 2.0;
    (matches / left.len() as f64 + matches / right.len() as f64 + (matches - swaps) / matches) / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jaro_winkler_agrees_with_published_values() {
        let check = |left: &str, right: &str, want: f64| {
            let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
            assert!((jaro_winkler(&left, &right) - want).abs() < 5e-4, "{left:?} {right:?}");
        };
        check("martha", "marhta", 0.9611);
        check("dwayne", "duane", 0.84);
        check("dixon", "dicksonx", 0.8133);
        check("abc", "xyz", 0.0);
    }

    #[test]
    fn better_answers_score_higher() {
        let score = |name| Term::new("http_req", false).score(name, Algorithm::Subsequence, 0.1);
        let names = ["http_req", "http_requests", "my_http_requests", "https_requests", "h_t_t_p__r_e_q"];
        let scores: Vec<f64> = names.iter().filter_map(|name| score(name)).collect();
        assert_eq!(scores.len(), names.len(), "{scores:?}");
        assert!(scores.is_sorted_by(|left, right| left > right), "{scores:?}");
        assert_eq!(score("up"), None);
        let term = Term::new("HTTP", true);
        assert_eq!(term.score("http_requests", Algorithm::Subsequence, 0.0), None);
    }
}
