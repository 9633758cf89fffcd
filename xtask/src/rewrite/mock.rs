//! Completes the typed mocks that progenitor generates. Lowering converted multipart forms to query
//! parameters; the rewritten mocks match the fields in the request body instead. Responses with
//! binary data are set with bytes and a media type, because progenitor supports only JSON there.

use heck::ToUpperCamelCase as _;
use serde_json::Value;
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Expr, File, FnArg, ImplItem, Item, ItemImpl, Type, parse_quote};

use super::{last_segment, missing, module_in};
use crate::Error;
use crate::document::operations;
use crate::lower::{FILE_PART, Lowered};

/// Rewrites the generated mocks.
pub(crate) fn complete(file: &mut File, lowered: &Lowered) -> Result<(), Error> {
    let mocks = module_in(&mut file.items, "operations")?;
    for id in &lowered.multipart {
        let when = methods(mocks, &format!("{}When", id.to_upper_camel_case()))?;
        let rewritten = when.items.iter_mut().filter_map(match_form_field).count();
        if rewritten == 0 {
            return Err(missing(id, "query_param in its mock"));
        }
    }
    for (id, _) in operations(&lowered.document).filter(|(_, operation)| returns_bytes(operation)) {
        let then = methods(mocks, &format!("{}Then", id.to_upper_camel_case()))?;
        respond_with_bytes(then).ok_or_else(|| missing(id, "method `ok` in its mock"))?;
    }
    file.items.push(form_module());
    super::docs::split_lines(file);
    Ok(())
}

fn methods<'a>(operations: &'a mut [Item], name: &str) -> Result<&'a mut ItemImpl, Error> {
    let found = operations.iter_mut().find_map(|item| match item {
        Item::Impl(item) if last_segment(&item.self_ty) == name => Some(item),
        _ => None,
    });
    found.ok_or_else(|| missing(name, "mock"))
}

/// Replaces `query_param` and `query_param_missing` with a check of the form field. Returns `None`
/// if the method contains neither. The field must contain the text of the value or, for a file, its
/// bytes.
fn match_form_field(item: &mut ImplItem) -> Option<()> {
    struct Matcher {
        value: Expr,
        found: bool,
    }
    impl VisitMut for Matcher {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            visit_expr_mut(self, expr);
            let Expr::MethodCall(call) = expr else { return };
            let (receiver, name, value) = (&call.receiver, call.args.first(), &self.value);
            let replacement = if call.method == "query_param" {
                parse_quote!(super::form::with(#receiver, #name, #value.as_ref()))
            } else if call.method == "query_param_missing" {
                parse_quote!(super::form::without(#receiver, #name))
            } else {
                return;
            };
            *expr = replacement;
            self.found = true;
        }
    }
    let ImplItem::Fn(method) = item else {
        return None;
    };
    let file = method.sig.inputs.iter_mut().find_map(|input| match input {
        FnArg::Typed(input) if is_file_part(&input.ty) => Some(input),
        _ => None,
    });
    let value = match file {
        Some(input) => {
            *input.ty = parse_quote!(impl AsRef<[u8]>);
            parse_quote!(value)
        }
        None => parse_quote!(value.to_string()),
    };
    let mut matcher = Matcher {
        value,
        found: false,
    };
    matcher.visit_block_mut(&mut method.block);
    matcher.found.then_some(())
}

fn is_file_part(ty: &Type) -> bool {
    let ty = match ty {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    };
    last_segment(ty) == FILE_PART
}

/// Returns whether a successful response of `operation` is not JSON.
fn returns_bytes(operation: &Value) -> bool {
    let content = operation["responses"]["200"]["content"].as_object();
    content.is_some_and(|content| !content.contains_key("application/json"))
}

fn respond_with_bytes(then: &mut ItemImpl) -> Option<()> {
    let ok = then.items.iter_mut().find_map(|item| match item {
        ImplItem::Fn(method) if method.sig.ident == "ok" => Some(method),
        _ => None,
    })?;
    *ok = parse_quote! {
        pub fn ok(self, media_type: &str, bytes: impl AsRef<[u8]>) -> Self {
            Self(self.0.status(200u16).header("content-type", media_type).body(bytes))
        }
    };
    Some(())
}

fn form_module() -> Item {
    parse_quote! {
        /// Matches the fields of multipart forms.
        mod form {
            pub(super) fn with(when: ::httpmock::When, name: &str, value: &[u8]) -> ::httpmock::When {
                let (name, value) = (name.to_owned(), value.to_owned());
                when.is_true(move |request| field(request.body_ref(), &name) == Some(value.as_slice()))
            }

            pub(super) fn without(when: ::httpmock::When, name: &str) -> ::httpmock::When {
                let name = name.to_owned();
                when.is_true(move |request| field(request.body_ref(), &name).is_none())
            }

            /// Returns the value of the form field `name`, which is between its headers and the
            /// next boundary.
            fn field<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
                let boundary = &body[..find(body, b"\r\n")?];
                let named = &body[find(body, format!("; name=\"{name}\"").as_bytes())?..];
                let value = &named[find(named, b"\r\n\r\n")? + 4..];
                Some(&value[..find(value, &[b"\r\n", boundary].concat())?])
            }

            fn find(text: &[u8], part: &[u8]) -> Option<usize> {
                text.windows(part.len()).position(|window| window == part)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use serde_json::{Value, json};
    use syn::parse_quote;

    use super::complete;
    use crate::lower::Lowered;

    fn lowered(success: Value) -> Lowered {
        Lowered {
            document: json!({"paths": {"/a": {"post": {
                "operationId": "sendIt", "responses": {"200": {"content": success}}
            }}}}),
            multipart: vec!["sendIt".to_owned()],
            applied: Vec::new(),
        }
    }

    fn mocks(when: syn::ItemImpl, then: syn::ItemImpl) -> syn::File {
        parse_quote! {
            pub mod operations {
                impl OtherWhen {
                    pub fn kind(self, value: Kind) -> Self { Self(self.0.query_param("kind", value.to_string())) }
                }
                impl OtherThen {
                    pub fn ok(self, value: &Answer) -> Self { Self(self.0.json_body_obj(value)) }
                }
                #when
                #then
            }
        }
    }

    fn when_with_query() -> syn::ItemImpl {
        parse_quote! {
            impl SendItWhen {
                pub fn new(inner: ::httpmock::When) -> Self { Self(inner.method(POST)) }
                pub fn kind(self, value: Kind) -> Self { Self(self.0.query_param("kind", value.to_string())) }
                pub fn level(self, value: Option<f32>) -> Self {
                    match value {
                        Some(value) => Self(self.0.query_param("level", value.to_string())),
                        None => Self(self.0.query_param_missing("level")),
                    }
                }
                pub fn file(self, value: &crate::FilePart) -> Self {
                    Self(self.0.query_param("file", value.to_string()))
                }
            }
        }
    }

    fn when_with_form() -> syn::ItemImpl {
        parse_quote! {
            impl SendItWhen {
                pub fn new(inner: ::httpmock::When) -> Self { Self(inner.method(POST)) }
                pub fn kind(self, value: Kind) -> Self {
                    Self(super::form::with(self.0, "kind", value.to_string().as_ref()))
                }
                pub fn level(self, value: Option<f32>) -> Self {
                    match value {
                        Some(value) => Self(super::form::with(self.0, "level", value.to_string().as_ref())),
                        None => Self(super::form::without(self.0, "level")),
                    }
                }
                pub fn file(self, value: impl AsRef<[u8]>) -> Self {
                    Self(super::form::with(self.0, "file", value.as_ref()))
                }
            }
        }
    }

    fn then_with_json() -> syn::ItemImpl {
        parse_quote! {
            impl SendItThen {
                pub fn bad_request(self, value: &ApiError) -> Self { Self(self.0.json_body_obj(value)) }
                pub fn ok(self, value: Value) -> Self { Self(self.0.json_body(value)) }
            }
        }
    }

    #[test]
    fn form_fields_are_matched_and_binary_responses_are_bytes() {
        let bytes = parse_quote! {
            impl SendItThen {
                pub fn bad_request(self, value: &ApiError) -> Self { Self(self.0.json_body_obj(value)) }
                pub fn ok(self, media_type: &str, bytes: impl AsRef<[u8]>) -> Self {
                    Self(self.0.status(200u16).header("content-type", media_type).body(bytes))
                }
            }
        };
        for (success, then) in [
            (json!({"image/png": {}}), bytes),
            (json!({"application/json": {}}), then_with_json()),
        ] {
            let mut file = mocks(when_with_query(), then_with_json());
            complete(&mut file, &lowered(success)).unwrap();
            let expected = mocks(when_with_form(), then);
            assert_eq!(
                file.items[0].to_token_stream().to_string(),
                expected.items[0].to_token_stream().to_string()
            );
            assert!(matches!(&file.items[1..], [syn::Item::Mod(form)] if form.ident == "form"));
        }
    }

    #[test]
    fn an_unexpected_mock_is_an_error() {
        let empty = |name: syn::Ident| -> syn::ItemImpl { parse_quote!(impl #name {}) };
        for (when, then, expected) in [
            (
                empty(parse_quote!(SendItWhen)),
                then_with_json(),
                "query_param in its mock",
            ),
            (
                when_with_query(),
                empty(parse_quote!(SendItThen)),
                "method `ok` in its mock",
            ),
            (
                empty(parse_quote!(GoneWhen)),
                then_with_json(),
                "SendItWhen has no mock",
            ),
        ] {
            let mut file = mocks(when, then);
            let error = complete(&mut file, &lowered(json!({"image/png": {}}))).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
