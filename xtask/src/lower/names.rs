//! Names become identifiers. One that gives none, or the same as its neighbour's, is told here: progenitor would make
//! up another, which no rewrite finds, or give code that does not compile.

use std::collections::HashMap;

use contract_review::Pointer;
use heck::ToSnakeCase as _;

use crate::Error;

/// What every builder of a request calls a method of its own.
const METHODS: [&str; 4] = ["new", "request", "send", "receive"];

/// Checks names that become setters of a builder, each with its place.
pub(super) fn check_setters<'a>(
    names: impl Iterator<Item = (&'a str, Pointer)> + Clone,
) -> Result<(), Error> {
    for (name, at) in names.clone() {
        if METHODS.contains(&name.to_snake_case().as_str()) {
            let construct = format!("{name:?} gives a setter the name of another method");
            let hint = "leave it out with an overlay action";
            return Err(Error::lower(&at, construct, hint));
        }
    }
    check(names)
}

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
    use contract_review::Pointer;

    use super::{check, check_setters};

    fn said_of(names: &[&str]) -> String {
        let names = names
            .iter()
            .map(|name| (*name, Pointer::default().join(name)));
        check(names).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn names_in_any_spelling_and_keywords_pass() {
        assert_eq!(
            said_of(&["barcodeType", "X-Api_Key", "type", "self", "größe", "a1"]),
            ""
        );
    }

    #[test]
    fn a_setter_is_called_like_no_other_method() {
        for name in ["new", "Request", "send", "receive"] {
            let at = Pointer::default().join(name);
            let setters = check_setters([(name, at)].into_iter());
            let said = setters.unwrap_err().to_string();
            let expected = format!("#/{name}: {name:?} gives a setter the name of another method");
            assert!(said.starts_with(&expected), "{said}");
            assert_eq!(said_of(&[name]), "");
        }
    }

    #[test]
    fn names_without_an_identifier_of_their_own_are_named() {
        for name in ["1", "", "-", "2D", "it's", "_"] {
            let said = said_of(&[name]);
            let expected = format!("#/{name}: the name {name:?} gives no identifier");
            assert!(said.starts_with(&expected), "{said}");
        }
        let said = said_of(&["barcodeType", "other", "barcode_type"]);
        let expected = "#/barcode_type: the names \"barcodeType\" and \"barcode_type\" give the";
        assert!(said.starts_with(expected), "{said}");
    }
}
