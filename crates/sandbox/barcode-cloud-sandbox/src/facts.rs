//! The facts about the service, as data.

/// The files of facts about the service, each with its name and its text in TOML.
///
/// Each fact is a request and what the response must be, with its evidence. `barcode conformance`
/// sends the requests to any server and reports where it differs. The README describes the format.
pub const FACTS: [(&str, &str); 4] = [
    ("token.toml", include_str!("../facts/token.toml")),
    ("errors.toml", include_str!("../facts/errors.toml")),
    ("generate.toml", include_str!("../facts/generate.toml")),
    ("read.toml", include_str!("../facts/read.toml")),
];
