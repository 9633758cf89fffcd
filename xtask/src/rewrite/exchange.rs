//! Splits `send` into three methods: `request` builds the request, `send` sends it and runs the
//! hooks, and `receive` parses the response. A caller with its own HTTP transport can use `request`
//! and `receive` alone, and `send` does not hold the parameters while it waits.

use syn::{Block, Expr, ImplItem, ImplItemFn, Item, ReturnType, Stmt, parse_quote};

use super::send::{is_let, send_fn_mut};
use super::{argument, builders, missing};
use crate::Error;

/// Splits the `send` method of every builder. Must run after all other rewrites of builders,
/// because it moves the code that they look for.
pub(super) fn split(items: &mut [Item]) -> Result<(), Error> {
    for (builder, methods) in builders(items) {
        let name = builder.ident.to_string();
        let ends = split_method(send_fn_mut(methods, &name)?, &name)?;
        methods.items.extend(ends.map(ImplItem::Fn));
    }
    Ok(())
}

/// Reduces `send` to the exchange and returns the methods `request` and `receive`.
fn split_method(send: &mut ImplItemFn, builder: &str) -> Result<[ImplItemFn; 2], Error> {
    let output = match &send.sig.output {
        ReturnType::Type(_, output) => output.clone(),
        ReturnType::Default => return Err(missing(builder, "Result of `send`")),
    };
    let error = argument(&output, 1).ok_or_else(|| missing(builder, "error of `send`"))?;
    let (request, exchange, receive) = split_statements(&mut send.block, builder)?;
    let request = parse_quote! {
        /// Builds the request for another HTTP transport, without running hooks.
        pub fn request(self) -> Result<reqwest::Request, #error> {
            #(#request)*
            Ok(request)
        }
    };
    let receive = parse_quote! {
        /// Parses the response to a [`request`](Self::request), as [`send`](Self::send) does.
        pub async fn receive(response: reqwest::Response) -> #output { #receive }
    };
    send.block = parse_quote!({
        let client = self.client;
        #[allow(unused_mut)]
        let mut request = self.request()?;
        #(#exchange)*
        Self::receive(response).await
    });
    Ok([request, receive])
}

/// Splits the statements of `send` into those that build the request, those that send it, and the
/// expression that parses the response.
fn split_statements(
    send: &mut Block,
    builder: &str,
) -> Result<(Vec<Stmt>, Vec<Stmt>, Expr), Error> {
    let position = |name, expected| {
        let found = send
            .stmts
            .iter()
            .position(|statement| is_let(statement, name));
        found.ok_or_else(|| missing(builder, expected))
    };
    let info = position("info", "statement `let info`")?;
    let response = position("response", "statement `let response`")?;
    if response < info {
        return Err(missing(builder, "response after `let info`"));
    }
    let mut request = std::mem::take(&mut send.stmts);
    let receive = request.split_off(response + 1);
    let exchange = request.split_off(info);
    match <[Stmt; 1]>::try_from(receive) {
        Ok([Stmt::Expr(receive, None)]) => Ok((request, exchange, receive)),
        _ => Err(missing(builder, "expression that parses the response")),
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::split;

    #[test]
    fn building_and_parsing_become_methods() {
        let mut file: syn::File = parse_quote! {
            pub struct FindIt<'a> { client: &'a super::Client, id: Result<i32, String> }
            impl<'a> FindIt<'a> {
                pub async fn send(self) -> Result<ResponseValue<types::It>, Error<types::No>> {
                    let Self { client, id } = self;
                    let id = id.map_err(Error::InvalidRequest)?;
                    #[allow(unused_mut)]
                    let mut request = client.client.get(url).build()?;
                    let info = OperationInfo { operation_id: "find_it" };
                    client.pre(&mut request, &info).await?;
                    let response = client.exec(request, &info).await?;
                    match response.status().as_u16() { _ => read(response).await }
                }
            }
        };
        split(&mut file.items).unwrap();
        let expected: syn::File = parse_quote! {
            pub struct FindIt<'a> { client: &'a super::Client, id: Result<i32, String> }
            impl<'a> FindIt<'a> {
                pub async fn send(self) -> Result<ResponseValue<types::It>, Error<types::No>> {
                    let client = self.client;
                    #[allow(unused_mut)]
                    let mut request = self.request()?;
                    let info = OperationInfo { operation_id: "find_it" };
                    client.pre(&mut request, &info).await?;
                    let response = client.exec(request, &info).await?;
                    Self::receive(response).await
                }
                /// Builds the request for another HTTP transport, without running hooks.
                pub fn request(self) -> Result<reqwest::Request, Error<types::No>> {
                    let Self { client, id } = self;
                    let id = id.map_err(Error::InvalidRequest)?;
                    #[allow(unused_mut)]
                    let mut request = client.client.get(url).build()?;
                    Ok(request)
                }
                /// Parses the response to a [`request`](Self::request), as [`send`](Self::send)
                /// does.
                pub async fn receive(
                    response: reqwest::Response
                ) -> Result<ResponseValue<types::It>, Error<types::No>> {
                    match response.status().as_u16() { _ => read(response).await }
                }
            }
        };
        let text = |file: &syn::File| file.to_token_stream().to_string();
        assert_eq!(text(&file), text(&expected));
    }

    #[test]
    fn an_unexpected_send_method_is_an_error() {
        let error_of = |send: syn::ImplItemFn| {
            let mut file: syn::File = parse_quote! {
                pub struct FindIt<'a> { client: &'a super::Client }
                impl<'a> FindIt<'a> { #send }
            };
            split(&mut file.items).unwrap_err().to_string()
        };
        for (send, expected) in [
            (
                parse_quote!(
                    fn send(self) {}
                ),
                "Result of `send`",
            ),
            (
                parse_quote!(
                    fn send(self) -> Result<It> {}
                ),
                "error of `send`",
            ),
            (
                parse_quote!(
                    fn send(self) -> Result<It, No> {}
                ),
                "`let info`",
            ),
            (
                parse_quote!(
                    fn send(self) -> Result<It, No> {
                        let info = x;
                        let response = y;
                    }
                ),
                "expression that parses the response",
            ),
            (
                parse_quote!(
                    fn send(self) -> Result<It, No> {
                        let response = y;
                        let info = x;
                        z
                    }
                ),
                "response after `let info`",
            ),
        ] {
            let error = error_of(send);
            assert!(error.contains(expected), "{error}");
        }
    }
}
