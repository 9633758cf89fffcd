//! `barcode token`: obtains an access token, and shows its client, expiry and scope.

use std::io::Write;

use barcode_cloud::auth::AccessToken;
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::Service;
use crate::connect::{self, Settings};
use crate::terminal;

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode token
  barcode token --show --quiet | sed 's/^/Authorization: Bearer /' | curl -H @- ...")]
pub(crate) struct Token {
    /// Print the token itself to standard output, and the rest to standard error
    #[arg(long)]
    show: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(
    service: Service,
    arguments: Token,
    quiet: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let connection = connect::connect(service).await?;
    let token = connection.client.token_source().token().await?;
    let secret = arguments.show.then(|| secret(&token)).transpose()?;
    let settings = &connection.settings;
    if arguments.json {
        writeln!(out, "{}", document(settings, &token, secret))?;
        return Ok(());
    }
    let lines = lines(settings, &token);
    match secret {
        None => writeln!(out, "{lines}")?,
        Some(secret) => {
            writeln!(out, "{secret}")?;
            if !quiet {
                terminal::note(&lines);
            }
        }
    }
    Ok(())
}

fn secret(token: &AccessToken) -> anyhow::Result<&str> {
    let header = token.header_value().to_str()?;
    Ok(header.strip_prefix("Bearer ").unwrap_or(header))
}

fn lines(settings: &Settings, token: &AccessToken) -> String {
    let expiry = match token.remaining() {
        Some(remaining) => format!("expires in {} s", remaining.as_secs()),
        None => "static token, which is not renewed".to_owned(),
    };
    format!(
        "client  {} (from the {})\nexpiry  {expiry}\nscope   {}",
        settings.client_id.as_deref().unwrap_or("unknown"),
        settings.origin,
        token.scope().unwrap_or("none")
    )
}

fn document(settings: &Settings, token: &AccessToken, secret: Option<&str>) -> Value {
    let mut document = json!({
        "client_id": settings.client_id,
        "expires_in": token.remaining().map(|remaining| remaining.as_secs()),
        "scope": token.scope(),
    });
    if let Some(secret) = secret {
        document["access_token"] = json!(secret);
    }
    document
}
