//! The types of the document: checks of their bounds, `JsonSchema` with the client's feature
//! `schemars`, and the values of enumerations.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase as _;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Fields, Ident, Item, ItemEnum, ItemStruct, parse_quote};

use super::{field_name, last_segment, missing};
use crate::Error;
use crate::lower::{Bounds, Quantity};

/// Completes the types in `items`.
pub(super) fn complete(items: &mut Vec<Item>, document: &Value) -> Result<(), Error> {
    let mut bounded = bounded_properties(document);
    let enumerations: Vec<_> = items.iter().filter_map(values).collect();
    let derive: Attribute =
        parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]);
    for mut item in std::mem::take(items) {
        let added = match &mut item {
            Item::Struct(item) => {
                item.attrs.push(derive.clone());
                let properties = bounded.remove(&item.ident.to_string()).unwrap_or_default();
                check_methods(item, &properties)?
            }
            Item::Enum(ItemEnum { ident, attrs, .. }) => {
                attrs.push(derive.clone());
                vec![parse_quote!(impl crate::checks::Check for #ident {})]
            }
            item if is_from_str(item, &enumerations) => continue,
            _ => Vec::new(),
        };
        items.push(item);
        items.extend(added);
    }
    for (name, values) in &enumerations {
        let at = items
            .iter()
            .position(|item| matches!(item, Item::Enum(e) if e.ident == *name));
        let at = at.map_or(items.len(), |at| at + 1);
        items.splice(at..at, value_methods(name, values));
    }
    match bounded.pop_first() {
        Some((name, _)) => Err(missing(name, "struct for its bounds")),
        None => Ok(()),
    }
}

/// Returns the names and the bounds of the properties that have bounds, by the name of the type.
fn bounded_properties(document: &Value) -> BTreeMap<String, Vec<(&str, Bounds)>> {
    let mut bounded: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let schemas = document["components"]["schemas"].as_object();
    for (schema, node) in schemas.into_iter().flatten() {
        for (name, property) in node["properties"].as_object().into_iter().flatten() {
            if let Some(bounds) = Bounds::of(property) {
                let properties = bounded.entry(schema.to_upper_camel_case()).or_default();
                properties.push((name.as_str(), bounds));
            }
        }
    }
    bounded
}

/// Adds the bounds of the properties to the JSON schema of `item`. Returns the methods that check
/// them.
fn check_methods(item: &mut ItemStruct, properties: &[(&str, Bounds)]) -> Result<Vec<Item>, Error> {
    let mut checks = Vec::new();
    for (name, bounds) in properties {
        let ident = field_name(name);
        let field = item
            .fields
            .iter_mut()
            .find(|field| field.ident.as_ref() == Some(&ident));
        let field = field.ok_or_else(|| missing(format!("{}.{name}", item.ident), "field"))?;
        field.attrs.push(json_schema(bounds));
        let limits = limits(bounds);
        checks.push(quote! {
            crate::checks::Bounded::check_bounds(&self.#ident, #name, #limits)?;
        });
    }
    let (name, members) = (&item.ident, item.fields.members());
    Ok(vec![
        parse_quote! {
            impl #name {
                /// Checks that the value is within the bounds of the OpenAPI document. This check
                /// runs automatically before a request is sent.
                pub fn check(&self) -> ::std::result::Result<(), self::error::ConversionError> {
                    Ok(crate::checks::Check::check(self)?)
                }
            }
        },
        parse_quote! {
            impl crate::checks::Check for #name {
                fn check(&self) -> ::std::result::Result<(), ::std::string::String> {
                    #(#checks)*
                    #(crate::checks::Check::check(&self.#members)?;)*
                    Ok(())
                }
            }
        },
    ])
}

/// Returns the minimum and the maximum as two arguments of the type `Option<f64>`.
pub(super) fn limits(bounds: &Bounds) -> TokenStream {
    let [minimum, maximum] = [bounds.minimum, bounds.maximum].map(|bound| match bound {
        Some(bound) => quote!(Some(#bound)),
        None => quote!(None),
    });
    quote!(#minimum, #maximum)
}

/// Returns the attribute that adds the bounds to the JSON schema of a field.
fn json_schema(bounds: &Bounds) -> Attribute {
    let name = match bounds.quantity {
        Quantity::Value => quote!(range),
        Quantity::Characters | Quantity::Items => quote!(length),
    };
    // Not every bound is in the range of `i32`, the type of an integer without a suffix.
    let number = |bound: f64| match bound.fract() == 0.0 && bound.abs() < i32::MAX.into() {
        true => Literal::i64_unsuffixed(bound as i64),
        false => Literal::f64_suffixed(bound),
    };
    let minimum = bounds
        .minimum
        .map(number)
        .map(|bound| quote!(min = #bound,));
    let maximum = bounds
        .maximum
        .map(number)
        .map(|bound| quote!(max = #bound,));
    parse_quote!(#[cfg_attr(feature = "schemars", schemars(#name(#minimum #maximum)))])
}

/// Returns the name and the variants of an enumeration whose variants have no fields.
fn values(item: &Item) -> Option<(Ident, Vec<Ident>)> {
    let Item::Enum(item) = item else { return None };
    let variants = item.variants.iter();
    let values =
        variants.map(|variant| (variant.fields == Fields::Unit).then(|| variant.ident.clone()));
    Some((item.ident.clone(), values.collect::<Option<_>>()?))
}

/// Returns whether `item` implements `FromStr` for one of the enumerations.
fn is_from_str(item: &Item, enumerations: &[(Ident, Vec<Ident>)]) -> bool {
    let Item::Impl(item) = item else { return false };
    let of_trait = item
        .trait_
        .as_ref()
        .and_then(|(path, _)| path.segments.last());
    let name = last_segment(&item.self_ty);
    of_trait.is_some_and(|segment| segment.ident == "FromStr")
        && enumerations.iter().any(|(known, _)| *known == name)
}

/// Returns the list of all values, and a `FromStr` that ignores case if no value matches exactly.
fn value_methods(name: &Ident, values: &[Ident]) -> [Item; 2] {
    let count = values.len();
    let error = format!("not one of the {count} values of {name}; `{name}::ALL` lists them");
    let list = parse_quote! {
        impl #name {
            /// All values, in the order of the document.
            pub const ALL: &'static [Self] = &[#(Self::#values),*];
        }
    };
    let from_str = parse_quote! {
        impl ::std::str::FromStr for #name {
            type Err = self::error::ConversionError;

            fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                let exact = Self::ALL.iter().find(|known| known.to_string() == value);
                let mut all = Self::ALL.iter();
                exact
                    .or_else(|| all.find(|known| known.to_string().eq_ignore_ascii_case(value)))
                    .copied()
                    .ok_or_else(|| #error.into())
            }
        }
    };
    [list, from_str]
}
