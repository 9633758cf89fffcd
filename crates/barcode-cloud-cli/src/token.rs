//! `barcode token`: an access token for other HTTP tools.

use std::io::Write;

use crate::arguments::Service;
use crate::connect;

/// Prints the token alone, so that `$(barcode token)` is just that.
pub(crate) async fn run(service: Service, out: &mut impl Write) -> anyhow::Result<()> {
    let connection = connect::connect(service).await?;
    let token = connection.client.token_source().token().await?;
    let header = token.header_value().to_str()?;
    writeln!(out, "{}", header.strip_prefix("Bearer ").unwrap_or(header))?;
    if let Some(left) = token.remaining() {
        eprintln!("expires in {} s", left.as_secs());
    }
    Ok(())
}
