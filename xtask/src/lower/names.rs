//! Names become identifiers. One that gives none, or the same as its neighbour's, is told here: progenitor would make
//! up another, which no rewrite finds, or give code that does not compile.

use std::collections::HashMap;

use heck::ToSnakeCase as _;

use crate::Error;
use crate::pointer::Pointer;

/// Checks names that stand side by side, each with its place.
pub(super) fn check<'a>(names: impl Iterator<Item = (&'a str, Pointer)>) -> Result<(), Error> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (name, at) in names {
        let made = name.to_snake_case();
        // A keyword gets an underscore; so it is looked at with one.
        if name.contains('\'') || syn::parse_str::<syn::Ident>(&format!("{made}_")).is_err() {
            let hint = "a name has letters, digits and separators, a letter first";
            let construct = format!("the name {name:?} gives no identifier");
            return Err(Error::lower(&at, construct, hint));
        }
        if let Some(other) = seen.insert(made, name) {
            let construct = format!("the names {other:?} and {name:?} give the same identifier");
            return Err(Error::lower(
                &at,
                construct,
                "leave one with an overlay action",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::pointer::Pointer;

    fn said(names: &[&str]) -> String {
        let names = names
            .iter()
            .map(|name| (*name, Pointer::default().join(name)));
        check(names).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn names_in_any_spelling_and_keywords_pass() {
        assert_eq!(
            said(&["barcodeType", "X-Api_Key", "type", "self", "größe", "a1"]),
            ""
        );
    }

    #[test]
    fn names_without_an_identifier_of_their_own_are_named() {
        for name in ["1", "", "-", "2D", "it's", "_"] {
            let said = said(&[name]);
            let expected = format!("#/{name}: the name {name:?} gives no identifier");
            assert!(said.starts_with(&expected), "{said}");
        }
        let said = said(&["barcodeType", "other", "barcode_type"]);
        let expected = "#/barcode_type: the names \"barcodeType\" and \"barcode_type\" give the";
        assert!(said.starts_with(expected), "{said}");
    }
}
