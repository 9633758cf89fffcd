//! The structure of an OpenAPI document: which keys are names and which are keywords, and which
//! values are descriptions or examples. The meaning of a key depends on its place: a property may
//! be called `description`.

use crate::operations::METHODS;

/// A kind of object with fixed keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    Callback,
    Components,
    Encoding,
    Flow,
    Flows,
    Header,
    Info,
    Link,
    MediaType,
    Operation,
    /// `externalDocs`, `license`, `contact`, `xml`, `discriminator`.
    Other,
    Parameter,
    PathItem,
    RequestBody,
    Response,
    Root,
    Schema,
    SecurityScheme,
    Server,
    ServerVariable,
    Tag,
}

/// The kind of value under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An object with fixed keywords.
    One(Object),
    /// A map from names to objects.
    Map(Object),
    /// A map from names to objects that can also contain vendor extensions.
    ExtensibleMap(Object),
    /// A list whose order has no meaning.
    List(Object),
    /// A list whose order has a meaning.
    OrderedList(Object),
    /// A list of plain values whose order has no meaning.
    Set,
    /// A map from names to descriptions.
    Scopes,
    /// Any other value. It is copied unchanged.
    Fact,
}

/// The kind of value under `key` of an object.
pub(super) fn under(object: Object, key: &str) -> Kind {
    use Object::*;
    match (object, key) {
        (_, "externalDocs" | "license" | "contact" | "xml" | "discriminator") => Kind::One(Other),
        (_, "servers") => Kind::List(Server),
        (Root, "info") => Kind::One(Info),
        (Root, "tags") => Kind::List(Tag),
        (Root, "paths") => Kind::ExtensibleMap(PathItem),
        (Root, "webhooks") | (Components, "pathItems") => Kind::Map(PathItem),
        (Root, "components") => Kind::One(Components),
        (Server, "variables") => Kind::Map(ServerVariable),
        (PathItem | Operation, "parameters") => Kind::List(Parameter),
        (Operation, "tags") => Kind::Set,
        (Operation, "requestBody") => Kind::One(RequestBody),
        (Operation, "responses") => Kind::ExtensibleMap(Response),
        (Operation | Components, "callbacks") => Kind::Map(Callback),
        (PathItem, _) if is_method(key) => Kind::One(Operation),
        (Callback, _) => Kind::One(PathItem),
        (RequestBody | Response | Parameter | Header, "content") => Kind::Map(MediaType),
        (Response | Encoding | Components, "headers") => Kind::Map(Header),
        (Response | Components, "links") => Kind::Map(Link),
        (Link, "server") => Kind::One(Server),
        (MediaType | Parameter | Header, "schema") => Kind::One(Schema),
        (MediaType, "encoding") => Kind::Map(Encoding),
        (Components, "schemas") => Kind::Map(Schema),
        (Components, "responses") => Kind::Map(Response),
        (Components, "parameters") => Kind::Map(Parameter),
        (Components, "requestBodies") => Kind::Map(RequestBody),
        (Components, "securitySchemes") => Kind::Map(SecurityScheme),
        (SecurityScheme, "flows") => Kind::One(Flows),
        (Flows, _) => Kind::One(Flow),
        (Flow, "scopes") => Kind::Scopes,
        (Schema, _) => under_schema(key),
        _ => Kind::Fact,
    }
}

fn under_schema(key: &str) -> Kind {
    use Object::Schema;
    match key {
        "properties" | "patternProperties" | "$defs" | "dependentSchemas" => Kind::Map(Schema),
        "items"
        | "additionalProperties"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => Kind::One(Schema),
        "allOf" | "anyOf" | "oneOf" => Kind::List(Schema),
        "prefixItems" => Kind::OrderedList(Schema),
        "type" | "enum" | "required" => Kind::Set,
        _ => Kind::Fact,
    }
}

pub(super) fn is_method(key: &str) -> bool {
    METHODS.contains(&key)
}

/// Whether a keyword is a vendor extension, an example or a comment, and so not part of the
/// contract.
pub(super) fn is_dropped(object: Object, key: &str) -> bool {
    use Object::*;
    key.starts_with("x-") && object != Callback
        || matches!(key, "example" | "examples")
            && matches!(object, Schema | Parameter | Header | MediaType | Components)
        || key == "$comment" && object == Schema
}

/// Whether a keyword contains a description, summary or title.
pub(super) fn is_description(object: Object, key: &str) -> bool {
    matches!(key, "description" | "summary" | "title") && object != Object::Callback
}

/// The description that a new object must have, and the keys after which it is inserted.
pub(super) fn required_description(
    object: Object,
) -> Option<(&'static str, &'static [&'static str])> {
    use Object::*;
    match object {
        Operation => Some(("summary", &["tags", "operationId"])),
        Parameter => Some(("description", &["name", "in"])),
        Tag => Some(("description", &["name"])),
        Schema => Some(("description", &["$ref"])),
        SecurityScheme => Some(("description", &["type", "scheme"])),
        Header | RequestBody | Response => Some(("description", &[])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Object, is_description, is_dropped, under};

    #[test]
    fn names_are_not_treated_as_keywords() {
        assert_eq!(under(Object::Schema, "properties"), Kind::Map(Object::Schema));
        // Inside the map, `description` and `x-y` are names, so the rules for keywords do not
        // apply.
        assert!(is_description(Object::Schema, "description"));
        assert!(!is_description(Object::Callback, "description"));
        assert!(is_dropped(Object::Schema, "x-y"));
        assert!(!is_dropped(Object::Operation, "example"));
    }
}
