//! Changes what progenitor cannot be told to do otherwise, on the syntax tree: one module a change. Each knows exactly
//! what it looks for and fails where that is missing, so that a new progenitor cannot slip past it.

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
    exchange::part(builders)?;
    bounds::check_types(module_mut(file, "types")?, &lowered.document)?;
    file.items.push(bounds::module());
    derives::describe_themselves(module_mut(file, "types")?, &lowered.document);
    enums::list_and_forgive(module_mut(file, "types")?)?;
    docs::one_line_an_attribute(file);
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

/// Each builder of the module: its struct and its methods.
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
    // progenitor gives each builder one struct and one impl, in the same order.
    structs.into_iter().zip(impls)
}

fn missing(place: impl ToString, expected: &'static str) -> Error {
    Error::Rewrite {
        place: place.to_string(),
        expected,
    }
}

/// `T` of `Name<T>`.
fn first_argument(ty: &Type) -> Option<&Type> {
    argument(ty, 0)
}

/// The type at `place` between the angle brackets of `ty`.
fn argument(ty: &Type, place: usize) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.get(place)? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// The field or module that `name` becomes; [`crate::lower`] saw to it that it becomes one.
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

/// The schema that the generated type `ident` was made of.
fn schema_of<'a>(document: &'a Value, ident: &Ident) -> Option<&'a Value> {
    let schemas = document["components"]["schemas"].as_object()?;
    let found = schemas
        .iter()
        .find(|(name, _)| *ident == name.to_upper_camel_case());
    found.map(|(_, schema)| schema)
}
