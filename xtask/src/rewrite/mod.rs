//! Completes the code that progenitor generates. The types, the client and the setters of its
//! builders are kept. The methods that build, send and read a request, and the mocks, are generated
//! from the lowered document instead. Nothing here depends on the statements in progenitor's code.

mod builders;
mod docs;
pub(crate) mod operation;
mod types;

use heck::ToSnakeCase as _;
use quote::format_ident;
use syn::{
    File, GenericArgument, Ident, Item, ItemMod, PathArguments, PathSegment, Type, parse_quote,
};

use crate::Error;
use crate::lower::Lowered;

/// Completes the generated `file` and adds the module `mock`.
pub(crate) fn rewrite(file: &mut File, lowered: &Lowered) -> Result<(), Error> {
    hide_base_url(file);
    types::complete(module_mut(file, "types")?, &lowered.document)?;
    let operations = builders::complete(module_mut(file, "builder")?, lowered)?;
    file.items.push(crate::mock::module(&operations));
    docs::split_lines(file);
    Ok(())
}

/// Removes the derived `Debug` of `Client`, which would show a password in its base URL. The
/// hand-written part of its crate implements it. No other struct is outside the modules.
fn hide_base_url(file: &mut File) {
    for item in &mut file.items {
        if let Item::Struct(item) = item {
            item.attrs.retain(|other| !other.path().is_ident("derive"));
            item.attrs.push(parse_quote!(#[derive(Clone)]));
        }
    }
}

fn module_mut<'a>(file: &'a mut File, name: &str) -> Result<&'a mut Vec<Item>, Error> {
    let found = file.items.iter_mut().find_map(|item| match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == name => Some(items),
        _ => None,
    });
    found.ok_or_else(|| missing(name, "module of that name"))
}

fn missing(place: impl ToString, expected: &'static str) -> Error {
    Error::Rewrite { place: place.to_string(), expected }
}

/// Returns the generic arguments of `ty` that are types.
pub(crate) fn arguments(ty: &Type) -> impl Iterator<Item = &Type> {
    let arguments = match last(ty).map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => Some(&arguments.args),
        _ => None,
    };
    let arguments = arguments.into_iter().flatten();
    arguments.filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Returns the last segment of a path without its arguments.
pub(crate) fn last_segment(ty: &Type) -> String {
    last(ty).map_or_else(String::new, |segment| segment.ident.to_string())
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns the field or module name for `name`. [`crate::lower`] has checked that `name` has a
/// valid identifier.
pub(crate) fn field_name(name: &str) -> Ident {
    let name = name.to_snake_case();
    match syn::parse_str(&name) {
        // syn does not know that this is a keyword since the edition 2024.
        Ok(name) if name != "gen" => name,
        _ => format_ident!("{name}_"),
    }
}
