//! Lets `send` write the query of a request in one go, by `crate::query::Query`. progenitor calls `RequestBuilder::query`
//! for each parameter, set or not.

use heck::ToUpperCamelCase as _;
use quote::format_ident;
use serde_json::Value;

use syn::{
    Block, Expr, ExprCall, FieldPat, Ident, Item, ItemStruct, Lit, LitStr, Local, Pat, Stmt,
    parse_quote,
};

use super::send::{is_let, request_statement, send_mut, take_calls};
use super::{builders, first_argument, last_segment, missing};
use crate::Error;
use crate::document::operations;

/// Rewrites the operations that have a query; those of `multipart` have got a form for it.
pub(super) fn write_at_once(
    items: &mut [Item],
    document: &Value,
    multipart: &[String],
) -> Result<(), Error> {
    for (id, operation) in operations(document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let expected = parameters.filter(|it| it["in"] == "query").count();
        if expected == 0 || multipart.iter().any(|known| known == id) {
            continue;
        }
        let name = id.to_upper_camel_case();
        let (builder, methods) = builders(items)
            .find(|(builder, _)| builder.ident == name)
            .ok_or_else(|| missing(id, "builder"))?;
        rewrite(send_mut(methods, &name)?, builder, expected)?;
    }
    Ok(())
}

fn rewrite(send: &mut Block, builder: &ItemStruct, expected: usize) -> Result<(), Error> {
    let fault = |expected| missing(&builder.ident, expected);
    let at = request_statement(send, &builder.ident.to_string())?;
    let mut query: Expr = parse_quote!(crate::query::Query::of(&mut request));
    let calls = take_calls(&mut send.stmts[at], "query");
    if calls.len() != expected {
        return Err(fault("call of `query` for each parameter"));
    }
    let mut written = Vec::new();
    for call in calls {
        let (name, variable) = call
            .args
            .first()
            .and_then(parameter)
            .ok_or_else(|| fault("QueryParam::new"))?;
        let method = match is_optional(builder, &variable) {
            true => format_ident!("add_if_set"),
            false => format_ident!("add"),
        };
        query = parse_quote!(#query.#method(#name, #variable));
        written.push(variable);
    }
    let write: Stmt = parse_quote!(#query.end().map_err(Error::InvalidRequest)?;);
    send.stmts.insert(at + 1, write);
    match borrow(send, &written) == (expected, expected) {
        true => Ok(()),
        false => Err(fault("field and `let` of each parameter")),
    }
}

/// Leaves `variables` where they are, refused or not: moved out of the builder one by one, they take more than the
/// rest of the request. Returns how many `let`s and fields were found.
fn borrow(send: &mut Block, variables: &[Ident]) -> (usize, usize) {
    let lets = send.stmts.len();
    send.stmts
        .retain(|it| !variables.iter().any(|name| is_let(it, &name.to_string())));
    let taken = lets - send.stmts.len();
    let fields = send.stmts.iter_mut().find_map(fields_mut);
    let borrowed = fields
        .into_iter()
        .flatten()
        .filter_map(|field| match &mut *field.pat {
            Pat::Ident(pat) if variables.contains(&pat.ident) => Some(&mut pat.by_ref),
            _ => None,
        });
    let borrowed = borrowed
        .map(|by_ref| *by_ref = Some(Default::default()))
        .count();
    (taken, borrowed)
}

/// The fields of `let Self { … } = self;`.
fn fields_mut(statement: &mut Stmt) -> Option<impl Iterator<Item = &mut FieldPat>> {
    match statement {
        Stmt::Local(Local {
            pat: Pat::Struct(pat),
            ..
        }) => Some(pat.fields.iter_mut()),
        _ => None,
    }
}

/// Whether the builder's field is a `Result<Option<T>, Refusal>`.
fn is_optional(builder: &ItemStruct, name: &Ident) -> bool {
    let mut fields = builder.fields.iter();
    let field = fields.find(|field| field.ident.as_ref() == Some(name));
    let value = field.and_then(|field| first_argument(&field.ty));
    value.is_some_and(|value| last_segment(value) == "Option")
}

/// Reads `&progenitor_client::QueryParam::new("name", &variable)`.
pub(super) fn parameter(argument: &Expr) -> Option<(LitStr, Ident)> {
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

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use serde_json::{Value, json};
    use syn::parse_quote;

    use super::write_at_once;

    fn document() -> Value {
        json!({ "paths": { "/books": { "get": { "operationId": "findIt", "parameters": [
            { "name": "id", "in": "path" },
            { "name": "lang", "in": "query" },
            { "name": "tags", "in": "query" },
        ] } } } })
    }

    fn generated(query: proc_macro2::TokenStream) -> syn::File {
        parse_quote! {
            pub struct FindIt<'a> {
                client: &'a super::Client,
                id: Result<i32, Refusal>,
                lang: Result<String, Refusal>,
                tags: Result<Option<Vec<String>>, Refusal>,
            }
            impl<'a> FindIt<'a> {
                pub async fn send(self) {
                    let Self { client, id, lang, tags } = self;
                    let id = id?;
                    let lang = lang?;
                    let tags = tags?;
                    let mut request = client.client.get(url).header(ACCEPT, json) #query .build()?;
                    client.pre(&mut request, &info).await?;
                }
            }
        }
    }

    fn both() -> syn::File {
        generated(quote::quote! {
            .query(&progenitor_client::QueryParam::new("lang", &lang))
            .query(&progenitor_client::QueryParam::new("tags", &tags))
        })
    }

    #[test]
    fn the_query_is_written_once_the_request_is_built() {
        let mut file = both();
        write_at_once(&mut file.items, &document(), &[]).unwrap();
        let expected: syn::File = parse_quote! {
            pub struct FindIt<'a> {
                client: &'a super::Client,
                id: Result<i32, Refusal>,
                lang: Result<String, Refusal>,
                tags: Result<Option<Vec<String>>, Refusal>,
            }
            impl<'a> FindIt<'a> {
                pub async fn send(self) {
                    let Self { client, id, ref lang, ref tags } = self;
                    let id = id?;
                    let mut request = client.client.get(url).header(ACCEPT, json).build()?;
                    crate::query::Query::of(&mut request)
                        .add("lang", lang)
                        .add_if_set("tags", tags)
                        .end()
                        .map_err(Error::InvalidRequest)?;
                    client.pre(&mut request, &info).await?;
                }
            }
        };
        let text = |file: &syn::File| file.to_token_stream().to_string();
        assert_eq!(text(&file), text(&expected));
    }

    #[test]
    fn what_became_a_form_is_left_alone() {
        let mut file = both();
        write_at_once(&mut file.items, &document(), &["findIt".to_owned()]).unwrap();
        assert_eq!(
            file.to_token_stream().to_string(),
            both().to_token_stream().to_string()
        );
    }

    #[test]
    fn a_parameter_that_is_not_found_is_missed() {
        let fails = |query| {
            let mut file = generated(query);
            let error = write_at_once(&mut file.items, &document(), &[]).unwrap_err();
            error.to_string()
        };
        let one = fails(quote::quote!(.query(&progenitor_client::QueryParam::new("lang", &lang))));
        assert!(one.contains("for each parameter"), "{one}");
        let other = fails(quote::quote!(.query(&lang).query(&tags)));
        assert!(other.contains("QueryParam::new"), "{other}");
    }
}
