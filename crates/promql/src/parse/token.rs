//! Tokens: the words of a query, and how error messages call them.

use model::names::quote;

use crate::syntax::{AggregateOp, BinaryOp, Span};

/// One word of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// The end of the query.
    End,
    /// Where the lexer stopped; the message is with the lexer.
    Error,
    Identifier,
    /// An identifier with a colon in it, which only metrics have.
    MetricIdentifier,
    Number,
    Duration,
    String,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    Equal,
    EqualRegex,
    NotEqualRegex,
    At,
    Binary(BinaryOp),
    Aggregate(AggregateOp),
    Keyword(Keyword),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Anchored,
    Bool,
    By,
    End,
    Fill,
    FillLeft,
    FillRight,
    GroupLeft,
    GroupRight,
    Ignoring,
    MaxOf,
    MinOf,
    Offset,
    On,
    Range,
    Smoothed,
    Start,
    Step,
    Without,
}

impl TokenKind {
    /// The kind of a word; keywords are known in any case.
    pub(crate) fn of_word(word: &str) -> TokenKind {
        // The longest keyword has twelve letters; anything longer needs no lower-casing.
        let mut buffer = [0u8; 12];
        let keyword = buffer.get_mut(..word.len()).and_then(|lower| {
            lower.copy_from_slice(word.as_bytes());
            lower.make_ascii_lowercase();
            std::str::from_utf8(lower).ok().and_then(keyword)
        });
        keyword.unwrap_or(if word.contains(':') {
            TokenKind::MetricIdentifier
        } else {
            TokenKind::Identifier
        })
    }

    /// Whether the token, where an expression begins, is the name of a metric.
    pub(crate) fn is_metric_name(self) -> bool {
        use Keyword::{Bool, GroupLeft, GroupRight, Ignoring, On};
        match self {
            TokenKind::Identifier | TokenKind::MetricIdentifier | TokenKind::Aggregate(_) => true,
            TokenKind::Binary(op) => op.is_set(),
            TokenKind::Keyword(keyword) => !matches!(keyword, Bool | GroupLeft | GroupRight | Ignoring | On),
            _ => false,
        }
    }

    /// Whether the token, in a list of labels, is the name of one.
    pub(crate) fn is_label_name(self) -> bool {
        match self {
            TokenKind::Identifier | TokenKind::MetricIdentifier | TokenKind::Aggregate(_) => true,
            TokenKind::Keyword(keyword) => keyword != Keyword::Without,
            TokenKind::Binary(op) => op.is_set() || op == BinaryOp::Atan2,
            _ => false,
        }
    }

    /// Whether an expression can begin with the token.
    pub(crate) fn begins_expression(self) -> bool {
        use TokenKind::{Binary, Duration, Error, LeftBrace, LeftParen, Number, String};
        matches!(
            self,
            LeftParen
                | LeftBrace
                | Number
                | Duration
                | String
                | Error
                | Binary(BinaryOp::Add | BinaryOp::Sub)
        ) || self.is_metric_name()
    }

    /// What an error message calls a token of this kind with this text.
    pub(crate) fn describe(self, text: &str) -> String {
        use Keyword::{End, MaxOf, MinOf, Range, Start, Step};
        match self {
            TokenKind::End => "end of input".to_owned(),
            TokenKind::Error => "error".to_owned(),
            TokenKind::Identifier => format!("identifier {}", quote(text)),
            TokenKind::MetricIdentifier => format!("metric identifier {}", quote(text)),
            TokenKind::Number => format!("number {}", shorten(text)),
            TokenKind::Duration => format!("duration {}", shorten(text)),
            TokenKind::String => format!("string {}", shorten(text)),
            TokenKind::Binary(_) | TokenKind::EqualRegex | TokenKind::NotEqualRegex | TokenKind::At => {
                format!("<op:{text}>")
            }
            TokenKind::Aggregate(_) => format!("<aggr:{text}>"),
            TokenKind::Keyword(Start | End | Step | Range | MaxOf | MinOf) => quote(text),
            TokenKind::Keyword(_) => format!("<{text}>"),
            _ => quote(text),
        }
    }
}

fn shorten(text: &str) -> String {
    if text.len() <= 10 {
        return quote(text);
    }
    let head: String = text.chars().take(10).collect();
    format!("{}...", quote(&head))
}

fn keyword(word: &str) -> Option<TokenKind> {
    Some(match word {
        "and" => TokenKind::Binary(BinaryOp::And),
        "or" => TokenKind::Binary(BinaryOp::Or),
        "unless" => TokenKind::Binary(BinaryOp::Unless),
        "atan2" => TokenKind::Binary(BinaryOp::Atan2),
        "offset" => TokenKind::Keyword(Keyword::Offset),
        "smoothed" => TokenKind::Keyword(Keyword::Smoothed),
        "anchored" => TokenKind::Keyword(Keyword::Anchored),
        "by" => TokenKind::Keyword(Keyword::By),
        "without" => TokenKind::Keyword(Keyword::Without),
        "on" => TokenKind::Keyword(Keyword::On),
        "ignoring" => TokenKind::Keyword(Keyword::Ignoring),
        "group_left" => TokenKind::Keyword(Keyword::GroupLeft),
        "group_right" => TokenKind::Keyword(Keyword::GroupRight),
        "fill" => TokenKind::Keyword(Keyword::Fill),
        "fill_left" => TokenKind::Keyword(Keyword::FillLeft),
        "fill_right" => TokenKind::Keyword(Keyword::FillRight),
        "bool" => TokenKind::Keyword(Keyword::Bool),
        "start" => TokenKind::Keyword(Keyword::Start),
        "end" => TokenKind::Keyword(Keyword::End),
        "step" => TokenKind::Keyword(Keyword::Step),
        "range" => TokenKind::Keyword(Keyword::Range),
        "max_of" => TokenKind::Keyword(Keyword::MaxOf),
        "min_of" => TokenKind::Keyword(Keyword::MinOf),
        "inf" | "nan" => TokenKind::Number,
        _ => TokenKind::Aggregate(AggregateOp::ALL.into_iter().find(|op| op.name() == word)?),
    })
}
