//! A span: where in the query's text a node stands.

/// Byte offsets into the query, the end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where the node begins.
    pub start: u32,
    /// Where it has ended.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to and without `end`.
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text the span stands for; empty where the span is not of this query.
    pub fn text(self, query: &str) -> &str {
        query.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// Where the span begins in `query`, as `line:column`, both from one; columns count bytes.
    pub fn line_column(self, query: &str) -> String {
        if query.is_empty() {
            return "unknown position".to_owned();
        }
        let Some(before) = query.as_bytes().get(..self.start as usize) else {
            return "invalid position".to_owned();
        };
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        format!("{line}:{}", before.len() - line_start + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_bytes_from_one() {
        let check = |query: &str, start: usize, want: &str| {
            assert_eq!(Span::new(start, start).line_column(query), want, "{query:?} at {start}");
        };
        check("foo", 0, "1:1");
        check("foo", 3, "1:4");
        check("a\nbc", 3, "2:2");
        check("a\nbc", 1, "1:2");
        check("a\nbc", 2, "2:1");
        check("", 0, "unknown position");
        check("a", 5, "invalid position");
    }
}
