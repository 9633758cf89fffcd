//! Generates a constant for each operation, for tracing and metrics, and a function that finds one
//! by its id.

use contract_review::operations;
use heck::{ToShoutySnakeCase as _, ToSnakeCase as _};
use quote::format_ident;
use serde_json::Value;
use syn::{Ident, Item, parse_quote};

/// The constants of the operations of the lowered `document`, sorted by id, and the function
/// `find`.
pub(crate) fn items(document: &Value) -> Vec<Item> {
    let mut operations: Vec<_> = operations(document)
        .filter_map(|found| {
            let id = found.node["operationId"].as_str()?;
            Some((id, found.method, found.path))
        })
        .collect();
    operations.sort_unstable();
    let names = operations.iter().map(|(id, ..)| constant(id));
    let find: Item = parse_quote! {
        /// Returns the operation with this id, such as the id in
        /// [`OperationInfo`](crate::OperationInfo).
        pub fn find(id: &str) -> Option<&'static Operation> {
            let mut all = [#(&#names),*].into_iter();
            all.find(|operation| operation.id == id)
        }
    };
    let mut items: Vec<Item> = vec![parse_quote! { use crate::Operation; }, find];
    items.extend(operations.into_iter().map(|(id, method, path)| {
        let name = constant(id);
        let (id, method) = (id.to_snake_case(), method.to_uppercase());
        let docs = format!(" `{method} {path}`");
        parse_quote! {
            #[doc = #docs]
            pub const #name: Operation = Operation { id: #id, method: #method, path: #path };
        }
    }));
    items
}

/// Returns the name of the constant for the operation `id`.
pub(crate) fn constant(id: &str) -> Ident {
    format_ident!("{}", id.to_shouty_snake_case())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::items;

    #[test]
    fn every_operation_is_a_constant_with_method_and_path() {
        let document = json!({"paths": {
            "/b/{id}": {"parameters": [], "delete": {"operationId": "remove_b"}},
            "/a": {"get": {"operationId": "ListA"}},
        }});
        let items = items(&document);
        let text = prettyplease::unparse(&syn::parse_quote!(#(#items)*));
        let (first, second) = (text.find("LIST_A").unwrap(), text.find("REMOVE_B").unwrap());
        assert!(first < second, "{text}");
        assert!(text.contains("id: \"remove_b\"") && text.contains("method: \"DELETE\""), "{text}");
        assert!(text.contains("path: \"/b/{id}\""), "{text}");
        assert!(text.contains("[&LIST_A, &REMOVE_B].into_iter()"), "{text}");
    }
}
