//! Has the base URL taken apart once, by `crate::base::Base`. progenitor keeps its text, and each request parses that
//! again with a path behind it.

use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprLit, ExprMacro, File, Ident, ImplItem, Item, Lit, Local, Stmt, Token, Type,
    parse_quote,
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
        *url = parse_quote!(#path.url()?);
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
