//! The lexer: cuts a query into tokens. What a character means depends on whether it stands inside braces
//! (label matchers), brackets (durations) or neither.

use crate::parse::ParseError;
use crate::parse::token::{Keyword, Token, TokenKind};
use crate::syntax::{BinaryOp, Span};

/// Cuts the whole query. The last token is `End`, or `Error` where the query stops making sense; the parser may
/// well find an error of its own before it gets there, so the lexer's is handed over beside the tokens.
pub(crate) fn tokens(query: &str) -> (Vec<Token>, Option<ParseError>) {
    let mut lexer = Lexer {
        query,
        position: 0,
        parens: 0,
        colon_seen: false,
        duration_seen: false,
        place: Place::Outside,
    };
    let mut tokens = Vec::with_capacity(query.len() / 4 + 1);
    loop {
        lexer.skip_blanks();
        let start = lexer.position;
        match lexer.next() {
            Ok(kind) => {
                tokens.push(Token { kind, span: Span::new(start, lexer.position) });
                if kind == TokenKind::End {
                    return (tokens, None);
                }
            }
            Err(stop) => {
                let start = if stop.after { lexer.position } else { start };
                let span = Span::new(start, query.len());
                tokens.push(Token { kind: TokenKind::Error, span });
                return (tokens, Some(ParseError::new(query, span, stop.message)));
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Braces,
    /// In brackets; `number_seen` once a number has been.
    Brackets {
        number_seen: bool,
    },
}

struct Lexer<'a> {
    query: &'a str,
    position: usize,
    parens: usize,
    colon_seen: bool,
    /// Whether any bracket so far had a number in it, behind which a colon may stand.
    duration_seen: bool,
    place: Place,
}

/// Why the lexer stops. `after` where the message concerns what comes behind the last character read.
struct Stop {
    message: String,
    after: bool,
}

fn stop<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop { message: message.into(), after: false })
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Result<TokenKind, Stop> {
        match self.place {
            Place::Braces => self.next_in_braces(),
            Place::Brackets { .. } => self.next_in_brackets(),
            Place::Outside => self.next_outside(),
        }
    }

    fn next_outside(&mut self) -> Result<TokenKind, Stop> {
        let Some(first) = self.peek() else { return self.end() };
        if is_word_start(first) || first == ':' {
            return Ok(self.word());
        }
        self.next_anywhere(first)
    }

    /// Tokens that mean the same in and out of brackets.
    fn next_anywhere(&mut self, first: char) -> Result<TokenKind, Stop> {
        use TokenKind::Binary;
        if self.at_number(first) {
            return self.number_or_duration();
        }
        if matches!(first, '"' | '\'' | '`') {
            return self.string();
        }
        self.position += first.len_utf8();
        Ok(match first {
            ',' => TokenKind::Comma,
            '*' => Binary(BinaryOp::Mul),
            '/' => Binary(BinaryOp::Div),
            '%' => Binary(BinaryOp::Mod),
            '+' => Binary(BinaryOp::Add),
            '-' => Binary(BinaryOp::Sub),
            '^' => Binary(BinaryOp::Pow),
            '@' => TokenKind::At,
            '=' if self.take('=') => Binary(BinaryOp::Equal),
            '=' if self.peek() == Some('~') => return stop("unexpected character after '=': '~'"),
            '=' => TokenKind::Equal,
            '!' if self.take('=') => Binary(BinaryOp::NotEqual),
            '!' => {
                return stop(format!("unexpected character after '!': {}", quote_character(self.peek())));
            }
            '<' if self.take('=') => Binary(BinaryOp::LessEqual),
            '<' if self.take('/') => Binary(BinaryOp::TrimUpper),
            '<' => Binary(BinaryOp::Less),
            '>' if self.take('=') => Binary(BinaryOp::GreaterEqual),
            '>' if self.take('/') => Binary(BinaryOp::TrimLower),
            '>' => Binary(BinaryOp::Greater),
            '(' => {
                self.parens += 1;
                TokenKind::LeftParen
            }
            ')' => return self.right_paren(),
            '{' => {
                self.place = Place::Braces;
                TokenKind::LeftBrace
            }
            '[' => {
                self.place = Place::Brackets { number_seen: false };
                self.colon_seen = false;
                TokenKind::LeftBracket
            }
            ']' => return stop("unexpected right bracket ']'"),
            other => return stop(format!("unexpected character: {}", quote_character(Some(other)))),
        })
    }

    fn right_paren(&mut self) -> Result<TokenKind, Stop> {
        if self.parens == 0 {
            return Err(Stop { message: "unexpected right parenthesis ')'".to_owned(), after: true });
        }
        self.parens -= 1;
        Ok(TokenKind::RightParen)
    }

    fn end(&self) -> Result<TokenKind, Stop> {
        match self.place {
            Place::Braces => stop("unexpected end of input inside braces"),
            Place::Brackets { number_seen: false } => stop("unexpected end of input in duration expression"),
            _ if self.parens > 0 => stop("unclosed left parenthesis"),
            Place::Brackets { .. } => stop("unclosed left bracket"),
            Place::Outside => Ok(TokenKind::End),
        }
    }

    fn next_in_braces(&mut self) -> Result<TokenKind, Stop> {
        let Some(first) = self.peek() else { return self.end() };
        if is_word_start(first) {
            self.take_while(is_word);
            return Ok(TokenKind::Identifier);
        }
        if matches!(first, '"' | '\'' | '`') {
            return self.string();
        }
        self.position += first.len_utf8();
        Ok(match first {
            ',' => TokenKind::Comma,
            '=' if self.take('~') => TokenKind::EqualRegex,
            '=' => TokenKind::Equal,
            '!' if self.take('~') => TokenKind::NotEqualRegex,
            '!' if self.take('=') => TokenKind::Binary(BinaryOp::NotEqual),
            '!' => {
                let next = quote_character(self.peek());
                return stop(format!("unexpected character after '!' inside braces: {next}"));
            }
            '{' => return stop("unexpected left brace '{'"),
            '}' => {
                self.place = Place::Outside;
                TokenKind::RightBrace
            }
            other => {
                let other = quote_character(Some(other));
                return stop(format!("unexpected character inside braces: {other}"));
            }
        })
    }

    fn next_in_brackets(&mut self) -> Result<TokenKind, Stop> {
        let Some(first) = self.peek() else { return self.end() };
        let number_seen = self.place == Place::Brackets { number_seen: true };
        if is_word_start(first) {
            let start = self.position;
            self.take_while(is_word_start);
            return match TokenKind::of_word(&self.query[start..self.position]) {
                kind @ TokenKind::Keyword(
                    Keyword::Step | Keyword::Range | Keyword::MinOf | Keyword::MaxOf,
                ) => Ok(kind),
                _ => stop(unexpected_in_duration(first, number_seen)),
            };
        }
        match first {
            ']' => {
                self.position += 1;
                self.place = Place::Outside;
                Ok(TokenKind::RightBracket)
            }
            ':' => {
                self.position += 1;
                let after = |message: &str| Err(Stop { message: message.to_owned(), after: true });
                if !self.duration_seen {
                    return after("unexpected colon before duration in duration expression");
                }
                if self.colon_seen {
                    return stop("unexpected colon ':'");
                }
                self.colon_seen = true;
                Ok(TokenKind::Colon)
            }
            '[' if number_seen => stop("unexpected left bracket '['"),
            _ if self.at_number(first) => {
                self.place = Place::Brackets { number_seen: true };
                self.duration_seen = true;
                self.number_or_duration()
            }
            '(' | ')' | '+' | '-' | '*' | '/' | '%' | '^' | ',' => self.next_anywhere(first),
            other if number_seen => self.next_anywhere(other),
            other => stop(unexpected_in_duration(other, false)),
        }
    }

    /// Skips blanks and comments. Inside brackets a `#` only begins a comment once a number has been.
    fn skip_blanks(&mut self) {
        loop {
            self.take_while(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
            if self.peek() != Some('#') || self.place == (Place::Brackets { number_seen: false }) {
                return;
            }
            self.take_while(|character| !matches!(character, '\n' | '\r'));
        }
    }

    fn word(&mut self) -> TokenKind {
        let start = self.position;
        self.take_while(|character| is_word(character) || character == ':');
        let kind = TokenKind::of_word(&self.query[start..self.position]);
        let fill = matches!(kind, TokenKind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight));
        // `fill` was a fine metric name before it was a keyword, and stays one where no value follows.
        if fill && !self.rest().trim_start_matches([' ', '\t', '\n', '\r']).starts_with('(') {
            return TokenKind::Identifier;
        }
        kind
    }

    fn at_number(&self, first: char) -> bool {
        let second = || self.query.as_bytes().get(self.position + 1).is_some_and(u8::is_ascii_digit);
        first.is_ascii_digit() || first == '.' && second()
    }

    fn number_or_duration(&mut self) -> Result<TokenKind, Stop> {
        let start = self.position;
        if self.number() {
            return Ok(TokenKind::Number);
        }
        if self.rest_of_duration() {
            return Ok(TokenKind::Duration);
        }
        let word = &self.query[start..self.position];
        stop(format!("bad number or duration syntax: {}", model::names::quote(word)))
    }

    /// Reads what looks like a number, whether it is one or not; false where it cannot be one, up to the character that
    /// spoils it, or where a letter follows so that it may be a duration.
    fn number(&mut self) -> bool {
        let start = self.position;
        let hex = self.take('0') && self.take_one("xX");
        let digits = if hex { "0123456789abcdefABCDEF" } else { "0123456789" };
        if hex {
            self.take('_');
        }
        self.take('.');
        self.take_one(digits);
        let (mut dot_seen, mut exponent_seen) = (false, false);
        while let Some(next) = self.peek() {
            match next {
                '.' => {
                    self.position += 1;
                    if dot_seen || self.take_one("_.") || hex {
                        return false;
                    }
                    dot_seen = true;
                }
                'e' | 'E' => {
                    self.position += 1;
                    if exponent_seen {
                        return false;
                    }
                    self.take_one("+-");
                    if self.take_one("._eE") || self.peek().is_none() {
                        return false;
                    }
                    exponent_seen = true;
                }
                '_' => {
                    self.position += 1;
                    if self.take_one("._eE") || self.peek().is_none() {
                        return false;
                    }
                }
                _ if digits.contains(next) => self.take_while(|character| digits.contains(character)),
                _ => break,
            }
        }
        self.position > start && !self.peek().is_some_and(is_word)
    }

    /// Reads the units of a duration whose first number has been read; years only come first.
    fn rest_of_duration(&mut self) -> bool {
        let mut units = "smhdwy";
        loop {
            if !self.take_one(units) {
                return false;
            }
            units = "smhdw";
            self.take('s');
            if !self.peek().is_some_and(|next| next.is_ascii_digit()) {
                let complete = !self.peek().is_some_and(is_word);
                self.position += usize::from(!complete);
                return complete;
            }
            self.take_while(|character| character.is_ascii_digit());
        }
    }

    fn string(&mut self) -> Result<TokenKind, Stop> {
        let quote = self.query[self.position..].chars().next().unwrap_or('"');
        self.position += 1;
        if quote == '`' {
            return match self.rest().find('`') {
                Some(length) => {
                    self.position += length + 1;
                    Ok(TokenKind::String)
                }
                None => stop("unterminated raw string"),
            };
        }
        loop {
            let Some(next) = self.peek() else { return stop("unterminated quoted string") };
            self.position += next.len_utf8();
            match next {
                '\n' => return stop("unterminated quoted string"),
                '\\' => self.escape(quote)?,
                _ if next == quote => return Ok(TokenKind::String),
                _ => {}
            }
        }
    }

    fn escape(&mut self, quote: char) -> Result<(), Stop> {
        let not_terminated = || stop("escape sequence not terminated");
        let Some(first) = self.peek() else { return not_terminated() };
        self.position += first.len_utf8();
        let (digits, base, largest) = match first {
            'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(()),
            _ if first == quote => return Ok(()),
            '0'..='7' => {
                self.position -= 1;
                (3, 8, 255)
            }
            'x' => (2, 16, 255),
            'u' => (4, 16, char::MAX as u32),
            'U' => (8, 16, char::MAX as u32),
            other => return stop(format!("unknown escape sequence {}", describe_character(other))),
        };
        let mut value = 0u32;
        for _ in 0..digits {
            let Some(next) = self.peek() else { return not_terminated() };
            let Some(digit) = next.to_digit(base) else {
                return stop(format!("illegal character {} in escape sequence", describe_character(next)));
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.position += 1;
        }
        if value > largest || (0xd800..0xe000).contains(&value) {
            return stop("escape sequence is an invalid Unicode code point");
        }
        Ok(())
    }

    fn rest(&self) -> &'a str {
        &self.query[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.position += wanted.len_utf8();
        }
        found
    }

    /// Takes one character of `wanted`, all of which are ASCII.
    fn take_one(&mut self, wanted: &str) -> bool {
        let found = self.peek().is_some_and(|next| wanted.contains(next));
        self.position += usize::from(found);
        found
    }

    fn take_while(&mut self, mut belongs: impl FnMut(char) -> bool) {
        let rest = self.rest();
        self.position += rest.find(|character| !belongs(character)).unwrap_or(rest.len());
    }
}

fn is_word_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

fn is_word(character: char) -> bool {
    is_word_start(character) || character.is_ascii_digit()
}

fn unexpected_in_duration(character: char, number_seen: bool) -> String {
    let character = quote_character(Some(character));
    if number_seen {
        format!("unexpected character: {character}, expected ':'")
    } else {
        format!("unexpected character in duration expression: {character}")
    }
}

/// A character between single quotes; the end of the query is the replacement character.
fn quote_character(character: Option<char>) -> String {
    match character.unwrap_or(char::REPLACEMENT_CHARACTER) {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        other => {
            let quoted = model::names::quote(other.encode_utf8(&mut [0; 4]));
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

fn describe_character(character: char) -> String {
    format!("U+{:04X} '{character}'", character as u32)
}
