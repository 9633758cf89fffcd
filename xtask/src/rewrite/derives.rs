//! Derives: with the client's feature `schemars`, every type of the document implements
//! `JsonSchema`, including the bounds from the document. `Client` does not derive `Debug`, because
//! that would show a password in its base URL.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Fields, File, Item, parse_quote};

use super::{field_name, missing};
use crate::Error;
use crate::lower::{Bounds, Quantity};

pub(super) fn derive_json_schema(items: &mut [Item], document: &Value) {
    let derive: Attribute =
        parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]);
    for item in items {
        match item {
            Item::Enum(item) => item.attrs.push(derive.clone()),
            Item::Struct(item) => {
                item.attrs.push(derive.clone());
                bound_fields(&mut item.fields, super::schema_of(document, &item.ident));
            }
            _ => {}
        }
    }
}

/// Removes the derived `Debug` of `Client`. The hand-written part of its crate implements it.
pub(super) fn hide_base_url(file: &mut File) -> Result<(), Error> {
    let client = file.items.iter_mut().find_map(|item| match item {
        Item::Struct(item) if item.ident == "Client" => Some(item),
        _ => None,
    });
    let derive = client.and_then(|client| {
        let mut attributes = client.attrs.iter_mut();
        attributes.find(|attribute| **attribute == parse_quote!(#[derive(Clone, Debug)]))
    });
    let derive = derive.ok_or_else(|| missing("Client", "derive of `Clone` and `Debug`"))?;
    *derive = parse_quote!(#[derive(Clone)]);
    Ok(())
}

fn bound_fields(fields: &mut Fields, schema: Option<&Value>) {
    let properties = schema
        .and_then(|schema| schema["properties"].as_object())
        .into_iter()
        .flatten();
    for (name, property) in properties {
        let name = field_name(name);
        let field = fields
            .iter_mut()
            .find(|field| field.ident.as_ref() == Some(&name));
        if let (Some(field), Some(bounds)) = (field, Bounds::of(property)) {
            let bounds = attribute(&bounds);
            field
                .attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", schemars(#bounds))]));
        }
    }
}

fn attribute(bounds: &Bounds) -> TokenStream {
    let name = match bounds.quantity {
        Quantity::Value => quote!(range),
        Quantity::Characters | Quantity::Items => quote!(length),
    };
    let number = |bound: f64| match bound.fract() == 0.0 {
        true => {
            let bound = proc_macro2::Literal::i64_unsuffixed(bound as i64);
            quote!(#bound)
        }
        false => {
            let bound = proc_macro2::Literal::f64_unsuffixed(bound);
            quote!(#bound)
        }
    };
    let minimum = bounds
        .minimum
        .map(number)
        .map(|bound| quote!(min = #bound,));
    let maximum = bounds
        .maximum
        .map(number)
        .map(|bound| quote!(max = #bound,));
    quote!(#name(#minimum #maximum))
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use serde_json::json;
    use syn::parse_quote;

    use super::{derive_json_schema, hide_base_url};

    #[test]
    fn types_derive_json_schema_with_their_bounds() {
        let mut file: syn::File = parse_quote! {
            pub struct Level { pub high: Option<f32>, pub text: String }
            pub enum Kind { A }
        };
        let document = json!({"components": {"schemas": {"Level": {"properties": {
            "high": {"x-bounds": {"minimum": 0.5, "maximum": 2}}, "text": {"x-bounds": {"minLength": 1}}
        }}}}});
        derive_json_schema(&mut file.items, &document);
        let text = file.to_token_stream().to_string();
        assert_eq!(
            text.matches("derive (:: schemars :: JsonSchema)").count(),
            2,
            "{text}"
        );
        for expected in [
            "schemars (range (min = 0.5 , max = 2 ,)))] pub high",
            "schemars (length (min = 1 ,)))] pub text",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }

    #[test]
    fn the_client_does_not_derive_debug() {
        let mut file: syn::File = parse_quote! {
            #[derive(Clone, Debug)]
            pub struct Client { baseurl: String }
        };
        hide_base_url(&mut file).unwrap();
        let text = file.to_token_stream().to_string();
        assert!(text.contains("derive (Clone)"), "{text}");
        let error = hide_base_url(&mut file).unwrap_err().to_string();
        assert!(error.contains("derive of `Clone` and `Debug`"), "{error}");
    }
}
