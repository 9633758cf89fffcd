//! Parts `send` in three: `request` builds, `send` exchanges with the hooks around, `receive` reads the answer. So the two
//! ends can be had without the middle, and `send` holds no parameter while it waits.

use syn::{Block, Expr, ImplItem, ImplItemFn, Item, ReturnType, Stmt, parse_quote};

use super::send::{is_let, send_fn_mut};
use super::{argument, builders, missing};
use crate::Error;

/// Parts the `send` of every builder. It moves what other rewrites look for: it is the last of them.
pub(super) fn part(items: &mut [Item]) -> Result<(), Error> {
    for (builder, methods) in builders(items) {
        let name = builder.ident.to_string();
        let parts = parted(send_fn_mut(methods, &name)?, &name)?;
        methods.items.extend(parts.map(ImplItem::Fn));
    }
    Ok(())
}

/// `send` keeps the exchange; returned are `request` and `receive`.
fn parted(send: &mut ImplItemFn, builder: &str) -> Result<[ImplItemFn; 2], Error> {
    let answer = match &send.sig.output {
        ReturnType::Type(_, answer) => answer.clone(),
        ReturnType::Default => return Err(missing(builder, "Result of `send`")),
    };
    let error = argument(&answer, 1).ok_or_else(|| missing(builder, "error of `send`"))?;
    let (request, exchange, receive) = cut(&mut send.block, builder)?;
    let request = parse_quote! {
        /// The request that [`send`](Self::send) sends, for a transport of one's own; no hook has seen it.
        pub fn request(self) -> Result<reqwest::Request, #error> {
            #(#request)*
            Ok(request)
        }
    };
    let receive = parse_quote! {
        /// Reads the answer to such a request, as [`send`](Self::send) does.
        pub async fn receive(response: reqwest::Response) -> #answer { #receive }
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

/// What builds the request, what exchanges it for a response, and what reads that.
fn cut(send: &mut Block, builder: &str) -> Result<(Vec<Stmt>, Vec<Stmt>, Expr), Error> {
    let place = |name, expected| {
        let found = send.stmts.iter().position(|it| is_let(it, name));
        found.ok_or_else(|| missing(builder, expected))
    };
    let info = place("info", "statement `let info`")?;
    let response = place("response", "statement `let response`")?;
    if response < info {
        return Err(missing(builder, "response after `let info`"));
    }
    let mut request = std::mem::take(&mut send.stmts);
    let read = request.split_off(response + 1);
    let exchange = request.split_off(info);
    match <[Stmt; 1]>::try_from(read) {
        Ok([Stmt::Expr(receive, None)]) => Ok((request, exchange, receive)),
        _ => Err(missing(builder, "expression that reads the response")),
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::part;

    #[test]
    fn the_two_ends_of_send_become_methods() {
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
        part(&mut file.items).unwrap();
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
                /// The request that [`send`](Self::send) sends, for a transport of one's own; no hook has seen it.
                pub fn request(self) -> Result<reqwest::Request, Error<types::No>> {
                    let Self { client, id } = self;
                    let id = id.map_err(Error::InvalidRequest)?;
                    #[allow(unused_mut)]
                    let mut request = client.client.get(url).build()?;
                    Ok(request)
                }
                /// Reads the answer to such a request, as [`send`](Self::send) does.
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
    fn a_send_of_another_shape_is_told() {
        let told = |send: syn::ImplItemFn| {
            let mut file: syn::File = parse_quote! {
                pub struct FindIt<'a> { client: &'a super::Client }
                impl<'a> FindIt<'a> { #send }
            };
            part(&mut file.items).unwrap_err().to_string()
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
                "expression that reads the response",
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
            let told = told(send);
            assert!(told.contains(expected), "{told}");
        }
    }
}
