//! The sandbox, in a process of its own: its faults, its restarts, and what it would have billed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use barcode_cloud::{Client, ClientCredentials, EncodeBarcodeType};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::AbortHandle;

use crate::callers::Policy;

/// The faults of operations, each in about one of a hundred requests.
const FAULTS: [&str; 16] = [
    "reset",
    "reset-in-body",
    "truncate",
    "empty",
    "html",
    "html=502",
    "content-type=text/plain",
    "drip=50ms",
    "hang",
    "delay=500ms",
    "status=408",
    "status=429; retry-after=1",
    "status=429; retry-after=date:1",
    "status=500",
    "status=503",
    "status=504",
];

const CLIENT_ID: &str = "soak";
const CLIENT_SECRET: &str = "soak-secret";

/// The billed requests of each `User-Agent`.
type Billed = Arc<Mutex<HashMap<String, u64>>>;

pub(crate) struct Server {
    child: Child,
    port: u16,
    admin: reqwest::Client,
    /// The number of starts, so that each has its own seed: its own keys, and its own faults.
    starts: u64,
    billed: Billed,
    log: AbortHandle,
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        let admin = reqwest::Client::builder().no_proxy().build()?;
        let (child, port) = spawn(0, 1).await?;
        let billed = Billed::default();
        let log = read_log(&admin, port, &billed).await?;
        Ok(Self { child, port, admin, starts: 1, billed, log })
    }

    /// Starts the server again on the same port. It rejects the tokens of the server before it.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.starts += 1;
        (self.child, _) = spawn(self.port, self.starts).await?;
        self.log = read_log(&self.admin, self.port, &self.billed).await?;
        self.inject_faults().await
    }

    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.log.abort();
        Ok(self.child.kill().await?)
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        self.kill().await
    }

    pub(crate) fn process_id(&self) -> Result<u32> {
        self.child.id().context("the sandbox has stopped")
    }

    pub(crate) fn client(&self, policy: Policy) -> Result<Client> {
        let client = Client::builder()
            .credentials(ClientCredentials::new(CLIENT_ID, CLIENT_SECRET)?)
            .base_url(format!("http://127.0.0.1:{}/v4.0", self.port))
            .token_url(format!("http://127.0.0.1:{}/connect/token", self.port))
            .user_agent(policy.name())
            .timeout(Duration::from_secs(120))
            .attempt_timeout(Duration::from_secs(3))
            .retry(policy.retry());
        Ok(client.build()?)
    }

    /// Saves an image to recognize, and returns its path.
    pub(crate) async fn label(&self, folder: &Path) -> Result<PathBuf> {
        let path = folder.join("label.png");
        self.client(Policy::Default)?.generate(EncodeBarcodeType::Qr, "label").save(&path).await?;
        Ok(path)
    }

    pub(crate) async fn inject_faults(&self) -> Result<()> {
        let token = json!({ "steps": "status=503", "operation": "token", "probability": 0.33 });
        let operations = FAULTS.map(|steps| json!({ "steps": steps, "probability": 0.01 }));
        for (number, mut script) in operations.into_iter().chain([token]).enumerate() {
            script["seed"] = json!(self.starts * 1_000 + number as u64);
            self.command("faults", &script).await?;
        }
        Ok(())
    }

    pub(crate) async fn revoke_tokens(&self) -> Result<()> {
        self.command("tokens/revoke", &json!({})).await
    }

    async fn command(&self, path: &str, body: &Value) -> Result<()> {
        let url = format!("http://127.0.0.1:{}/_sandbox/{path}", self.port);
        let response = self.admin.post(url).json(body).send().await?;
        let status = response.status();
        ensure!(status.is_success(), "{path}: {status}: {}", response.text().await?);
        Ok(())
    }

    /// The number of requests with this policy that the service would have billed, or may have.
    pub(crate) fn billed(&self, policy: Policy) -> u64 {
        let billed = self.billed.lock().unwrap_or_else(PoisonError::into_inner);
        billed.get(policy.name()).copied().unwrap_or_default()
    }
}

/// Starts a process, and returns it with its port.
async fn spawn(port: u16, seed: u64) -> Result<(Child, u16)> {
    #[derive(Deserialize)]
    struct Ready {
        admin_url: String,
    }

    let examples = std::env::current_exe()?;
    let binary = examples.ancestors().nth(2).context("no target folder")?.join("barcode");
    let mut child = Command::new(&binary)
        .args(["sandbox", "--json", "--exit-with-parent", "--token-lifetime=60"])
        .arg(format!("--port={port}"))
        .arg(format!("--seed={seed}"))
        .arg(format!("--client-id={CLIENT_ID}"))
        .env("BARCODE_SANDBOX_CLIENT_SECRET", CLIENT_SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} is missing; run `cargo build`", binary.display()))?;
    let output = child.stdout.take().context("no standard output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).await?;
    let ready: Ready = serde_json::from_str(&line).context("the sandbox did not start")?;
    let url = reqwest::Url::parse(&ready.admin_url)?;
    Ok((child, url.port().context("no port")?))
}

/// Reads the request log of the sandbox, which is a stream of events, and counts the requests that
/// may have been billed.
async fn read_log(admin: &reqwest::Client, port: u16, billed: &Billed) -> Result<AbortHandle> {
    let url = format!("http://127.0.0.1:{port}/_sandbox/requests/events");
    let mut events = admin.get(url).send().await?.error_for_status()?;
    let billed = billed.clone();
    let task = async move {
        let mut rest = Vec::new();
        // It ends with an error when the sandbox is killed.
        while let Ok(Some(chunk)) = events.chunk().await {
            rest.extend_from_slice(&chunk);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                if let Some(agent) = line.strip_prefix(b"data: ").and_then(billed_agent) {
                    let mut billed = billed.lock().unwrap_or_else(PoisonError::into_inner);
                    *billed.entry(agent).or_default() += 1;
                }
            }
        }
    };
    Ok(tokio::spawn(task).abort_handle())
}

/// The `User-Agent` of a logged request, if the service would have billed it.
fn billed_agent(entry: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Entry {
        operation: Option<String>,
        headers: Vec<(String, String)>,
        status: Option<u16>,
    }

    let entry: Entry = serde_json::from_slice(entry).ok()?;
    let unbilled = entry.operation.as_deref() == Some("token")
        || matches!(entry.status, Some(401 | 429 | 503));
    let agent = entry.headers.into_iter().find(|(name, _)| name == "user-agent")?.1;
    (!unbilled).then_some(agent)
}
