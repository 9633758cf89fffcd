//! The code that is generated from the lowered document, for what our own document does not use.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use serde_json::{Value, json};

#[rustfmt::skip]
fn document(description: &str) -> Value {
    let json = |schema: Value| json!({"description": "", "content": {"application/json": {"schema": schema}}});
    let none = || json!({"description": ""});
    let thing = || json!({"$ref": "#/components/schemas/Thing"});
    let text = || json!({"type": "string"});
    let file = || json!({"type": "string", "format": "binary"});
    let octets = json!({"application/octet-stream": {"schema": file()}});
    let encoded = json!({"application/x-www-form-urlencoded": {"schema": thing()}});
    let form = json!({"type": "object", "required": ["front"], "properties": {
        "front": file(), "back": file(), "client": {"type": "array", "items": text()},
    }});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://h/v1"}],
        "paths": {
            "/a/{type}": {"get": {
                "operationId": "Find",
                "parameters": [
                    {"name": "type", "in": "path", "required": true, "schema": {"type": "integer"}},
                    {"name": "X-Tag", "in": "header", "description": "Tags.", "schema": {"type": "array", "items": text()}},
                    {"name": "client", "in": "query", "schema": {"type": "string", "maxLength": 3}},
                ],
                "responses": {"200": json(thing()), "4XX": json(thing()), "499": json(thing())},
            }},
            "/b": {"put": {"operationId": "Put", "requestBody": {"content": octets}, "responses": {"2XX": none(), "5XX": none()}}},
            "/c": {"post": {"operationId": "Send", "requestBody": {"content": encoded}, "responses": {"404": none()}}},
            "/d": {"post": {"operationId": "Draw", "requestBody": {"content": {"multipart/form-data": {"schema": form}}}, "responses": {"default": none()}}},
        },
        "components": {
            "schemas": {"Thing": {"type": "object", "required": ["inner", "level"], "properties": {
                "inner": {"type": "array", "items": thing()},
                "level": {"type": "integer", "format": "int32", "minimum": 0.5, "maximum": 3e9},
                "note": {"type": "string", "description": description},
            }}},
            "securitySchemes": {"O": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://h/t", "scopes": {}}}}},
        },
    })
}

#[test]
#[rustfmt::skip]
fn methods_mocks_and_checks_are_generated_from_the_document() {
    let files = xtask::generate_from(document(""), &[]).unwrap().files;
    for (file, expected) in [
        ("builder/find.rs", r#"new(self._client, &crate::operations::FIND) .accept_json() .path("type", self.type_)"#),
        ("builder/find.rs", r#".header("X-Tag", self.x_tag) .query("client", crate::checks::bounded(self.client, "client", None, Some(3f64))) .build()"#),
        ("builder/find.rs", "/// Tags. pub fn x_tag<V>"),
        ("builder/find.rs", "/// Bounds in characters: at most 3. pub fn client<V>"),
        ("builder/find.rs", "let client = self._client; let request = self.request()?;"),
        ("builder/find.rs", "200u16 => Ok(ResponseValue::from_response(response).await?), 499u16 => { Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)) }"),
        ("builder/find.rs", "400u16..=499u16 => { Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)) } _ => Err(Error::UnexpectedResponse(response)),"),
        ("builder/put.rs", "&crate::operations::PUT) .accept_json() .octets(self.body)"),
        ("builder/put.rs", "200u16..=299u16 => Ok(ResponseValue::empty(response)), 500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::empty(response))), _ =>"),
        ("builder/send.rs", ".urlencoded::<types::Thing, _, _>(self.body)"),
        ("builder/send.rs", "200u16..=299u16 => Ok(ResponseValue::stream(response)), 404u16 =>"),
        ("builder/send.rs", "/// Builder for [`Client::send`](crate::Client::send). #[derive(Debug, Clone)]"),
        ("builder/draw.rs", r#".multipart() .file("front", self.front) .file("back", self.back) .field("client", self.client) .build()"#),
        ("builder/draw.rs", "200..=299 => Ok(ResponseValue::empty(response)), _ => Err(Error::ErrorResponse(ResponseValue::empty(response))), } }"),
        ("builder/draw.rs", "#[derive(Debug)] pub struct Draw"),
        ("mock/operations/find_when.rs", r#"pub fn type_<'a>(self, value: i64) -> Self { let operation = &crate::operations::FIND; Self(crate::matching::path(self.0, operation, "type", value))"#),
        ("mock/operations/find_when.rs", "pub fn client<'a>(self, value: impl Into<Option<&'a str>>)"),
        ("mock/operations/find_then.rs", r#"pub fn status_499(self, value: &types::Thing) -> Self { Self( self .0 .status(499u16) .header("content-type", "application/json") .json_body_obj(value), )"#),
        ("mock/operations/find_then.rs", "pub fn client_error(self, status: u16, value: &types::Thing) -> Self {"),
        ("mock/operations/put_when.rs", "Self(crate::matching::octets(self.0, operation, \"body\", Some(value.as_ref())))"),
        ("mock/operations/put_then.rs", "pub fn success(self, status: u16) -> Self { Self(self.0.status(status))"),
        ("mock/operations/put_then.rs", "pub fn server_error(self, status: u16) -> Self {"),
        ("mock/operations/send_when.rs", "pub fn body<'a>(self, value: &'a types::Thing) -> Self {"),
        ("mock/operations/send_then.rs", "pub fn success( self, status: u16, media_type: &str, bytes: impl AsRef<[u8]>, ) -> Self {"),
        ("mock/operations/draw_when.rs", "pub fn front<'a>(self, value: impl AsRef<[u8]>)"),
        ("mock/operations/draw_when.rs", "pub fn back<'a>(self, value: impl Into<Option<&'a [u8]>>)"),
        ("mock/operations/draw_then.rs", "pub fn default_response(self, status: u16) -> Self {"),
        ("types/thing.rs", "schemars(range(min = 0.5f64, max = 3000000000f64))"),
        ("types/thing.rs", r#"crate::checks::Bounded::check_bounds( &self.level, "level", Some(0.5f64), Some(3000000000f64), )?; crate::checks::Check::check(&self.inner, "inner")?;"#),
        ("types/thing.rs", "level: level.into(), note: None, }"),
    ] {
        let text = &files[std::path::Path::new(file)];
        assert!(unformatted(text).contains(&unformatted(expected)), "{expected} in {file}:\n{text}");
    }
}

/// `text` without what depends on the formatting.
fn unformatted(text: &str) -> String {
    let words: String = text.split_whitespace().collect();
    words.replace(",)", ")")
}

#[test]
fn code_in_a_description_is_not_compiled_as_a_test() {
    for (description, expected) in [
        ("a\n\nb", "/// a\n    ///\n    /// b"),
        ("```\nlet x\n```\nend", "/// ```text\n    /// let x\n    /// ```\n    /// end"),
        ("- a\n  ~~~~json\n    {}\n  ~~~~", "///   ~~~~text\n    ///     {}\n    ///   ~~~~"),
        ("```rust\n~~~\n```\n```", "/// ```text\n    /// ~~~\n    /// ```\n    /// ```text"),
        ("a\n\n    code\n\tcode\n   text", "///    code\n    ///    code\n    ///    text"),
        ("a\u{202e}b\rc\u{2069}\td", "/// a\u{fffd}b\u{fffd}c\u{fffd}\td"),
        ("```ignore\nx\n```", "/// ```ignore\n    /// x\n    /// ```"),
    ] {
        let files = xtask::generate_from(document(description), &[]).unwrap().files;
        let text = &files[std::path::Path::new("types/thing.rs")];
        assert!(text.contains(expected), "{expected} in {text}");
    }
}
