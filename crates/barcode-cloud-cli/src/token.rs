//! `barcode token`: prints an access token for use with other HTTP tools.

use std::io::Write;

use crate::arguments::Service;
use crate::connect;

/// Prints only the token to standard output, so that scripts can use `$(barcode token)`.
pub(crate) async fn run(service: Service, out: &mut impl Write) -> anyhow::Result<()> {
    let connection = connect::connect(service).await?;
    let token = connection.client.token_source().token().await?;
    let header = token.header_value().to_str()?;
    writeln!(out, "{}", header.strip_prefix("Bearer ").unwrap_or(header))?;
    if let Some(remaining) = token.remaining() {
        eprintln!("expires in {} s", remaining.as_secs());
    }
    Ok(())
}
