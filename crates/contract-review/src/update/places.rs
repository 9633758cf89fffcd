//! What stands where in an OpenAPI document: which keys name things and which are keywords, what is prose, what is an
//! example. The same key means different things in different places: a property may be called `description`.

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

/// What the value under a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    One(Object),
    /// Names to objects.
    Map(Object),
    /// Names to objects, vendor extensions among them.
    ExtensibleMap(Object),
    /// A list whose order says nothing.
    List(Object),
    /// A list whose order counts.
    Row(Object),
    /// Plain values whose order says nothing.
    Set,
    /// Names to texts for people.
    Scopes,
    /// A value to take as it is.
    Fact,
}

/// What stands under `key` of an object.
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
        "prefixItems" => Kind::Row(Schema),
        "type" | "enum" | "required" => Kind::Set,
        _ => Kind::Fact,
    }
}

pub(super) fn is_method(key: &str) -> bool {
    METHODS.contains(&key)
}

/// Vendor extensions, examples and comments: not part of the contract.
pub(super) fn is_dropped(object: Object, key: &str) -> bool {
    use Object::*;
    key.starts_with("x-") && object != Callback
        || matches!(key, "example" | "examples")
            && matches!(object, Schema | Parameter | Header | MediaType | Components)
        || key == "$comment" && object == Schema
}

/// Texts for people.
pub(super) fn is_prose(object: Object, key: &str) -> bool {
    matches!(key, "description" | "summary" | "title") && object != Object::Callback
}

/// What a new object must have in our words, and the keys after which it stands.
pub(super) fn wanted_prose(object: Object) -> Option<(&'static str, &'static [&'static str])> {
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
    use super::{Kind, Object, is_dropped, is_prose, under};

    #[test]
    fn a_name_is_no_keyword() {
        assert_eq!(
            under(Object::Schema, "properties"),
            Kind::Map(Object::Schema)
        );
        // Inside the map `description` and `x-y` are names; no rule for keywords is asked there.
        assert!(is_prose(Object::Schema, "description"));
        assert!(!is_prose(Object::Callback, "description"));
        assert!(is_dropped(Object::Schema, "x-y"));
        assert!(!is_dropped(Object::Operation, "example"));
    }
}
