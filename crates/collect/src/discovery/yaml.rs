//! Just enough of YAML for lists of targets: maps, lists and scalars, which are text or nothing.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// How deep a list may nest.
const DEPTH_MAX: usize = 16;

/// Reads one document. Aliases are not expanded: a list of targets has no use for them.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut document = None;
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        let at = |message: &str| Err(format!("line {}: {message}", span.start.line()));
        let complete = match event {
            Event::Scalar(text, style, _, _) => {
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                if is_null { Value::Null } else { Value::String(text.into_owned()) }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEPTH_MAX => {
                return at("nests too deeply");
            }
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((value, _)) => value,
                None => continue,
            },
            Event::Alias(_) => return at("aliases are not supported in lists of targets"),
            _ => continue,
        };
        match open.last_mut() {
            None => document = Some(complete),
            Some((Value::Array(items), _)) => items.push(complete),
            Some((Value::Object(map), key)) => match key.take() {
                Some(key) => drop(map.insert(key, complete)),
                None => match complete {
                    Value::String(text) => *key = Some(text),
                    _ => return at("a key must be text"),
                },
            },
            Some(_) => {}
        }
    }
    Ok(document.unwrap_or(Value::Array(Vec::new())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_text() {
        let check = |text: &str, want: &str| {
            let got = parse(text).map_or_else(|error| error, |value| value.to_string());
            assert_eq!(got, want, "{text}");
        };
        check(
            "- targets: ['a:1', b]\n  labels: {port: 80, x: \"\"}\n",
            r#"[{"labels":{"port":"80","x":""},"targets":["a:1","b"]}]"#,
        );
        check("", "[]");
        check("- labels:\n", r#"[{"labels":null}]"#);
        check("- *x\n", "line 1: while parsing node, found unknown anchor");
        check("? [a]\n: b\n", "line 1: a key must be text");
    }
}
