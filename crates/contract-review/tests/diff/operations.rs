//! The parts of an operation: parameters, bodies, forms, responses and security.

use contract_review::diff::Class::{Additive, Breaking, Docs};
use serde_json::{Value, json};

use crate::{GET, both_ways, changes, lines, one_way, shelf, shelf_with};

#[test]
fn added_removed_and_renamed_operations_are_reported() {
    both_ways(
        &[(
            "/paths/~1books/delete",
            json!({"operationId": "Clear", "responses": {"204": {"description": "d"}}}),
        )],
        (Additive, "DELETE /books | operation `Clear` added"),
        (Breaking, "DELETE /books | operation `Clear` removed"),
    );
    both_ways(
        &[("/paths/~1books/post/operationId", json!("NewBook"))],
        (
            Breaking,
            "POST /books | renamed from `AddBook` to `NewBook`: generated code uses the name",
        ),
        (
            Breaking,
            "POST /books | renamed from `NewBook` to `AddBook`: generated code uses the name",
        ),
    );
    both_ways(
        &[("/paths/~1books/post/deprecated", json!(true))],
        (Docs, "POST /books | now deprecated"),
        (Docs, "POST /books | no longer deprecated"),
    );
}

#[test]
fn added_and_removed_parameters_are_reported() {
    let at = format!("{GET}/parameters/-");
    let parameter = |required: bool| json!({"name": "q", "in": "query", "required": required, "schema": {"type": "array", "items": {"type": "string"}}});
    let part = "GET /books/{id} | query parameter `q`";
    both_ways(
        &[(at.as_str(), parameter(false))],
        (
            Additive,
            &format!("{part} | added, optional, array of string"),
        ),
        (Breaking, &format!("{part} | removed")),
    );
    both_ways(
        &[(at.as_str(), parameter(true))],
        (
            Breaking,
            &format!("{part} | added, required, array of string"),
        ),
        (Breaking, &format!("{part} | removed")),
    );
}

#[test]
fn changed_flags_locations_styles_and_names_of_parameters_are_reported() {
    let parameters = format!("{GET}/parameters");
    let language = json!({"$ref": "#/components/schemas/Language"});
    let with = |parameter: Value| vec![(parameters.as_str(), json!([parameter]))];
    let part = "GET /books/{id} | query parameter `lang`";
    both_ways(
        &with(json!({"name": "lang", "in": "query", "required": true, "schema": language})),
        (Breaking, &format!("{part} | now required")),
        (Additive, &format!("{part} | now optional")),
    );
    both_ways(
        &with(json!({"name": "lang", "in": "query", "explode": false, "schema": language})),
        (Breaking, &format!("{part} | explode true -> false")),
        (Breaking, &format!("{part} | explode false -> true")),
    );
    both_ways(
        &with(json!({"name": "lang", "in": "header", "schema": language})),
        (
            Breaking,
            "GET /books/{id} | header parameter `lang` | moved here from the query",
        ),
        (Breaking, &format!("{part} | moved here from the header")),
    );
    let mut renamed = shelf("3.0");
    let mut item = renamed["paths"]
        .as_object_mut()
        .expect("paths")
        .shift_remove("/books/{id}")
        .expect("the item");
    item["parameters"][0]["name"] = "number".into();
    renamed["paths"]["/books/{number}"] = item;
    one_way(
        &shelf("3.0"),
        &renamed,
        (
            Breaking,
            "GET /books/{number} | path parameter `number` | renamed from `id`: the same on the wire, but generated code uses the name",
        ),
    );
}

#[test]
fn changes_of_a_form_are_reported_by_field() {
    let form = "/paths/~1covers/put/requestBody/content/multipart~1form-data";
    let caption = format!("{form}/schema/properties/caption");
    both_ways(
        &[(
            caption.as_str(),
            json!({"type": "string", "maxLength": 100}),
        )],
        (
            Additive,
            "PUT /covers | form field `caption` | maxLength 80 -> 100",
        ),
        (
            Breaking,
            "PUT /covers | form field `caption` | maxLength 100 -> 80",
        ),
    );
    both_ways(
        &[(
            &format!("{form}/schema/properties/tag"),
            json!({"type": "string"}),
        )],
        (
            Additive,
            "PUT /covers | form field `tag` | added, optional, string",
        ),
        (Breaking, "PUT /covers | form field `tag` | removed"),
    );
    both_ways(
        &[(
            &format!("{form}/encoding"),
            json!({"caption": {"contentType": "text/markdown"}}),
        )],
        (
            Breaking,
            "PUT /covers | form field `caption` | encoding {} -> {\"contentType\":\"text/markdown\"}",
        ),
        (
            Breaking,
            "PUT /covers | form field `caption` | encoding {\"contentType\":\"text/markdown\"} -> {}",
        ),
    );
}

#[test]
fn added_and_removed_bodies_and_media_types_are_reported() {
    both_ways(
        &[("/paths/~1covers/put/requestBody/required", json!(true))],
        (Breaking, "PUT /covers | request body | now required"),
        (Additive, "PUT /covers | request body | now optional"),
    );
    both_ways(
        &[(
            "/paths/~1books/post/requestBody/content/application~1xml",
            json!({"schema": {"$ref": "#/components/schemas/Book"}}),
        )],
        (
            Additive,
            "POST /books | request body | media type application/xml added",
        ),
        (
            Breaking,
            "POST /books | request body | media type application/xml removed",
        ),
    );
    both_ways(
        &[(
            "/paths/~1books~1{id}/get/responses/200/content/application~1xml",
            json!({"schema": {"$ref": "#/components/schemas/Book"}}),
        )],
        (
            Additive,
            "GET /books/{id} | response 200 | media type application/xml added",
        ),
        (
            Breaking,
            "GET /books/{id} | response 200 | media type application/xml removed",
        ),
    );
    both_ways(
        &[(
            "/paths/~1books~1{id}/get/requestBody",
            json!({"content": {}}),
        )],
        (Additive, "GET /books/{id} | request body | added, optional"),
        (Breaking, "GET /books/{id} | request body | removed"),
    );
}

#[test]
fn added_and_removed_responses_and_headers_are_reported() {
    let responses = format!("{GET}/responses");
    both_ways(
        &[(&format!("{responses}/410"), json!({"description": "Gone"}))],
        (Additive, "GET /books/{id} | response 410 | added"),
        (Additive, "GET /books/{id} | response 410 | removed"),
    );
    both_ways(
        &[(&format!("{responses}/206"), json!({"description": "Part"}))],
        (Additive, "GET /books/{id} | response 206 | added"),
        (Breaking, "GET /books/{id} | response 206 | removed"),
    );
    both_ways(
        &[(
            &format!("{responses}/404/headers"),
            json!({"X-Why": {"schema": {"type": "string"}}}),
        )],
        (
            Additive,
            "GET /books/{id} | response 404, header `X-Why` | added",
        ),
        (
            Breaking,
            "GET /books/{id} | response 404, header `X-Why` | removed",
        ),
    );
}

#[test]
fn changes_of_security_and_servers_are_reported_once() {
    both_ways(
        &[("/security/-", json!({}))],
        (
            Additive,
            "security of every operation | calling without authorization added",
        ),
        (
            Breaking,
            "security of every operation | calling without authorization removed",
        ),
    );
    both_ways(
        &[("/security", json!([{"Key": ["read"]}]))],
        (
            Breaking,
            "security of every operation | `Key` now requires scope `read`",
        ),
        (
            Additive,
            "security of every operation | `Key` no longer requires scope `read`",
        ),
    );
    let open = lines(&changes(
        &shelf("3.0"),
        &shelf_with(&[("/paths/~1books/post/security", json!([]))]),
    ));
    assert_eq!(
        open[0],
        (
            Breaking,
            "POST /books | security | `Key` removed".to_owned()
        )
    );
    assert_eq!(
        open[1],
        (
            Additive,
            "POST /books | security | calling without authorization added".to_owned()
        )
    );
    both_ways(
        &[(
            "/components/securitySchemes/Key/flows/clientCredentials/tokenUrl",
            json!("https://other.example/token"),
        )],
        (
            Breaking,
            "security scheme `Key` | flow clientCredentials | tokenUrl `https://shelf.example/token` -> `https://other.example/token`",
        ),
        (
            Breaking,
            "security scheme `Key` | flow clientCredentials | tokenUrl `https://other.example/token` -> `https://shelf.example/token`",
        ),
    );
    both_ways(
        &[("/servers/-", json!({"url": "https://eu.shelf.example/v1"}))],
        (Additive, "servers | `https://eu.shelf.example/v1` added"),
        (Breaking, "servers | `https://eu.shelf.example/v1` removed"),
    );
}
