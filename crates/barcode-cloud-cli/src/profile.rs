//! The configuration file, which has named profiles with the settings of the client.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail};
use barcode_cloud::Config;
use serde::Deserialize;
use toml::Table;

use crate::keyring::Secret;

/// The profile that is used if neither --profile nor the environment selects credentials.
pub(crate) const DEFAULT: &str = "default";
/// The other places of a secret.
pub(crate) const WITHOUT_KEYRING: &str = "set `client_secret_command` or `credentials_file` in the profile, or \
     BARCODE_CLOUD_CLIENT_ID and BARCODE_CLOUD_CLIENT_SECRET";
/// The variables that provide credentials.
const CREDENTIALS: [&str; 3] =
    ["BARCODE_CLOUD_CLIENT_ID", "BARCODE_CLOUD_CLIENT_SECRET", "BARCODE_CLOUD_ACCESS_TOKEN"];
/// Secrets that the file may not contain, because it is easily copied and shared.
const SECRETS: [&str; 2] = ["client_secret", "access_token"];

const NO_FOLDER: &str = "there is no folder for settings; set HOME";

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
    /// The command that prints the client secret.
    secret_command: Option<Vec<String>>,
}

/// Returns the profile with this name, including its secret. Without a name, returns the default
/// profile if there is one and the environment has no credentials.
pub(crate) fn load(name: Option<&str>) -> anyhow::Result<Option<Profile>> {
    if name.is_none() && CREDENTIALS.iter().any(|name| std::env::var_os(name).is_some()) {
        return Ok(None);
    }
    let profile = match (path(), name) {
        (Some(path), Some(name)) => Some(existing(&path, name)?),
        (Some(path), None) if path.exists() => read(&path, DEFAULT)?,
        (None, Some(_)) => bail!(NO_FOLDER),
        (_, None) => None,
    };
    profile.map(Profile::complete).transpose()
}

/// Returns the profile with this name, without its secret. It is an error if the keyring is not the
/// place of the secret.
pub(crate) fn for_keyring(name: &str) -> anyhow::Result<Profile> {
    let profile = existing(&path().context(NO_FOLDER)?, name)?;
    if !profile.uses_keyring() {
        bail!(
            "the profile `{name}` does not use the keyring; write `client_id` into it, and neither \
             `client_secret_command` nor `credentials_file`"
        );
    }
    Ok(profile)
}

impl Profile {
    /// Returns whether the secret is looked up in the keyring.
    fn uses_keyring(&self) -> bool {
        let Config { client_id, credentials_file, .. } = &self.config;
        client_id.is_some() && credentials_file.is_none() && self.secret_command.is_none()
    }

    /// Adds the secret that the command prints, or that is in the keyring.
    fn complete(self) -> anyhow::Result<Self> {
        let in_profile = || format!("profile `{}`", self.name);
        if let Some(command) = &self.secret_command {
            let secret = secret(command).context("client_secret_command").with_context(in_profile);
            return Ok(self.with_secret(secret?));
        }
        if !self.uses_keyring() {
            return Ok(self);
        }
        let secret = Secret::of(&self.name).and_then(|secret| secret.get());
        match secret.with_context(in_profile)? {
            Some(secret) => Ok(self.with_secret(secret)),
            None => bail!(
                "the profile `{0}` has no secret; store it with `barcode login --profile {0}`, or \
                 set `client_secret_command`",
                self.name
            ),
        }
    }

    pub(crate) fn with_secret(mut self, secret: String) -> Self {
        self.config.client_secret = Some(secret.into());
        self
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

fn existing(path: &Path, name: &str) -> anyhow::Result<Profile> {
    let profile = match path.exists() {
        true => read(path, name)?,
        false => None,
    };
    profile.with_context(|| {
        format!(
            "{} has no profile `{name}`; add the section `[profiles.{name}]` with its `client_id`",
            path.display()
        )
    })
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
    let (config, secret_command) = config(profile).with_context(in_profile)?;
    Ok(Some(Profile { name: name.to_owned(), config, secret_command }))
}

/// Returns the settings of a profile, and the command that prints the secret.
fn config(profile: toml::Value) -> anyhow::Result<(Config, Option<Vec<String>>)> {
    let toml::Value::Table(mut profile) = profile else {
        bail!("is not a table; write it as [profiles.NAME]");
    };
    if let Some(secret) = SECRETS.iter().find(|name| profile.contains_key(**name)) {
        bail!(
            "remove `{secret}`; use `barcode login`, `client_secret_command` or `credentials_file` instead"
        );
    }
    let command = profile.remove("client_secret_command");
    let command = command
        .map(toml::Value::try_into)
        .transpose()
        .map_err(|_| anyhow!("client_secret_command: write it as [\"program\", \"argument\"]"))?;
    let config = profile.try_into();
    Ok((config.map_err(|error: toml::de::Error| anyhow!("{}", error.message()))?, command))
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
