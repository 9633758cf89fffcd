//! `barcode login` and `barcode logout`: store the secret of a profile in the keyring of the
//! system, and remove it.

use std::io::{IsTerminal as _, Write};

use anyhow::{Context as _, bail};

use crate::arguments::Service;
use crate::keyring::Secret;
use crate::{connect, profile, terminal};

pub(crate) async fn login(service: Service, out: &mut impl Write) -> anyhow::Result<()> {
    let profile = profile::for_keyring(name(&service)?)?;
    // Without a keyring, this fails before the secret is typed.
    let stored = Secret::of(&profile.name)?;
    let name = terminal::printable(&profile.name);
    let secret = read(&format!("Client secret of the profile `{name}`: "))?;
    let connection =
        connect::with_profile(Some(profile.with_secret(secret.clone())), service.timeout)?;
    connection.obtain_token(service.timeout).await.context("the secret was not stored")?;
    stored.set(&secret)?;
    Ok(writeln!(out, "The secret of the profile `{name}` is in the keyring.")?)
}

pub(crate) fn logout(service: &Service, out: &mut impl Write) -> anyhow::Result<()> {
    let name = name(service)?;
    let removed = Secret::of(name)?.remove()?;
    let name = terminal::printable(name);
    if !removed {
        bail!("the keyring has no secret of the profile `{name}`");
    }
    Ok(writeln!(out, "The secret of the profile `{name}` was removed from the keyring.")?)
}

fn name(service: &Service) -> anyhow::Result<&str> {
    if service.sandbox {
        bail!("--sandbox needs no secret");
    }
    Ok(service.profile.as_deref().unwrap_or(profile::DEFAULT))
}

/// Reads the secret: in a terminal without showing it, or else the first line of standard input.
fn read(prompt: &str) -> anyhow::Result<String> {
    let line = if std::io::stdin().is_terminal() {
        let terminal = console::Term::stderr();
        terminal.write_str(prompt)?;
        terminal.read_secure_line()
    } else {
        std::io::stdin().lines().next().unwrap_or_else(|| Ok(String::new()))
    };
    let line = line.context("cannot read the secret")?;
    match line.is_empty() {
        true => bail!("the secret is empty; type it, or pass it to standard input"),
        false => Ok(line),
    }
}
