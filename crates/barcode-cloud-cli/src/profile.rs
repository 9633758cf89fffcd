//! The configuration file, which has named profiles with the settings of the client.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail};
use barcode_cloud::Config;
use serde::Deserialize;
use toml::Table;

/// The profile that is used if neither --profile nor the environment selects credentials.
const DEFAULT: &str = "default";
/// The variables that provide credentials.
const CREDENTIALS: [&str; 3] =
    ["BARCODE_CLOUD_CLIENT_ID", "BARCODE_CLOUD_CLIENT_SECRET", "BARCODE_CLOUD_ACCESS_TOKEN"];
/// Secrets that the file may not contain, because it is easily copied and shared.
const SECRETS: [&str; 2] = ["client_secret", "access_token"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    profiles: Table,
}

/// A profile of the configuration file.
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) config: Config,
}

/// Returns the profile with this name. Without a name, returns the default profile if there is one
/// and the environment has no credentials.
pub(crate) fn load(name: Option<&str>) -> anyhow::Result<Option<Profile>> {
    if name.is_none() && CREDENTIALS.iter().any(|name| std::env::var_os(name).is_some()) {
        return Ok(None);
    }
    match (path(), name) {
        (Some(path), Some(name)) => read(&path, name)?
            .map(Some)
            .ok_or_else(|| anyhow!("{} has no profile `{name}`", path.display())),
        (Some(path), None) if path.exists() => read(&path, DEFAULT),
        (None, Some(_)) => bail!("--profile: there is no folder for settings; set HOME"),
        (_, None) => Ok(None),
    }
}

/// The path of the configuration file.
pub(crate) fn path() -> Option<PathBuf> {
    let folder = |name: &str| {
        let folder = PathBuf::from(std::env::var_os(name)?);
        folder.is_absolute().then_some(folder)
    };
    let home = || folder(if cfg!(windows) { "APPDATA" } else { "HOME" });
    let settings = folder("XDG_CONFIG_HOME").or_else(|| match cfg!(windows) {
        true => home(),
        false => home().map(|home| home.join(".config")),
    });
    settings.map(|settings| settings.join("barcode/config.toml"))
}

fn read(path: &Path, name: &str) -> anyhow::Result<Option<Profile>> {
    let in_file = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(in_file)?;
    // An error of the TOML parser quotes the line, which may contain a secret.
    let position = |error: toml::de::Error| match error.span() {
        Some(span) => {
            let line = text[..span.start].lines().count().max(1);
            anyhow!("{}: line {line}: {}", path.display(), error.message())
        }
        None => anyhow!("{}: {}", path.display(), error.message()),
    };
    let mut file: File = toml::from_str(&text).map_err(position)?;
    let Some(profile) = file.profiles.remove(name) else {
        return Ok(None);
    };
    let in_profile = || format!("{}: profile `{name}`", path.display());
    let config = config(profile).with_context(in_profile)?;
    let name = name.to_owned();
    Ok(Some(Profile { name, config }))
}

fn config(profile: toml::Value) -> anyhow::Result<Config> {
    let toml::Value::Table(mut profile) = profile else {
        bail!("is not a table; write it as [profiles.NAME]");
    };
    if let Some(secret) = SECRETS.iter().find(|name| profile.contains_key(**name)) {
        bail!("remove `{secret}`; use `client_secret_command` or `credentials_file` instead");
    }
    let command = profile.remove("client_secret_command");
    let mut config: Config =
        profile.try_into().map_err(|error: toml::de::Error| anyhow!("{}", error.message()))?;
    if let Some(command) = command {
        let command: Vec<String> = command.try_into().map_err(|_| {
            anyhow!("client_secret_command: write it as [\"program\", \"argument\"]")
        })?;
        let secret = secret(&command).context("client_secret_command")?;
        config.client_secret = Some(secret.into());
    }
    Ok(config)
}

/// Returns the first line of the output of a command.
fn secret(command: &[String]) -> anyhow::Result<String> {
    let (program, arguments) = command.split_first().context("is empty")?;
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{program}`"))?;
    if !output.status.success() {
        bail!("`{program}` failed with {}", output.status);
    }
    let output = String::from_utf8(output.stdout);
    let output = output.map_err(|_| anyhow!("the output of `{program}` is not UTF-8"))?;
    match output.lines().next() {
        Some(secret) if !secret.is_empty() => Ok(secret.to_owned()),
        _ => bail!("`{program}` printed nothing"),
    }
}
