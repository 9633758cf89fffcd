//! `barcode doctor`: checks what a call needs, without making one, and says what to fix.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow, bail};
use barcode_cloud::api::ClientInfo as _;
use barcode_cloud::reqwest::Url;
use barcode_cloud::reqwest::header::DATE;
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::Service;
use crate::connect::{self, Connection};
use crate::{FAILED, output};

/// How long each check may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The largest difference of the clocks at which tokens certainly work.
const MAX_SKEW: Duration = Duration::from_secs(60);

#[derive(Args)]
pub(crate) struct Doctor {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

type Check = (&'static str, anyhow::Result<String>);

/// Runs all checks, of which none is billed.
pub(crate) async fn run(
    service: Service,
    arguments: Doctor,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let checks = match connect::prepare(service).await {
        Err(error) => vec![("settings", Err(error))],
        Ok(connection) => check(&connection).await,
    };
    if arguments.json {
        let checks: Vec<Value> = checks.iter().map(entry).collect();
        writeln!(out, "{}", json!({"checks": checks}))?;
    } else {
        for (name, outcome) in &checks {
            let (state, message) = match outcome {
                Ok(message) => ("ok", message.clone()),
                Err(error) => ("FAIL", output::message(error)),
            };
            writeln!(out, "{state:<5} {name:<9} {message}")?;
        }
    }
    Ok(match checks.iter().all(|(_, outcome)| outcome.is_ok()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FAILED),
    })
}

fn entry((name, outcome): &Check) -> Value {
    match outcome {
        Ok(message) => json!({"name": name, "ok": true, "message": message}),
        Err(error) => json!({"name": name, "ok": false, "message": output::message(error)}),
    }
}

async fn check(connection: &Connection) -> Vec<Check> {
    let settings = &connection.settings;
    let client = settings.client_id.as_deref().unwrap_or("unknown");
    let summary = format!("client {client} from the {}, {}", settings.origin, settings.base_url);
    let [service_name, token_name] = [&settings.base_url, &settings.token_url].map(resolve);
    let date = connection_date(connection).await;
    let (connected, clock) = match date {
        Ok((status, date)) => {
            (Ok(format!("the service responds ({status})")), clock(date, SystemTime::now()))
        }
        Err(error) => (Err(error), Err(anyhow!("unknown, because the service did not respond"))),
    };
    vec![
        ("settings", Ok(summary)),
        ("dns", service_name.await),
        ("dns", token_name.await),
        ("tls", connected),
        ("clock", clock),
        ("token", token(connection).await),
    ]
}

/// Resolves the host of a URL.
async fn resolve(url: &String) -> anyhow::Result<String> {
    let url: Url = url.parse().with_context(|| format!("`{url}` is not a URL"))?;
    let host = url.host_str().context("the URL has no host")?.to_owned();
    let name = (host.trim_matches(['[', ']']), url.port_or_known_default().unwrap_or(443));
    let addresses = tokio::time::timeout(LIMIT, tokio::net::lookup_host(name)).await;
    let addresses = addresses.context("the name server does not respond; check the network");
    let advice = || {
        format!(
            "cannot resolve {host} (behind a proxy, this is no problem); check the URL, the network and the name server"
        )
    };
    match addresses?.with_context(advice)?.next() {
        Some(address) => Ok(format!("{host} is {}", address.ip())),
        None => bail!(advice()),
    }
}

/// Sends a request without a token to the root of the service, which is not billed. Returns the
/// status and the date of the response.
async fn connection_date(connection: &Connection) -> anyhow::Result<(String, Option<SystemTime>)> {
    let mut url: Url = connection.settings.base_url.parse()?;
    url.set_path("/");
    let request = connection.client.api().client().head(url).timeout(LIMIT);
    let response = request.send().await.context(
        "cannot connect; check the network, the proxy, and whether the root certificate of a proxy must be added to \
         `root_certificates`",
    )?;
    let date = response.headers().get(DATE);
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    Ok((response.status().to_string(), date))
}

/// Compares the clock of this computer with the `Date` header of the service.
fn clock(date: Option<SystemTime>, now: SystemTime) -> anyhow::Result<String> {
    let date = date.context("unknown, because the response has no valid Date header")?;
    let (skew, direction) = match now.duration_since(date) {
        Ok(skew) => (skew, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    };
    let seconds = skew.as_secs();
    if skew > MAX_SKEW {
        bail!("{seconds} s {direction} the service; set the clock, for example with NTP");
    }
    Ok(format!("at most {} s from that of the service", seconds + 1))
}

async fn token(connection: &Connection) -> anyhow::Result<String> {
    let token = connection.client.token_source().token_within(LIMIT).await?;
    Ok(match token.remaining() {
        Some(remaining) => format!("obtained, expires in {} s", remaining.as_secs()),
        None => "static, so whether the service accepts it is unknown".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::clock;

    #[test]
    fn a_wrong_clock_is_found_in_both_directions() {
        let now = SystemTime::now();
        let minutes = Duration::from_secs(120);
        for (date, expected) in [
            (Some(now), "at most 1 s from that of the service"),
            (Some(now - minutes), "120 s ahead of the service"),
            (Some(now + minutes), "120 s behind the service"),
            (None, "no valid Date header"),
        ] {
            let text = clock(date, now).unwrap_or_else(|error| error.to_string());
            assert!(text.contains(expected), "{text}");
        }
    }
}
