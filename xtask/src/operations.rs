//! The operations of a document as constants: what a tracer or a metric calls a request, beside its id.

use heck::{ToShoutySnakeCase as _, ToSnakeCase as _};
use quote::format_ident;
use serde_json::Value;
use syn::{Item, parse_quote};

use crate::lower::operations;

/// A constant for each operation of the lowered `document`, sorted by id.
pub(crate) fn items(document: &Value) -> Vec<Item> {
    let mut operations: Vec<_> = operations(document)
        .filter_map(|it| Some((it.node["operationId"].as_str()?, it.method, it.path)))
        .collect();
    operations.sort_unstable();
    let mut items: Vec<Item> = vec![parse_quote! { use crate::Operation; }];
    items.extend(operations.into_iter().map(|(id, method, path)| {
        let name = format_ident!("{}", id.to_shouty_snake_case());
        let (id, method) = (id.to_snake_case(), method.to_uppercase());
        let docs = format!(" `{method} {path}`");
        parse_quote! {
            #[doc = #docs]
            pub const #name: Operation = Operation { id: #id, method: #method, path: #path };
        }
    }));
    items
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
        assert!(
            text.contains("id: \"remove_b\"") && text.contains("method: \"DELETE\""),
            "{text}"
        );
        assert!(text.contains("path: \"/b/{id}\""), "{text}");
    }
}
