//! Names, which become Rust identifiers. A name without a valid identifier, or with the same
//! identifier as another name in its scope, is an error. progenitor would choose a different
//! identifier, which the rewrites would not find, or generate code that does not compile.

use std::collections::HashMap;

use contract_review::Pointer;
use heck::ToSnakeCase as _;

use crate::Error;

/// The methods that every request builder has.
const METHODS: [&str; 4] = ["new", "request", "send", "receive"];

/// Checks names that become setters of the same builder. Each name comes with its place in the
/// document.
pub(super) fn check_setters<'a>(
    names: impl Iterator<Item = (&'a str, Pointer)> + Clone,
) -> Result<(), Error> {
    for (name, at) in names.clone() {
        if METHODS.contains(&name.to_snake_case().as_str()) {
            let construct = format!("{name:?} becomes a setter with the name of another method");
            let hint = "remove it with an overlay action";
            return Err(Error::lower(&at, construct, hint));
        }
    }
    check(names)
}

/// Checks names that become identifiers in the same scope. Each name comes with its place in the
/// document.
pub(super) fn check<'a>(names: impl Iterator<Item = (&'a str, Pointer)>) -> Result<(), Error> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (name, at) in names {
        let identifier = name.to_snake_case();
        // progenitor appends an underscore to keywords. With an underscore, a keyword is a valid
        // identifier.
        if name.contains('\'') || syn::parse_str::<syn::Ident>(&format!("{identifier}_")).is_err() {
            let hint =
                "a name must start with a letter and consist of letters, digits and separators";
            let construct = format!("the name {name:?} is not a valid identifier");
            return Err(Error::lower(&at, construct, hint));
        }
        if let Some(other) = seen.insert(identifier, name) {
            let construct = format!("the names {other:?} and {name:?} become the same identifier");
            return Err(Error::lower(
                &at,
                construct,
                "remove one with an overlay action",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contract_review::Pointer;

    use super::{check, check_setters};

    fn error_of(names: &[&str]) -> String {
        let names = names
            .iter()
            .map(|name| (*name, Pointer::default().join(name)));
        check(names).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn names_in_any_case_and_keywords_are_valid() {
        assert_eq!(
            error_of(&["barcodeType", "X-Api_Key", "type", "self", "größe", "a1"]),
            ""
        );
    }

    #[test]
    fn a_setter_with_the_name_of_another_method_is_an_error() {
        for name in ["new", "Request", "send", "receive"] {
            let at = Pointer::default().join(name);
            let setters = check_setters([(name, at)].into_iter());
            let error = setters.unwrap_err().to_string();
            let expected =
                format!("#/{name}: {name:?} becomes a setter with the name of another method");
            assert!(error.starts_with(&expected), "{error}");
            assert_eq!(error_of(&[name]), "");
        }
    }

    #[test]
    fn invalid_and_conflicting_names_are_errors() {
        for name in ["1", "", "-", "2D", "it's", "_"] {
            let error = error_of(&[name]);
            let expected = format!("#/{name}: the name {name:?} is not a valid identifier");
            assert!(error.starts_with(&expected), "{error}");
        }
        let error = error_of(&["barcodeType", "other", "barcode_type"]);
        let expected = "#/barcode_type: the names \"barcodeType\" and \"barcode_type\" become the";
        assert!(error.starts_with(expected), "{error}");
    }
}
