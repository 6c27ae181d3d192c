//! Colours, on a terminal only, and not where `NO_COLOR` says otherwise.

use std::io::IsTerminal;
use std::sync::LazyLock;

static COLOURS: LazyLock<bool> =
    LazyLock::new(|| std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());

/// For what went well.
pub fn good(text: &str) -> String {
    painted("32", text)
}

/// For what went wrong.
pub fn bad(text: &str) -> String {
    painted("31", text)
}

/// For what is worth a look.
pub fn notable(text: &str) -> String {
    painted("33", text)
}

/// For what matters less.
pub fn faint(text: &str) -> String {
    painted("2", text)
}

fn painted(code: &str, text: &str) -> String {
    if *COLOURS { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
