//! `cargo xtask update`: what it takes in, what it keeps, and that it touches nothing without `--accept`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use contract_review::diff::{Options, compare};
use contract_review::update::MARKER;
use serde_json::{Value, json};

/// A folder with our document and our overlay, to be updated from beside them.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// Ours is `document`, as text.
    fn new(document: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = Self { folder };
        std::fs::write(desk.path("ours.json"), document).expect("written");
        let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/overlay.json");
        std::fs::copy(overlay, desk.path("overlay.json")).expect("copied");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ours(&self) -> String {
        std::fs::read_to_string(self.path("ours.json")).expect("our document is there")
    }

    fn publish(&self, document: &str) -> String {
        std::fs::write(self.path("published.json"), document).expect("written");
        self.path("published.json").display().to_string()
    }

    fn update(&self, from: &str, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["update", from, "--document"])
            .arg(self.path("ours.json"))
            .arg("--overlay")
            .arg(self.path("overlay.json"))
            .args(more)
            // The tests' server is on this machine, whatever stands between it and the world.
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .expect("the binary runs")
    }
}

fn printed(document: &Value) -> String {
    format!("{document:#}\n")
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// What the publisher says, in the publisher's words and order.
fn published() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "their title", "version": "2.0", "x-vendor": true},
        "servers": [{"url": "https://shelf.example/v1"}],
        "paths": {
            "/books": {
                "post": {
                    "tags": ["Books", "Shelf"],
                    "operationId": "AddBook",
                    "summary": "their summary",
                    "x-group": {"description": "their group"},
                    "parameters": [
                        {"name": "new", "in": "query", "description": "their new", "example": 1, "schema": {"maximum": 3, "type": "integer"}},
                        {"name": "old", "in": "query", "description": "their old", "schema": {"type": "string"}},
                    ],
                    "requestBody": {
                        "description": "their body",
                        "required": true,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}, "examples": {"one": {"summary": "their example", "value": {}}}}},
                    },
                    "responses": {"201": {"description": "their answer"}},
                },
            },
        },
        "components": {"schemas": {
            "Author": {"type": "object", "description": "their author", "properties": {"name": {"type": "string"}}},
            "Book": {
                "properties": {
                    "author": {"$ref": "#/components/schemas/Author"},
                    "example": {"type": "string", "description": "their property called example", "default": {"x-kept": 1}},
                },
                "type": "object",
            },
        }},
    })
}

/// What we have: less, in our words and order.
fn ours() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "our title", "version": "1.0", "description": "our description"},
        "servers": [{"url": "https://shelf.example/v1", "description": "our server"}],
        "tags": [{"name": "Books", "description": "our books"}, {"name": "Gone", "description": "gone"}],
        "paths": {
            "/books": {
                "post": {
                    "summary": "our summary",
                    "operationId": "AddBook",
                    "tags": ["Books"],
                    "parameters": [{"name": "old", "in": "query", "description": "our old", "schema": {"type": "string"}}],
                    "requestBody": {"description": "our body", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}},
                    "responses": {"201": {"description": "our answer"}},
                },
            },
        },
        "components": {"schemas": {
            "Book": {"description": "our Book", "type": "object", "properties": {"example": {"description": "our example", "type": "string"}}},
        }},
    })
}

fn expected() -> Value {
    let todo = |pointer: &str| format!("{MARKER}`{pointer}`");
    json!({
        "openapi": "3.1.0",
        "info": {"title": "our title", "version": "2.0", "description": "our description"},
        "servers": [{"url": "https://shelf.example/v1", "description": "our server"}],
        "tags": [{"name": "Books", "description": "our books"}, {"name": "Shelf", "description": todo("#/tags/1")}],
        "paths": {
            "/books": {
                "post": {
                    "summary": "our summary",
                    "operationId": "AddBook",
                    "tags": ["Books", "Shelf"],
                    "parameters": [
                        {"name": "new", "in": "query", "description": todo("#/paths/~1books/post/parameters/0"), "schema": {"maximum": 3, "type": "integer"}},
                        {"name": "old", "in": "query", "description": "our old", "schema": {"type": "string"}},
                    ],
                    "requestBody": {
                        "description": "our body",
                        "required": true,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}},
                    },
                    "responses": {"201": {"description": "our answer"}},
                },
            },
        },
        "components": {"schemas": {
            "Author": {
                "type": "object",
                "description": todo("#/components/schemas/Author"),
                "properties": {"name": {"description": todo("#/components/schemas/Author/properties/name"), "type": "string"}},
            },
            "Book": {
                "description": "our Book",
                "type": "object",
                "properties": {
                    "author": {"$ref": "#/components/schemas/Author", "description": todo("#/components/schemas/Book/properties/author")},
                    "example": {"description": "our example", "type": "string", "default": {"x-kept": 1}},
                },
            },
        }},
    })
}

#[test]
fn nothing_is_written_until_it_is_accepted() {
    let desk = Desk::new(&printed(&ours()));
    let from = desk.publish(&printed(&published()));
    let output = desk.update(&from, &[]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(20), "{told}");
    assert_eq!(desk.ours(), printed(&ours()), "reviewing writes nothing");
    for line in [
        "    query parameter `new`: added, optional, integer, maximum 3\n",
        "5 texts to write, each marked \"TODO: describe\":\n",
        "  #/paths/~1books/post/parameters/0/description (new)\n",
        "  #/components/schemas/Author/properties/name/description\n",
        "  overlay action 0 ($.paths['/books'].post.requestBody): changes nothing, the document says so itself\n",
        "  overlay action 2 ($.paths['/loans']): matches nothing\n",
        "nothing is written; run again with --accept",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(!told.contains("their"), "{told}");

    let output = desk.update(&from, &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(desk.ours(), printed(&expected()));
    // The second time there is nothing left to do.
    let output = desk.update(&from, &["--accept"]);
    assert!(said(&output).contains("is unchanged"), "{}", said(&output));
    assert_eq!(desk.ours(), printed(&expected()));
    let files = std::fs::read_dir(desk.folder.path())
        .expect("listed")
        .count();
    assert_eq!(files, 3, "no temporary file is left");
}

#[test]
fn an_overlay_action_that_works_is_not_idle() {
    let mut published = published();
    published["paths"]["/books"]["post"]["requestBody"]["required"] = false.into();
    let desk = Desk::new(&printed(&ours()));
    let told = said(&desk.update(&desk.publish(&printed(&published)), &[]));
    assert!(!told.contains("overlay action 0"), "{told}");
    assert!(told.contains("overlay action 1"), "{told}");
}

#[test]
fn an_operation_at_a_new_path_keeps_its_texts() {
    let desk = Desk::new(&printed(&ours()));
    let mut moved = published();
    let item = moved["paths"]["/books"].take();
    moved["paths"] = json!({ "/library/books": item });
    let from = desk.publish(&moved.to_string());
    let output = desk.update(&from, &["--accept"]);
    // The overlay's own targets name the old path: told, and no reason to stop.
    assert!(output.status.success(), "{}", said(&output));
    let mut there = expected();
    let item = there["paths"]["/books"].take();
    there["paths"] = json!({ "/library/books": item });
    let there = printed(&there).replace("~1books", "~1library~1books");
    assert_eq!(desk.ours(), there);
}

#[test]
fn a_marker_moves_with_its_place() {
    let desk = Desk::new(&printed(&ours()));
    desk.update(&desk.publish(&printed(&published())), &["--accept"]);
    let mut more = published();
    let first = json!({"name": "first", "in": "query", "schema": {"type": "string"}});
    let parameters = more["paths"]["/books"]["post"]["parameters"]
        .as_array_mut()
        .expect("a list");
    parameters.insert(0, first);
    desk.update(&desk.publish(&printed(&more)), &["--accept"]);
    let document: Value = serde_json::from_str(&desk.ours()).expect("JSON");
    let parameter = &document["paths"]["/books"]["post"]["parameters"][1];
    assert_eq!(parameter["name"], "new");
    assert_eq!(
        parameter["description"],
        format!("{MARKER}`#/paths/~1books/post/parameters/1`")
    );
}

#[test]
fn our_document_taken_in_as_published_changes_no_byte() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/barcode-v4.json");
    let text = std::fs::read_to_string(&path).expect("our document is there");
    let desk = Desk::new(&text);
    let output = desk.update(&path.display().to_string(), &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(desk.ours(), text);
}

/// The vendor's documents are not part of this project; where they are at hand, they are taken in for real.
#[test]
fn the_published_document_of_the_same_contract_changes_no_byte() {
    let (Ok(new), Ok(old)) = (
        std::env::var("BARCODE_CLOUD_PUBLISHED_DOCUMENT"),
        std::env::var("BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD"),
    ) else {
        println!(
            "skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT and BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD name no documents"
        );
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("openapi/barcode-v4.json"))
        .expect("our document is there");
    let desk = Desk::new(&text);
    std::fs::copy(root.join("openapi/overlay.json"), desk.path("overlay.json")).expect("copied");
    let output = desk.update(&new, &["--accept"]);
    assert!(
        said(&output).starts_with("no change; version bump: none\n"),
        "{}",
        said(&output)
    );
    assert!(
        !said(&output).contains("overlay action"),
        "{}",
        said(&output)
    );
    assert_eq!(desk.ours(), text);

    // Back to the older revision and forth again: the same facts, and no text of the publisher.
    desk.update(&old, &["--accept"]);
    assert_ne!(desk.ours(), text);
    desk.update(&new, &["--accept"]);
    let there: Value = serde_json::from_str(&desk.ours()).expect("JSON");
    let before: Value = serde_json::from_str(&text).expect("JSON");
    let report = compare(&before, &there, Options { prose: false });
    assert_eq!(report.class(), None, "{report:?}");
    let theirs: Value =
        serde_json::from_str(&std::fs::read_to_string(&new).expect("read")).expect("JSON");
    let mut texts = Vec::new();
    prose(&theirs, &mut texts);
    assert!(texts.len() > 50);
    let mut kept = Vec::new();
    prose(&there, &mut kept);
    let copied: Vec<_> = kept.iter().filter(|text| texts.contains(text)).collect();
    assert!(copied.is_empty(), "{copied:?}");
}

fn prose(node: &Value, texts: &mut Vec<String>) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if ["description", "summary"].contains(&key.as_str()) => {
                        texts.push(text.clone())
                    }
                    value => prose(value, texts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| prose(item, texts)),
        _ => {}
    }
}

#[test]
fn what_is_not_valid_is_refused_with_its_place_and_touches_nothing() {
    let text = printed(&ours());
    let desk = Desk::new(&text);
    let with = |pointer: &str, value: Value| {
        let mut document = published();
        *document.pointer_mut(pointer).expect("the place is there") = value;
        printed(&document)
    };
    let book = "/components/schemas/Book";
    for (document, said_of_it) in [
        (
            with("/paths/~1books/post/responses", Value::Null),
            "#/paths/~1books/post/responses: ",
        ),
        (
            with(&format!("{book}/type"), json!("strung")),
            "#/components/schemas/Book/type: ",
        ),
        (
            with("/paths/~1books/post/parameters/0/in", json!("body")),
            "#/paths/~1books/post/parameters/0",
        ),
        (
            with(
                &format!("{book}/properties/author/$ref"),
                json!("#/nowhere"),
            ),
            "`#/nowhere` refers to nothing",
        ),
        (
            with("/paths/~1books/post", json!({"operationId": "AddBook"})),
            "#/paths/~1books/post/responses: the operation has no responses",
        ),
        (
            with(
                "/paths/~1books/post/parameters/0",
                json!({"name": "id", "in": "path", "required": true, "schema": {}}),
            ),
            "#/paths/~1books/post/parameters/0: path parameter `id` is not in /books",
        ),
        (
            with(
                "/components/schemas/Author",
                json!({"$ref": "#/components/schemas/Author"}),
            ),
            "`#/components/schemas/Author` refers to itself",
        ),
        (with("/openapi", json!("2.0")), "is OpenAPI 2.0"),
        ("{".to_owned(), "is not a JSON document"),
        ("[".repeat(50 << 20), "is larger than 20 MiB"),
        ("openapi: 3.1.0".to_owned(), "is YAML"),
        ("[".repeat(100_000), "is nested deeper than 128 levels"),
    ] {
        let from = desk.publish(&document);
        let output = desk.update(&from, &["--accept"]);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(
            told.starts_with(&format!("error: {from}")) && told.contains(said_of_it),
            "{told}"
        );
        assert_eq!(desk.ours(), text);
    }
    let output = desk.update("/no/such/file", &["--accept"]);
    assert!(
        said(&output).starts_with("error: /no/such/file: cannot be read"),
        "{}",
        said(&output)
    );
}

/// Answers one request with `status` and `body`, and gives the address to ask.
fn serve(status: &'static str, body: String) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = stream.read(&mut buffer).expect("a request");
            request.extend_from_slice(&buffer[..count]);
        }
        let length = body.len();
        // A caller that has read enough hangs up.
        let _ = write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
    });
    (format!("http://{address}/openapi.json"), server)
}

#[test]
fn an_address_is_downloaded() {
    let desk = Desk::new(&printed(&ours()));
    let (address, server) = serve("200 OK", printed(&published()));
    let output = desk.update(&address, &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(desk.ours(), printed(&expected()));
    server.join().expect("served");
}

#[test]
fn an_address_that_gives_no_document_is_one_clear_error() {
    let desk = Desk::new(&printed(&ours()));
    for (status, body, why) in [
        (
            "404 Not Found",
            "{}",
            "cannot be downloaded: HTTP status client error (404 Not Found)",
        ),
        ("200 OK", "<html></html>", "looks like HTML or XML"),
    ] {
        let (address, server) = serve(status, body.into());
        let output = desk.update(&address, &["--accept"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).starts_with(&format!("error: {address}: ")),
            "{}",
            said(&output)
        );
        assert!(said(&output).contains(why), "{}", said(&output));
        server.join().expect("served");
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let output = desk.update(&format!("http://{closed}/"), &[]);
    assert!(
        said(&output).contains("cannot be downloaded"),
        "{}",
        said(&output)
    );
}
