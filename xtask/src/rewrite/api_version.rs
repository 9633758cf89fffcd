//! Removes the `api-version` header, which progenitor adds to every request although the document
//! does not define it. If there are no other headers, the header map is removed too.

use quote::ToTokens as _;
use syn::{Item, Stmt};

use super::send::{is_let, request_statement, send_mut, take_calls};
use super::{builders, missing};
use crate::Error;

pub(super) fn remove(items: &mut [Item]) -> Result<(), Error> {
    for (builder, methods) in builders(items) {
        let builder = builder.ident.to_string();
        let send = send_mut(methods, &builder)?;
        let before = send.stmts.len();
        send.stmts.retain(|statement| {
            !statement
                .to_token_stream()
                .to_string()
                .contains("\"api-version\"")
        });
        if send.stmts.len() + 1 != before {
            return Err(missing(&builder, "statement that appends `api-version`"));
        }
        let appended = send.stmts.iter().any(fills_header_map);
        if !appended {
            send.stmts
                .retain(|statement| !is_let(statement, "header_map"));
            let request = request_statement(send, &builder)?;
            take_calls(&mut send.stmts[request], "headers");
        }
    }
    Ok(())
}

/// Returns whether `statement` adds a header parameter to the map.
fn fills_header_map(statement: &Stmt) -> bool {
    !is_let(statement, "request")
        && statement
            .to_token_stream()
            .to_string()
            .contains("header_map . append")
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens as _, quote};
    use syn::parse_quote;

    use super::remove;

    #[test]
    fn only_the_api_version_header_is_removed() {
        let with = |more: proc_macro2::TokenStream| -> syn::File {
            parse_quote! {
                pub struct Op<'a> { client: &'a super::Client }
                impl<'a> Op<'a> {
                    pub async fn send(self) {
                        let mut header_map = HeaderMap::with_capacity(1usize);
                        header_map.append(HeaderName::from_static("api-version"), x());
                        #more
                        let mut request = client.client.get(url).headers(header_map).build()?;
                    }
                }
            }
        };
        let mut alone = with(quote!());
        remove(&mut alone.items).unwrap();
        let text = alone.to_token_stream().to_string();
        assert!(
            !text.contains("header_map") && !text.contains("api-version"),
            "{text}"
        );

        let mut other = with(quote!(header_map.append("x-y", y.to_string().try_into()?);));
        remove(&mut other.items).unwrap();
        let text = other.to_token_stream().to_string();
        assert!(
            text.contains("headers (header_map)") && !text.contains("api-version"),
            "{text}"
        );

        assert!(
            remove(&mut alone.items)
                .unwrap_err()
                .to_string()
                .contains("api-version"),
            "it was already removed"
        );
    }
}
