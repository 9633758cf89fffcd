//! Names, which become Rust identifiers. A name without a valid identifier, or with the same
//! identifier as another name in its scope, is an error. progenitor would choose a different
//! identifier, which the rewrites would not find, or generate code that does not compile.

use std::collections::HashMap;

use contract_review::Pointer;
use heck::ToSnakeCase as _;

use crate::Error;

/// The longest name in bytes. File systems limit names to 255 bytes.
const LONGEST: usize = 200;

/// The kinds of names that share a scope with names of the generated code.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    /// Parameters, which become setters of a builder.
    Setters,
    /// Parameters of an operation with a request body.
    SettersWithBody,
    /// Operations, which become methods of the client.
    Operations,
    /// Schemas, which become types.
    Types,
    /// Properties, which become fields and setters of a type.
    Properties,
}

impl Scope {
    /// The identifiers that are taken in this scope, in snake case.
    #[rustfmt::skip]
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Setters => &["new", "request", "send", "receive", "into_inner"],
            Self::SettersWithBody => &[
                "new",
                "request",
                "send",
                "receive",
                "into_inner",
                "body",
                "body_map",
            ],
            // Methods of the client, and what the module of the builders uses.
            Self::Operations => &[
                "new", "new_with_client", "self", "super", "crate", "api_version", "baseurl",
                "client", "inner", "pre", "exec", "post", "byte_stream", "client_hooks",
                "client_info", "err", "error", "none", "ok", "operation_info", "option",
                "request_builder_ext", "response_value", "result", "some", "string", "vec",
            ],
            // What the derived code uses.
            Self::Types => &[
                "box", "default", "err", "none", "ok", "option", "result", "self", "some", "string",
                "vec",
            ],
            Self::Properties => &[],
        }
    }
}

/// Checks the names of one scope. Each name comes with its place in the document.
pub(super) fn check<'a>(
    scope: Scope,
    names: impl Iterator<Item = (&'a str, Pointer)>,
) -> Result<(), Error> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (name, at) in names {
        let identifier = name.to_snake_case();
        if scope.reserved().contains(&identifier.as_str()) {
            let construct = format!("the generated code uses the name {name:?} itself");
            let hint = match scope {
                Scope::Types => "rename the schema and each reference to it with overlay actions",
                Scope::Operations => "set another `operationId` with an overlay action",
                _ => "remove it with an overlay action",
            };
            return Err(Error::lower(&at, construct, hint));
        }
        // progenitor appends an underscore to keywords. With an underscore, a keyword is a valid
        // identifier.
        if name.contains('\'') || syn::parse_str::<syn::Ident>(&format!("{identifier}_")).is_err() {
            let hint =
                "a name must start with a letter and consist of letters, digits and separators";
            let construct = format!("the name {name:?} is not a valid identifier");
            return Err(Error::lower(&at, construct, hint));
        }
        if name.len() > LONGEST {
            let construct = format!("a name of {} bytes", name.len());
            let hint = "a file is named after it; shorten it with an overlay action";
            return Err(Error::lower(&at, construct, hint));
        }
        if let Some(other) = seen.insert(identifier, name) {
            let construct = format!("the names {other:?} and {name:?} become the same identifier");
            let hint = "remove or rename one with an overlay action";
            return Err(Error::lower(&at, construct, hint));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contract_review::Pointer;

    use super::{Scope, check};

    fn error_of(names: &[&str]) -> String {
        let names = names.iter().map(|name| (*name, Pointer::default().join(name)));
        check(Scope::Properties, names).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn names_in_any_case_and_keywords_are_valid() {
        assert_eq!(error_of(&["barcodeType", "X-Api_Key", "type", "self", "größe", "a1"]), "");
    }

    #[test]
    fn a_name_that_the_generated_code_uses_is_an_error() {
        use Scope::*;
        for (scope, name, reserved) in [
            (Setters, "new", true),
            (Setters, "Request", true),
            (Setters, "send", true),
            (Setters, "receive", true),
            (Setters, "into_inner", true),
            (Setters, "body", false),
            (SettersWithBody, "body", true),
            (SettersWithBody, "bodyMap", true),
            (SettersWithBody, "send", true),
            (Operations, "newWithClient", true),
            (Operations, "crate", true),
            (Operations, "send", false),
            (Types, "Result", true),
            (Types, "Self", true),
            (Types, "Request", false),
            (Properties, "new", false),
        ] {
            let at = Pointer::default().join(name);
            let outcome = check(scope, [(name, at)].into_iter());
            let message = outcome.map_or_else(|e| e.to_string(), |()| String::new());
            let expected = format!("#/{name}: the generated code uses the name {name:?} itself");
            assert_eq!(message.starts_with(&expected), reserved, "{scope:?} {name}");
        }
    }

    #[test]
    fn the_hint_depends_on_the_kind_of_name() {
        for (scope, name, hint) in [
            (Scope::Types, "Result", "rename the schema and each reference"),
            (Scope::Operations, "new", "set another `operationId`"),
            (Scope::Setters, "new", "remove it"),
        ] {
            let names = [(name, Pointer::default())].into_iter();
            let error = check(scope, names).unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn invalid_and_conflicting_names_are_errors() {
        for name in ["1", "", "-", "2D", "it's", "_"] {
            let error = error_of(&[name]);
            let expected = format!("#/{name}: the name {name:?} is not a valid identifier");
            assert!(error.starts_with(&expected), "{error}");
        }
        let (longest, longer) = ("x".repeat(200), "x".repeat(201));
        assert_eq!(error_of(&[&longest]), "");
        let error = error_of(&[&longer]);
        assert!(error.contains("a name of 201 bytes; a file"), "{error}");
        let error = error_of(&["barcodeType", "other", "barcode_type"]);
        let expected = "#/barcode_type: the names \"barcodeType\" and \"barcode_type\" become the";
        assert!(error.starts_with(expected), "{error}");
    }
}
