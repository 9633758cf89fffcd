//! Documentation: progenitor documents parameters only in the description of the operation, and
//! generates each text as one attribute. This rewrite documents every setter and splits the texts
//! into ordinary `///` lines.

use std::collections::BTreeMap;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::Value;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Expr, File, ImplItem, Item, Lit, Meta, parse_quote};

use super::{builders, missing};
use crate::Error;
use crate::document::operations;
use crate::lower::Bounds;

/// The documentation of each parameter. The key consists of the builder and the setter.
type Texts = BTreeMap<(String, String), String>;

pub(super) fn describe_setters(items: &mut [Item], document: &Value) -> Result<(), Error> {
    let texts = texts(document);
    for (builder, methods) in builders(items) {
        let builder = builder.ident.to_string();
        for item in &mut methods.items {
            let ImplItem::Fn(method) = item else { continue };
            let name = method.sig.ident.to_string();
            let text = match name.as_str() {
                "send" => continue,
                "new" => "Creates the builder. `send` sends the request.",
                "body_map" => "Modifies the request body with a closure.",
                _ => texts
                    .get(&(builder.clone(), name.trim_start_matches("r#").to_owned()))
                    .ok_or_else(|| {
                        missing(format!("{builder}::{name}"), "parameter in the document")
                    })?,
            };
            method.attrs.push(parse_quote!(#[doc = #text]));
        }
    }
    Ok(())
}

fn texts(document: &Value) -> Texts {
    let mut texts = Texts::new();
    for (id, operation) in operations(document) {
        let builder = id.to_upper_camel_case();
        let mut add = |name: &str, described: &Value| {
            let mut text = described["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if let Some(bounds) = Bounds::of(&described["schema"]) {
                text = format!("{text}\n\n{bounds}");
            }
            texts.insert((builder.clone(), name.to_snake_case()), text);
        };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            add(parameter["name"].as_str().unwrap_or_default(), parameter);
        }
        if let Some(body) = operation.get("requestBody") {
            add("body", body);
        }
    }
    texts
}

/// Splits each doc attribute into one attribute per line, each with a leading space as after `///`.
pub(super) fn split_lines(file: &mut File) {
    struct Lines;
    impl VisitMut for Lines {
        fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
            let old = std::mem::take(attributes);
            for attribute in old {
                match doc_text(&attribute) {
                    Some(text) => attributes.extend(text.trim().lines().map(|line| {
                        // `crate::split` moves the builders one module deeper, so paths relative to
                        // `super` become invalid.
                        let line = line.replace("]: super::Client::", "]: crate::Client::");
                        let line = if line.is_empty() {
                            String::new()
                        } else {
                            format!(" {line}")
                        };
                        parse_quote!(#[doc = #line])
                    })),
                    None => attributes.push(attribute),
                }
            }
        }
    }
    Lines.visit_file_mut(file);
}

fn doc_text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use syn::parse_quote;

    use super::{describe_setters, split_lines};

    #[test]
    fn setters_have_the_description_of_their_parameter() {
        let mut file: syn::File = parse_quote! {
            pub struct MakeIt<'a> { client: &'a super::Client }
            impl<'a> MakeIt<'a> {
                pub fn qr_level(self) -> Self { self }
            }
        };
        let document = json!({"paths": {"/a": {"get": {
            "operationId": "MakeIt",
            "parameters": [{"name": "qrLevel", "description": "How much.\n\n- `L`: 7 %"}]
        }}}});
        describe_setters(&mut file.items, &document).unwrap();
        split_lines(&mut file);
        let text = prettyplease::unparse(&file);
        assert!(
            text.contains("    /// How much.\n    ///\n    /// - `L`: 7 %\n    pub fn qr_level"),
            "{text}"
        );

        let error = describe_setters(&mut file.items, &json!({"paths": {}}))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("MakeIt::qr_level has no parameter in the document"),
            "{error}"
        );
    }

    #[test]
    fn other_attributes_are_unchanged() {
        let mut file: syn::File = parse_quote! {
            #[deprecated = "Use `B`."]
            #[derive(Debug)]
            pub struct A;
        };
        let before = file.clone();
        split_lines(&mut file);
        assert_eq!(file, before);
    }

    #[test]
    fn other_methods_are_documented_too() {
        let mut file: syn::File = parse_quote! {
            pub struct MakeIt<'a> { client: &'a super::Client }
            impl<'a> MakeIt<'a> {
                pub fn new(client: &'a super::Client) -> Self { Self { client } }
                pub fn body_map(self) -> Self { self }
                #[doc = "From progenitor."]
                pub async fn send(self) {}
            }
        };
        describe_setters(&mut file.items, &json!({"paths": {}})).unwrap();
        split_lines(&mut file);
        let text = prettyplease::unparse(&file);
        for expected in [
            "/// Creates the builder. `send` sends the request.\n    pub fn new",
            "/// Modifies the request body with a closure.\n    pub fn body_map",
            "/// From progenitor.\n    pub async fn send",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}
