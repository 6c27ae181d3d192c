//! A configuration as `/api/v1/status/config` shows it: YAML again, with every secret replaced.

use super::problem::hide_passwords;
use super::yaml::{Content, Entry, Node};

/// Fields whose text is a secret, wherever they stand.
const SECRET_FIELDS: [&str; 20] = [
    "application_credential_secret",
    "application_secret",
    "api_key",
    "auth_token",
    "bearer_token",
    "client_secret",
    "consumer_key",
    "credential",
    "credentials",
    "key",
    "key_passphrase",
    "password",
    "passphrase",
    "private_key",
    "proxy_connect_header",
    "secret",
    "secret_key",
    "secrets",
    "service_account_key",
    "token",
];

/// What stands in place of a secret.
const HIDDEN: &str = "<secret>";

/// Writes the tree without its secrets.
pub fn show(node: &Node) -> String {
    let mut text = String::new();
    write_node(node, 0, false, &mut text);
    text
}

/// The section of every job of a tree, by its name.
pub fn show_jobs(node: &Node) -> impl Iterator<Item = (String, String)> {
    let jobs = node.get("scrape_configs").into_iter().flat_map(Node::items);
    jobs.filter_map(|job| match job.get("job_name").map(|name| &name.content) {
        Some(Content::Scalar { text, .. }) => Some((text.to_string(), show(job))),
        _ => None,
    })
}

pub(super) fn is_secret(field: &str, within_headers: bool) -> bool {
    let lower = field.to_ascii_lowercase();
    // A header may be called anything; these parts say that it carries a credential.
    let telling = ["auth", "cookie", "key", "secret", "token"];
    SECRET_FIELDS.contains(&lower.as_str())
        || within_headers && telling.iter().any(|part| lower.contains(part))
}

fn write_node(node: &Node, depth: usize, hidden: bool, text: &mut String) {
    match &node.content {
        Content::Scalar { .. } => {
            write_scalar(node, hidden, text);
            text.push('\n');
        }
        Content::List(items) => {
            for item in items {
                indent(depth, text);
                text.push_str("- ");
                match &item.content {
                    Content::Map(entries) if !entries.is_empty() => {
                        write_entries(entries, depth + 1, false, hidden, false, text)
                    }
                    Content::List(_) => {
                        text.push('\n');
                        write_node(item, depth + 1, hidden, text);
                    }
                    Content::Map(_) => text.push_str("{}\n"),
                    Content::Scalar { .. } => write_node(item, depth, hidden, text),
                }
            }
        }
        Content::Map(entries) => write_entries(entries, depth, true, hidden, false, text),
    }
}

fn write_entries(
    entries: &[Entry],
    depth: usize,
    indent_first: bool,
    hidden: bool,
    within_headers: bool,
    text: &mut String,
) {
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 || indent_first {
            indent(depth, text);
        }
        text.push_str(&quoted(&entry.key, true));
        text.push(':');
        let hidden = hidden || is_secret(&entry.key, within_headers);
        match &entry.value.content {
            Content::Scalar { .. } => {
                text.push(' ');
                write_scalar(&entry.value, hidden, text);
                text.push('\n');
            }
            Content::List(items) if items.is_empty() => text.push_str(" []\n"),
            Content::Map(entries) if entries.is_empty() => text.push_str(" {}\n"),
            Content::List(_) => {
                text.push('\n');
                write_node(&entry.value, depth, hidden, text);
            }
            Content::Map(entries) => {
                text.push('\n');
                let headers = matches!(&*entry.key, "headers" | "http_headers");
                write_entries(entries, depth + 1, true, hidden, headers, text);
            }
        }
    }
}

fn write_scalar(node: &Node, hidden: bool, text: &mut String) {
    let Content::Scalar { text: scalar, plain } = &node.content else { return };
    if node.is_null() {
        return;
    }
    if hidden {
        text.push_str(HIDDEN);
        return;
    }
    text.push_str(&quoted(&hide_passwords(scalar), *plain));
}

fn quoted(text: &str, plain: bool) -> String {
    let risky = text.is_empty()
        || text.starts_with(|c: char| "-?:,[]{}#&*!|>'\"%@` ".contains(c))
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || text.chars().any(char::is_control);
    let looks_typed =
        !plain && (text.parse::<f64>().is_ok() || matches!(text, "true" | "false" | "null" | "~"));
    if risky || looks_typed { model::names::quote(text) } else { text.to_owned() }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    #[test]
    fn secrets_are_not_shown_and_the_rest_reads_back() {
        let check = |text: &str, want: &str| {
            let shown = show(&yaml::parse(text).expect("parses"));
            assert_eq!(shown, want);
            yaml::parse(&shown).expect("what is shown parses");
        };
        check(
            "basic_auth: {username: me, password: hunter2}\nproxy_url: http://u:p@h:1\n",
            "basic_auth:\n  username: me\n  password: <secret>\nproxy_url: http://u:<secret>@h:1\n",
        );
        check(
            "headers: {X-Api-Key: abc, X-Scope: team}\nlist:\n- a: '1'\n  b: [x, \"y: z\"]\n- {}\nempty: []\nnone:\n",
            "headers:\n  X-Api-Key: <secret>\n  X-Scope: team\nlist:\n- a: \"1\"\n  b:\n  - x\n  - \"y: z\"\n- {}\nempty: []\nnone: \n",
        );
        check(
            "http_headers:\n  foo: {values: [v], secrets: [s, t]}\n",
            "http_headers:\n  foo:\n    values:\n    - v\n    secrets:\n    - <secret>\n    - <secret>\n",
        );
    }
}
