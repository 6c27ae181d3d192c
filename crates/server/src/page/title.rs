//! What the tab is called: the state first, as tabs are narrow, then what is seen. The page says the same once it runs
//! (`ui/src/app/title.ts`), and knows the names of dashboards besides.

use std::fmt::Write;

use crate::api::params::percent_decode;

/// The title of a tab at a path, with how things are.
pub fn title(verdict: &str, path: &str) -> String {
    let seen = legible(&seen(path));
    [verdict, &seen, "Flightdeck"].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A text in which what is not seen, or turns around what comes after it, is shown by its number.
pub fn legible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{0}'..='\u{8}'
            | '\u{b}'
            | '\u{c}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{200b}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' => {
                // Writing into a text does not fail.
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(letter));
            }
            _ => shown.push(letter),
        }
    }
    shown
}

/// What is seen at a path; nothing where it is the deck, which the verdict is of.
fn seen(path: &str) -> String {
    let mut parts = path.trim_matches('/').split('/');
    let known = match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        ("", None, None) => "",
        ("service" | "hosts" | "catalog", Some(name), None) => return decoded(name),
        ("hosts", None, None) => "Hosts",
        ("dashboards", _, None) => "Dashboards",
        ("explore" | "graph", None, None) => "Explore",
        ("catalog", None, None) => "Metrics",
        ("targets", None, None) => "Targets",
        ("system", None, None) => "System",
        _ => "Nothing is here",
    };
    known.to_owned()
}

/// A part of a path; what is badly encoded is taken as it stands. In a path a plus is one, and a name of dots has a tilde before it.
fn decoded(part: &str) -> String {
    let name = percent_decode(part.replace('+', "%2B").as_bytes()).unwrap_or_else(|_| part.to_owned());
    match name.strip_prefix('~') {
        Some(dots) if matches!(dots.trim_start_matches('~'), "." | "..") => dots.to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_say_the_state_and_then_what_is_seen() {
        let check = |path: &str, want: &str| assert_eq!(title("✖ 1 of 3 services failing", path), want);
        check("/", "✖ 1 of 3 services failing · Flightdeck");
        check("/service/orders", "✖ 1 of 3 services failing · orders · Flightdeck");
        check("/hosts/10.0.0.1%3A9100", "✖ 1 of 3 services failing · 10.0.0.1:9100 · Flightdeck");
        check("/catalog/a+b%zz", "✖ 1 of 3 services failing · a+b%zz · Flightdeck");
        check("/dashboards/shop", "✖ 1 of 3 services failing · Dashboards · Flightdeck");
        check("/graph", "✖ 1 of 3 services failing · Explore · Flightdeck");
        check("/nowhere", "✖ 1 of 3 services failing · Nothing is here · Flightdeck");
        check("/service", "✖ 1 of 3 services failing · Nothing is here · Flightdeck");
        check("/service/~..", "✖ 1 of 3 services failing · .. · Flightdeck");
        check("/service/a%E2%80%AEb", "✖ 1 of 3 services failing · a⟨U+202E⟩b · Flightdeck");
    }
}
