//! `barcode conformance`: compares a server with the facts about the service.

mod fact;
mod server;

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use barcode_cloud::api;
use barcode_cloud::reqwest::{Client, Url};
use barcode_cloud_sandbox::Sandbox;
use clap::Args;

use crate::FAILED;
use crate::arguments::Service;
use fact::{Evidence, Fact};
use server::Server;

/// How long each request may take, if no limit is given.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Args)]
#[command(after_help = "\
The credentials are read from BARCODE_CLOUD_CLIENT_ID and BARCODE_CLOUD_CLIENT_SECRET. One fact sends
six token requests with a wrong secret, after which the service rejects that secret for ten minutes.

Examples:
  barcode --sandbox conformance
  barcode conformance --base-url http://127.0.0.1:8787/v4.0 \\
      --token-url http://127.0.0.1:8787/connect/token

Exit status: 0 if the server agrees with all facts that were checked, otherwise 2.")]
pub(crate) struct Conformance {
    /// Base URL of the server
    #[arg(long, value_name = "URL", env = "BARCODE_CLOUD_BASE_URL", hide_env = true, default_value = api::BASE_URL)]
    base_url: Url,
    /// URL of the token endpoint
    #[arg(long, value_name = "URL", env = "BARCODE_CLOUD_TOKEN_URL", hide_env = true, default_value = api::TOKEN_URL)]
    token_url: Url,
    /// Maximum number of calls to operations, each of which the service may bill. Facts that need
    /// more calls are skipped; 0 checks only the token endpoint
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    max_calls: u32,
}

/// The result of comparing the server with a fact.
enum Outcome {
    Agrees,
    Differs(String),
    Skipped,
}

pub(crate) async fn run(
    service: Service,
    arguments: Conformance,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    // Dropping the sandbox stops it.
    let (server, _sandbox) = connect(&service, &arguments).await?;
    let token = server.token().await?;
    let mut calls = 0;
    let mut outcomes = Vec::new();
    writeln!(out, "{:<8} {:<10} fact", "result", "evidence")?;
    for fact in fact::facts()? {
        let needed = fact.request.calls();
        let outcome = if calls + needed > arguments.max_calls && needed > 0 {
            Outcome::Skipped
        } else {
            calls += needed;
            outcome(&server, &fact, &token).await
        };
        print(out, &fact, &outcome)?;
        outcomes.push((fact.evidence, outcome));
    }
    summarize(out, &outcomes, calls)
}

async fn connect(
    service: &Service,
    arguments: &Conformance,
) -> anyhow::Result<(Server, Option<Sandbox>)> {
    if service.profile.is_some() {
        bail!("--profile cannot be used here; set the credentials in the environment");
    }
    let sandbox = match service.sandbox {
        true => Some(Sandbox::start().await?),
        false => None,
    };
    let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is missing"));
    let (base_url, token_url, client_id, client_secret) = match &sandbox {
        Some(sandbox) => (
            sandbox.base_url().parse()?,
            sandbox.token_url().parse()?,
            sandbox.client_id().to_owned(),
            sandbox.client_secret().to_owned(),
        ),
        None => (
            arguments.base_url.clone(),
            arguments.token_url.clone(),
            variable("BARCODE_CLOUD_CLIENT_ID")?,
            variable("BARCODE_CLOUD_CLIENT_SECRET")?,
        ),
    };
    let http = Client::builder().timeout(service.timeout.unwrap_or(LIMIT)).build()?;
    let random = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos().to_string();
    let server = Server { http, base_url, token_url, client_id, client_secret, random };
    Ok((server, sandbox))
}

async fn outcome(server: &Server, fact: &Fact, token: &str) -> Outcome {
    match server.differences(&fact.request, &fact.response, token).await {
        Ok(differences) if differences.is_empty() => Outcome::Agrees,
        Ok(differences) => Outcome::Differs(differences.join("; ")),
        Err(error) => Outcome::Differs(crate::terminal::one_line(&error)),
    }
}

fn print(out: &mut impl Write, fact: &Fact, outcome: &Outcome) -> anyhow::Result<()> {
    let Fact { name, evidence, source, .. } = fact;
    match outcome {
        Outcome::Agrees => writeln!(out, "agrees   {evidence:<10} {name}")?,
        Outcome::Skipped => writeln!(out, "skipped  {evidence:<10} {name}")?,
        Outcome::Differs(difference) => {
            writeln!(out, "differs  {evidence:<10} {name}")?;
            writeln!(out, "                    {difference} (source: {source})")?;
        }
    }
    Ok(())
}

fn summarize(
    out: &mut impl Write,
    outcomes: &[(Evidence, Outcome)],
    calls: u32,
) -> anyhow::Result<ExitCode> {
    let count = |wanted: fn(&Outcome) -> bool| {
        outcomes.iter().filter(|(_, outcome)| wanted(outcome)).count()
    };
    let differing = count(|outcome| matches!(outcome, Outcome::Differs(_)));
    writeln!(
        out,
        "{} agree, {differing} differ, {} skipped; {calls} calls",
        count(|outcome| matches!(outcome, Outcome::Agrees)),
        count(|outcome| matches!(outcome, Outcome::Skipped)),
    )?;
    Ok(match differing {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(FAILED),
    })
}
