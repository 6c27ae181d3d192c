//! How well a name answers a search: by what it contains, and by what it resembles.
//!
//! Scores lie between 0 and 1, and are those Prometheus gives, so that a threshold means the same here and there.

/// How resemblance is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The letters occur in order, the closer together the better.
    Subsequence,
    /// Few letters differ or changed places, and the beginnings agree.
    JaroWinkler,
}

/// What every score of a name that only resembles is multiplied with, so that it stays below that of an equal one.
const LESS_THAN_EQUAL: f64 = 0.999;

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

    /// The score of a name that answers the search: one that resembles the term by at least `threshold`. For
    /// Jaro-Winkler a name that contains the term does too, and with a threshold of 0 only such a name.
    pub fn score(&self, name: &str, algorithm: Algorithm, threshold: f64) -> Option<f64> {
        let lowered;
        let name = if self.case_sensitive {
            name
        } else {
            lowered = name.to_lowercase();
            &lowered
        };
        if name.starts_with(&self.text) {
            return Some(1.0);
        }
        let letters: Vec<char> = name.chars().take(COMPARED_MAX).collect();
        match algorithm {
            Algorithm::Subsequence => {
                let score = subsequence(&self.characters, &letters);
                Some(score).filter(|score| *score > 0.0 && *score >= threshold)
            }
            Algorithm::JaroWinkler => {
                let contained = name.find(&self.text).map(|at| self.containment(name, at));
                let resembling = Some(jaro_winkler(&self.characters, &letters));
                let resembling = resembling.filter(|score| threshold > 0.0 && *score >= threshold);
                contained.into_iter().chain(resembling).max_by(f64::total_cmp)
            }
        }
    }

    /// The earlier a name contains the term, the better: from 1 down to 0.1.
    fn containment(&self, name: &str, at: usize) -> f64 {
        let before = name[..at].chars().count() as f64;
        let room = name.chars().count().saturating_sub(self.text.chars().count()).max(1) as f64;
        1.0 - 0.9 * before / room
    }
}

/// 0 where the letters do not all occur in order; otherwise the more, the longer their runs are and the fewer letters lie
/// before, between and after them. Of all places to begin, the best counts.
fn subsequence(term: &[char], name: &[char]) -> f64 {
    if term.is_empty() || name.len() < term.len() {
        return 0.0;
    }
    if term == name {
        return 1.0;
    }
    let beginnings = (0..=name.len() - term.len()).filter(|&at| name[at] == term[0]);
    // Where the letters do not all follow one beginning, they follow no later one.
    let scores = beginnings.map_while(|at| score_from(term, name, at));
    let best = scores.max_by(f64::total_cmp).unwrap_or(0.0).max(0.0);
    best / (term.len() * term.len()) as f64 * LESS_THAN_EQUAL
}

/// The squares of the runs' lengths, less the share of the name that lies before and between them, and half of that after.
fn score_from(term: &[char], name: &[char], start: usize) -> Option<f64> {
    let whole = name.len() as f64;
    let (mut score, mut at, mut wanted) = (0.0, 0, term.iter().peekable());
    let mut from = start;
    while wanted.peek().is_some() {
        score -= (from - at) as f64 / whole;
        let run = name[from..].iter().take_while(|letter| wanted.next_if_eq(letter).is_some()).count();
        score += (run * run) as f64;
        at = from + run;
        if let Some(next) = wanted.peek() {
            from = at + name[at..].iter().position(|letter| letter == *next)?;
        }
    }
    Some(score - (name.len() - at) as f64 / whole / 2.0)
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
    fn scores_are_those_of_prometheus() {
        let check = |term: &str, name: &str, algorithm, threshold: f64, want: Option<f64>| {
            let score = Term::new(term, true).score(name, algorithm, threshold);
            let near = score.zip(want).is_none_or(|(score, want)| (score - want).abs() < 1e-9);
            assert!(score.is_some() == want.is_some() && near, "{term} in {name}: {score:?}, not {want:?}");
        };
        let subsequence = Algorithm::Subsequence;
        check("http", "http", subsequence, 1.0, Some(1.0));
        check("http", "http_requests", subsequence, 1.0, Some(1.0));
        // Two runs of one and two letters, one letter between, and none after: (1 + 4 - 1/4) / 9.
        check("tst", "t_st", subsequence, 0.5, Some((5.0 - 0.25) / 9.0 * 0.999));
        check("tst", "t_st", subsequence, 0.6, None);
        check("st", "test", subsequence, 0.0, Some((4.0 - 0.5) / 4.0 * 0.999));
        check("tts", "test", subsequence, 0.0, None);
        let jaro_winkler = Algorithm::JaroWinkler;
        check("st", "test", jaro_winkler, 0.0, Some(0.1));
        check("es", "test", jaro_winkler, 0.0, Some(0.55));
        check("tset", "test", jaro_winkler, 0.0, None);
        check("marhta", "martha", jaro_winkler, 0.9, Some(0.961_111_111_111));
        check("HTTP", "http", jaro_winkler, 0.0, None);
        assert_eq!(Term::new("HTTP", false).score("http", jaro_winkler, 0.0), Some(1.0));
    }
}
