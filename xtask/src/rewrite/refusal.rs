//! Lets a builder keep what is wrong with a parameter as `crate::refusal::Refusal`. progenitor copies a text of the
//! program onto the heap for each required parameter of each request, and makes room for one in each field: a builder
//! is four times as large.

use heck::ToUpperCamelCase as _;
use quote::format_ident;
use serde_json::Value;
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{
    Expr, ExprMethodCall, GenericArgument, Ident, ImplItem, ImplItemFn, Item, ItemImpl, Lit,
    Member, PathArguments, Stmt, Type, parse_quote,
};

use super::send::send_mut;
use super::{builders, field_name, last_segment, missing};
use crate::Error;
use crate::document::operations;

/// Rewrites the fields of every builder that are parameters. The refusal of a body tells what it met, and stays a text.
pub(super) fn keep_texts(items: &mut [Item], document: &Value) -> Result<(), Error> {
    for (builder, methods) in builders(items) {
        let wire_names = wire_names(document, &builder.ident);
        for (name, told) in wire_names {
            let place = || missing(format!("{}::{name}", builder.ident), "known refusals");
            let mut fields = builder.fields.iter_mut();
            // OpenAPI has parameters that mean nothing, such as a header `Accept`: they have no field.
            let Some(field) = fields.find(|it| it.ident.as_ref() == Some(&name)) else {
                continue;
            };
            let setter = method_mut(methods, &name).ok_or_else(place)?;
            if replace_texts(setter) == 0 {
                return Err(place());
            }
            let refusal = refusal_mut(&mut field.ty).ok_or_else(place)?;
            *refusal = parse_quote!(crate::refusal::Refusal);
            let new = method_mut(methods, &format_ident!("new"));
            replace_in_new(new.ok_or_else(place)?, &name).ok_or_else(place)?;
            let send = send_mut(methods, &builder.ident.to_string())?;
            let mut statements = send.stmts.iter_mut();
            let given: Stmt = parse_quote!(let #name = #name.map_err(Error::InvalidRequest)?;);
            let given = statements.find(|it| **it == given).ok_or_else(place)?;
            *given = parse_quote!(let #name = #name.map_err(|refusal| refusal.error(#told))?;);
        }
    }
    Ok(())
}

/// What the parameters of a builder's operation are called in the document.
fn wire_names(document: &Value, builder: &Ident) -> Vec<(Ident, String)> {
    let mut operations = operations(document);
    let operation = operations.find(|(id, _)| *builder == id.to_upper_camel_case());
    let parameters = operation.and_then(|(_, operation)| operation["parameters"].as_array());
    let names = parameters.into_iter().flatten();
    let names = names.filter_map(|parameter| parameter["name"].as_str());
    names
        .map(|name| (field_name(name), name.to_owned()))
        .collect()
}

fn method_mut<'a>(methods: &'a mut ItemImpl, name: &Ident) -> Option<&'a mut ImplItemFn> {
    methods.items.iter_mut().find_map(|item| match item {
        ImplItem::Fn(method) if method.sig.ident == *name => Some(method),
        _ => None,
    })
}

/// `String` of `Result<T, String>`.
fn refusal_mut(ty: &mut Type) -> Option<&mut Type> {
    let Type::Path(path) = ty else { return None };
    let result = path.path.segments.last_mut()?;
    let PathArguments::AngleBracketed(arguments) = &mut result.arguments else {
        return None;
    };
    match arguments.args.last_mut()? {
        GenericArgument::Type(ty) if last_segment(ty) == "String" => Some(ty),
        _ => None,
    }
}

fn replace_in_new(new: &mut ImplItemFn, field: &Ident) -> Option<()> {
    let Some(Stmt::Expr(Expr::Struct(made), None)) = new.block.stmts.last_mut() else {
        return None;
    };
    let mut fields = made.fields.iter_mut();
    let field = fields.find(|it| matches!(&it.member, Member::Named(it) if it == field))?;
    Texts::of("Missing").visit_expr_mut(&mut field.expr);
    Some(())
}

fn replace_texts(setter: &mut ImplItemFn) -> usize {
    let mut texts = Texts::of("Unconvertible");
    texts.visit_block_mut(&mut setter.block);
    texts.replaced
}

/// Makes this refusal of each `"text".to_string()`.
struct Texts {
    refusal: Ident,
    replaced: usize,
}

impl Texts {
    fn of(refusal: &str) -> Self {
        Self {
            refusal: format_ident!("{refusal}"),
            replaced: 0,
        }
    }
}

impl VisitMut for Texts {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_expr_mut(self, expr);
        if is_text(expr) {
            let refusal = &self.refusal;
            *expr = parse_quote!(crate::refusal::Refusal::#refusal);
            self.replaced += 1;
        }
    }
}

fn is_text(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(ExprMethodCall {
            receiver, method, ..
        }) => {
            let text = matches!(&**receiver, Expr::Lit(it) if matches!(it.lit, Lit::Str(_)));
            text && method == "to_string"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use serde_json::{Value, json};
    use syn::parse_quote;

    use super::keep_texts;

    fn document() -> Value {
        let parameters = json!([{"name": "ownId", "in": "path"}]);
        json!({"paths": {"/it/{ownId}": {"get": {"operationId": "findIt", "parameters": parameters}}}})
    }

    fn generated(new: syn::Expr, given: syn::Stmt) -> syn::File {
        parse_quote! {
            pub struct FindIt<'a> {
                client: &'a super::Client,
                own_id: Result<i32, String>,
                body: Result<types::builder::Body, String>,
            }
            impl<'a> FindIt<'a> {
                pub fn new(client: &'a super::Client) -> Self { #new }
                pub fn own_id<V>(mut self, value: V) -> Self {
                    self.own_id = value.try_into().map_err(|_| { "conversion failed".to_string() });
                    self
                }
                pub fn body<V>(mut self, value: V) -> Self {
                    self.body = value.try_into().map_err(|s| format!("conversion failed: {}", s));
                    self
                }
                pub async fn send(self) {
                    let Self { client, own_id, body } = self;
                    #given
                    let body = body.map_err(Error::InvalidRequest)?;
                }
            }
        }
    }

    #[test]
    fn texts_of_the_program_are_not_copied() {
        let mut file = generated(
            parse_quote!(Self {
                client,
                own_id: Err("not initialized".to_string()),
                body: Ok(none)
            }),
            parse_quote!(let own_id = own_id.map_err(Error::InvalidRequest)?;),
        );
        keep_texts(&mut file.items, &document()).unwrap();
        let expected: syn::File = parse_quote! {
            pub struct FindIt<'a> {
                client: &'a super::Client,
                own_id: Result<i32, crate::refusal::Refusal>,
                body: Result<types::builder::Body, String>,
            }
            impl<'a> FindIt<'a> {
                pub fn new(client: &'a super::Client) -> Self {
                    Self { client, own_id: Err(crate::refusal::Refusal::Missing), body: Ok(none) }
                }
                pub fn own_id<V>(mut self, value: V) -> Self {
                    self.own_id = value.try_into().map_err(|_| { crate::refusal::Refusal::Unconvertible });
                    self
                }
                pub fn body<V>(mut self, value: V) -> Self {
                    self.body = value.try_into().map_err(|s| format!("conversion failed: {}", s));
                    self
                }
                pub async fn send(self) {
                    let Self { client, own_id, body } = self;
                    let own_id = own_id.map_err(|refusal| refusal.error("ownId"))?;
                    let body = body.map_err(Error::InvalidRequest)?;
                }
            }
        };
        let text = |file: &syn::File| file.to_token_stream().to_string();
        assert_eq!(text(&file), text(&expected));
    }

    #[test]
    fn a_builder_of_another_shape_is_told() {
        let usual: syn::Stmt = parse_quote!(let own_id = own_id.map_err(Error::InvalidRequest)?;);
        for (new, given) in [
            (parse_quote!(Self::default()), usual.clone()),
            (
                parse_quote!(Self {
                    client,
                    body: Ok(none)
                }),
                usual,
            ),
            (
                parse_quote!(Self {
                    client,
                    own_id: Ok(none)
                }),
                parse_quote!(let own_id = own_id.and_then(other)?;),
            ),
        ] {
            let error = keep_texts(&mut generated(new, given).items, &document()).unwrap_err();
            assert!(error.to_string().contains("FindIt::own_id"), "{error}");
        }
    }
}
