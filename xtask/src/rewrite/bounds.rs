//! Generates the checks of the document's bounds. Each type with bounds gets a method `check`,
//! which runs when the type's builder creates a value. Parameters are checked in `send`. This way,
//! every request is checked once, and responses are not checked.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase as _;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};
use serde_json::Value;
use syn::{Block, Expr, Field, ImplItem, Item, ItemImpl, ItemStruct, Pat, Stmt, Type, parse_quote};

use super::send::{is_let, send_mut};
use super::{builders, field_name, first_argument, last_segment, missing};
use crate::Error;
use crate::document::operations;
use crate::lower::{Bounds, Quantity};

/// Returns the module of functions that the checks call.
pub(super) fn module() -> Item {
    parse_quote! {
        /// Checks of the document's bounds, and their error messages.
        #[allow(dead_code)]
        pub(crate) mod bounds {
            pub(crate) fn number<T: PartialOrd + ToString>(field: &str, value: T, minimum: Option<T>, maximum: Option<T>) -> Result<(), String> {
                let inside = minimum.as_ref().is_none_or(|minimum| value >= *minimum) && maximum.as_ref().is_none_or(|maximum| value <= *maximum);
                if inside { Ok(()) } else { Err(outside(field, &value.to_string(), minimum, maximum)) }
            }

            pub(crate) fn characters(field: &str, value: &str, minimum: Option<usize>, maximum: Option<usize>) -> Result<(), String> {
                let short = minimum.is_some_and(|minimum| value.chars().take(minimum).count() < minimum);
                let long = maximum.is_some_and(|maximum| value.len() > maximum && value.chars().count() > maximum);
                if !short && !long { return Ok(()); }
                Err(outside(field, &format!("a text of {} characters", value.chars().count()), minimum, maximum))
            }

            pub(crate) fn items(field: &str, count: usize, minimum: Option<usize>, maximum: Option<usize>) -> Result<(), String> {
                let inside = minimum.is_none_or(|minimum| count >= minimum) && maximum.is_none_or(|maximum| count <= maximum);
                if inside { Ok(()) } else { Err(outside(field, &format!("a list of {count} items"), minimum, maximum)) }
            }

            fn outside<T: ToString>(field: &str, value: &str, minimum: Option<T>, maximum: Option<T>) -> String {
                let limits = match (minimum, maximum) {
                    (Some(minimum), Some(maximum)) => format!("{} to {}", minimum.to_string(), maximum.to_string()),
                    (Some(minimum), None) => format!("at least {}", minimum.to_string()),
                    (None, maximum) => format!("at most {}", maximum.map(|maximum| maximum.to_string()).unwrap_or_default()),
                };
                format!("{field}: {value} is outside its bounds ({limits})")
            }
        }
    }
}

/// Adds a method `check` to the types of the document, and calls it when their builders create a
/// value.
pub(super) fn check_types(items: &mut Vec<Item>, document: &Value) -> Result<(), Error> {
    check_fields_exist(items, document)?;
    let mut checked: BTreeMap<String, ItemImpl> = BTreeMap::new();
    // A type also needs a check if one of its fields has a checked type. Repeat until no further
    // type is found.
    loop {
        let known = checked.len();
        for item in items.iter() {
            let Item::Struct(item) = item else { continue };
            let name = item.ident.to_string();
            let Some(schema) = super::schema_of(document, &item.ident) else {
                continue;
            };
            let checks: Vec<_> = item
                .fields
                .iter()
                .filter_map(|field| field_check(field, schema, &checked))
                .collect();
            if !checks.is_empty() {
                checked.insert(name, check_method(item, &checks));
            }
        }
        if checked.len() == known {
            break;
        }
    }
    call_in_builders(items, &checked)?;
    for (name, method) in checked {
        let at = items
            .iter()
            .position(|item| matches!(item, Item::Struct(item) if item.ident == name));
        items.insert(
            at.ok_or_else(|| missing(&name, "struct"))? + 1,
            Item::Impl(method),
        );
    }
    Ok(())
}

/// Checks that the type and the field of every bound exist, so that no bound is lost if their names
/// change.
fn check_fields_exist(items: &[Item], document: &Value) -> Result<(), Error> {
    let schemas = document["components"]["schemas"].as_object();
    for (name, schema) in schemas.into_iter().flatten() {
        let properties = schema["properties"].as_object().into_iter().flatten();
        for (property, _) in properties.filter(|(_, schema)| Bounds::of(schema).is_some()) {
            let field = field_name(property);
            let found = items.iter().any(|item| match item {
                Item::Struct(item) => {
                    item.ident == name.to_upper_camel_case()
                        && item
                            .fields
                            .iter()
                            .any(|known| known.ident.as_ref() == Some(&field))
                }
                _ => false,
            });
            if !found {
                return Err(missing(
                    format!("{name}.{property}"),
                    "field for its bounds",
                ));
            }
        }
    }
    Ok(())
}

fn check_method(item: &ItemStruct, checks: &[TokenStream]) -> ItemImpl {
    let name = &item.ident;
    parse_quote! {
        impl #name {
            /// Checks that the fields are within the bounds of the OpenAPI document. This check
            /// runs automatically before a request is sent.
            pub fn check(&self) -> Result<(), self::error::ConversionError> {
                #(#checks)*
                Ok(())
            }
        }
    }
}

fn field_check(
    field: &Field,
    schema: &Value,
    checked: &BTreeMap<String, ItemImpl>,
) -> Option<TokenStream> {
    let ident = field.ident.as_ref()?;
    let properties = schema["properties"].as_object()?;
    let (name, property) = properties
        .iter()
        .find(|(name, _)| field_name(name) == *ident)?;
    let (optional, inner) = match first_argument(&field.ty) {
        Some(inner) if last_segment(&field.ty) == "Option" => (true, inner),
        _ => (false, &field.ty),
    };
    let check = match Bounds::of(property) {
        Some(bounds) => {
            let check = bounds_check(name, &bounds, inner);
            quote!(#check?;)
        }
        None if checked.contains_key(&last_segment(inner)) => quote!(value.check()?;),
        None => return None,
    };
    Some(match optional {
        true => quote!(if let Some(value) = &self.#ident { #check }),
        false => quote!({ let value = &self.#ident; #check }),
    })
}

/// Returns the call that checks `value`, which is a reference to a value of type `ty`.
fn bounds_check(name: &str, bounds: &Bounds, ty: &Type) -> TokenStream {
    let integer = |bound: Option<f64>| {
        option(
            bound
                .map(|bound| bound as usize)
                .map(|bound| quote!(#bound)),
        )
    };
    let path = quote!(crate::generated::bounds);
    match bounds.quantity {
        Quantity::Value => {
            let literal = |bound: f64| number(bound, &last_segment(ty));
            let minimum = option(bounds.minimum.map(literal));
            let maximum = option(bounds.maximum.map(literal));
            quote!(#path::number(#name, *value, #minimum, #maximum))
        }
        Quantity::Characters => {
            let (minimum, maximum) = (integer(bounds.minimum), integer(bounds.maximum));
            quote!(#path::characters(#name, value, #minimum, #maximum))
        }
        Quantity::Items => {
            let (minimum, maximum) = (integer(bounds.minimum), integer(bounds.maximum));
            quote!(#path::items(#name, value.len(), #minimum, #maximum))
        }
    }
}

/// Returns the bound as a literal of the field's type. Otherwise, an `f32` of 0.1 would differ from
/// a bound of 0.1 in `f64`.
fn number(bound: f64, ty: &str) -> TokenStream {
    match ty {
        "f32" => Literal::f32_suffixed(bound as f32).to_token_stream(),
        "f64" => Literal::f64_suffixed(bound).to_token_stream(),
        _ => Literal::i64_unsuffixed(bound as i64).to_token_stream(),
    }
}

fn option(bound: Option<TokenStream>) -> TokenStream {
    bound.map_or_else(|| quote!(None), |bound| quote!(Some(#bound)))
}

/// Changes the `TryFrom` of the builders so that it checks the new value before it returns `Ok`.
fn call_in_builders(items: &mut [Item], checked: &BTreeMap<String, ItemImpl>) -> Result<(), Error> {
    // The module `builder` exists only if there are structs.
    if checked.is_empty() {
        return Ok(());
    }
    let builders = super::module_in(items, "builder")?;
    for name in checked.keys() {
        let found = builders.iter_mut().find_map(|item| match item {
            Item::Impl(item) if is_try_from(item, name) => Some(item),
            _ => None,
        });
        let block =
            found
                .into_iter()
                .flat_map(|item| &mut item.items)
                .find_map(|item| match item {
                    ImplItem::Fn(method) => Some(&mut method.block),
                    _ => None,
                });
        let block = block.ok_or_else(|| missing(name, "TryFrom of its builder"))?;
        let Some(Stmt::Expr(Expr::Call(built), None)) = block.stmts.pop() else {
            return Err(missing(name, "Ok(Self { .. }) in TryFrom of its builder"));
        };
        let value = built.args.first();
        block.stmts.extend::<Vec<Stmt>>(parse_quote! {
            let built = #value;
            built.check()?;
            Ok(built)
        });
    }
    Ok(())
}

fn is_try_from(item: &ItemImpl, name: &str) -> bool {
    let of_trait = item
        .trait_
        .as_ref()
        .map(|(path, _)| path.to_token_stream().to_string());
    of_trait.is_some_and(|text| text.contains("TryFrom")) && last_segment(&item.self_ty) == name
}

/// Adds checks of the parameters before the statement that creates the URL.
pub(super) fn check_parameters(items: &mut [Item], document: &Value) -> Result<(), Error> {
    for (id, operation) in operations(document) {
        let name = id.to_upper_camel_case();
        let bounded: Vec<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|parameter| {
                Some((
                    parameter["name"].as_str()?,
                    Bounds::of(&parameter["schema"])?,
                ))
            })
            .collect();
        if bounded.is_empty() {
            continue;
        }
        let (builder, methods) = builders(items)
            .find(|(builder, _)| builder.ident == name)
            .ok_or_else(|| missing(id, "builder"))?;
        let send = send_mut(methods, &name)?;
        let mut checks: Vec<Stmt> = Vec::new();
        for (parameter, bounds) in bounded {
            checks.push(parameter_check(builder, send, parameter, &bounds)?);
        }
        let url = send
            .stmts
            .iter()
            .position(|statement| is_let(statement, "url"));
        let url = url.ok_or_else(|| missing(&name, "statement `let url`"))?;
        send.stmts.splice(url..url, checks);
    }
    Ok(())
}

/// Returns the statement that checks a parameter. If `send` has unwrapped the field into a local
/// variable, the statement checks that variable. Otherwise it checks the field, which is still a
/// `Result`.
fn parameter_check(
    builder: &ItemStruct,
    send: &Block,
    parameter: &str,
    bounds: &Bounds,
) -> Result<Stmt, Error> {
    let unknown_field = || {
        missing(
            format!("{}::{parameter}", builder.ident),
            "field of a known type",
        )
    };
    let ident = field_name(parameter);
    let field = builder
        .fields
        .iter()
        .find(|field| field.ident.as_ref() == Some(&ident))
        .ok_or_else(unknown_field)?;
    let ty = first_argument(&field.ty).ok_or_else(unknown_field)?;
    let inner = first_argument(ty).filter(|_| last_segment(ty) == "Option");
    let check = bounds_check(parameter, bounds, inner.unwrap_or(ty));
    let unwrapped = send
        .stmts
        .iter()
        .any(|statement| is_let(statement, &ident.to_string()));
    let value: Pat = match (unwrapped, inner) {
        (true, Some(_)) => parse_quote!(Some(value)),
        (true, None) => parse_quote!(value),
        (false, Some(_)) => parse_quote!(Ok(Some(value))),
        (false, None) => parse_quote!(Ok(value)),
    };
    let source: Expr = match unwrapped {
        true => parse_quote!(&#ident),
        false => parse_quote!(#ident),
    };
    Ok(match (unwrapped, inner) {
        (true, None) => {
            parse_quote!({ let #value = #source; #check.map_err(Error::InvalidRequest)?; })
        }
        _ => parse_quote!(if let #value = #source { #check.map_err(Error::InvalidRequest)?; }),
    })
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use serde_json::json;
    use syn::parse_quote;

    use super::{check_parameters, check_types};

    #[test]
    fn a_type_checks_its_fields_and_their_types() {
        let mut file: syn::File = parse_quote! {
            pub struct Outer { pub inner: Inner, pub free: String }
            pub struct Inner { pub level: Option<f32> }
            pub struct Unbound { pub free: String }
            pub mod builder {
                impl TryFrom<Inner> for super::Inner {
                    fn try_from(value: Inner) -> Result<Self, E> { Ok(Self { level: value.level? }) }
                }
                impl TryFrom<Outer> for super::Outer {
                    fn try_from(value: Outer) -> Result<Self, E> { Ok(Self { inner: value.inner?, free: value.free? }) }
                }
            }
        };
        let document = json!({"components": {"schemas": {
            "Inner": {"properties": {"level": {"x-bounds": {"minimum": 0.5}}}},
            "Outer": {"properties": {"inner": {}, "free": {}}},
            "Unbound": {"properties": {"free": {}}}
        }}});
        check_types(&mut file.items, &document).unwrap();
        let text = file.to_token_stream().to_string();
        assert!(
            text.contains("number (\"level\" , * value , Some (0.5f32) , None)"),
            "{text}"
        );
        assert_eq!(text.matches("fn check").count(), 2, "{text}");
        assert_eq!(text.matches("built . check () ?").count(), 2, "{text}");
    }

    #[test]
    fn the_check_depends_on_the_type_of_the_field() {
        let mut file: syn::File = parse_quote! {
            pub struct Level { pub high: f64, pub tags: Vec<String>, pub text: Option<String> }
            pub mod builder {
                impl TryFrom<Level> for super::Level {
                    fn try_from(value: Level) -> Result<Self, E> { Ok(Self {}) }
                }
            }
        };
        let document = json!({"components": {"schemas": {"Level": {"properties": {
            "high": {"x-bounds": {"maximum": 0.1}},
            "tags": {"x-bounds": {"minItems": 1}},
            "text": {"x-bounds": {"minLength": 1, "maxLength": 9}},
        }}}}});
        check_types(&mut file.items, &document).unwrap();
        let text = file.to_token_stream().to_string();
        for expected in [
            "{ let value = & self . high ; crate :: generated :: bounds :: number (\"high\" , * value , None , Some (0.1f64)) ? ; }",
            "{ let value = & self . tags ; crate :: generated :: bounds :: items (\"tags\" , value . len () , Some (1usize) , None) ? ; }",
            "if let Some (value) = & self . text { crate :: generated :: bounds :: characters (\"text\" , value , Some (1usize) , Some (9usize)) ? ; }",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }

    #[test]
    fn only_the_conversion_of_a_checked_type_calls_check() {
        let others: [syn::Item; 2] = [
            parse_quote!(
                impl super::Level {
                    fn new() -> Result<Self, E> {
                        Ok(Self {})
                    }
                }
            ),
            parse_quote!(
                impl TryFrom<Other> for super::Other {
                    fn try_from(value: Other) -> Result<Self, E> {
                        Ok(Self {})
                    }
                }
            ),
        ];
        let [first, second] = &others;
        let mut file: syn::File = parse_quote! {
            pub struct Level { pub high: f32 }
            pub mod builder {
                #first
                #second
                impl TryFrom<Level> for super::Level {
                    fn try_from(value: Level) -> Result<Self, E> { Ok(Self {}) }
                }
            }
        };
        let document = json!({"components": {"schemas": {
            "Level": {"properties": {"high": {"x-bounds": {"minimum": 0.5}}}}
        }}});
        check_types(&mut file.items, &document).unwrap();
        let builders = super::super::module_mut(&mut file, "builder").unwrap();
        assert_eq!(builders[..2], others);
        let conversion = builders[2].to_token_stream().to_string();
        assert!(conversion.contains("built . check () ?"), "{conversion}");
    }

    #[test]
    fn a_bound_without_a_field_is_an_error() {
        let document = json!({"components": {"schemas": {
            "Level": {"properties": {"high": {"x-bounds": {"minimum": 0.5}}}}
        }}});
        let no_field: syn::File = parse_quote! {
            pub struct Level { pub low: f32 }
            pub struct Other { pub high: f32 }
        };
        let no_type: syn::File = parse_quote! { pub struct Other { pub high: f32 } };
        for mut file in [no_field, no_type] {
            let error = check_types(&mut file.items, &document).unwrap_err();
            let expected = "Level.high has no field for its bounds";
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_parameter_is_checked_before_the_url_is_created() {
        let mut file: syn::File = parse_quote! {
            pub struct Draw<'a> {
                client: &'a super::Client,
                columns: Result<Option<i32>, String>,
                rows: Result<i32, String>,
            }
            impl<'a> Draw<'a> {
                pub async fn send(self) {
                    let columns = columns?;
                    let rows = rows?;
                    let url = format!("{}", client.baseurl);
                }
            }
        };
        let columns =
            json!({"name": "columns", "schema": {"x-bounds": {"minimum": 1, "maximum": 30}}});
        let rows = json!({"name": "rows", "schema": {"x-bounds": {"maximum": 90}}});
        let document = json!({"paths": {"/a": {"get": {"operationId": "Draw", "parameters": [columns, rows]}}}});
        check_parameters(&mut file.items, &document).unwrap();
        let text = file.to_token_stream().to_string();
        for expected in [
            "if let Some (value) = & columns { crate :: generated :: bounds :: number (\"columns\" , * value , Some (1) , Some (30))",
            "{ let value = & rows ; crate :: generated :: bounds :: number (\"rows\" , * value , None , Some (90))",
        ] {
            let check = text.find(expected).expect(&text);
            assert!(check < text.find("let url").unwrap(), "{text}");
        }
    }

    #[test]
    fn a_parameter_that_send_does_not_unwrap_is_checked_in_its_field() {
        let mut file: syn::File = parse_quote! {
            pub struct Draw<'a> {
                client: &'a super::Client,
                columns: Result<Option<i32>, Refusal>,
                rows: Result<i32, Refusal>,
            }
            impl<'a> Draw<'a> {
                pub async fn send(self) {
                    let Self { client, ref columns, ref rows } = self;
                    let url = client.baseurl.path().url()?;
                }
            }
        };
        let bounded = |name| json!({"name": name, "schema": {"x-bounds": {"minimum": 1}}});
        let parameters = [bounded("columns"), bounded("rows")];
        let document =
            json!({"paths": {"/a": {"get": {"operationId": "Draw", "parameters": parameters}}}});
        check_parameters(&mut file.items, &document).unwrap();
        let text = file.to_token_stream().to_string();
        for expected in [
            "if let Ok (Some (value)) = columns { crate :: generated :: bounds :: number (\"columns\" , * value",
            "if let Ok (value) = rows { crate :: generated :: bounds :: number (\"rows\" , * value",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}
