//! `cargo xtask release`: checks that the workspace can be released, and publishes it.

pub mod api;
pub mod version;

use std::path::Path;
use std::process::Command;

use clap::Args;
use contract_review::Source;
use contract_review::diff::{Bump, Options, compare};
use semver::Version;

use self::api::ApiChange;
use self::version::required;
use crate::Error;

const DOCUMENT: &str = "openapi/barcode-v4.json";

const AFTER_HELP: &str = "\
The steps, in this order:
  1. version    All crates have the version of the workspace. It is at least the
                one that the changes since the last tag v* require: those of the
                document (see `cargo xtask diff --help`) and of the public API
                (the files public-api.txt). The stricter of the two decides.
  2. changelog  CHANGELOG.md has a section for the version, with its date.
  3. packages   Each package is built from its archive.
  4. tests      The tests of each package pass outside the repository.
  5. upload     The packages are published, in the order of their dependencies.

--check ends after step 1, and --dry-run after step 4. Nothing is tagged: tag the
commit as vVERSION after the upload.";

/// Arguments of `cargo xtask release`.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// Only check that the version is high enough, in less than a second
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Do everything except the upload
    #[arg(long)]
    dry_run: bool,
    /// The tag of the last release [default: the last tag v* before this commit]
    #[arg(long, value_name = "TAG")]
    since: Option<String>,
}

/// Runs the steps and returns the report of the first one. The others print their progress.
///
/// # Errors
///
/// [`Error::Release`] names the step that failed and what to do.
pub fn run(arguments: &Arguments, root: &Path) -> Result<(String, u8), Error> {
    let version = workspace_version(root)?;
    let report = match arguments.since.clone().or_else(|| last_tag(&version, root)) {
        Some(tag) => gate(&version, &tag, root)?,
        None => format!("version {version}: the first release, since there is no tag v*\n"),
    };
    if arguments.check {
        return Ok((report, 0));
    }
    changelog(&version, root)?;
    step(root, "cargo", &["publish", "--workspace", "--locked", "--dry-run"])?;
    step(root, ".ci/packages", &[])?;
    if !arguments.dry_run {
        step(root, "cargo", &["publish", "--workspace", "--locked", "--no-verify"])?;
    }
    Ok((report, 0))
}

/// Fails if `version` is lower than the changes since `tag` require.
fn gate(version: &Version, tag: &str, root: &Path) -> Result<String, Error> {
    let last = tag.strip_prefix('v').and_then(|last| Version::parse(last).ok());
    let last = last.ok_or_else(|| failed("version", format!("{tag} is not vMAJOR.MINOR.PATCH")))?;
    let read = |source: String| Source::parse(&source)?.read(root);
    let old = read(format!("git:{tag}:{DOCUMENT}"))?;
    let new = read(root.join(DOCUMENT).display().to_string())?;
    let document = compare(&old, &new, Options { prose: true });
    let changes = api_changes(tag, root)?;
    let bump = |class| changes.iter().filter(|change: &&ApiChange| change.bump == class).count();
    let api = match (bump(Bump::Major), bump(Bump::Minor)) {
        (0, 0) => Bump::None,
        (0, _) => Bump::Minor,
        _ => Bump::Major,
    };
    let needed = required(&last, document.bump().max(api));
    let report = format!(
        "version {version}; since {tag}, the document requires {:?}, the API {api:?}: at least {needed}\n",
        document.bump(),
    );
    if *version < needed {
        let breaking = changes.iter().filter(|change| change.bump == api);
        let lines: String = breaking.map(|change| format!("\n  {}", change.line)).collect();
        let reason = format!(
            "{report}raise `version` in [workspace.package] and [workspace.dependencies]{lines}"
        );
        return Err(failed("version", reason));
    }
    Ok(report)
}

/// The changes of the public items of all crates that have a list of them.
fn api_changes(tag: &str, root: &Path) -> Result<Vec<ApiChange>, Error> {
    let crates = root.join("crates");
    let failed = |source| Error::Read { path: crates.clone(), source };
    let mut changes = Vec::new();
    for entry in std::fs::read_dir(&crates).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let path = format!("crates/{}/public-api.txt", name.display());
        let list = root.join(&path);
        if !list.exists() {
            continue;
        }
        let new =
            std::fs::read_to_string(&list).map_err(|source| Error::Read { path: list, source })?;
        // A crate that the last release did not have breaks nobody.
        let old = Source::parse(&format!("git:{tag}:{path}"))?.bytes(root).unwrap_or_default();
        changes.extend(api::changes(&String::from_utf8_lossy(&old), &new));
    }
    Ok(changes)
}

/// The version of the workspace, which all crates inherit. The dependencies between them must have
/// the same version.
fn workspace_version(root: &Path) -> Result<Version, Error> {
    let path = root.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
    let invalid = |reason: String| failed("version", format!("Cargo.toml: {reason}"));
    let manifest: toml::Table = text.parse().map_err(|error| invalid(format!("{error}")))?;
    let workspace = &manifest["workspace"];
    let version = workspace["package"]["version"].as_str().unwrap_or_default();
    let parsed = Version::parse(version).map_err(|error| invalid(error.to_string()))?;
    for (name, dependency) in workspace["dependencies"].as_table().into_iter().flatten() {
        let other = dependency.get("version").and_then(|version| version.as_str());
        if dependency.get("path").is_some() && other.is_some_and(|other| other != version) {
            return Err(invalid(format!("the dependency {name} is not {version}")));
        }
    }
    Ok(parsed)
}

/// The tag of the last release. The tag of this commit does not count if it is that of `version`.
fn last_tag(version: &Version, root: &Path) -> Option<String> {
    let own = format!("v{version}");
    let is_tagged = git(root, &["tag", "--points-at", "HEAD"])?.lines().any(|tag| tag == own);
    let commit = if is_tagged { "HEAD^" } else { "HEAD" };
    let tag = git(root, &["describe", "--tags", "--match", "v*", "--abbrev=0", commit])?;
    Some(tag.trim().to_owned())
}

/// The output of a git command, if it succeeds.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Fails unless the changelog has a section `## VERSION - YYYY-MM-DD` that is not empty.
fn changelog(version: &Version, root: &Path) -> Result<(), Error> {
    let path = root.join("CHANGELOG.md");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
    let heading = format!("## {version} - ");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&heading)).skip(1);
    let has_content = lines.by_ref().take_while(|line| !line.starts_with("## "));
    if has_content.into_iter().all(|line| line.trim().is_empty()) {
        let reason =
            format!("has no section `{heading}YYYY-MM-DD`: rename the section `## Unreleased`");
        return Err(failed("changelog", format!("CHANGELOG.md {reason}")));
    }
    Ok(())
}

/// Runs a command whose output is shown.
fn step(root: &Path, program: &str, arguments: &[&str]) -> Result<(), Error> {
    let shown = format!("{program} {}", arguments.join(" "));
    eprintln!("{}", shown.trim_end());
    let status = Command::new(program).args(arguments).current_dir(root).status();
    let status = status.map_err(|error| failed(program, format!("cannot be run: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(shown.trim_end(), format!("failed with {status}"))),
    }
}

fn failed(step: &str, reason: impl Into<String>) -> Error {
    Error::Release { step: step.to_owned(), reason: reason.into() }
}
