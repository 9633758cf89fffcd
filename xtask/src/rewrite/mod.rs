//! Changes what progenitor cannot be told to do otherwise, on the syntax tree: one module a change. Each knows exactly
//! what it looks for and fails where that is missing, so that a new progenitor cannot slip past it.

mod api_version;
mod docs;
mod enums;
mod multipart;
mod send;

use syn::{File, Item, ItemImpl, ItemMod, ItemStruct};

use crate::Error;
use crate::lower::Lowered;

/// Applies all rewrites to the generated `file`.
pub(crate) fn rewrite(file: &mut File, lowered: &Lowered) -> Result<(), Error> {
    let builders = module_mut(file, "builder")?;
    api_version::remove(builders)?;
    multipart::send_forms(builders, &lowered.multipart)?;
    docs::describe_setters(builders, &lowered.document)?;
    enums::list_and_forgive(module_mut(file, "types")?)?;
    docs::one_line_an_attribute(file);
    Ok(())
}

fn module_mut<'a>(file: &'a mut File, name: &str) -> Result<&'a mut Vec<Item>, Error> {
    let found = file.items.iter_mut().find_map(|item| match item {
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
