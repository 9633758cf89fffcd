//! Finds the images that the arguments name: files, folders, patterns, URLs and standard input.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The extensions of the files that are read in folders.
const EXTENSIONS: &[&str] = &["png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp"];

/// An image to read, or the reason why an argument names none.
#[derive(Debug, PartialEq)]
pub(super) enum Source {
    StandardInput,
    Url(String),
    File(PathBuf),
    Invalid { path: PathBuf, reason: String },
}

impl Source {
    /// The name of the image in the output.
    pub(super) fn name(&self) -> String {
        match self {
            Self::StandardInput => "-".to_owned(),
            Self::Url(url) => url.clone(),
            Self::File(path) | Self::Invalid { path, .. } => path.display().to_string(),
        }
    }

    fn invalid(path: &Path, reason: impl Into<String>) -> Self {
        let (path, reason) = (path.to_owned(), reason.into());
        Self::Invalid { path, reason }
    }
}

/// Returns the images in the order of the arguments. Those of a folder or a pattern are sorted.
pub(super) fn expand(arguments: &[PathBuf], recursive: bool) -> Vec<Source> {
    let expanded = arguments.iter().map(|path| one(path, recursive));
    expanded.flatten().collect()
}

fn one(path: &Path, recursive: bool) -> Vec<Source> {
    let text = path.to_str().unwrap_or_default();
    if text == "-" {
        return vec![Source::StandardInput];
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return vec![Source::Url(text.to_owned())];
    }
    if path.is_dir() {
        return match recursive {
            true => folder(path),
            false => vec![Source::invalid(
                path,
                "is a directory; use --recursive to read the images in it",
            )],
        };
    }
    if text.contains(['*', '?', '[']) && !path.exists() {
        return pattern(path, text, recursive);
    }
    vec![Source::File(path.to_owned())]
}

fn pattern(path: &Path, text: &str, recursive: bool) -> Vec<Source> {
    let matches = match glob::glob(text) {
        Ok(matches) => matches,
        Err(error) => return vec![Source::invalid(path, format!("invalid pattern: {error}"))],
    };
    let found = matches.flat_map(|found| match found {
        Ok(found) if found.is_dir() && recursive => folder(&found),
        Ok(found) if found.is_dir() => Vec::new(),
        Ok(found) => vec![Source::File(found)],
        Err(error) => vec![Source::invalid(error.path(), error.error().to_string())],
    });
    let found: Vec<_> = found.collect();
    match found.is_empty() {
        true => vec![Source::invalid(path, "no file matches this pattern")],
        false => found,
    }
}

fn folder(folder: &Path) -> Vec<Source> {
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    let found = entries.into_iter().filter_map(|entry| match entry {
        Ok(entry) if entry.file_type().is_file() && is_image(entry.path()) => {
            Some(Source::File(entry.into_path()))
        }
        Ok(_) => None,
        Err(error) => {
            let path = error.path().unwrap_or(folder).to_owned();
            Some(Source::invalid(&path, error.to_string()))
        }
    });
    let found: Vec<_> = found.collect();
    match found.is_empty() {
        true => vec![Source::invalid(folder, "no image file in this folder")],
        false => found,
    }
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        let extension = extension.to_ascii_lowercase();
        EXTENSIONS.contains(&extension.as_str())
    })
}

/// Returns a name for the annotated copy of each image. Images of the same name get a number.
pub(super) fn copy_names(sources: &[Source]) -> Vec<String> {
    let mut used = HashSet::new();
    let names = sources.iter().map(|source| {
        let stem = match source {
            Source::File(path) => path.file_stem().unwrap_or_default().to_string_lossy(),
            _ => "stdin".into(),
        };
        let candidates = (1..).map(|number| match number {
            1 => format!("{stem}.png"),
            number => format!("{stem}-{number}.png"),
        });
        // Some file systems ignore the case of names.
        let mut unused = candidates.filter(|name| used.insert(name.to_lowercase()));
        unused.next().unwrap_or_default()
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, copy_names, expand};

    #[test]
    fn folders_and_patterns_are_sorted_and_other_files_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("a b/deep")).unwrap();
        for name in ["2.PNG", "1.jpg", "notes.txt", "a b/ü.png", "a b/deep/3.bmp"] {
            std::fs::write(path(name), "").unwrap();
        }
        let files = |names: &[&str]| -> Vec<Source> {
            names.iter().map(|name| Source::File(path(name))).collect()
        };
        let all = files(&["1.jpg", "2.PNG", "a b/deep/3.bmp", "a b/ü.png"]);
        assert_eq!(expand(&[folder.path().to_owned()], true), all);
        assert_eq!(expand(&[path("*.jpg")], false), files(&["1.jpg"]));
        assert_eq!(expand(&[path("**/*.png")], false), files(&["a b/ü.png"]));
    }

    #[test]
    fn an_argument_that_names_no_image_is_kept_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        for (path, recursive, expected) in [
            (folder.path().to_owned(), false, "is a directory; use --recursive"),
            (folder.path().to_owned(), true, "no image file in this folder"),
            (folder.path().join("*.png"), false, "no file matches this pattern"),
            (folder.path().join("[*.png"), false, "invalid pattern"),
        ] {
            let sources = expand(&[path], recursive);
            let [Source::Invalid { reason, .. }] = &sources[..] else {
                panic!("{sources:?}");
            };
            assert!(reason.starts_with(expected), "{reason}");
        }
    }

    #[test]
    fn copies_of_images_with_the_same_name_have_different_names() {
        let sources = ["a/x.png", "b/X.jpg", "x.png"].map(|path| Source::File(path.into()));
        assert_eq!(copy_names(&sources), ["x.png", "X-2.png", "x-3.png"]);
    }
}
