//! Makes the builders of multipart operations send a form. Lowering converted the form fields to
//! query parameters, so that progenitor could generate the struct, the setters and the code that
//! parses the response. This rewrite replaces the query with a form.

use heck::ToUpperCamelCase as _;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Expr, ExprCall, Ident, Item, ItemStruct, Lit, LitStr, Stmt, Type, parse_quote};

use super::send::{replace_before_build, request_statement, send_mut, take_calls};
use super::{builders, first_argument, missing};
use crate::Error;
use crate::lower::FILE_PART;

pub(super) fn send_forms(items: &mut [Item], operation_ids: &[String]) -> Result<(), Error> {
    for id in operation_ids {
        let name = id.to_upper_camel_case();
        let (builder, methods) = builders(items)
            .find(|(builder, _)| builder.ident == name)
            .ok_or_else(|| missing(id, "builder"))?;
        let send = send_mut(methods, &name)?;
        let at = request_statement(send, &name)?;
        let mut request = send.stmts.remove(at);
        let fields = take_calls(&mut request, "query")
            .into_iter()
            .map(|call| {
                call.args
                    .first()
                    .and_then(parameter)
                    .ok_or_else(|| missing(&name, "QueryParam::new"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if !replace_before_build(
            &mut request,
            |receiver| parse_quote!(#receiver.multipart(form)),
        ) {
            return Err(missing(&name, "call of `build`"));
        }
        let mut statements: Vec<Stmt> =
            vec![parse_quote!(let mut form = reqwest::multipart::Form::new();)];
        for (field, variable) in &fields {
            let kind = Kind::of(builder, variable)
                .ok_or_else(|| missing(&name, "field of a known type"))?;
            statements
                .push(syn::parse2(kind.add(field, variable)).map_err(|_| missing(&name, "field"))?);
        }
        statements.push(request);
        send.stmts.splice(at..at, statements);
        remove_clone_with_file(builder, &fields);
    }
    Ok(())
}

/// Parses `&progenitor_client::QueryParam::new("name", &variable)` into the name and the variable.
fn parameter(argument: &Expr) -> Option<(LitStr, Ident)> {
    let Expr::Reference(reference) = argument else {
        return None;
    };
    let Expr::Call(ExprCall { args, .. }) = &*reference.expr else {
        return None;
    };
    match (args.first()?, args.last()?) {
        (Expr::Lit(name), Expr::Reference(variable)) => match (&name.lit, &*variable.expr) {
            (Lit::Str(name), Expr::Path(path)) => {
                Some((name.clone(), path.path.get_ident()?.clone()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// How a value is added to the form.
enum Kind {
    Text,
    File,
    Optional(Box<Kind>),
    List(Box<Kind>),
}

impl Kind {
    /// Returns the kind for the type `T` of the builder's field `name: Result<T, String>`.
    fn of(builder: &ItemStruct, name: &syn::Ident) -> Option<Self> {
        let field = builder
            .fields
            .iter()
            .find(|field| field.ident.as_ref() == Some(name))?;
        Some(Self::of_type(first_argument(&field.ty)?))
    }

    fn of_type(ty: &Type) -> Self {
        let last = match ty {
            Type::Path(path) => path
                .path
                .segments
                .last()
                .map(|segment| segment.ident.to_string()),
            _ => None,
        };
        match (last.as_deref(), first_argument(ty)) {
            (Some("Option"), Some(inner)) => Self::Optional(Box::new(Self::of_type(inner))),
            (Some("Vec"), Some(inner)) => Self::List(Box::new(Self::of_type(inner))),
            (Some(FILE_PART), _) => Self::File,
            _ => Self::Text,
        }
    }

    fn add(&self, field: &LitStr, value: &syn::Ident) -> TokenStream {
        match self {
            Self::Text => quote!(form = form.text(#field, #value.to_string());),
            Self::File => quote!(form = form.part(#field, #value.into_part());),
            Self::Optional(inner) => {
                let add = inner.add(field, value);
                quote!(if let Some(#value) = #value { #add })
            }
            Self::List(inner) => {
                let add = inner.add(field, value);
                quote!(for #value in #value { #add })
            }
        }
    }
}

/// Removes `Clone` from a builder with a file, because a file may be a stream, which can be sent
/// only once.
fn remove_clone_with_file(builder: &mut ItemStruct, fields: &[(LitStr, syn::Ident)]) {
    let has_file = fields.iter().any(|(_, name)| {
        let field = builder
            .fields
            .iter()
            .find(|field| field.ident.as_ref() == Some(name));
        field.is_some_and(|field| field.ty.to_token_stream().to_string().contains(FILE_PART))
    });
    if has_file {
        builder
            .attrs
            .retain(|attribute| !attribute.path().is_ident("derive"));
        builder.attrs.push(parse_quote!(#[derive(Debug)]));
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::send_forms;

    #[test]
    fn each_kind_of_field_is_added_to_the_form() {
        let mut file: syn::File = parse_quote! {
            #[derive(Debug, Clone)]
            pub struct SendIt<'a> {
                client: &'a super::Client,
                kind: Result<types::Kind, String>,
                level: Result<Option<f32>, String>,
                tags: Result<Vec<types::Tag>, String>,
                file: Result<crate::FilePart, String>,
            }
            impl<'a> SendIt<'a> {
                pub async fn send(self) {
                    let mut request = client
                        .client
                        .post(url)
                        .query(&progenitor_client::QueryParam::new("kind", &kind))
                        .query(&progenitor_client::QueryParam::new("level", &level))
                        .query(&progenitor_client::QueryParam::new("tags", &tags))
                        .query(&progenitor_client::QueryParam::new("file", &file))
                        .build()?;
                }
            }
        };
        send_forms(&mut file.items, &["sendIt".to_owned()]).unwrap();
        let expected: syn::File = parse_quote! {
            #[derive(Debug)]
            pub struct SendIt<'a> {
                client: &'a super::Client,
                kind: Result<types::Kind, String>,
                level: Result<Option<f32>, String>,
                tags: Result<Vec<types::Tag>, String>,
                file: Result<crate::FilePart, String>,
            }
            impl<'a> SendIt<'a> {
                pub async fn send(self) {
                    let mut form = reqwest::multipart::Form::new();
                    form = form.text("kind", kind.to_string());
                    if let Some(level) = level { form = form.text("level", level.to_string()); }
                    for tags in tags { form = form.text("tags", tags.to_string()); }
                    form = form.part("file", file.into_part());
                    let mut request = client.client.post(url).multipart(form).build()?;
                }
            }
        };
        assert_eq!(
            file.to_token_stream().to_string(),
            expected.to_token_stream().to_string()
        );
    }

    #[test]
    fn a_missing_builder_is_an_error() {
        let error = send_forms(&mut [], &["Gone".to_owned()])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("the generated code of Gone has no builder"),
            "{error}"
        );
    }
}
