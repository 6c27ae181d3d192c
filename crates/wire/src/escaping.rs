//! Names beyond the classic alphabet, written for those who only know the classic one.

/// How names are escaped; called as content negotiation calls it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escaping {
    /// Names stay as they are, in quotes where they need them.
    #[default]
    AllowUtf8,
    /// Everything foreign becomes an underscore. Not to be undone.
    Underscores,
    /// Dots become `_dot_`, underscores are doubled, everything foreign becomes two underscores.
    Dots,
    /// Everything foreign becomes its code point between underscores, behind `U__`.
    Values,
}

impl Escaping {
    /// The scheme of that name.
    pub fn from_name(name: &str) -> Option<Escaping> {
        Some(match name {
            "allow-utf-8" => Escaping::AllowUtf8,
            "underscores" => Escaping::Underscores,
            "dots" => Escaping::Dots,
            "values" => Escaping::Values,
            _ => return None,
        })
    }

    /// The name of the scheme.
    pub fn name(self) -> &'static str {
        match self {
            Escaping::AllowUtf8 => "allow-utf-8",
            Escaping::Underscores => "underscores",
            Escaping::Dots => "dots",
            Escaping::Values => "values",
        }
    }

    /// The scheme that an `Accept` or `Content-Type` header asks for, if it does.
    pub fn from_header(header: &str) -> Option<Escaping> {
        let parameter = |part: &str| part.trim().strip_prefix("escaping=").and_then(Escaping::from_name);
        header.split([';', ',']).find_map(parameter)
    }

    /// The escaped form of a name.
    pub fn escape(self, name: &str) -> String {
        let is_plain = model::names::is_legacy_metric_name(name);
        if name.is_empty() || self == Escaping::AllowUtf8 || (is_plain && self != Escaping::Dots) {
            return name.to_owned();
        }
        let mut escaped = String::with_capacity(name.len() + 8);
        if self == Escaping::Values {
            escaped.push_str("U__");
        }
        for (index, character) in name.chars().enumerate() {
            let is_plain = character.is_ascii_alphabetic()
                || matches!(character, '_' | ':')
                || (character.is_ascii_digit() && index > 0);
            match self {
                Escaping::Dots | Escaping::Values if character == '_' => escaped.push_str("__"),
                Escaping::Dots if character == '.' => escaped.push_str("_dot_"),
                _ if is_plain => escaped.push(character),
                Escaping::Dots => escaped.push_str("__"),
                Escaping::Values => escaped.push_str(&format!("_{:x}_", character as u32)),
                _ => escaped.push('_'),
            }
        }
        escaped
    }

    /// The name that `escape` made this of, as far as the scheme keeps it; whatever is not escaped stays as it is.
    pub fn unescape(self, name: &str) -> String {
        let unescaped = match self {
            Escaping::AllowUtf8 | Escaping::Underscores => None,
            Escaping::Dots => Some(name.replace("_dot_", ".").replace("__", "_")),
            Escaping::Values => unescape_values(name),
        };
        unescaped.unwrap_or_else(|| name.to_owned())
    }
}

fn unescape_values(name: &str) -> Option<String> {
    let mut rest = name.strip_prefix("U__")?;
    let mut unescaped = String::with_capacity(rest.len());
    while let Some(at) = rest.find('_') {
        unescaped.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix('_') {
            unescaped.push('_');
            rest = tail;
            continue;
        }
        let (digits, tail) = rest.split_once('_')?;
        let is_number =
            (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        unescaped.push(char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| is_number)?)?);
        rest = tail;
    }
    unescaped.push_str(rest);
    Some(unescaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_escaped_by_scheme() {
        let check = |name: &str, want: [&str; 3]| {
            let schemes = [Escaping::Underscores, Escaping::Dots, Escaping::Values];
            assert_eq!(schemes.map(|scheme| scheme.escape(name)), want);
        };
        check("plain_name", ["plain_name", "plain__name", "plain_name"]);
        check("http.status:sum", ["http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"]);
        check("a_b.ü", ["a_b__", "a__b_dot___", "U__a__b_2e__fc_"]);
        check("1a", ["_a", "__a", "U___31_a"]);
    }

    #[test]
    fn what_is_not_escaped_stays() {
        for name in ["U__a_zz_", "U__a_", "plain", "U__a_110000_"] {
            assert_eq!(Escaping::Values.unescape(name), name);
        }
    }

    proptest! {
        #[test]
        fn values_are_undone(name in ".{1,12}") {
            prop_assert_eq!(Escaping::Values.unescape(&Escaping::Values.escape(&name)), if Escaping::Values.escape(&name) == name { Escaping::Values.unescape(&name) } else { name });
        }
    }
}
