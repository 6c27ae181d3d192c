//! RE2's syntax where the Rust engine reads the same text another way.
//!
//! Patterns come from configurations and dashboards written for RE2. There a brace that repeats nothing stands for itself, a
//! class knows no `[` within it and no `&&`, `--` or `~~` between sets, `\<` is a bracket and not the start of a
//! word, `\Q…\E` quotes, and `\101` is octal. Everything else means the same in both.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// The pattern as the Rust engine has to be told it.
pub(super) fn translate(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains(['{', '[', '\\']) {
        return Cow::Borrowed(pattern);
    }
    let mut translated = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, &mut translated),
            '{' => brace(&mut rest, &mut translated),
            '[' => class(&mut rest, &mut translated),
            other => translated.push(other),
        }
    }
    Cow::Owned(translated)
}

/// What follows a backslash outside of a class.
fn escape(rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    match rest.peek() {
        Some('Q') => {
            rest.next();
            quotation(rest, translated);
        }
        Some('E') => drop(rest.next()),
        _ => escaped_character(rest, translated),
    }
}

/// What stands between `\Q` and `\E`, or the end, each character for itself.
fn quotation(rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    while let Some(character) = rest.next() {
        if character == '\\' && rest.peek() == Some(&'E') {
            rest.next();
            return;
        }
        translated.push_str(&regex_syntax::escape(character.encode_utf8(&mut [0; 4])));
    }
}

/// An escape that means the same within and outside of a class.
fn escaped_character(rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    let Some(&character) = rest.peek() else {
        translated.push('\\');
        return;
    };
    match character {
        '<' | '>' => translated.push(character),
        '0'..='7' => return octal(rest, translated),
        other => translated.extend(['\\', other]),
    }
    rest.next();
}

/// `\0`, `\012`, `\101`. A single digit other than 0 is a reference back, which neither engine has: it is left as it stands.
fn octal(rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    let digits: String = rest.clone().take(3).take_while(|digit| ('0'..='7').contains(digit)).collect();
    if digits.len() == 1 && digits != "0" {
        translated.push('\\');
        return;
    }
    let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
    translated.push_str(&format!("\\x{{{code:x}}}"));
    rest.nth(digits.len() - 1);
}

/// A brace that counts stays one; any other stands for itself.
fn brace(rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    let inside: String = rest.clone().take_while(|character| *character != '}').collect();
    let is_closed = rest.clone().nth(inside.chars().count()) == Some('}');
    let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if is_closed && !least.is_empty() && are_digits(least) && are_digits(most) {
        translated.push('{');
    } else {
        translated.push_str("\\{");
    }
}

/// A class, from behind its opening bracket to its closing one.
fn class(rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    translated.push('[');
    if rest.next_if_eq(&'^').is_some() {
        translated.push('^');
    }
    // Right at the start neither closes nor ranges.
    if let Some(first) = rest.next_if(|character| matches!(character, ']' | '-')) {
        translated.extend(['\\', first]);
    }
    while let Some(character) = rest.next() {
        match character {
            ']' => {
                translated.push(']');
                return;
            }
            '\\' => escaped_character(rest, translated),
            '[' => bracket_within(rest, translated),
            '&' | '~' => translated.extend(['\\', character]),
            '-' if rest.next_if_eq(&'-').is_some() => translated.push_str("-\\-"),
            other => translated.push(other),
        }
    }
}

/// `[:alpha:]` within a class is a class by its name; any other bracket stands for itself.
fn bracket_within(rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    let named: String = rest.clone().take_while(|character| *character != ']').collect();
    let name = named.strip_prefix(':').and_then(|named| named.strip_suffix(':'));
    let name = name.map(|name| name.strip_prefix('^').unwrap_or(name));
    if name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        translated.push('[');
        translated.push_str(&named);
        translated.push(']');
        rest.nth(named.chars().count());
    } else {
        translated.push_str("\\[");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Regex;
    use super::translate;

    #[test]
    fn what_means_the_same_stays() {
        for same in [
            "",
            "a.*",
            "(a|b)+?",
            "a{2}",
            "a{2,}",
            "a{2,3}",
            r"\d+\.\w",
            "[a-z0-9_-]",
            "[^]a]x",
            r"[\]\d]",
            "[[:alpha:]x]",
        ] {
            let want = same.replace("[^]", r"[^\]");
            assert_eq!(translate(same), want, "{same}");
        }
    }

    #[test]
    fn what_means_another_thing_is_told_apart() {
        let check = |pattern: &str, matching: &[&str], others: &[&str]| {
            let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            for text in matching {
                assert!(regex.is_match(text), "{pattern} matches {text}");
            }
            for text in others {
                assert!(!regex.is_match(text), "{pattern} does not match {text}");
            }
        };
        check(r#"rootfs {"x"}"#, &[r#"rootfs {"x"}"#], &["rootfs "]);
        check("{a,b}", &["{a,b}"], &["a"]);
        check("a{,3}", &["a{,3}"], &["aaa"]);
        check("[a[b]", &["a", "[", "b"], &["a[b]"]);
        check("[a&&b]", &["a", "&", "b"], &["ab"]);
        check("[~~x]", &["~", "x"], &[]);
        check("[+--]", &["+", ",", "-"], &["."]);
        check("[-a]", &["-", "a"], &["b"]);
        check("[]a]", &["]", "a"], &["b"]);
        check(r"\<b\>", &["<b>"], &["b"]);
        check(r"\Qa.b*\Ec+", &["a.b*cc"], &["axbc"]);
        check(r"\Qa.b", &["a.b"], &["axb"]);
        check(r"\101\0", &["A\0"], &["101"]);
        check(r"/orders/{id}", &["/orders/{id}"], &["/orders/"]);
    }

    #[test]
    fn references_back_are_refused() {
        assert!(Regex::new(r"(a)\1").is_err());
    }
}
