//! A YAML document as a tree whose every node knows its line and column.
//!
//! Aliases are expanded and `<<` is merged while the tree is built, within limits, so that readers of the tree
//! meet only scalars, lists and maps. A key that stands twice in a map is an error.

use std::fmt;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

/// How deep a document may nest.
const DEPTH_MAX: usize = 64;
/// How many nodes a document may have after its aliases are expanded.
const NODES_MAX: usize = 1_000_000;

/// Where something stands: counted from 1, as editors do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value in the document.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub content: Content,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text, number, boolean or nothing; which of them depends on who reads it.
    Scalar {
        /// The text without quotes.
        text: Rc<str>,
        /// Whether it stood without quotes, so that it may be a number, a boolean or nothing.
        plain: bool,
    },
    /// A list.
    List(Vec<Rc<Node>>),
    /// A map, in the order it was written.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key's text.
    pub key: Rc<str>,
    /// Where the key stands.
    pub position: Position,
    /// The value.
    pub value: Rc<Node>,
}

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Where.
    pub position: Position,
    /// What.
    pub message: String,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Reads a text that holds at most one document. An empty one is an empty map.
pub fn parse(text: &str) -> Result<Node, YamlError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError {
            position: position(error.marker()),
            message: format!("not valid YAML: {}", error.info()),
        })?;
        builder.take(event, span)?;
    }
    let empty = Node { position: Position { line: 1, column: 1 }, content: Content::Map(Vec::new()) };
    Ok(match builder.document {
        Some(root) if root.is_null() => empty,
        Some(root) => Rc::unwrap_or_clone(root),
        None => empty,
    })
}

impl Node {
    /// The value of a key, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &*entry.value)
    }

    /// A key with its value, when this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| &*entry.key == key),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn items(&self) -> &[Rc<Node>] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The entries, when this is a map.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether this stands for nothing: `key:` without a value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true }
            if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What this is, for messages.
    pub fn describe(&self) -> String {
        match &self.content {
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
            Content::Scalar { .. } if self.is_null() => "nothing".to_owned(),
            Content::Scalar { text, .. } => model::names::quote(text),
        }
    }

    /// Follows a path such as `scrape_configs[2].relabel_configs[0].regex` as far as it goes, and says where that is.
    /// For a key that has a value this is the key's position.
    pub fn locate(&self, path: &str) -> Position {
        let mut node = self;
        let mut at = self.position;
        for step in path.split('.') {
            let (key, indexes) = step.split_once('[').map_or((step, ""), |(key, rest)| (key, rest));
            if !key.is_empty() {
                let Some(entry) = node.entry(key) else { return at };
                (at, node) = (entry.position, &entry.value);
            }
            for index in indexes.split('[').filter(|text| !text.is_empty()) {
                let item = index
                    .trim_end_matches(']')
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| node.items().get(index));
                let Some(item) = item else { return at };
                (at, node) = (item.position, item);
            }
        }
        at
    }
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: Vec<(usize, Rc<Node>, usize)>,
    document: Option<Rc<Node>>,
    documents: usize,
    nodes: usize,
}

/// A list or map whose end has not come yet.
struct Open {
    position: Position,
    anchor: usize,
    nodes_before: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Rc<Node>>),
    Map { entries: Vec<Entry>, merged: Vec<Entry>, key: Option<(Rc<str>, Position)> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let at = position(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.as_ref().is_some_and(|tag| tag.suffix == "binary") {
                    return Err(error(at, "!!binary values are not read; a configuration holds only text"));
                }
                let text_tag = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !text_tag;
                self.count(1, at)?;
                let content = Content::Scalar { text: text.into(), plain };
                self.close(Rc::new(Node { position: at, content }), anchor, 1)
            }
            Event::SequenceStart(anchor, _) => self.open(at, anchor, OpenKind::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let map = OpenKind::Map { entries: Vec::new(), merged: Vec::new(), key: None };
                self.open(at, anchor, map)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let content = match open.kind {
                    OpenKind::List(items) => Content::List(items),
                    OpenKind::Map { entries, merged, .. } => Content::Map(merge(entries, merged)),
                };
                let nodes = self.nodes - open.nodes_before;
                self.close(Rc::new(Node { position: open.position, content }), open.anchor, nodes)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.iter().rev().find(|(id, _, _)| *id == anchor);
                let Some((_, node, nodes)) = known.cloned() else {
                    return Err(error(at, "this alias refers to itself or to nothing"));
                };
                self.count(nodes, at)?;
                self.close(node, 0, nodes)
            }
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(error(at, "a second document begins here; only one is expected"));
                }
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, at: Position, anchor: usize, kind: OpenKind) -> Result<(), YamlError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(error(at, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        let nodes_before = self.nodes;
        self.count(1, at)?;
        self.open.push(Open { position: at, anchor, nodes_before, kind });
        Ok(())
    }

    /// A value is complete: it goes to whatever is open around it.
    fn close(&mut self, node: Rc<Node>, anchor: usize, nodes: usize) -> Result<(), YamlError> {
        if anchor != 0 {
            self.anchors.push((anchor, node.clone(), nodes));
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.document = Some(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { key: key @ None, .. }) => {
                let Content::Scalar { text, .. } = &node.content else {
                    return Err(error(
                        node.position,
                        format!("a key must be a text, not {}", node.describe()),
                    ));
                };
                *key = Some((text.clone(), node.position));
            }
            Some(OpenKind::Map { entries, merged, key }) => {
                let Some((key, position)) = key.take() else { return Ok(()) };
                if &*key == "<<" {
                    return take_merged(&node, merged);
                }
                if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                    let quoted = model::names::quote(&key);
                    let message =
                        format!("the key {quoted} is there already, on line {}", first.position.line);
                    return Err(error(position, message));
                }
                entries.push(Entry { key, position, value: node });
            }
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), YamlError> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            return Err(error(at, format!("the document has more than {NODES_MAX} values")));
        }
        Ok(())
    }
}

/// What `<<` names: a map, or a list of maps of which the first wins.
fn take_merged(node: &Node, merged: &mut Vec<Entry>) -> Result<(), YamlError> {
    match &node.content {
        Content::Map(entries) => merged.extend(entries.iter().cloned()),
        Content::List(items) if items.iter().all(|item| matches!(item.content, Content::Map(_))) => {
            merged.extend(items.iter().flat_map(|item| item.entries().iter().cloned()));
        }
        _ => return Err(error(node.position, "<< merges a map or a list of maps")),
    }
    Ok(())
}

/// Own keys win over merged ones, earlier merged ones over later.
fn merge(mut entries: Vec<Entry>, merged: Vec<Entry>) -> Vec<Entry> {
    for entry in merged {
        if entries.iter().all(|own| own.key != entry.key) {
            entries.push(entry);
        }
    }
    entries
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

fn error(position: Position, message: impl Into<String>) -> YamlError {
    YamlError { position, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(node: &Node) -> String {
        match &node.content {
            Content::Scalar { text, plain } if *plain => text.to_string(),
            Content::Scalar { text, .. } => format!("{text:?}"),
            Content::List(items) => {
                format!("[{}]", items.iter().map(|item| flat(item)).collect::<Vec<_>>().join(" "))
            }
            Content::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|entry| format!("{}={}", entry.key, flat(&entry.value))).collect();
                format!("{{{}}}", entries.join(" "))
            }
        }
    }

    #[test]
    fn documents_become_trees() {
        let check = |text: &str, want: &str| {
            let node = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
            assert_eq!(flat(&node), want, "{text:?}");
        };
        check("", "{}");
        check("# nothing\n", "{}");
        check("a: 1\nb: [x, 'y']\nc:\n", "{a=1 b=[x \"y\"] c=}");
        check("base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3\n", "{base={x=1 y=2} own={y=3 x=1}}");
        check("a: &a hello\nb: *a\n", "{a=hello b=hello}");
        check("a: !!str 1\n", "{a=\"1\"}");
    }

    #[test]
    fn mistakes_have_a_place() {
        let check = |text: &str, line: usize, column: usize, part: &str| {
            let error = parse(text).map(|node| flat(&node)).expect_err(text);
            assert_eq!(error.position, Position { line, column }, "{text:?}: {}", error.message);
            assert!(error.message.contains(part), "{text:?}: {}", error.message);
        };
        check("a: 1\nb: 2\na: 3\n", 3, 1, "there already, on line 1");
        check("a: 1\n---\nb: 1\n", 2, 1, "second document");
        check("a: {{b: 1}: 2}\n", 1, 5, "a key must be a text");
        check("a: &a [*a]\n", 1, 8, "refers to itself");
        assert!(parse("a: [1\n").is_err());
        assert!(parse(&"[".repeat(10_000)).is_err());
    }

    #[test]
    fn a_billion_laughs_are_cut_short() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let previous = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![previous; 10].join(", ")));
        }
        let error = parse(&text).map(|_| ()).expect_err("too large");
        assert!(error.message.contains("more than"), "{}", error.message);
    }

    #[test]
    fn paths_are_located() {
        let node = parse("jobs:\n  - name: a\n  - name: b\n    rules: [{regex: x}]\n").expect("parses");
        assert_eq!(node.locate("jobs[1].name"), Position { line: 3, column: 5 });
        assert_eq!(node.locate("jobs[1].rules[0].regex"), Position { line: 4, column: 14 });
        assert_eq!(node.locate("jobs[1].missing"), Position { line: 3, column: 5 });
    }
}
