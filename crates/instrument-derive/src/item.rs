//! A struct with named fields or an enum without fields, read from its tokens.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// What the derive macros need to know of an item.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) generics: Generics,
    pub(crate) fields: Fields,
}

/// What an item is made of.
pub(crate) enum Fields {
    /// The fields of a struct.
    Named(Vec<Named>),
    /// The variants of an enum, which have no fields.
    Unit(Vec<Named>),
}

/// A field or a variant.
pub(crate) struct Named {
    pub(crate) ident: String,
    /// From `#[label("...")]`.
    pub(crate) label: Option<String>,
}

impl Named {
    /// The name of the label.
    pub(crate) fn shown(&self) -> String {
        self.label.clone().unwrap_or_else(|| self.ident.trim_start_matches("r#").to_owned())
    }
}

/// Lifetimes, which are the only parameters that labels may have.
#[derive(Default)]
pub(crate) struct Generics {
    lifetimes: Vec<String>,
}

impl Generics {
    pub(crate) fn declared(&self) -> String {
        self.list(|lifetime| lifetime.to_owned())
    }

    pub(crate) fn used(&self) -> String {
        self.declared()
    }

    pub(crate) fn with_static_lifetimes(&self) -> String {
        self.list(|_| "'static".to_owned())
    }

    fn list(&self, show: impl Fn(&str) -> String) -> String {
        if self.lifetimes.is_empty() {
            return String::new();
        }
        let shown: Vec<String> = self.lifetimes.iter().map(|lifetime| show(lifetime)).collect();
        format!("<{}>", shown.join(", "))
    }
}

impl Item {
    pub(crate) fn parse(input: TokenStream) -> Result<Item, String> {
        let mut tokens = input.into_iter().peekable();
        let is_struct = loop {
            match tokens.next().ok_or("there is nothing to derive for")? {
                TokenTree::Ident(word) if word.to_string() == "struct" => break true,
                TokenTree::Ident(word) if word.to_string() == "enum" => break false,
                _ => {}
            }
        };
        let name = tokens.next().ok_or("the item has no name")?.to_string();
        let mut generics = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                    let generics = parse_generics(&generics)?;
                    let members = parse_members(&body, is_struct)?;
                    let fields = if is_struct { Fields::Named(members) } else { Fields::Unit(members) };
                    return Ok(Item { name, generics, fields });
                }
                other => generics.push(other),
            }
        }
        Err("the item has no named fields or variants".to_owned())
    }
}

/// Everything between the name and the body.
fn parse_generics(tokens: &[TokenTree]) -> Result<Generics, String> {
    let text: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    if text.is_empty() {
        return Ok(Generics::default());
    }
    if text.first().map(String::as_str) != Some("<") || text.last().map(String::as_str) != Some(">") {
        return Err("labels have no where clause".to_owned());
    }
    let lifetimes = text[1..text.len() - 1].join("");
    let lifetimes: Vec<String> = lifetimes
        .split(',')
        .map(str::trim)
        .filter(|lifetime| !lifetime.is_empty())
        .map(str::to_owned)
        .collect();
    let plain = |lifetime: &String| lifetime.starts_with('\'') && !lifetime.contains(':');
    if lifetimes.iter().all(plain) {
        Ok(Generics { lifetimes })
    } else {
        Err("labels may have lifetimes, but neither bounds nor type parameters".to_owned())
    }
}

fn parse_members(body: &Group, is_struct: bool) -> Result<Vec<Named>, String> {
    let mut members = Vec::new();
    let mut tokens = body.stream().into_iter().peekable();
    let mut label = None;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if let Some(TokenTree::Group(attribute)) = tokens.next() {
                    label = parse_label(&attribute)?.or(label);
                }
            }
            TokenTree::Ident(word) if word.to_string() == "pub" => {
                let scoped = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
                tokens.next_if(scoped);
            }
            TokenTree::Ident(ident) => {
                members.push(Named { ident: ident.to_string(), label: label.take() });
                skip_to_comma(&mut tokens, is_struct)?;
            }
            other => return Err(format!("`{other}` was not expected here")),
        }
    }
    Ok(members)
}

/// Passes over the type of a field or the discriminant of a variant.
fn skip_to_comma(tokens: &mut impl Iterator<Item = TokenTree>, is_struct: bool) -> Result<(), String> {
    let mut depth = 0;
    for token in tokens {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '<' => depth += 1,
            TokenTree::Punct(mark) if mark.as_char() == '>' => depth -= 1,
            TokenTree::Punct(mark) if mark.as_char() == ',' && depth == 0 => return Ok(()),
            TokenTree::Group(_) if !is_struct && depth == 0 => {
                return Err("a variant that is a label value has no fields".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

/// The text of `label("...")`, if that is what the attribute is.
fn parse_label(attribute: &Group) -> Result<Option<String>, String> {
    let mut tokens = attribute.stream().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(argument))) if name.to_string() == "label" => {
            let text = argument.stream().to_string();
            let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            match inner {
                Some(inner) if !inner.contains(['"', '\\']) => Ok(Some(inner.to_owned())),
                _ => Err("`#[label(\"name\")]` takes one plain string".to_owned()),
            }
        }
        _ => Ok(None),
    }
}
