//! The types of the document: checks of their bounds, `JsonSchema` with the client's feature
//! `schemars`, and the values of enumerations.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase as _;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};
use serde_json::Value;
use syn::{Attribute, Fields, Ident, Item, ItemEnum, ItemImpl, ItemStruct, LitStr, parse_quote};

use super::{field_name, last_segment, missing};
use crate::Error;
use crate::lower::{Bounds, Quantity};

/// Completes the types in `items`.
pub(super) fn complete(items: &mut Vec<Item>, document: &Value) -> Result<(), Error> {
    let mut bounded = bounded_properties(document);
    let enumerations: Vec<_> = items.iter().filter_map(enumeration).collect();
    let derive: Attribute =
        parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]);
    for mut item in std::mem::take(items) {
        let added = match &mut item {
            Item::Struct(item) => {
                item.attrs.push(derive.clone());
                let properties = bounded.remove(&item.ident.to_string()).unwrap_or_default();
                let checks = check_methods(item, &properties)?;
                constructor(item).into_iter().chain(checks).collect()
            }
            Item::Enum(item) => {
                // A new value in the document must not break callers.
                item.attrs.extend([parse_quote!(#[non_exhaustive]), derive.clone()]);
                value_methods(item, enumerations.contains(&item.ident.to_string()))
            }
            Item::Impl(item) if is_from_str(item, &enumerations) => continue,
            _ => Vec::new(),
        };
        items.push(item);
        items.extend(added);
    }
    let lost = bounded.pop_first();
    lost.map_or(Ok(()), |(name, _)| Err(missing(name, "struct for its bounds")))
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
        let field = item.fields.iter_mut().find(|field| field.ident.as_ref() == Some(&ident));
        let field = field.ok_or_else(|| missing(format!("{}.{name}", item.ident), "field"))?;
        field.attrs.push(json_schema(bounds));
        let limits = limits(bounds);
        checks.push(quote! {
            crate::checks::Bounded::check_bounds(&self.#ident, #name, #limits)?;
        });
    }
    for (member, field) in item.fields.members().zip(&item.fields) {
        let name = match &field.ident {
            Some(ident) => wire_name(ident, &field.attrs).into_token_stream(),
            None => quote!(name),
        };
        checks.push(quote!(crate::checks::Check::check(&self.#member, #name)?;));
    }
    let (name, text) = (&item.ident, item.ident.to_string());
    Ok(vec![
        parse_quote! {
            impl #name {
                /// Checks that the value is within the bounds of the OpenAPI document, and that its
                /// numbers are finite. This check runs automatically before a request is sent.
                pub fn check(&self) -> ::std::result::Result<(), self::error::ConversionError> {
                    Ok(crate::checks::Check::check(self, #text)?)
                }
            }
        },
        parse_quote! {
            impl crate::checks::Check for #name {
                #[allow(unused_variables)]
                fn check(&self, name: &str) -> ::std::result::Result<(), ::std::string::String> {
                    #(#checks)*
                    Ok(())
                }
            }
        },
    ])
}

/// Returns the constructor of a struct with named fields, which becomes non-exhaustive: a new
/// optional property must not break its users.
fn constructor(item: &mut ItemStruct) -> Option<Item> {
    let Fields::Named(fields) = &item.fields else {
        return None;
    };
    let fields = fields.named.iter();
    let (optional, required): (Vec<_>, Vec<_>) =
        fields.partition(|field| last_segment(&field.ty) == "Option");
    let optional = optional.into_iter().map(|field| &field.ident);
    let names: Vec<_> = required.iter().map(|field| &field.ident).collect();
    let types = required.iter().map(|field| &field.ty);
    let name = &item.ident;
    let constructor = parse_quote! {
        impl #name {
            /// Creates the value from its required fields. The other fields are `None`.
            pub fn new(#(#names: impl Into<#types>),*) -> Self {
                Self { #(#names: #names.into(),)* #(#optional: None,)* }
            }
        }
    };
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    Some(constructor)
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
    let minimum = bounds.minimum.map(number).map(|bound| quote!(min = #bound,));
    let maximum = bounds.maximum.map(number).map(|bound| quote!(max = #bound,));
    parse_quote!(#[cfg_attr(feature = "schemars", schemars(#name(#minimum #maximum)))])
}

/// Returns the name of an enumeration whose variants have no fields.
fn enumeration(item: &Item) -> Option<String> {
    let Item::Enum(item) = item else { return None };
    let mut variants = item.variants.iter();
    let plain = variants.all(|variant| variant.fields == Fields::Unit);
    plain.then(|| item.ident.to_string())
}

/// Returns whether `item` implements `FromStr` for one of the `enumerations`.
fn is_from_str(item: &ItemImpl, enumerations: &[String]) -> bool {
    let of_trait = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
    of_trait.is_some_and(|segment| segment.ident == "FromStr")
        && enumerations.contains(&last_segment(&item.self_ty))
}

/// Returns the text that a field or a variant stands for: its name for serde.
fn wire_name(ident: &Ident, attributes: &[Attribute]) -> String {
    let mut name = ident.to_string();
    for attribute in attributes {
        if attribute.path().is_ident("serde") {
            // Other arguments than `rename` are left alone.
            let _ = attribute.parse_nested_meta(|argument| {
                let value: LitStr = argument.value()?.parse()?;
                if argument.path.is_ident("rename") {
                    name = value.value();
                }
                Ok(())
            });
        }
    }
    name
}

/// Returns the list of all values, and a `FromStr` that ignores case if no value matches exactly,
/// if the variants are `plain`.
fn value_methods(item: &ItemEnum, plain: bool) -> Vec<Item> {
    let (name, count) = (&item.ident, item.variants.len());
    let check = parse_quote!(impl crate::checks::Check for #name {});
    if !plain {
        return vec![check];
    }
    let values: Vec<_> = item.variants.iter().map(|variant| &variant.ident).collect();
    let names = item.variants.iter();
    let names = names.map(|variant| wire_name(&variant.ident, &variant.attrs));
    let error = format!("not one of the {count} values of {name}; `{name}::ALL` lists them");
    let list = parse_quote! {
        impl #name {
            /// All values, in the order of the document.
            pub const ALL: &'static [Self] = &[#(Self::#values),*];

            /// The value as it is sent.
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#values => #names,)*
                }
            }
        }
    };
    let from_str = parse_quote! {
        impl ::std::str::FromStr for #name {
            type Err = self::error::ConversionError;

            fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                let exact = Self::ALL.iter().find(|known| known.as_str() == value);
                let mut all = Self::ALL.iter();
                exact
                    .or_else(|| all.find(|known| known.as_str().eq_ignore_ascii_case(value)))
                    .copied()
                    .ok_or_else(|| #error.into())
            }
        }
    };
    vec![list, from_str, check]
}
