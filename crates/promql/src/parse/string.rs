//! String literals: three kinds of quotes, and escapes in two of them.

use model::names::quote;

/// The text of a quoted string, quotes included in `literal`; the error says what is wrong with it.
pub fn unquote(literal: &str) -> Result<String, String> {
    unquote_bytes(literal)
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "invalid syntax".to_owned()))
        .map_err(|reason| format!("error unquoting string {}: {reason}", quote(literal)))
}

/// As `unquote`, for texts whose `\x` and octal escapes need not add up to UTF-8.
pub(crate) fn unquote_bytes(literal: &str) -> Result<Vec<u8>, String> {
    let invalid = || "invalid syntax".to_owned();
    let mut characters = literal.chars();
    let quote = characters.next().filter(|quote| matches!(quote, '"' | '\'' | '`')).ok_or_else(invalid)?;
    let body = characters.as_str().strip_suffix(quote).ok_or_else(invalid)?;
    if quote == '`' {
        return if body.contains('`') { Err(invalid()) } else { Ok(body.as_bytes().to_vec()) };
    }
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(next) = rest.find(['\\', '\n', quote]) {
        bytes.extend_from_slice(&rest.as_bytes()[..next]);
        rest = rest[next..].strip_prefix('\\').ok_or_else(invalid)?;
        rest = escape(rest, quote, &mut bytes).ok_or_else(invalid)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// Reads one escape, the backslash already gone, and returns what follows it.
fn escape<'a>(text: &'a str, quote: char, bytes: &mut Vec<u8>) -> Option<&'a str> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let rest = characters.as_str();
    let simple = match first {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        other if other == quote => quote as u8,
        '0'..='7' => {
            bytes.push(u8::try_from(u32::from_str_radix(text.get(..3)?, 8).ok()?).ok()?);
            return text.get(3..);
        }
        'x' => {
            bytes.push(u8::from_str_radix(rest.get(..2)?, 16).ok()?);
            return rest.get(2..);
        }
        'u' | 'U' => {
            let length = if first == 'u' { 4 } else { 8 };
            let character = char::from_u32(u32::from_str_radix(rest.get(..length)?, 16).ok()?)?;
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return rest.get(length..);
        }
        _ => return None,
    };
    bytes.push(simple);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_unquoted() {
        let check =
            |literal: &str, want: &str| assert_eq!(unquote(literal).as_deref(), Ok(want), "{literal}");
        check(r#""""#, "");
        check(r#""a\"b'""#, "a\"b'");
        check(r#"'a\'b"'"#, "a'b\"");
        check(r"`a\n'`", "a\\n'");
        check(r#""\a\b\f\n\r\t\v\\""#, "\x07\x08\x0c\n\r\t\x0b\\");
        check(r#""\x41\101\u00e4\U0001F600é""#, "AAä😀é");
        for bad in [r#"""#, r#""a"#, r#""\q""#, r#""\x4""#, r#""\xff""#, "\"a\nb\"", r#""\ud800""#, "a"] {
            assert!(unquote(bad).is_err(), "{bad}");
        }
        assert_eq!(unquote_bytes(r#""a\xc5z""#), Ok(b"a\xc5z".to_vec()));
    }
}
