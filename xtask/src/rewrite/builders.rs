//! The methods of the builders: `request` builds the request, `send` sends it and runs the hooks,
//! and `receive` parses the response. A caller with its own HTTP transport can use `request` and
//! `receive` alone, and `send` does not hold the parameters while it waits.

use contract_review::operations;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{ImplItem, Item, ItemImpl, ItemStruct, parse_quote};

use super::operation::{Content, Operation, Parameter, builder};
use super::types::limits;
use crate::Error;
use crate::lower::Lowered;

/// Completes the builders in `items` and returns their operations.
pub(super) fn complete<'a>(
    items: &mut [Item],
    lowered: &'a Lowered,
) -> Result<Vec<Operation<'a>>, Error> {
    let complete = |(id, node): (&'a str, &'a Value)| {
        let (item, methods) = builder(items, id)?;
        let multipart = lowered.multipart.iter().any(|known| known == id);
        let operation = Operation::read(id, node, multipart, item, methods)?;
        describe(item, &operation);
        complete_methods(methods, &operation);
        Ok(operation)
    };
    let with_id = operations(&lowered.document)
        .filter_map(|found| Some((found.node["operationId"].as_str()?, found.node)));
    with_id.map(complete).collect()
}

/// Documents the builder, and derives `Clone` if the request can be sent several times, which is
/// not the case for a stream.
fn describe(item: &mut ItemStruct, operation: &Operation<'_>) {
    let method = operation.method.to_string();
    let docs = format!("Builder for [`Client::{method}`](crate::Client::{method}).");
    let mut parameters = operation.parameters.iter();
    let derives = match parameters.any(|parameter| ["file", "octets"].contains(&parameter.place)) {
        true => quote!(Debug),
        false => quote!(Debug, Clone),
    };
    item.attrs = vec![parse_quote!(#[doc = #docs]), parse_quote!(#[derive(#derives)])];
}

/// Documents the setters, replaces the body of `send`, and adds `request` and `receive`.
fn complete_methods(methods: &mut ItemImpl, operation: &Operation<'_>) {
    let (client, constant) = (&operation.client, &operation.constant);
    let (success, error) = (&operation.success, &operation.error);
    for method in &mut methods.items {
        let ImplItem::Fn(method) = method else {
            continue;
        };
        let name = &method.sig.ident;
        let mut parameters = operation.parameters.iter();
        let text = match parameters.find(|parameter| parameter.field == *name) {
            Some(parameter) => parameter.documentation(),
            None if name == "send" => {
                method.block = parse_quote!({
                    let client = self.#client;
                    let request = self.request()?;
                    let operation = &crate::operations::#constant;
                    let response = crate::hooks::exchange(client, operation, request).await?;
                    Self::receive(response).await
                });
                continue;
            }
            None if name == "new" => "Creates the builder. `send` sends the request.".to_owned(),
            None => "Modifies the request body with a closure.".to_owned(),
        };
        method.attrs.push(parse_quote!(#[doc = #text]));
    }
    let (request, arms) = (request(operation), arms(operation));
    methods.items.push(parse_quote! {
        /// Builds the request for another HTTP transport, without running hooks.
        pub fn request(self) -> Result<reqwest::Request, Error<#error>> { #request }
    });
    methods.items.push(parse_quote! {
        /// Parses the response to a [`request`](Self::request), as [`send`](Self::send) does.
        pub async fn receive(
            response: reqwest::Response
        ) -> Result<ResponseValue<#success>, Error<#error>> {
            match response.status().as_u16() { #arms }
        }
    });
}

impl Parameter<'_> {
    /// Returns the documentation of the setter. progenitor describes parameters only in the
    /// documentation of the operation.
    fn documentation(&self) -> String {
        match &self.bounds {
            Some(bounds) => format!("{}\n\n{bounds}", self.description),
            None => self.description.to_owned(),
        }
    }
}

/// Returns the expression that builds the request.
fn request(operation: &Operation<'_>) -> TokenStream {
    // If there is no content on success, an error can still be JSON.
    let accepts_json = Content::of(&operation.success) != Content::Bytes;
    let accept = accepts_json.then(|| quote!(.accept_json()));
    let form = operation.multipart.then(|| quote!(.multipart()));
    let mut last = quote!(.build());
    let mut calls = Vec::new();
    for parameter in &operation.parameters {
        let (name, field, ty) = (parameter.name, &parameter.field, &parameter.ty);
        let value = match parameter.bounds.as_ref().map(limits) {
            Some(limits) => quote!(crate::checks::bounded(self.#field, #name, #limits)),
            None => quote!(self.#field),
        };
        let add = format_ident!("{}", parameter.place);
        match parameter.place {
            "json" | "urlencoded" => last = quote!(.#add::<#ty, _, _>(#value)),
            "octets" => last = quote!(.#add(#value)),
            _ => calls.push(quote!(.#add(#name, #value))),
        }
    }
    let (client, constant) = (&operation.client, &operation.constant);
    quote! {
        crate::request::PartialRequest::new(self.#client, &crate::operations::#constant)
            #accept #form #(#calls)* #last
    }
}

/// Returns the match arms that parse the response by its status.
fn arms(operation: &Operation<'_>) -> TokenStream {
    let read = |ty| match Content::of(ty) {
        Content::None => quote!(ResponseValue::empty(response)),
        Content::Json => quote!(ResponseValue::from_response(response).await?),
        Content::Bytes => quote!(ResponseValue::stream(response)),
    };
    let (success, error) = (read(&operation.success), read(&operation.error));
    let arms = operation.statuses.iter().map(|status| {
        let class = status[..1].parse::<u16>().unwrap_or_default();
        let (first, last) = (class * 100, class * 100 + 99);
        let code = status.parse::<u16>().map(|code| quote!(#code));
        let pattern = code.unwrap_or_else(|_| quote!(#first..=#last));
        match class {
            2 => quote!(#pattern => Ok(#success),),
            4 | 5 => quote!(#pattern => Err(Error::ErrorResponse(#error)),),
            0 => quote!(200..=299 => Ok(#success), _ => Err(Error::ErrorResponse(#error)),),
            _ => quote!(),
        }
    });
    let has_default = operation.statuses.contains(&"default");
    let other = (!has_default).then(|| quote!(_ => Err(Error::UnexpectedResponse(response)),));
    quote!(#(#arms)* #other)
}
