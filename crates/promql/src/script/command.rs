//! The commands of a script: blocks of lines that begin with `load`, `clear` or `eval` and end at a blank line.

use model::Timestamp;
use model::duration::parse_millis;

use crate::parse::parse as parse_query;
use crate::script::expectation::{Expectation, TextMatch, parse_range};
use crate::script::load::Load;

/// One command.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Clear,
    Load(Load),
    Eval(Box<Eval>),
}

/// One `eval` command.
#[derive(Clone, Debug)]
pub(crate) struct Eval {
    pub(crate) line: usize,
    pub(crate) query: String,
    pub(crate) when: When,
    pub(crate) expected: Expectation,
}

/// The time or times of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    At(Timestamp),
    Range { start: Timestamp, end: Timestamp, step: Timestamp },
}

/// Reads all commands; an error comes with its line, from one.
pub(crate) fn parse(text: &str) -> Result<Vec<Command>, (usize, String)> {
    // A comment counts as a blank line and so ends a block.
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .map(|(number, line)| (number, if line.starts_with('#') { "" } else { line }))
        .collect();
    let mut commands = Vec::new();
    let mut rest = lines.as_slice();
    while let Some((&(number, head), below)) = rest.split_first() {
        rest = below;
        if head.is_empty() {
            continue;
        }
        let command = head.split([' ', '\t']).next().unwrap_or("").to_ascii_lowercase();
        let end = below.iter().position(|(_, line)| line.is_empty()).unwrap_or(below.len());
        let body = &below[..end];
        if command == "clear" {
            commands.push(Command::Clear);
        } else if command.starts_with("load") {
            let mut load = Load::parse(number, head).map_err(|message| (number, message))?;
            load.parse_body(body)?;
            commands.push(Command::Load(load));
            rest = &below[end..];
        } else if command.starts_with("eval") {
            let (eval, taken) = Eval::parse(number, head, body)?;
            commands.push(Command::Eval(Box::new(eval)));
            rest = &below[taken..];
        } else {
            return Err((number, format!("invalid command {head:?}")));
        }
    }
    Ok(commands)
}

impl Eval {
    /// Reads a command and says how many lines of its body it took.
    fn parse(line: usize, head: &str, body: &[(usize, &str)]) -> Result<(Eval, usize), (usize, String)> {
        let at_head = |message: String| (line, message);
        let (command, rest) = cut_word(head);
        let mut expected = Expectation::default();
        match command {
            "eval" => {}
            "eval_ordered" => expected.ordered = true,
            "eval_fail" => expected.fail = Some(TextMatch::Anything),
            "eval_warn" => expected.some_warning = true,
            "eval_info" => expected.some_info = true,
            _ => return Err((line, format!("invalid evaluation command {command:?}"))),
        }
        let (when, query) = parse_when(rest).map_err(at_head)?;
        if let Err(error) = parse_query(query) {
            return Err((line, error.to_string()));
        }
        let instant = matches!(when, When::At(_));
        let mut taken = 0;
        for &(number, text) in body {
            taken += 1;
            if !expected.parse_line(text, instant).map_err(|message| (number, message))? {
                break;
            }
        }
        Ok((Eval { line, query: query.to_owned(), when, expected }, taken))
    }
}

/// Reads `instant at 5m query` and `range from 0 to 10m step 1m query`.
fn parse_when(text: &str) -> Result<(When, &str), String> {
    let (kind, rest) = cut_word(text);
    match kind {
        "instant" => {
            let (at, behind) = cut_word(rest);
            let (time, query) = if at == "at" { cut_word(behind) } else { ("0", rest) };
            let time = parse_millis(time)
                .map_err(|error| format!("invalid timestamp definition {time:?}: {error}"))?;
            Ok((When::At(time), query))
        }
        "range" => {
            let mut query = rest;
            for _ in 0..6 {
                query = cut_word(query).1;
            }
            let (start, end, step) = parse_range(&rest[..rest.len() - query.len()])?;
            Ok((When::Range { start, end, step }, query))
        }
        _ => Err("invalid evaluation command. Must be either 'eval instant at <time> <query>' or 'eval \
                  range from <time> to <time> step <step> <query>'"
            .to_owned()),
    }
}

/// The first word, and what follows the blanks behind it.
fn cut_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (word, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        let script = "# comment\nload 5m\n  up 1 2\n\neval instant at 50m sum (up)\n  expect no_warn\n  {} 3\n\n\
                      clear\neval range from 0 to 10m step 5m up\n  up 1 2\n";
        let commands = parse(script).expect("parses");
        let [Command::Load(_), Command::Eval(first), Command::Clear, Command::Eval(second)] =
            commands.as_slice()
        else {
            panic!("{commands:?}")
        };
        assert_eq!((first.line, first.query.as_str(), first.when), (5, "sum (up)", When::At(3_000_000)));
        assert!(first.expected.no_warnings);
        assert_eq!(first.expected.series.len(), 1);
        let range = When::Range { start: 0, end: 600_000, step: 300_000 };
        assert_eq!((second.query.as_str(), second.when), ("up", range));
    }

    #[test]
    fn commands_may_be_written_in_many_ways() {
        let check = |head: &str, query: &str, when: When| {
            let commands = parse(head).unwrap_or_else(|error| panic!("{head}: {error:?}"));
            let [Command::Eval(eval)] = commands.as_slice() else { panic!("{head}") };
            assert_eq!((eval.query.as_str(), eval.when), (query, when), "{head}");
        };
        check("eval instant up + 1", "up + 1", When::At(0));
        check("  eval\tinstant   at 1m\t up", "up", When::At(60_000));
        check("eval_ordered instant at 0 sort(up)", "sort(up)", When::At(0));
        let range = When::Range { start: 0, end: 60_000, step: 5 };
        check("eval_warn  range from 0  to 1m step  5ms  up", "up", range);
        let script = "CLEAR\r\nload_with_nhcb 1m\r\n\tup 1\r\n# over\r\n\
                      eval_fail instant at 0 up\r\n  expect fail msg: x\r\n";
        let commands = parse(script);
        assert_eq!(commands.map(|commands| commands.len()), Ok(3));
    }

    #[test]
    fn mistakes_name_their_line() {
        let check = |script: &str, want: (usize, &str)| {
            let (line, message) = parse(script).expect_err(script);
            assert_eq!((line, message.as_str()), want, "{script}");
        };
        check("jump", (1, "invalid command \"jump\""));
        check(
            "eval instant at 0 up\n  expect fail\n  expect fail msg: x",
            (3, "multiple expect fail lines are not allowed"),
        );
        check(
            "\nload x",
            (
                2,
                "invalid step definition \"x\": not a valid duration string: \"x\"; write a number and a unit of y, w, d, h, m, s, ms, largest first, such as 1h30m",
            ),
        );
        check("eval instant at 1m sum(", (1, "1:5: parse error: unclosed left parenthesis"));
        check("load 1m\n  up 1y", (2, "unexpected \"1y\" in series values, expected number or \"stale\""));
        check(
            "eval instant at 1m up\n  expect nonsense",
            (2, "invalid expected error/annotation type nonsense"),
        );
    }
}
