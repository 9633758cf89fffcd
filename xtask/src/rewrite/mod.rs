//! Changes the code that progenitor generates where its settings do not suffice. Each module makes
//! one change to the syntax tree. A rewrite fails if it does not find the code that it expects, so
//! that a new version of progenitor cannot disable it unnoticed.

mod api_version;
mod bounds;
mod derives;
mod docs;
mod enums;
mod exchange;
pub(crate) mod mock;
mod multipart;
mod send;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use quote::format_ident;
use serde_json::Value;
use syn::{File, GenericArgument, Ident, Item, ItemImpl, ItemMod, ItemStruct, PathArguments, Type};

use crate::Error;
use crate::lower::Lowered;

/// Applies all rewrites to the generated `file`.
pub(crate) fn rewrite(file: &mut File, lowered: &Lowered) -> Result<(), Error> {
    derives::hide_base_url(file)?;
    let builders = module_mut(file, "builder")?;
    api_version::remove(builders)?;
    multipart::send_forms(builders, &lowered.multipart)?;
    docs::describe_setters(builders, &lowered.document)?;
    bounds::check_parameters(builders, &lowered.document)?;
    exchange::split(builders)?;
    bounds::check_types(module_mut(file, "types")?, &lowered.document)?;
    file.items.push(bounds::module());
    derives::derive_json_schema(module_mut(file, "types")?, &lowered.document);
    enums::list_values_and_ignore_case(module_mut(file, "types")?)?;
    docs::split_lines(file);
    Ok(())
}

fn module_mut<'a>(file: &'a mut File, name: &str) -> Result<&'a mut Vec<Item>, Error> {
    module_in(&mut file.items, name)
}

fn module_in<'a>(items: &'a mut [Item], name: &str) -> Result<&'a mut Vec<Item>, Error> {
    let found = items.iter_mut().find_map(|item| match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) if ident == name => Some(items),
        _ => None,
    });
    found.ok_or_else(|| missing(name, "module of that name"))
}

/// Returns the struct and the methods of each builder in the module.
fn builders(items: &mut [Item]) -> impl Iterator<Item = (&mut ItemStruct, &mut ItemImpl)> {
    let mut structs = Vec::new();
    let mut impls = Vec::new();
    for item in items {
        match item {
            Item::Struct(item) => structs.push(item),
            Item::Impl(item) => impls.push(item),
            _ => {}
        }
    }
    // progenitor generates one struct and one impl for each builder, in the same order.
    structs.into_iter().zip(impls)
}

fn missing(place: impl ToString, expected: &'static str) -> Error {
    Error::Rewrite {
        place: place.to_string(),
        expected,
    }
}

/// Returns `T` if `ty` is `Name<T>`.
fn first_argument(ty: &Type) -> Option<&Type> {
    argument(ty, 0)
}

/// Returns the generic argument of `ty` at `index`, if it is a type.
fn argument(ty: &Type, index: usize) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.get(index)? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the field or module name for `name`. [`crate::lower`] has checked that `name` has a
/// valid identifier.
pub(crate) fn field_name(name: &str) -> Ident {
    let name = name.to_snake_case();
    syn::parse_str(&name).unwrap_or_else(|_| format_ident!("{name}_"))
}

fn last_segment(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Returns the schema from which the type `ident` was generated.
fn schema_of<'a>(document: &'a Value, ident: &Ident) -> Option<&'a Value> {
    let schemas = document["components"]["schemas"].as_object()?;
    let found = schemas
        .iter()
        .find(|(name, _)| *ident == name.to_upper_camel_case());
    found.map(|(_, schema)| schema)
}
