//! The derive macros of the crate `flightdeck`: `Labels` for structs and `LabelValue` for enums.
//!
//! They read the item token by token. Structs with named fields and enums without fields are all there is to read, which
//! a parser of the whole language would make the slowest part of building a service.

mod item;

use proc_macro::TokenStream;

use item::{Fields, Item};

/// Makes a struct the labels of a family: every field is a label of its name, in order. The name can be changed with
/// `#[label("name")]`.
#[proc_macro_derive(Labels, attributes(label))]
pub fn labels(input: TokenStream) -> TokenStream {
    expand(input, |item| match &item.fields {
        Fields::Named(fields) => Ok(labels_of(item, fields)),
        Fields::Unit(_) => Err("`Labels` is for structs with named fields".to_owned()),
    })
}

/// Makes an enum a label value: each variant is its name in snake_case. It can be changed with `#[label("value")]`.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(input: TokenStream) -> TokenStream {
    expand(input, |item| match &item.fields {
        Fields::Unit(variants) => Ok(label_value_of(item, variants)),
        Fields::Named(_) => Err("`LabelValue` is for enums whose variants have no fields".to_owned()),
    })
}

fn expand(input: TokenStream, code: impl FnOnce(&Item) -> Result<String, String>) -> TokenStream {
    let code = Item::parse(input)
        .and_then(|item| code(&item))
        .unwrap_or_else(|error| format!("::core::compile_error!({error:?});"));
    code.parse().expect("the macro writes what the compiler reads")
}

fn labels_of(item: &Item, fields: &[item::Named]) -> String {
    let Item { name, generics, .. } = item;
    let declared = generics.declared();
    let used = generics.used();
    let fixed = generics.with_static_lifetimes();
    let names: String = fields.iter().map(|field| format!("{:?}, ", field.shown())).collect();
    let writes: String = fields
        .iter()
        .map(|field| format!("::flightdeck::LabelValue::write(&self.{}, key);", field.ident))
        .collect();
    format!(
        "#[automatically_derived]
         impl{declared} ::flightdeck::Labels for {name}{used} {{
             type Static = {name}{fixed};
             fn write(&self, key: &mut ::flightdeck::Key) {{ let _ = &key; {writes} }}
         }}
         #[automatically_derived]
         impl{declared} ::flightdeck::NamedLabels for {name}{used} {{
             const NAMES: &'static [&'static str] = &[{names}];
         }}"
    )
}

fn label_value_of(item: &Item, variants: &[item::Named]) -> String {
    let name = &item.name;
    let arms: String = variants
        .iter()
        .map(|variant| {
            let value = variant.label.clone().unwrap_or_else(|| snake_case(&variant.ident));
            format!("{name}::{} => {value:?},", variant.ident)
        })
        .collect();
    format!(
        "#[automatically_derived]
         impl ::flightdeck::LabelValue for {name} {{
             fn write(&self, key: &mut ::flightdeck::Key) {{ key.push(match *self {{ {arms} }}); }}
         }}"
    )
}

/// `BankTransfer` is `bank_transfer`, `HTTPError` is `http_error`.
fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.trim_start_matches("r#").chars().collect();
    let mut out = String::new();
    for (at, character) in characters.iter().enumerate() {
        let after_lower = at > 0 && !characters[at - 1].is_uppercase() && characters[at - 1] != '_';
        let before_lower = at > 0 && characters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if character.is_uppercase() && (after_lower || before_lower) && !out.ends_with('_') {
            out.push('_');
        }
        out.extend(character.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn variants_become_snake_case() {
        let check = |name: &str, want: &str| assert_eq!(snake_case(name), want);
        check("Card", "card");
        check("BankTransfer", "bank_transfer");
        check("HTTPError", "http_error");
        check("Http2", "http2");
        check("A", "a");
        check("GooglePay", "google_pay");
        check("Snake_Case", "snake_case");
    }
}
