//! `cargo xtask update`: which facts it merges, which descriptions it keeps, and that it writes
//! nothing without `--accept`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use contract_review::diff::{Options, compare};
use contract_review::update::MARKER;
use serde_json::{Value, json};

/// A folder with our document, our overlay and a published document.
struct Workspace {
    root: tempfile::TempDir,
}

impl Workspace {
    /// Creates the folder with `document` as our document.
    fn new(document: &str) -> Self {
        let folder = Self { root: tempfile::tempdir().expect("a folder") };
        std::fs::write(folder.path("ours.json"), document).expect("written");
        folder.correct(
            json!([{"target": "$.paths[*].post.requestBody", "update": {"required": true}}]),
        );
        folder
    }

    /// Replaces the overlay.
    fn correct(&self, actions: Value) {
        let overlay =
            json!({"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": actions});
        std::fs::write(self.path("overlay.json"), overlay.to_string()).expect("written");
    }

    /// Replaces the overlay with one that has idle actions.
    fn correct_more(&self) {
        let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/overlay.json");
        std::fs::copy(overlay, self.path("overlay.json")).expect("copied");
    }

    /// The record of the accepted document.
    fn accepted(&self) -> Value {
        let text =
            std::fs::read_to_string(self.path("accepted.json")).expect("the record is there");
        serde_json::from_str(&text).expect("JSON")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
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
            // The test server is local, so an HTTP proxy of the environment must not be used.
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .expect("the binary runs")
    }
}

fn text_of(document: &Value) -> String {
    format!("{document:#}\n")
}

fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// The published document, with its own descriptions and order.
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
                        {"name": "copies", "in": "query", "description": "their new", "example": 1, "schema": {"maximum": 3, "type": "integer"}},
                        {"name": "old", "in": "query", "description": "their old", "schema": {"type": "string"}},
                    ],
                    "requestBody": {
                        "description": "their body",
                        "required": true,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}, "examples": {"one": {"summary": "their example", "value": {}}}}},
                    },
                    "responses": {"201": {"description": "their response"}},
                },
            },
        },
        "components": {"schemas": {
            "Author": {"type": "object", "description": "their author", "properties": {"name": {"type": "string"}}},
            "Book": {
                "properties": {
                    "author": {"$ref": "#/components/schemas/Author"},
                    "example": {"type": "string", "description": "their property called example", "default": "kept"},
                },
                "type": "object",
            },
        }, "securitySchemes": {"Key": {"type": "oauth2", "description": "their key", "flows": {"clientCredentials": {"tokenUrl": "https://shelf.example/token", "scopes": {}}}}}},
    })
}

/// Our document: it has fewer facts, and our descriptions and order.
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
                    "responses": {"201": {"description": "our response"}},
                },
            },
        },
        "components": {"schemas": {
            "Book": {"description": "our Book", "type": "object", "properties": {"example": {"description": "our example", "type": "string"}}},
        }, "securitySchemes": {"Key": {"type": "oauth2", "description": "our key", "flows": {"clientCredentials": {"tokenUrl": "https://shelf.example/token", "scopes": {}}}}}},
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
                        {"name": "copies", "in": "query", "description": todo("#/paths/~1books/post/parameters/0"), "schema": {"maximum": 3, "type": "integer"}},
                        {"name": "old", "in": "query", "description": "our old", "schema": {"type": "string"}},
                    ],
                    "requestBody": {
                        "description": "our body",
                        "required": true,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}},
                    },
                    "responses": {"201": {"description": "our response"}},
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
                    "example": {"description": "our example", "type": "string", "default": "kept"},
                },
            },
        }, "securitySchemes": {"Key": {"type": "oauth2", "description": "our key", "flows": {"clientCredentials": {"tokenUrl": "https://shelf.example/token", "scopes": {}}}}}},
    })
}

#[test]
fn nothing_is_written_until_it_is_accepted() {
    let folder = Workspace::new(&text_of(&ours()));
    folder.correct_more();
    let from = folder.publish(&text_of(&published()));
    let output = folder.update(&from, &[]);
    let output_text = printed(&output);
    assert_eq!(output.status.code(), Some(20), "{output_text}");
    assert_eq!(folder.ours(), text_of(&ours()), "reviewing writes nothing");
    for line in [
        "    query parameter `copies`: added, optional, integer, maximum 3\n",
        "5 texts to write, each marked \"TODO: describe\":\n",
        "  #/paths/~1books/post/parameters/0/description (copies)\n",
        "  #/components/schemas/Author/properties/name/description\n",
        "  overlay action 0 ($.paths['/books'].post.requestBody): changes nothing, because the document is already correct\n",
        "  overlay action 2 ($.paths['/loans']): matches nothing\n",
        "cannot be replaced: no client can be generated from it: overlay action 1 ($.paths['/covers'].put.requestBody): matches nothing",
    ] {
        assert!(output_text.contains(line), "{line}\n{output_text}");
    }
    assert!(!output_text.contains("their"), "{output_text}");

    folder.correct(json!([]));
    let output = folder.update(&from, &[]);
    assert!(
        printed(&output).contains("nothing is written; run again with --accept"),
        "{}",
        printed(&output)
    );
    let output = folder.update(&from, &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert_eq!(folder.ours(), text_of(&expected()));
    // Nothing changes when the same document is merged again.
    let output = folder.update(&from, &["--accept"]);
    assert!(printed(&output).contains("is unchanged"), "{}", printed(&output));
    assert_eq!(folder.ours(), text_of(&expected()));
    let files = std::fs::read_dir(folder.root.path()).expect("listed").count();
    assert_eq!(files, 4, "no temporary file is left");
}

#[test]
fn an_overlay_action_with_an_effect_is_not_listed() {
    let mut published = published();
    published["paths"]["/books"]["post"]["requestBody"]["required"] = false.into();
    let folder = Workspace::new(&text_of(&ours()));
    folder.correct_more();
    let output_text = printed(&folder.update(&folder.publish(&text_of(&published)), &[]));
    assert!(!output_text.contains("overlay action 0"), "{output_text}");
    assert!(output_text.contains("overlay action 1"), "{output_text}");
}

#[test]
fn an_operation_at_a_new_path_keeps_its_descriptions() {
    let folder = Workspace::new(&text_of(&ours()));
    let mut moved = published();
    let item = moved["paths"]["/books"].take();
    moved["paths"] = json!({ "/library/books": item });
    let from = folder.publish(&moved.to_string());
    let output = folder.update(&from, &["--accept"]);
    assert!(output.status.success(), "{}", printed(&output));
    let mut merged = expected();
    let item = merged["paths"]["/books"].take();
    merged["paths"] = json!({ "/library/books": item });
    let merged = text_of(&merged).replace("~1books", "~1library~1books");
    assert_eq!(folder.ours(), merged);
}

#[test]
fn a_marker_moves_with_its_place() {
    let folder = Workspace::new(&text_of(&ours()));
    folder.update(&folder.publish(&text_of(&published())), &["--accept"]);
    let mut more = published();
    let first = json!({"name": "first", "in": "query", "schema": {"type": "string"}});
    let parameters = more["paths"]["/books"]["post"]["parameters"].as_array_mut().expect("a list");
    parameters.insert(0, first);
    folder.update(&folder.publish(&text_of(&more)), &["--accept"]);
    let document: Value = serde_json::from_str(&folder.ours()).expect("JSON");
    let parameter = &document["paths"]["/books"]["post"]["parameters"][1];
    assert_eq!(parameter["name"], "copies");
    assert_eq!(parameter["description"], format!("{MARKER}`#/paths/~1books/post/parameters/1`"));
}

#[test]
fn merging_our_own_document_changes_no_byte() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/barcode-v4.json");
    let text = std::fs::read_to_string(&path).expect("our document is there");
    let folder = Workspace::new(&text);
    std::fs::copy(path.with_file_name("overlay.json"), folder.path("overlay.json"))
        .expect("copied");
    let output = folder.update(&path.display().to_string(), &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert_eq!(folder.ours(), text);
}

#[test]
fn the_accepted_document_is_recorded() {
    let folder = Workspace::new(&text_of(&ours()));
    let from = folder.publish(&text_of(&published()));
    folder.update(&from, &[]);
    assert!(!folder.path("accepted.json").exists(), "reviewing writes nothing");
    folder.update(&from, &["--accept"]);
    let record = folder.accepted();
    assert_eq!(record["source"], "published.json");
    let date = record["date"].as_str().expect("a date");
    assert!(chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok(), "{date}");
    let hash = |bytes: &[u8]| {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let hash = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
        hash.collect::<String>()
    };
    let bytes = std::fs::read(folder.path("published.json")).expect("read");
    assert_eq!(record["sha256"], hash(&bytes));

    // The date is that of the first acceptance.
    let old = json!({"source": "published.json", "date": "2026-07-01", "sha256": record["sha256"]});
    std::fs::write(folder.path("accepted.json"), old.to_string()).expect("written");
    folder.update(&from, &["--accept"]);
    assert_eq!(folder.accepted(), old);
    // The same facts in another file are another document. The query of a URL can be secret.
    let text = published().to_string();
    let (address, server) = serve("200 OK", text.clone().into());
    folder.update(&format!("{address}?key=hidden#part"), &["--accept"]);
    server.join().expect("served");
    assert_eq!(folder.accepted()["source"], address);
    assert_eq!(folder.accepted()["sha256"], hash(text.as_bytes()));
    assert_ne!(folder.accepted()["date"], "2026-07-01");
}

#[test]
fn removed_operations_need_a_flag() {
    let text = text_of(&ours());
    let folder = Workspace::new(&text);
    folder.correct(json!([]));
    let mut empty = published();
    empty["paths"] = json!({});
    let from = folder.publish(&empty.to_string());
    let reason = "it lacks POST /books; if that is right, add --allow-removals";
    assert!(printed(&folder.update(&from, &[])).contains(reason));
    let output = folder.update(&from, &["--accept"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains(reason), "{}", printed(&output));
    assert_eq!(folder.ours(), text);
    assert!(!folder.path("accepted.json").exists());

    let mut other = published();
    other["paths"] = json!({"/other": {"post": {"operationId": "Other", "responses": {"204": {"description": "d"}}}}});
    let from = folder.publish(&other.to_string());
    assert_eq!(folder.update(&from, &["--accept"]).status.code(), Some(1));
    let output = folder.update(&from, &["--accept", "--allow-removals"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert!(folder.ours().contains("/other"));
}

#[test]
fn a_document_without_a_client_is_not_accepted() {
    let text = text_of(&ours());
    let folder = Workspace::new(&text);
    let mut document = published();
    document["components"]["securitySchemes"] = json!({});
    let from = folder.publish(&document.to_string());
    let reason = "no client can be generated from it: #/components/securitySchemes: there must be exactly one clientCredentials flow";
    assert!(printed(&folder.update(&from, &[])).contains(reason));
    let output = folder.update(&from, &["--accept"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains(reason), "{}", printed(&output));
    assert_eq!(folder.ours(), text);
}

/// The vendor's documents are not part of this project. If they are available, this test merges
/// them.
#[test]
fn merging_the_published_document_of_the_same_contract_changes_no_byte() {
    let (Ok(new), Ok(old)) = (
        std::env::var("BARCODE_CLOUD_PUBLISHED_DOCUMENT"),
        std::env::var("BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD"),
    ) else {
        println!(
            "skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT and BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD are not set"
        );
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("openapi/barcode-v4.json"))
        .expect("our document is there");
    let folder = Workspace::new(&text);
    std::fs::copy(root.join("openapi/overlay.json"), folder.path("overlay.json")).expect("copied");
    let output = folder.update(&new, &["--accept"]);
    assert!(
        printed(&output).starts_with("no change; version bump: none\n"),
        "{}",
        printed(&output)
    );
    assert!(!printed(&output).contains("overlay action"), "{}", printed(&output));
    assert_eq!(folder.ours(), text);

    // Merging the older revision and then the newer one restores the facts and copies no published
    // description.
    folder.correct(json!([]));
    let output = folder.update(&old, &["--accept"]);
    assert_ne!(folder.ours(), text, "{}", printed(&output));
    let output = folder.update(&new, &["--accept"]);
    assert!(output.status.success(), "{}", printed(&output));
    let merged: Value = serde_json::from_str(&folder.ours()).expect("JSON");
    let before: Value = serde_json::from_str(&text).expect("JSON");
    let report = compare(&before, &merged, Options { prose: false });
    assert_eq!(report.class(), None, "{report:?}");
    let theirs: Value =
        serde_json::from_str(&std::fs::read_to_string(&new).expect("read")).expect("JSON");
    let mut texts = Vec::new();
    prose(&theirs, &mut texts);
    assert!(texts.len() > 50);
    let mut kept = Vec::new();
    prose(&merged, &mut kept);
    let copied: Vec<_> = kept.iter().filter(|text| texts.contains(text)).collect();
    assert!(copied.is_empty(), "{copied:?}");
}

fn prose(node: &Value, texts: &mut Vec<String>) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if ["description", "summary"].contains(&key.as_str()) => {
                        texts.push(text.clone());
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
fn an_invalid_document_is_rejected_with_its_place_and_nothing_is_written() {
    let text = text_of(&ours());
    let folder = Workspace::new(&text);
    let with = |pointer: &str, value: Value| {
        let mut document = published();
        *document.pointer_mut(pointer).expect("the place is there") = value;
        text_of(&document)
    };
    let book = "/components/schemas/Book";
    for (document, expected) in [
        (with("/paths/~1books/post/responses", Value::Null), "#/paths/~1books/post/responses: "),
        (with(&format!("{book}/type"), json!("strung")), "#/components/schemas/Book/type: "),
        (
            with("/paths/~1books/post/parameters/0/in", json!("body")),
            "#/paths/~1books/post/parameters/0",
        ),
        (
            with(&format!("{book}/properties/author/$ref"), json!("#/nowhere")),
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
            with("/components/schemas/Author", json!({"$ref": "#/components/schemas/Author"})),
            "`#/components/schemas/Author` refers to itself",
        ),
        (with("/openapi", json!("2.0")), "is OpenAPI 2.0;"),
        ("{".to_owned(), "is not a JSON document"),
        ("[".repeat(50 << 20), "is larger than 20 MiB"),
        ("openapi: 3.1.0".to_owned(), "has no `paths`"),
        ("[".repeat(100_000), "is nested deeper than 128 levels"),
    ] {
        let from = folder.publish(&document);
        let output = folder.update(&from, &["--accept"]);
        let output_text = printed(&output);
        assert_eq!(output.status.code(), Some(1), "{output_text}");
        assert!(
            output_text.starts_with(&format!("error: {from}")) && output_text.contains(expected),
            "{output_text}"
        );
        assert_eq!(folder.ours(), text);
    }
    let output = folder.update("/no/such/file", &["--accept"]);
    assert!(
        printed(&output).starts_with("error: /no/such/file: cannot be read"),
        "{}",
        printed(&output)
    );
}

/// Starts a server that responds to one request with `status` and `body`. Returns its URL.
fn serve(status: &'static str, body: Vec<u8>) -> (String, std::thread::JoinHandle<()>) {
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
        // The client may close the connection before it has read the whole body.
        let _ = write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let _ = stream.write_all(&body);
    });
    (format!("http://{address}/openapi.json"), server)
}

#[test]
fn a_url_is_downloaded() {
    let folder = Workspace::new(&text_of(&ours()));
    let (address, server) = serve("200 OK", text_of(&published()).into());
    let output = folder.update(&address, &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert_eq!(folder.ours(), text_of(&expected()));
    server.join().expect("served");
}

#[test]
fn gzip_is_decompressed_in_a_file_and_a_response() {
    let text = text_of(&published());
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("compressed");
    let bytes = encoder.finish().expect("compressed");
    let folder = Workspace::new(&text_of(&ours()));
    std::fs::write(folder.path("published.json.gz"), &bytes).expect("written");
    let from = folder.path("published.json.gz").display().to_string();
    let output = folder.update(&from, &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert_eq!(folder.ours(), text_of(&expected()));
    let (address, server) = serve("200 OK\r\ncontent-encoding: gzip", bytes);
    let output = folder.update(&address, &[]);
    assert!(printed(&output).contains("already contains all of it"), "{}", printed(&output));
    server.join().expect("served");
}

#[test]
fn a_url_without_a_document_is_reported_as_one_error() {
    let folder = Workspace::new(&text_of(&ours()));
    for (status, body, why) in [
        ("404 Not Found", "{}", "cannot be downloaded: HTTP status client error (404 Not Found)"),
        ("200 OK", "<html></html>", "looks like HTML or XML"),
    ] {
        let (address, server) = serve(status, body.into());
        let output = folder.update(&address, &["--accept"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            printed(&output).starts_with(&format!("error: {address}: ")),
            "{}",
            printed(&output)
        );
        assert!(printed(&output).contains(why), "{}", printed(&output));
        server.join().expect("served");
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let output = folder.update(&format!("http://{closed}/"), &[]);
    assert!(printed(&output).contains("cannot be downloaded"), "{}", printed(&output));
}
