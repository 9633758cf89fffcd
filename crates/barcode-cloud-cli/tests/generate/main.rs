//! Runs `barcode generate` and `barcode types` as users and scripts do.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod batch;
mod faults;
#[cfg(unix)]
mod kill;
mod single;
#[cfg(target_os = "linux")]
mod terminal;
mod types;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use barcode_cloud_sandbox::{Sandbox, Script};
use tempfile::TempDir;

/// A folder, and a sandbox that the commands in it use.
struct Fixture {
    folder: TempDir,
    sandbox: Sandbox,
}

impl Fixture {
    async fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sandbox: Sandbox::start().await.unwrap() }
    }

    async fn with_faults(script: &str) -> Self {
        let fixture = Self::new().await;
        let script: Script = script.parse().unwrap();
        fixture.sandbox.inject(script).unwrap();
        fixture
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Returns a `barcode` command that uses the sandbox.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = barcode(self.folder.path(), arguments);
        command
            .env("BARCODE_CLOUD_BASE_URL", self.sandbox.base_url())
            .env("BARCODE_CLOUD_TOKEN_URL", self.sandbox.token_url())
            .env("BARCODE_CLOUD_CLIENT_ID", self.sandbox.client_id())
            .env("BARCODE_CLOUD_CLIENT_SECRET", self.sandbox.client_secret());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a batch of `rows.csv` into `out`.
    fn batch(&self, arguments: &[&str]) -> Output {
        self.run(&[BATCH, arguments].concat())
    }

    /// Returns the values of the barcodes in an image.
    fn values(&self, image: &str) -> Vec<String> {
        let image = std::fs::read(self.path(image)).unwrap();
        let barcodes = barcode_engine::read(&image, &barcode_engine::ReadOptions::default());
        let barcodes = barcodes.unwrap().into_iter();
        barcodes.map(|barcode| barcode.value).collect()
    }

    /// Returns the data of each request to generate a barcode, in order. It is empty if the
    /// connection was reset before the sandbox read the body.
    fn sent(&self) -> Vec<String> {
        let requests = self.sandbox.requests().into_iter();
        requests
            .filter(|request| request.operation.as_deref() != Some("token"))
            .map(|request| {
                let body = request.body.text.unwrap_or_default();
                let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
                let data = body["encodeData"]["data"].as_str();
                data.unwrap_or_default().to_owned()
            })
            .collect()
    }
}

const BATCH: &[&str] = &["generate", "--from", "rows.csv", "--out-dir", "out"];

/// Returns a `barcode` command whose environment contains no credentials and no settings.
fn barcode(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_barcode"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BARCODE_CLOUD_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("NO_COLOR")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null());
    command
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Returns the standard error of a command that failed.
fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    stderr(output)
}
