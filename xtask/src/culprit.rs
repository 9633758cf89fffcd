//! Finds the part of a document that progenitor fails on, or for which it generates two types with
//! the same name. The messages of progenitor and typify, and of their panics, do not name a place.

use std::collections::HashSet;

use contract_review::{Operation, Pointer, operations};
use heck::ToSnakeCase as _;
use serde_json::{Map, json};
use syn::{File, Item, ItemEnum, ItemStruct};

use crate::Error;
use crate::generate::tokens;
use crate::lower::Lowered;

/// Returns an error with the place of the first schema or operation with which progenitor fails, or
/// `error` if it fails with none of them.
pub(crate) fn locate(lowered: &Lowered, error: Error) -> Error {
    let schemas = lowered.document["components"]["schemas"].as_object();
    let names: Vec<_> = schemas.into_iter().flat_map(Map::keys).collect();
    let operations: Vec<_> = operations(&lowered.document).collect();
    let schema = first_failure(names.len(), |count| failure(lowered, count, &[]));
    let at_schemas = Pointer::default().join("components").join("schemas");
    let found =
        schema.map(|(index, message)| (at_schemas.join(names[index]), message)).or_else(|| {
            let fails = |count| failure(lowered, names.len(), &operations[..count]);
            let (index, message) = first_failure(operations.len(), fails)?;
            Some((operations[index].at.clone(), message))
        });
    match found {
        Some((at, message)) => {
            let hint = "simplify it or remove it with an overlay action";
            Error::lower(&at, format!("progenitor cannot generate code for it: {message}"), hint)
        }
        None => error,
    }
}

/// Returns the index of the first of `count` parts with which a failure occurs, and its message.
/// `failure` takes the number of parts to use. A large document has thousands of parts, so this is
/// a binary search.
fn first_failure(
    count: usize,
    failure: impl Fn(usize) -> Option<String>,
) -> Option<(usize, String)> {
    if failure(0).is_some() {
        return None;
    }
    let mut message = failure(count)?;
    let (mut succeeds, mut fails) = (0, count);
    while fails - succeeds > 1 {
        let middle = succeeds.midpoint(fails);
        match failure(middle) {
            Some(other) => (fails, message) = (middle, other),
            None => succeeds = middle,
        }
    }
    Some((succeeds, message))
}

/// Returns the message of progenitor's failure on the lowered document with only these
/// `operations`, in which all schemas after the first `kept` are free-form.
fn failure(lowered: &Lowered, kept: usize, operations: &[Operation<'_>]) -> Option<String> {
    let mut document = lowered.document.clone();
    document["paths"] = json!({});
    for Operation { path, method, node, .. } in operations {
        document["paths"][path][method] = (*node).clone();
    }
    let schemas = document["components"]["schemas"].as_object_mut();
    for (_, schema) in schemas.into_iter().flat_map(Map::iter_mut).skip(kept) {
        *schema = json!({});
    }
    let multipart = lowered.multipart.clone();
    match tokens(&Lowered { document, multipart, applied: Vec::new() }) {
        Err(Error::Progenitor(message)) => Some(message),
        _ => None,
    }
}

/// Checks that no two types have the same name, or names that differ only in case. An inline schema
/// becomes a type that is named after its place, such as `BookCover` for the property `cover` of
/// `Book`, and there may be a schema of that name.
pub(crate) fn check_type_names(file: &File, lowered: &Lowered) -> Result<(), Error> {
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let mut seen = HashSet::new();
    for item in modules.flat_map(|(_, items)| items) {
        let (Item::Struct(ItemStruct { ident, .. }) | Item::Enum(ItemEnum { ident, .. })) = item
        else {
            continue;
        };
        if seen.insert(ident.to_string().to_snake_case()) {
            continue;
        }
        let schemas = lowered.document["components"]["schemas"].as_object();
        let name = schemas
            .into_iter()
            .flat_map(Map::keys)
            .find(|name| name.to_snake_case() == ident.to_string().to_snake_case());
        let at = Pointer::default().join("components").join("schemas");
        let at = name.map_or(at.clone(), |name| at.join(name));
        let construct = format!("an inline schema becomes a type with the same name, {ident}");
        let hint = "rename this schema and each reference to it with overlay actions";
        return Err(Error::lower(&at, construct, hint));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::{Value, json};
    use syn::parse_quote;

    use super::{check_type_names, first_failure, locate};
    use crate::Error;
    use crate::lower::Lowered;

    fn located(paths: Value, schema: Value) -> String {
        let document = json!({
            "openapi": "3.0.3",
            "info": {"title": "t", "version": "1"},
            "paths": paths,
            "components": {"schemas": {"Good": {"type": "string"}, "S": schema}},
        });
        let lowered = Lowered { document, multipart: Vec::new(), applied: Vec::new() };
        locate(&lowered, Error::Progenitor("no place".into())).to_string()
    }

    #[test]
    fn a_failure_of_progenitor_names_the_schema_or_the_operation() {
        let alike = json!({"type": "string", "enum": [".", "X"]});
        let error = located(json!({}), alike);
        let expected =
            "#/components/schemas/S: progenitor cannot generate code for it: Failed to make";
        assert!(error.starts_with(expected), "{error}");

        let operation = |id: &str, responses: Value| json!({"operationId": id, "parameters": [], "responses": responses});
        let bytes = json!({"description": "", "content": {"image/png": {}}});
        let two = json!({"200": bytes, "204": {"description": ""}});
        let paths = json!({
            "/a": {"get": operation("a", json!({"200": bytes}))},
            "/b": {"get": operation("b", two)},
        });
        let error = located(paths, json!({}));
        let expected = "#/paths/~1b/get: progenitor cannot generate code for it: assertion failed";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_failure_that_needs_two_operations_names_the_second() {
        let operation = json!({"operationId": "same", "parameters": [], "responses": {"204": {"description": ""}}});
        let paths = json!({"/a": {"get": operation}, "/b": {"get": operation}});
        let error = located(paths, json!({}));
        let expected = "#/paths/~1b/get: progenitor cannot generate code for it: ";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn an_error_without_a_culprit_is_unchanged() {
        let error = located(json!({}), json!({}));
        assert_eq!(error, Error::Progenitor("no place".into()).to_string());
        // Each part fails because the title is missing, so none of them is the reason.
        let document = json!({"openapi": "3.0.3", "info": {"version": "1"}, "paths": {}, "components": {"schemas": {"S": {}}}});
        let lowered = Lowered { document, multipart: Vec::new(), applied: Vec::new() };
        let error = locate(&lowered, Error::Progenitor("no title".into()));
        assert_eq!(error.to_string(), Error::Progenitor("no title".into()).to_string());
    }

    #[test]
    fn the_first_failure_is_found_in_few_attempts() {
        for culprit in [0, 1, 499, 998, 999] {
            let attempts = Cell::new(0);
            let fails = |count| {
                attempts.set(attempts.get() + 1);
                (count > culprit).then(|| format!("message {culprit}"))
            };
            let expected = Some((culprit, format!("message {culprit}")));
            assert_eq!(first_failure(1000, fails), expected);
            assert!(attempts.get() <= 12, "{}", attempts.get());
        }
        assert_eq!(first_failure(1000, |_| None), None);
    }

    #[test]
    fn two_types_with_the_same_name_are_an_error() {
        let document = json!({"components": {"schemas": {"Book": {}, "BookCover": {}}}});
        let lowered = Lowered { document, multipart: Vec::new(), applied: Vec::new() };
        let different = parse_quote! { mod types { struct Book {} struct BookCover {} } mod builder { struct Book {} } };
        check_type_names(&different, &lowered).unwrap();
        let same =
            parse_quote! { mod types { struct Book {} struct BookCover {} enum BookCover {} } };
        let error = check_type_names(&same, &lowered).unwrap_err().to_string();
        let expected =
            "#/components/schemas/BookCover: an inline schema becomes a type with the same name";
        assert!(error.starts_with(expected), "{error}");
    }
}
