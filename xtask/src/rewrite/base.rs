//! Has the base URL taken apart once, by `crate::base::Base`. progenitor keeps its text, and each request parses that
//! again with a path behind it. A request without a body is made without more ado, too.

use quote::{ToTokens as _, format_ident};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprLit, ExprMacro, File, Ident, ImplItem, Item, Lit, Local, Stmt, Token, Type,
    parse_quote,
};

use super::send::{is_let, request_statement, send_mut, take_calls};
use super::{builders, last_segment, missing, module_mut};
use crate::Error;

/// Name of the struct that holds the base URL, and of its field.
const CLIENT: &str = "Client";
const FIELD: &str = "baseurl";

/// What a `RequestBuilder` is left to.
const BUILT: [&str; 5] = ["body", "form", "headers", "json", "multipart"];

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
        *url = parse_quote!(#path.url()?);
    }
    Ok(())
}

/// Makes the requests that have no body without a `RequestBuilder`. It looks at what other rewrites leave of the chain.
pub(super) fn make_requests(items: &mut [Item]) -> Result<(), Error> {
    for (builder, methods) in builders(items) {
        let name = builder.ident.to_string();
        let send = send_mut(methods, &name)?;
        let at = request_statement(send, &name)?;
        let mut chain = send.stmts[at].clone();
        let headers = take_calls(&mut chain, "header");
        let Some(method) = value_mut(&mut chain).and_then(|it| bodiless(it)) else {
            match BUILT
                .iter()
                .any(|more| !take_calls(&mut chain, more).is_empty())
            {
                true => continue,
                false => return Err(missing(&name, "request of a known shape")),
            }
        };
        let made = value_mut(&mut send.stmts[at]).ok_or_else(|| missing(&name, "request"))?;
        *made = parse_quote!(crate::base::request(&client.client, reqwest::Method::#method, url)?);
        let headers = headers.into_iter().map(|call| -> Stmt {
            let arguments = call.args;
            parse_quote!(request.headers_mut().insert(#arguments);)
        });
        send.stmts.splice(at + 1..at + 1, headers);
    }
    Ok(())
}

/// The method of `client.client.get(url).build()?`.
fn bodiless(chain: &Expr) -> Option<Ident> {
    let Expr::Try(chain) = chain else { return None };
    let Expr::MethodCall(build) = &*chain.expr else {
        return None;
    };
    let Expr::MethodCall(begin) = &*build.receiver else {
        return None;
    };
    let known = build.method == "build"
        && *begin.receiver == parse_quote!(client.client)
        && begin.args.to_token_stream().to_string() == "url";
    known.then(|| format_ident!("{}", begin.method.to_string().to_uppercase()))
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

/// The path of `format!("{}/literal/{}", client.baseurl, encode_path(&parameter.to_string()))`.
fn path_of(url: &Expr) -> Option<Expr> {
    let Expr::Macro(ExprMacro { mac, .. }) = url else {
        return None;
    };
    let parts = Punctuated::<Expr, Token![,]>::parse_terminated;
    let mut parts = parts.parse2(mac.tokens.clone()).ok()?.into_iter();
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = parts.next()?
    else {
        return None;
    };
    if parts.next()? != parse_quote!(client.baseurl) {
        return None;
    }
    let text = text.value();
    // A query or a fragment would become a part of the path.
    if text.contains(['?', '#']) {
        return None;
    }
    let mut literals = text.strip_prefix("{}")?.split("{}");
    let first = literals.next()?;
    let mut path: Expr = parse_quote!(client.baseurl.path().literal(#first));
    for literal in literals {
        let parameter = parameter_of(&parts.next()?)?;
        path = parse_quote!(#path.parameter(&#parameter));
        if !literal.is_empty() {
            path = parse_quote!(#path.literal(#literal));
        }
    }
    parts.next().is_none().then_some(path)
}

/// Reads `encode_path(&parameter.to_string())`.
fn parameter_of(argument: &Expr) -> Option<Ident> {
    let Expr::Call(encode) = argument else {
        return None;
    };
    let Some(Expr::Reference(text)) = encode.args.first() else {
        return None;
    };
    match (&*encode.func, &*text.expr) {
        (Expr::Path(function), Expr::MethodCall(call))
            if function.path.is_ident("encode_path") && call.method == "to_string" =>
        {
            match &*call.receiver {
                Expr::Path(parameter) => parameter.path.get_ident().cloned(),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::{keep_apart, make_requests};

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
            (parse_quote!(format!("{}/it", client.baseurl,)), ""),
            (
                parse_quote!(format!(
                    "{}/it{}",
                    client.baseurl,
                    encode_path(&id.to_string()),
                )),
                ". parameter (& id) ",
            ),
            (
                parse_quote!(format!(
                    "{}/it{}/of/{}",
                    client.baseurl,
                    encode_path(&id.to_string()),
                    encode_path(&owner.to_string()),
                )),
                ". parameter (& id) . literal (\"/of/\") . parameter (& owner) ",
            ),
        ] {
            let mut file = generated(parse_quote!(String), url);
            keep_apart(&mut file).unwrap();
            let text = file.to_token_stream().to_string();
            for expected in [
                "pub (crate) baseurl : crate :: base :: Base",
                "Self { baseurl : crate :: base :: Base :: new (baseurl) , client }",
                &format!(
                    "let url = client . baseurl . path () . literal (\"/it\") {path}. url () ?"
                ),
            ] {
                assert!(text.contains(expected), "{expected} in {text}");
            }
        }
    }

    #[test]
    fn a_request_without_a_body_needs_no_builder() {
        let file = |chain: syn::Expr| -> syn::File {
            parse_quote! {
                pub struct FindIt<'a> { client: &'a super::Client }
                impl<'a> FindIt<'a> {
                    pub async fn send(self) { let mut request = #chain; }
                }
            }
        };
        let made = |chain| {
            let mut file = file(chain);
            make_requests(&mut file.items).unwrap();
            let text = file.to_token_stream().to_string();
            let begin = text.find("let mut request").unwrap();
            text[begin..].trim_end_matches([' ', '}']).to_owned()
        };
        let bare = "let mut request = crate :: base :: request (& client . client , reqwest :: Method :: GET , url) ? ;";
        assert_eq!(made(parse_quote!(client.client.get(url).build()?)), bare);
        assert_eq!(
            made(parse_quote!(
                client.client.get(url).header(ACCEPT, json).build()?
            )),
            format!("{bare} request . headers_mut () . insert (ACCEPT , json) ;")
        );
        for left in [
            parse_quote!(
                client
                    .client
                    .post(url)
                    .header(ACCEPT, json)
                    .json(&body)
                    .build()?
            ),
            parse_quote!(client.client.post(url).multipart(form).build()?),
        ] {
            let left: syn::Expr = left;
            let text = left.to_token_stream().to_string();
            assert_eq!(made(left), format!("let mut request = {text} ;"));
        }
        let mut other = file(parse_quote!(client.client.get(&other).build()?));
        let told = make_requests(&mut other.items).unwrap_err().to_string();
        assert!(told.contains("known shape"), "{told}");
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
            parse_quote!(format!("{}/it?mode=x", client.baseurl)),
            parse_quote!(format!("{}/it#x", client.baseurl)),
            parse_quote!(format!("{}/it/{}", client.baseurl)),
            parse_quote!(format!("{}/it/{}", client.baseurl, id)),
            parse_quote!(format!(
                "{}/it",
                client.baseurl,
                encode_path(&id.to_string())
            )),
        ] {
            let told = told(parse_quote!(String), url);
            assert!(told.contains("begins with `baseurl`"), "{told}");
        }
    }
}
