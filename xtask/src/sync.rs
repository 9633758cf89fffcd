//! Writes the generated files to a folder, or checks that the folder contains exactly these files.
//! One function does both, so that the check cannot differ from the generator.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::split::HEADER;
use crate::{Error, Files};

/// Whether [`sync`] may change the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write the files that differ, and remove stale files.
    Write,
    /// Change nothing. A difference is an [`Error::Drift`].
    Check,
}

/// The result of [`sync`].
#[derive(Debug)]
pub struct Report {
    files: usize,
    changed: usize,
    out: PathBuf,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, changed, out } = self;
        write!(f, "{files} files in {}, {changed} changed", out.display())
    }
}

/// Makes `out` contain exactly `files`, or checks that it does.
///
/// # Errors
///
/// - [`Error::Drift`] in [`Mode::Check`] when a file differs.
/// - [`Error::Foreign`] when `out` contains a file that was not generated. In this case nothing is
///   written.
/// - [`Error::Read`] or [`Error::Write`] when a file cannot be read or written.
pub fn sync(out: &Path, files: &Files, mode: Mode) -> Result<Report, Error> {
    let stale = stale_files(out, files)?;
    let mut drift = Vec::new();
    for (relative, contents) in files {
        let path = out.join(relative);
        match std::fs::read(&path) {
            Ok(old) if old == contents.as_bytes() => continue,
            Ok(_) => drift.push(format!("{} differs from the generated file", path.display())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                drift.push(format!("{} is missing", path.display()));
            }
            Err(source) => return Err(Error::Read { path, source }),
        }
        if mode == Mode::Write {
            write_atomically(&path, contents).map_err(|source| Error::Write { path, source })?;
        }
    }
    for path in stale {
        drift.push(format!("{} is stale", path.display()));
        if mode == Mode::Write {
            std::fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
        }
    }
    if mode == Mode::Check && !drift.is_empty() {
        return Err(Error::Drift {
            files: drift,
            fix: "run `cargo xtask generate` and commit the changes",
        });
    }
    Ok(Report { files: files.len(), changed: drift.len(), out: out.to_owned() })
}

/// The files below `out` that are not in `files`. A file that was not generated is an error,
/// because `--out` can name any folder and only generated files may be removed.
fn stale_files(out: &Path, files: &Files) -> Result<BTreeSet<PathBuf>, Error> {
    let mut stale = BTreeSet::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => {
                return Err(Error::Read { path: folder, source });
            }
        };
        for entry in entries {
            let path = entry.map_err(|source| Error::Read { path: folder.clone(), source })?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.strip_prefix(out).is_ok_and(|relative| files.contains_key(relative)) {
                if !std::fs::read_to_string(&path).is_ok_and(|text| text.starts_with(HEADER)) {
                    return Err(Error::Foreign { path });
                }
                stale.insert(path);
            }
        }
    }
    Ok(stale)
}

/// Writes to a temporary file and renames it, so that an interrupted run leaves no incomplete file.
pub(crate) fn write_atomically(path: &Path, contents: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // The permissions of an ordinary new file, to which the umask applies. A temporary file is
        // private by default.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".generated-").tempfile_in(folder)?;
    file.write_all(contents.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Mode, sync};
    use crate::split::HEADER;
    use crate::{Error, Files};

    fn files(names: &[&str]) -> Files {
        names.iter().map(|name| (PathBuf::from(name), format!("{HEADER}\n// {name}\n"))).collect()
    }

    #[test]
    fn written_files_pass_the_check_and_stale_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        sync(folder.path(), &files(&["a.rs", "types/b.rs"]), Mode::Write).unwrap();
        sync(folder.path(), &files(&["a.rs", "types/b.rs"]), Mode::Check).unwrap();
        sync(folder.path(), &files(&["a.rs"]), Mode::Write).unwrap();
        assert!(!folder.path().join("types/b.rs").exists());
    }

    #[test]
    fn a_changed_byte_fails_the_check_and_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        sync(folder.path(), &files(&["a.rs"]), Mode::Write).unwrap();
        std::fs::write(&path, "changed").unwrap();
        let error = sync(folder.path(), &files(&["a.rs"]), Mode::Check).unwrap_err();
        assert!(error.to_string().contains("a.rs differs from the generated file"), "{error}");
        assert!(error.to_string().contains("cargo xtask generate"), "{error}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "changed");
    }

    #[test]
    fn missing_and_stale_files_fail_the_check() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        sync(out, &files(&["a.rs", "types/b.rs"]), Mode::Write).unwrap();
        let error = sync(out, &files(&["a.rs", "c.rs"]), Mode::Check).unwrap_err().to_string();
        assert!(error.contains("c.rs is missing"), "{error}");
        assert!(error.contains("types/b.rs is stale"), "{error}");
        assert!(!error.contains("a.rs"), "{error}");
        assert!(out.join("types/b.rs").exists() && !out.join("c.rs").exists());
    }

    #[test]
    fn an_unreadable_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a.rs")).unwrap();
        let error = sync(folder.path(), &files(&["a.rs"]), Mode::Check).unwrap_err();
        assert!(matches!(error, Error::Read { .. }), "a folder instead of a file: {error}");
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = sync(&file, &files(&["a.rs"]), Mode::Check).unwrap_err();
        let Error::Read { path, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(path, file, "a file instead of a folder");
    }

    #[test]
    fn the_report_counts_written_and_removed_files() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        sync(out, &files(&["a.rs", "b.rs"]), Mode::Write).unwrap();
        let report = sync(out, &files(&["a.rs", "c.rs"]), Mode::Write).unwrap();
        assert_eq!(report.to_string(), format!("2 files in {}, 2 changed", out.display()));
    }

    #[test]
    fn a_file_that_was_not_generated_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.txt");
        std::fs::write(&path, "precious").unwrap();
        let error = sync(folder.path(), &files(&["a.rs"]), Mode::Write).unwrap_err();
        assert!(matches!(error, Error::Foreign { .. }), "{error}");
        assert!(path.exists());
        assert!(!folder.path().join("a.rs").exists(), "no other file is written");
    }
}
