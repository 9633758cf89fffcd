//! Completes progenitor's typed mocks: a multipart form is looked for in the body, where lowering made it query
//! parameters, and a picture is answered as bytes of a media type, where progenitor knows JSON only.

use heck::ToUpperCamelCase as _;
use serde_json::Value;
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Expr, File, FnArg, ImplItem, Item, ItemImpl, Type, parse_quote};

use super::{last_segment, missing, module_in};
use crate::Error;
use crate::document::operations;
use crate::lower::{FILE_PART, Lowered};

/// Rewrites the mocks that progenitor gave.
pub(crate) fn complete(file: &mut File, lowered: &Lowered) -> Result<(), Error> {
    let mocks = module_in(&mut file.items, "operations")?;
    for id in &lowered.multipart {
        let when = methods(mocks, &format!("{}When", id.to_upper_camel_case()))?;
        let looks = when.items.iter_mut().filter_map(look_in_the_form).count();
        if looks == 0 {
            return Err(missing(id, "query_param in its mock"));
        }
    }
    for (id, _) in operations(&lowered.document).filter(|(_, operation)| answers_raw(operation)) {
        let then = methods(mocks, &format!("{}Then", id.to_upper_camel_case()))?;
        answer_bytes(then).ok_or_else(|| missing(id, "answer of a success in its mock"))?;
    }
    file.items.push(form_module());
    super::docs::one_line_an_attribute(file);
    Ok(())
}

fn methods<'a>(operations: &'a mut [Item], name: &str) -> Result<&'a mut ItemImpl, Error> {
    let found = operations.iter_mut().find_map(|item| match item {
        Item::Impl(item) if last_segment(&item.self_ty) == name => Some(item),
        _ => None,
    });
    found.ok_or_else(|| missing(name, "mock"))
}

/// `query_param(name, value)` becomes a look into the form, and so does its opposite; says whether there was one. The
/// form holds a value's text, of a file its bytes.
fn look_in_the_form(item: &mut ImplItem) -> Option<()> {
    struct Look {
        value: Expr,
        found: bool,
    }
    impl VisitMut for Look {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            visit_expr_mut(self, expr);
            let Expr::MethodCall(call) = expr else { return };
            let (receiver, name, value) = (&call.receiver, call.args.first(), &self.value);
            let looked = if call.method == "query_param" {
                parse_quote!(super::form::with(#receiver, #name, #value.as_ref()))
            } else if call.method == "query_param_missing" {
                parse_quote!(super::form::without(#receiver, #name))
            } else {
                return;
            };
            *expr = looked;
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
    let mut look = Look {
        value,
        found: false,
    };
    look.visit_block_mut(&mut method.block);
    look.found.then_some(())
}

fn is_file_part(ty: &Type) -> bool {
    let ty = match ty {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    };
    last_segment(ty) == FILE_PART
}

/// Whether a success of `operation` is no JSON.
fn answers_raw(operation: &Value) -> bool {
    let content = operation["responses"]["200"]["content"].as_object();
    content.is_some_and(|content| !content.contains_key("application/json"))
}

fn answer_bytes(then: &mut ItemImpl) -> Option<()> {
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
        /// Looks into multipart forms.
        mod form {
            pub(super) fn with(when: ::httpmock::When, name: &str, value: &[u8]) -> ::httpmock::When {
                let (name, value) = (name.to_owned(), value.to_owned());
                when.is_true(move |request| field(request.body_ref(), &name) == Some(value.as_slice()))
            }

            pub(super) fn without(when: ::httpmock::When, name: &str) -> ::httpmock::When {
                let name = name.to_owned();
                when.is_true(move |request| field(request.body_ref(), &name).is_none())
            }

            /// The value of the form's field `name`: what stands between its headers and the next boundary.
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

    fn queries() -> syn::ItemImpl {
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

    fn looks() -> syn::ItemImpl {
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

    fn answers_json() -> syn::ItemImpl {
        parse_quote! {
            impl SendItThen {
                pub fn bad_request(self, value: &ApiError) -> Self { Self(self.0.json_body_obj(value)) }
                pub fn ok(self, value: Value) -> Self { Self(self.0.json_body(value)) }
            }
        }
    }

    #[test]
    fn a_form_is_matched_by_its_fields_and_a_picture_answered_as_bytes() {
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
            (json!({"application/json": {}}), answers_json()),
        ] {
            let mut file = mocks(queries(), answers_json());
            complete(&mut file, &lowered(success)).unwrap();
            let expected = mocks(looks(), then);
            assert_eq!(
                file.items[0].to_token_stream().to_string(),
                expected.items[0].to_token_stream().to_string()
            );
            assert!(matches!(&file.items[1..], [syn::Item::Mod(form)] if form.ident == "form"));
        }
    }

    #[test]
    fn a_mock_of_another_shape_is_an_error() {
        let nothing = |name: syn::Ident| -> syn::ItemImpl { parse_quote!(impl #name {}) };
        for (when, then, expected) in [
            (
                nothing(parse_quote!(SendItWhen)),
                answers_json(),
                "query_param in its mock",
            ),
            (
                queries(),
                nothing(parse_quote!(SendItThen)),
                "answer of a success in its mock",
            ),
            (
                nothing(parse_quote!(GoneWhen)),
                answers_json(),
                "SendItWhen has no mock",
            ),
        ] {
            let mut file = mocks(when, then);
            let error = complete(&mut file, &lowered(json!({"image/png": {}}))).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
