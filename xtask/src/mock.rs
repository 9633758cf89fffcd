//! Typed mocks of every operation, which check requests with an `httpmock` server and set its
//! responses. progenitor's own mocks know neither forms, lists nor binary responses.

use heck::ToSnakeCase as _;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Item, Type, parse_quote};

use crate::rewrite::operation::{Content, Operation, Parameter};
use crate::rewrite::{arguments, last_segment};

/// Returns the module `mock`, which is compiled only with the feature of the same name.
pub(crate) fn module(operations: &[Operation<'_>]) -> Item {
    let mocks = operations.iter().map(mock);
    let names: Vec<_> = operations.iter().map(|operation| &operation.method).collect();
    let builders = operations.iter().map(|operation| &operation.builder);
    let (when, then): (Vec<_>, Vec<_>) =
        builders.map(|name| (format_ident!("{name}When"), format_ident!("{name}Then"))).unzip();
    parse_quote! {
        /// Typed mocks of every operation, for tests with an
        /// [`httpmock::MockServer`](::httpmock::MockServer).
        ///
        /// Use the URL of the mock server, without a path, as the base URL of the client.
        #[cfg(feature = "mock")]
        pub mod mock {
            /// Wrappers of [`When`](::httpmock::When) and [`Then`](::httpmock::Then) for each
            /// operation. Call `into_inner` for what they do not cover.
            pub mod operations {
                #[allow(unused_imports)]
                use crate::{ByteStream, types};
                #(#mocks)*
            }

            /// Extends [`MockServer`](::httpmock::MockServer) with a method for each operation.
            pub trait MockServerExt {
                #(
                    fn #names<F>(&self, config_fn: F) -> ::httpmock::Mock<'_>
                    where
                        F: FnOnce(operations::#when, operations::#then);
                )*
            }

            impl MockServerExt for ::httpmock::MockServer {
                #(
                    fn #names<F>(&self, config_fn: F) -> ::httpmock::Mock<'_>
                    where
                        F: FnOnce(operations::#when, operations::#then),
                    {
                        self.mock(|when, then| {
                            config_fn(operations::#when::new(when), operations::#then::new(then))
                        })
                    }
                )*
            }
        }
    }
}

fn mock(operation: &Operation<'_>) -> TokenStream {
    let (builder, constant) = (&operation.builder, &operation.constant);
    let (when, then) = (format_ident!("{builder}When"), format_ident!("{builder}Then"));
    let matchers = operation.parameters.iter().map(|parameter| matcher(operation, parameter));
    let responses = operation.statuses.iter().map(|status| response(operation, status));
    quote! {
        pub struct #when(::httpmock::When);

        impl #when {
            pub fn new(inner: ::httpmock::When) -> Self {
                Self(crate::matching::operation(inner, &crate::operations::#constant))
            }
            pub fn into_inner(self) -> ::httpmock::When { self.0 }
            #(#matchers)*
        }

        pub struct #then(::httpmock::Then);

        impl #then {
            pub fn new(inner: ::httpmock::Then) -> Self { Self(inner) }
            pub fn into_inner(self) -> ::httpmock::Then { self.0 }
            #(#responses)*
        }
    }
}

/// Returns the method that matches a parameter. If the parameter is optional, `None` matches
/// requests without it.
fn matcher(operation: &Operation<'_>, parameter: &Parameter<'_>) -> TokenStream {
    let (name, field, place) = (parameter.name, &parameter.field, parameter.place);
    let optional = optional(&parameter.ty);
    let ty = optional.unwrap_or(&parameter.ty);
    let text: Type = parse_quote!(::std::string::String);
    let borrowed = match place {
        "json" | "urlencoded" => quote!(&'a #ty),
        "file" | "octets" => quote!(&'a [u8]),
        _ if *ty == text => quote!(&'a str),
        _ => quote!(#ty),
    };
    let (argument, value) = match (place, optional) {
        ("file", None) | ("octets", _) => (quote!(impl AsRef<[u8]>), quote!(Some(value.as_ref()))),
        (_, Some(_)) => (quote!(impl Into<Option<#borrowed>>), quote!(value.into())),
        (_, None) => (borrowed, quote!(value)),
    };
    let (matches, constant) = (format_ident!("{place}"), &operation.constant);
    quote! {
        pub fn #field<'a>(self, value: #argument) -> Self {
            let operation = &crate::operations::#constant;
            Self(crate::matching::#matches(self.0, operation, #name, #value))
        }
    }
}

/// Returns `T` if `ty` is `Option<T>`.
fn optional(ty: &Type) -> Option<&Type> {
    let mut arguments = arguments(ty);
    arguments.next().filter(|_| last_segment(ty) == "Option")
}

/// Returns the method that responds with `status`, if the client expects it.
fn response(operation: &Operation<'_>, status: &str) -> Option<TokenStream> {
    let (ty, range) = match status.as_bytes()[0] {
        b'2' => (&operation.success, "success"),
        b'4' => (&operation.error, "client_error"),
        b'5' => (&operation.error, "server_error"),
        b'd' => (&operation.error, "default_response"),
        _ => return None,
    };
    let (value, content) = match Content::of(ty) {
        Content::None => (quote!(), quote!()),
        Content::Json => (
            quote!(value: &#ty),
            quote!(.header("content-type", "application/json").json_body_obj(value)),
        ),
        Content::Bytes => (
            quote!(media_type: &str, bytes: impl AsRef<[u8]>),
            quote!(.header("content-type", media_type).body(bytes)),
        ),
    };
    Some(match status.parse::<u16>() {
        Ok(code) => {
            let name = reason(code);
            quote!(pub fn #name(self, #value) -> Self { Self(self.0.status(#code) #content) })
        }
        Err(_) => {
            let name = format_ident!("{range}");
            quote! {
                pub fn #name(self, status: u16, #value) -> Self {
                    Self(self.0.status(status) #content)
                }
            }
        }
    })
}

/// Returns a method name for a status code, such as `bad_request`.
fn reason(code: u16) -> Ident {
    let status = http::StatusCode::from_u16(code).ok();
    match status.and_then(|status| status.canonical_reason()) {
        Some(reason) => format_ident!("{}", reason.to_snake_case()),
        None => format_ident!("status_{code}"),
    }
}
