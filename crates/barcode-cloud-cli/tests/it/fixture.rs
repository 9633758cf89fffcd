//! A sandbox in this process, and commands that use it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use barcode_cloud_sandbox::{Sandbox, Script};
use serde_json::Value;
use tempfile::TempDir;

/// The arguments of a batch of `rows.csv` into `out`.
pub(crate) const BATCH: &[&str] = &["generate", "--from", "rows.csv", "--out-dir", "out"];

/// A folder, and a sandbox that the commands in it use.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) sandbox: Sandbox,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sandbox: Sandbox::start().await.unwrap() }
    }

    pub(crate) async fn with_faults(script: &str) -> Self {
        let fixture = Self::new().await;
        fixture.inject(script);
        fixture
    }

    pub(crate) fn inject(&self, script: &str) {
        let script: Script = script.parse().unwrap();
        self.sandbox.inject(script).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes an image with a QR code, or an empty image if there is no value.
    pub(crate) fn picture(&self, name: &str, value: &str) {
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

    /// Writes `rows.csv` with this number of rows of the type QR, whose data is their number.
    pub(crate) fn write_rows(&self, count: usize) {
        let rows: String = (1..=count).map(|row| format!("qr,{row}\n")).collect();
        self.write("rows.csv", format!("type,data\n{rows}"));
    }

    /// Returns a `barcode` command that uses the sandbox.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = barcode(self.folder.path(), arguments);
        command
            .env("BARCODE_CLOUD_BASE_URL", self.sandbox.base_url())
            .env("BARCODE_CLOUD_TOKEN_URL", self.sandbox.token_url())
            .env("BARCODE_CLOUD_CLIENT_ID", self.sandbox.client_id())
            .env("BARCODE_CLOUD_CLIENT_SECRET", self.sandbox.client_secret());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a batch of `rows.csv` into `out`.
    pub(crate) fn batch(&self, arguments: &[&str]) -> Output {
        self.run(&[BATCH, arguments].concat())
    }

    /// Returns a command for another program, with the environment of `command`. In a shell script,
    /// `$BARCODE` is the binary.
    #[cfg(target_os = "linux")]
    pub(crate) fn program(&self, name: &str) -> Command {
        let template = self.command(&[]);
        let mut command = Command::new(name);
        for (name, value) in template.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(self.folder.path()).env("BARCODE", env!("CARGO_BIN_EXE_barcode"));
        command.stdin(Stdio::null());
        command
    }

    /// Runs a line of shell script in a terminal with this number of columns, which `script`
    /// emulates. Returns what the terminal shows.
    #[cfg(target_os = "linux")]
    pub(crate) fn in_terminal(&self, columns: u32, line: &str) -> String {
        let line = format!("stty rows 40 cols {columns}; {line}");
        let output = self
            .program("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Returns the values of the barcodes in an image.
    pub(crate) fn values(&self, image: &str) -> Vec<String> {
        let image = std::fs::read(self.path(image)).unwrap();
        let barcodes = barcode_engine::read(&image, &barcode_engine::ReadOptions::default());
        let barcodes = barcodes.unwrap().into_iter();
        barcodes.map(|barcode| barcode.value).collect()
    }

    /// Returns the data of each request that is not for a token, in order. It is empty for a
    /// request to read an image, and if the connection was reset before the sandbox read the body.
    pub(crate) fn sent(&self) -> Vec<String> {
        let requests = self.sandbox.requests().into_iter();
        requests
            .filter(|request| request.operation.as_deref() != Some("token"))
            .map(|request| {
                let body = request.body.text.unwrap_or_default();
                let body: Value = serde_json::from_str(&body).unwrap_or_default();
                let data = body["encodeData"]["data"].as_str();
                data.unwrap_or_default().to_owned()
            })
            .collect()
    }
}

/// Returns a `barcode` command whose environment contains no credentials, no settings and no
/// keyring.
pub(crate) fn barcode(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_barcode"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BARCODE_") {
            command.env_remove(name);
        }
    }
    for name in ["XDG_CONFIG_HOME", "RUST_LOG", "CARGO", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/missing")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null());
    command
}

/// Returns the exit status, the standard output and the standard error.
pub(crate) fn parts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Returns the standard output of a command that succeeded.
pub(crate) fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    parts(output).1
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Returns the standard error of a command that failed.
pub(crate) fn failure(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    stderr(output)
}

/// Returns the only line of the standard error of a command that failed.
pub(crate) fn one_error(output: &Output) -> String {
    let error = failure(output);
    assert!(error.starts_with("error: ") && error.lines().count() == 1, "{error}");
    assert!(output.stdout.is_empty(), "{output:?}");
    error
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[cfg(unix)]
pub(crate) fn send_signal(name: &str, process: u32) {
    let mut kill = Command::new("kill");
    assert!(kill.args(["-s", name, &process.to_string()]).status().unwrap().success());
}
