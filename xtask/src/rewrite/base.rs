//! Has the base URL taken apart once, by `crate::base::Base`. progenitor keeps its text, and each request parses that
//! again with a path behind it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprMacro, File, ImplItem, Item, Lit, LitStr, Local, Stmt, Token, Type, parse_quote,
};

use super::send::{is_let, send_mut};
use super::{builders, last_segment, missing, module_mut};
use crate::Error;

/// Name of the struct that holds the base URL, and of its field.
const CLIENT: &str = "Client";
const FIELD: &str = "baseurl";

pub(super) fn keep_apart(file: &mut File) -> Result<(), Error> {
    retype_field(file).ok_or_else(|| missing(CLIENT, "field `baseurl`"))?;
    let constructor = constructor_mut(file).ok_or_else(|| missing(CLIENT, "constructor"))?;
    *constructor = parse_quote!(crate::base::Base::new(baseurl));
    for (builder, methods) in builders(module_mut(file, "builder")?) {
        let name = builder.ident.to_string();
        let send = send_mut(methods, &name)?;
        let url = send.stmts.iter_mut().find(|it| is_let(it, "url"));
        let url = url.and_then(value_mut);
        let url = url.ok_or_else(|| missing(&name, "statement `let url`"))?;
        let path = path_of(url).ok_or_else(|| missing(&name, "URL that begins with `baseurl`"))?;
        *url = parse_quote!(client.baseurl.at(#path)?);
    }
    Ok(())
}

fn retype_field(file: &mut File) -> Option<()> {
    let client = file.items.iter_mut().find_map(|item| match item {
        Item::Struct(item) if item.ident == CLIENT => Some(item),
        _ => None,
    })?;
    let mut fields = client.fields.iter_mut();
    let field = fields.find(|it| it.ident.as_ref().is_some_and(|it| it == FIELD))?;
    field.ty = (last_segment(&field.ty) == "String")
        .then(|| -> Type { parse_quote!(crate::base::Base) })?;
    Some(())
}

/// What `new_with_client` sets the field to.
fn constructor_mut(file: &mut File) -> Option<&mut Expr> {
    let mut methods = file.items.iter_mut().flat_map(|item| match item {
        Item::Impl(item) if last_segment(&item.self_ty) == CLIENT => item.items.as_mut_slice(),
        _ => &mut [],
    });
    let new = methods.find_map(|method| match method {
        ImplItem::Fn(method) if method.sig.ident == "new_with_client" => Some(method),
        _ => None,
    })?;
    let Some(Stmt::Expr(Expr::Struct(made), None)) = new.block.stmts.last_mut() else {
        return None;
    };
    let mut fields = made.fields.iter_mut();
    let field = fields.find(|it| matches!(&it.member, syn::Member::Named(it) if it == FIELD))?;
    Some(&mut field.expr)
}

fn value_mut(statement: &mut Stmt) -> Option<&mut Expr> {
    match statement {
        Stmt::Local(Local {
            init: Some(init), ..
        }) => Some(&mut init.expr),
        _ => None,
    }
}

/// The path of `format!("{}/path", client.baseurl, …)`.
fn path_of(url: &Expr) -> Option<TokenStream> {
    let Expr::Macro(ExprMacro { mac, .. }) = url else {
        return None;
    };
    let parts = Punctuated::<Expr, Token![,]>::parse_terminated;
    let mut parts = parts.parse2(mac.tokens.clone()).ok()?.into_iter();
    let Expr::Lit(syn::ExprLit {
        lit: Lit::Str(text),
        ..
    }) = parts.next()?
    else {
        return None;
    };
    let path = text.value();
    let path = LitStr::new(path.strip_prefix("{}")?, text.span());
    if parts.next()? != parse_quote!(client.baseurl) {
        return None;
    }
    let arguments: Vec<Expr> = parts.collect();
    Some(match arguments[..] {
        [] => quote!(#path),
        _ => quote!(&format!(#path, #(#arguments),*)),
    })
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::keep_apart;

    fn generated(field: syn::Type, url: syn::Expr) -> syn::File {
        parse_quote! {
            pub struct Client { pub(crate) baseurl: #field, pub(crate) client: reqwest::Client }
            impl Client {
                pub fn new_with_client(baseurl: &str, client: reqwest::Client) -> Self {
                    Self { baseurl: baseurl.to_string(), client }
                }
            }
            pub mod builder {
                pub struct FindIt<'a> { client: &'a super::Client }
                impl<'a> FindIt<'a> {
                    pub async fn send(self) {
                        let url = #url;
                        let mut request = client.client.get(url).build()?;
                    }
                }
            }
        }
    }

    #[test]
    fn the_base_is_understood_once_and_a_request_puts_its_path_behind() {
        for (url, path) in [
            (parse_quote!(format!("{}/it", client.baseurl,)), "\"/it\""),
            (
                parse_quote!(format!(
                    "{}/it/{}",
                    client.baseurl,
                    encode_path(&id.to_string()),
                )),
                "& format ! (\"/it/{}\" , encode_path (& id . to_string ()))",
            ),
        ] {
            let mut file = generated(parse_quote!(String), url);
            keep_apart(&mut file).unwrap();
            let text = file.to_token_stream().to_string();
            for expected in [
                "pub (crate) baseurl : crate :: base :: Base",
                "Self { baseurl : crate :: base :: Base :: new (baseurl) , client }",
                &format!("let url = client . baseurl . at ({path}) ?"),
            ] {
                assert!(text.contains(expected), "{expected} in {text}");
            }
        }
    }

    #[test]
    fn another_shape_is_told() {
        let told = |field, url| {
            let error = keep_apart(&mut generated(field, url)).unwrap_err();
            error.to_string()
        };
        let usual = || parse_quote!(format!("{}/it", client.baseurl));
        assert!(told(parse_quote!(Url), usual()).contains("field `baseurl`"));
        for url in [
            parse_quote!(client.baseurl.join("it")),
            parse_quote!(format!("{}/it", client.other)),
            parse_quote!(format!("/it{}", client.baseurl)),
        ] {
            let told = told(parse_quote!(String), url);
            assert!(told.contains("begins with `baseurl`"), "{told}");
        }
    }
}
