//! Holds the tests in `it/`, and compiles and runs the code of the workspace's README and of the
//! book in `docs/`.

use std::error::Error;

use barcode_cloud::{Client, ClientCredentials};
use barcode_cloud_sandbox::Sandbox;

/// Starts a sandbox and creates its client. The sandbox stops when it is dropped.
///
/// # Errors
///
/// An error if the sandbox cannot listen on the loopback interface.
pub async fn sandbox() -> Result<(Sandbox, Client), Box<dyn Error>> {
    let sandbox = Sandbox::start().await?;
    let client = Client::builder()
        .credentials(ClientCredentials::new(sandbox.client_id(), sandbox.client_secret())?)
        .base_url(sandbox.base_url())
        .token_url(sandbox.token_url())
        .build()?;
    Ok((sandbox, client))
}

/// Makes documentation tests of the code in Markdown files.
macro_rules! markdown {
    ($($name:ident: $path:literal),+ $(,)?) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../", $path))]
            struct $name;
        )+
    };
}

markdown! {
    Readme: "README.md",
    QuickStart: "docs/src/quick-start.md",
    Authorization: "docs/src/authorization.md",
    Labels: "docs/src/recipes/labels.md",
    Tickets: "docs/src/recipes/tickets.md",
    Uploads: "docs/src/recipes/uploads.md",
    Batches: "docs/src/recipes/batches.md",
    Retries: "docs/src/recipes/retries.md",
    Testing: "docs/src/recipes/testing.md",
    Languages: "docs/src/recipes/languages.md",
    Fleet: "docs/src/recipes/fleet.md",
    Observability: "docs/src/recipes/observability.md",
    Migration: "docs/src/migration.md",
}
