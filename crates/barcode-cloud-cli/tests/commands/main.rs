//! Runs the commands other than `barcode generate` as users and scripts do.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod help;
mod reading;
mod settings;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use barcode_cloud_sandbox::Sandbox;
use serde_json::Value;
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

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes an image with a QR code, or an empty image if there is no value.
    fn picture(&self, name: &str, value: &str) {
        let image = match value {
            "" => include_bytes!("empty.png").to_vec(),
            value => {
                let output = self.run(&["generate", "QR", value, "--format", "png"]);
                assert!(output.status.success(), "{output:?}");
                output.stdout
            }
        };
        self.write(name, image);
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
}

/// Returns a `barcode` command whose environment contains no credentials and no settings.
fn barcode(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_barcode"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BARCODE_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("RUST_LOG")
        .env_remove("CARGO")
        .stdin(Stdio::null());
    command
}

/// Returns the exit status, the standard output and the standard error.
fn parts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
