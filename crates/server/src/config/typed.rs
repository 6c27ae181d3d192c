//! From the tree to plain structs, by serde: every error knows where it stands and what was expected there.
//!
//! What a scalar means is decided by who reads it: `regex: 1` is a text where a text is wanted and a number where a
//! number is. An unknown field names the known one it resembles most.

use std::fmt::{self, Display};
use std::rc::Rc;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::show::is_secret;
use super::suggest::nearest;
use super::yaml::{Content, Entry, Node, Position, YamlError};

/// Reads a node as a `T`.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, YamlError> {
    T::deserialize(Reader { node }).map_err(|error| YamlError {
        position: error.position.unwrap_or(node.position),
        message: error.message,
    })
}

/// An error of serde's making; the innermost reader that sees it says where.
#[derive(Debug)]
struct TypedError {
    position: Option<Position>,
    unknown_field: bool,
    message: String,
}

impl TypedError {
    fn at(mut self, position: Position) -> TypedError {
        self.position.get_or_insert(position);
        self
    }
}

impl Display for TypedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypedError {}

impl de::Error for TypedError {
    fn custom<T: Display>(message: T) -> TypedError {
        TypedError { position: None, unknown_field: false, message: message.to_string() }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> TypedError {
        de::Error::custom(format!("expected {}, found {}", in_words(expected), describe(unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> TypedError {
        de::Error::custom(format!("expected {}, found {}", in_words(expected), describe(unexpected)))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> TypedError {
        let mut message = format!("unknown field {}", model::names::quote(field));
        match nearest(field, known) {
            Some(name) => message.push_str(&format!("; did you mean {name}?")),
            None if known.is_empty() => message.push_str("; no field is expected here"),
            None => message.push_str(&format!("; expected one of {}", known.join(", "))),
        }
        TypedError { position: None, unknown_field: true, message }
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> TypedError {
        let quoted = model::names::quote(variant);
        let mut message = format!("{quoted} is not known here; expected one of {}", known.join(", "));
        if let Some(name) = nearest(variant, known) {
            message.push_str(&format!("; did you mean {name}?"));
        }
        de::Error::custom(message)
    }

    fn missing_field(field: &'static str) -> TypedError {
        de::Error::custom(format!("the field {field} is missing"))
    }
}

/// What a reader expects, in the words of who writes YAML.
fn in_words(expected: &dyn de::Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "a sequence" => "a list".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number, negative or not".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text".to_owned(),
        name if name.starts_with("struct ") => "a map of fields".to_owned(),
        _ => expected,
    }
}

fn describe(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Unit => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        Unexpected::Str(text) => model::names::quote(text),
        other => other.to_string(),
    }
}

/// Numbers, booleans and nothing, as YAML's core schema writes them without quotes.
enum Plain<'a> {
    Nothing,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a str),
}

fn plain(text: &str) -> Plain<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Nothing,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" => return Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        _ => {}
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.')) {
        return Plain::Text(text);
    }
    let radix = |prefix: &str, radix: u32| {
        text.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, radix).ok())
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| text.parse().ok()) {
        return Plain::Unsigned(number);
    }
    if let Ok(number) = text.parse::<i64>() {
        return Plain::Signed(number);
    }
    match text.parse::<f64>() {
        Ok(number) => Plain::Float(number),
        Err(_) => Plain::Text(text),
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
}

impl<'a> Reader<'a> {
    fn scalar<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        let Content::Scalar { text, plain: is_plain } = &self.node.content else {
            return self.any(visitor);
        };
        match if *is_plain { plain(text) } else { Plain::Text(text) } {
            Plain::Nothing => visitor.visit_unit(),
            Plain::Bool(value) => visitor.visit_bool(value),
            Plain::Unsigned(value) => visitor.visit_u64(value),
            Plain::Signed(value) => visitor.visit_i64(value),
            Plain::Float(value) => visitor.visit_f64(value),
            Plain::Text(text) => visitor.visit_str(text),
        }
    }

    fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match &self.node.content {
            Content::Scalar { .. } => self.scalar(visitor),
            Content::List(items) => visitor.visit_seq(Items { items: items.iter() }),
            Content::Map(entries) => visitor.visit_map(Entries { entries: entries.iter(), current: None }),
        }
    }

    /// Where the reader wants a text, the text as it stands is what it gets, whatever it looks like.
    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match &self.node.content {
            Content::Scalar { .. } if self.node.is_null() => visitor.visit_unit(),
            Content::Scalar { text, .. } => visitor.visit_str(text),
            _ => self.any(visitor),
        }
    }
}

/// Forwards each method to one of the readers above and places its errors.
macro_rules! forward {
    ($($method:ident => $reader:ident,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
            self.$reader(visitor).map_err(|error| error.at(self.node.position))
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = TypedError;

    forward! {
        deserialize_any => any,
        deserialize_bool => scalar,
        deserialize_i8 => scalar,
        deserialize_i16 => scalar,
        deserialize_i32 => scalar,
        deserialize_i64 => scalar,
        deserialize_u8 => scalar,
        deserialize_u16 => scalar,
        deserialize_u32 => scalar,
        deserialize_u64 => scalar,
        deserialize_f32 => scalar,
        deserialize_f64 => scalar,
        deserialize_char => text,
        deserialize_str => text,
        deserialize_string => text,
        deserialize_bytes => text,
        deserialize_byte_buf => text,
        deserialize_identifier => text,
        deserialize_unit => scalar,
        deserialize_seq => any,
        deserialize_map => any,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, TypedError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        // serde would take a list for the fields in their order.
        if let Content::List(_) = self.node.content {
            let error = <TypedError as de::Error>::invalid_type(Unexpected::Seq, &visitor);
            return Err(error.at(self.node.position));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        let at = |error: TypedError| error.at(self.node.position);
        match &self.node.content {
            Content::Scalar { text, .. } => visitor.visit_enum(Word { text }).map_err(at),
            _ => {
                let message = format!("expected one word, found {}", self.node.describe());
                Err(<TypedError as de::Error>::custom(message).at(self.node.position))
            }
        }
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Rc<Node>>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = TypedError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypedError> {
        let Some(node) = self.items.next() else { return Ok(None) };
        seed.deserialize(Reader { node }).map(Some).map_err(|error| error.at(node.position))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = TypedError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypedError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.current = Some(entry);
        let key = (&*entry.key).into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error: TypedError| error.at(entry.position))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypedError> {
        let Some(entry) = self.current.take() else {
            return Err(<TypedError as de::Error>::custom("a value was asked for before its key"));
        };
        seed.deserialize(Reader { node: &entry.value }).map_err(|mut error| {
            // An unknown field inside is placed already. Anything else about a scalar is about this field.
            if error.position.is_none_or(|position| position == entry.value.position) && !error.unknown_field
            {
                let scalar = matches!(entry.value.content, Content::Scalar { .. });
                if scalar && holds_secrets(&entry.key) {
                    // What was found there instead may well be the secret itself.
                    let end = error.message.find(", found ").unwrap_or(error.message.len());
                    error.message.truncate(end);
                }
                if scalar {
                    error.message = format!("{}: {}", entry.key, error.message);
                }
            }
            error.at(entry.value.position)
        })
    }
}

/// Whether credentials stand in this field, or are likely to be written there by mistake.
fn holds_secrets(field: &str) -> bool {
    is_secret(field, true) || matches!(field, "oauth2" | "tls_config" | "http_headers" | "headers" | "values")
}

/// A variant without content, by its name.
struct Word<'a> {
    text: &'a str,
}

impl<'de> EnumAccess<'de> for Word<'_> {
    type Error = TypedError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), TypedError> {
        let variant = seed.deserialize(self.text.into_deserializer())?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'_> {
    type Error = TypedError;

    fn unit_variant(self) -> Result<(), TypedError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, TypedError> {
        Err(<TypedError as de::Error>::custom("a variant with content cannot be written as one word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, TypedError> {
        Err(<TypedError as de::Error>::custom("a variant with content cannot be written as one word"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, TypedError> {
        Err(<TypedError as de::Error>::custom("a variant with content cannot be written as one word"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::super::yaml;
    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Section {
        #[serde(default)]
        scrape_interval: Option<String>,
        #[serde(default)]
        sample_limit: Option<u64>,
        #[serde(default)]
        honor_labels: Option<bool>,
        #[serde(default)]
        labels: BTreeMap<String, String>,
        #[serde(default)]
        ratio: Option<f64>,
        #[serde(default)]
        inner: Vec<Section>,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        free: Option<serde_json::Value>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Replace,
        Keep,
    }

    fn read(text: &str) -> Result<Section, YamlError> {
        yaml::parse(text).and_then(|node| from_node(&node))
    }

    #[test]
    fn a_scalar_is_what_its_reader_wants() {
        let section = read(
            "scrape_interval: 15\nsample_limit: 7\nhonor_labels: true\nlabels: {a: 1, b: true, c: 1.50}\nratio: 1\n\
             inner: [{scrape_interval: ~}]\nkind: keep\nfree: {x: [1, y, null, 1.5]}\n",
        )
        .expect("reads");
        assert_eq!(section.scrape_interval.as_deref(), Some("15"));
        assert_eq!(
            (section.sample_limit, section.honor_labels, section.ratio),
            (Some(7), Some(true), Some(1.0))
        );
        let labels: Vec<&str> = section.labels.values().map(String::as_str).collect();
        assert_eq!(labels, ["1", "true", "1.50"]);
        assert_eq!(section.inner, [Section::default()]);
        assert_eq!(section.kind, Some(Kind::Keep));
        assert_eq!(section.free, Some(serde_json::json!({"x": [1, "y", null, 1.5]})));
    }

    #[test]
    fn mistakes_are_placed_and_named() {
        let check = |text: &str, want: &str| {
            let error = read(text).expect_err(text);
            assert_eq!(format!("{}: {}", error.position, error.message), want, "{text:?}");
        };
        check(
            "inner:\n  - scrape_intervall: 5s\n",
            "2:5: unknown field \"scrape_intervall\"; did you mean scrape_interval?",
        );
        check("sample_limit: many\n", "1:15: sample_limit: expected a whole number, found \"many\"");
        check("honor_labels: [a]\n", "1:15: expected true or false, found a list");
        check(
            "kind: kepe\n",
            "1:7: kind: \"kepe\" is not known here; expected one of replace, keep; did you mean keep?",
        );
        check("- inner\n", "1:1: expected a map of fields, found a list");
        check("inner:\n- [5s]\n", "2:3: expected a map of fields, found a list");
        check("inner: 5\n", "1:8: inner: expected a list, found 5");
    }
}
