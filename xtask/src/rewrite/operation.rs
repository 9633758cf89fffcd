//! What the generator needs to know about an operation: its facts from the lowered document, and
//! the Rust types from the builder that progenitor generated.

use heck::ToUpperCamelCase as _;
use serde_json::Value;
use syn::{Fields, Ident, ImplItem, Item, ItemImpl, ItemStruct, ReturnType, Type};

use super::{arguments, field_name, last_segment, missing};
use crate::Error;
use crate::lower::{Bounds, FILE_PART};

/// An operation and its builder.
pub(crate) struct Operation<'a> {
    /// The name of the builder.
    pub(crate) builder: Ident,
    /// The name of the method of `Client`.
    pub(crate) method: Ident,
    /// The name of the constant in the module `operations`.
    pub(crate) constant: Ident,
    /// The field of the builder that contains the client.
    pub(super) client: Ident,
    pub(crate) parameters: Vec<Parameter<'a>>,
    pub(super) multipart: bool,
    /// The status codes of the responses, such as `200`, `4XX` and `default`, in this order.
    pub(crate) statuses: Vec<&'a str>,
    pub(crate) success: Type,
    pub(crate) error: Type,
}

/// A parameter of an operation, or its body.
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    pub(crate) field: Ident,
    /// The name of the function that adds the parameter to a request: `path`, `query`, `header`,
    /// `field`, `file`, `json`, `urlencoded` or `octets`.
    pub(crate) place: &'static str,
    pub(crate) ty: Type,
    pub(super) description: &'a str,
    pub(super) bounds: Option<Bounds>,
}

/// The content of a response.
#[derive(PartialEq, Eq)]
pub(crate) enum Content {
    None,
    Json,
    Bytes,
}

impl Content {
    /// Returns the content that progenitor represents by `ty`.
    pub(crate) fn of(ty: &Type) -> Self {
        match ty {
            Type::Tuple(_) => Self::None,
            _ if last_segment(ty) == "ByteStream" => Self::Bytes,
            _ => Self::Json,
        }
    }
}

/// Returns the struct and the methods of the builder for the operation `id`.
pub(super) fn builder<'a>(
    items: &'a mut [Item],
    id: &str,
) -> Result<(&'a mut ItemStruct, &'a mut ItemImpl), Error> {
    let name = id.to_upper_camel_case();
    let (mut found, mut methods) = (None, None);
    for item in items {
        match item {
            Item::Struct(item) if item.ident == name => found = Some(item),
            Item::Impl(item) if last_segment(&item.self_ty) == name => methods = Some(item),
            _ => {}
        }
    }
    found.zip(methods).ok_or_else(|| missing(id, "builder"))
}

impl<'a> Operation<'a> {
    /// Reads the operation `node` with this `id`, whose builder is `item` with `methods`.
    pub(super) fn read(
        id: &'a str,
        node: &'a Value,
        multipart: bool,
        item: &ItemStruct,
        methods: &ItemImpl,
    ) -> Result<Self, Error> {
        let (success, error) = outputs(methods).ok_or_else(|| missing(id, "method `send`"))?;
        let client = item.fields.iter().find_map(|field| field.ident.clone());
        let parameter = |(name, place, node)| {
            let parameter = Parameter::read(name, place, node, &item.fields);
            parameter.ok_or_else(|| missing(format!("{id}.{name}"), "field in the builder"))
        };
        let parameters: Result<_, _> = parameters(node, multipart).map(parameter).collect();
        Ok(Self {
            builder: item.ident.clone(),
            method: field_name(id),
            constant: crate::operation_constants::constant(id),
            client: client.ok_or_else(|| missing(id, "field for the client"))?,
            parameters: parameters?,
            multipart,
            statuses: statuses(node),
            success,
            error,
        })
    }
}

/// Returns `S` and `E` if `send` returns `Result<ResponseValue<S>, Error<E>>`.
fn outputs(methods: &ItemImpl) -> Option<(Type, Type)> {
    let output = methods.items.iter().find_map(|method| match method {
        ImplItem::Fn(method) if method.sig.ident == "send" => Some(&method.sig.output),
        _ => None,
    });
    let ReturnType::Type(_, output) = output? else {
        return None;
    };
    let mut outputs = arguments(output).flat_map(arguments).cloned();
    Some((outputs.next()?, outputs.next()?))
}

/// Returns the name, the place and the node of each parameter, and of the body.
fn parameters(node: &Value, multipart: bool) -> impl Iterator<Item = (&str, &'static str, &Value)> {
    let parameters = node["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(move |parameter| {
        let place = match parameter["in"].as_str() {
            Some("path") => "path",
            Some("header") => "header",
            _ if multipart => "field",
            _ => "query",
        };
        let name = parameter["name"].as_str().unwrap_or_default();
        (name, place, parameter)
    });
    let body = node.get("requestBody").into_iter().map(|body| {
        let content = body["content"].as_object();
        let place = match content.and_then(|content| content.keys().next()) {
            Some(media_type) if media_type.ends_with("octet-stream") => "octets",
            Some(media_type) if media_type.ends_with("urlencoded") => "urlencoded",
            _ => "json",
        };
        ("body", place, body)
    });
    parameters.chain(body)
}

impl<'a> Parameter<'a> {
    /// Returns `None` if `fields` contains no field for the parameter.
    fn read(name: &'a str, place: &'static str, node: &'a Value, fields: &Fields) -> Option<Self> {
        let identifier = field_name(name);
        let mut fields = fields.iter();
        let field = fields.find(|field| field.ident.as_ref() == Some(&identifier))?;
        let mut ty = arguments(&field.ty).next()?.clone();
        if let Type::Path(path) = &mut ty {
            // The field of a body contains `types::builder::T` instead of `types::T`.
            let segments = path.path.segments.iter();
            let segments = segments.filter(|segment| segment.ident != "builder");
            path.path.segments = segments.cloned().collect();
        }
        let is_file = last_segment(arguments(&ty).next().unwrap_or(&ty)) == FILE_PART;
        Some(Self {
            name,
            field: identifier,
            place: match place {
                "field" if is_file => "file",
                place => place,
            },
            ty,
            description: node["description"].as_str().unwrap_or_default(),
            bounds: Bounds::of(&node["schema"]),
        })
    }
}

/// Returns the statuses of the responses. If none is a success, any success is accepted.
fn statuses(node: &Value) -> Vec<&str> {
    let responses = node["responses"].as_object().into_iter().flatten();
    let mut statuses: Vec<_> = responses.map(|(status, _)| status.as_str()).collect();
    if !statuses.iter().any(|status| status.starts_with(['2', 'd'])) {
        statuses.push("2XX");
    }
    statuses.sort_unstable();
    statuses
}
