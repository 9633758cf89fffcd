//! The links in the Markdown files of the repository: the files and headings that they name exist.
//! Links to the web are not followed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// The links and the anchors of the headings of a page.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    anchors: Vec<String>,
}

impl Page {
    fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(
                    Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. },
                ) if !matches!(link_type, LinkType::Autolink | LinkType::Email) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    page.anchors.push(anchor);
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// The anchor that GitHub and mdBook give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Returns the problem with a link of the page `from`, or `None` if its target exists.
fn problem(from: &Path, link: &str, pages: &HashMap<PathBuf, Page>) -> Option<String> {
    if link.contains("://") || link.contains("::") {
        return None; // The web, or an item that rustdoc resolves.
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = from.parent()?;
    let mut target = if path.is_empty() { from.to_owned() } else { folder.join(path) };
    let Ok(found) = target.canonicalize() else {
        return Some("does not exist".to_owned());
    };
    target = if found.is_dir() { found.join("README.md") } else { found };
    let book = root().join("docs/src");
    // mdBook replaces `.md` by `.html` in every link, and has no page for a file outside the book.
    let names_page = Path::new(path).extension().is_some_and(|extension| extension == "md");
    if from.starts_with(&book) && names_page && !target.starts_with(&book) {
        return Some("leads out of the book: link to the folder of the README".to_owned());
    }
    let known = pages.get(&target).is_some_and(|page| page.anchors.iter().any(|a| a == anchor));
    (!anchor.is_empty() && !known).then(|| "has no such heading".to_owned())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns the Markdown files in `folder` and its subfolders, without build output and hidden
/// folders.
fn markdown_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&name) {
            files.extend(markdown_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files
}

fn pages() -> HashMap<PathBuf, Page> {
    let parse = |path: PathBuf| {
        let page = Page::parse(&fs::read_to_string(&path).unwrap());
        (path, page)
    };
    markdown_files(&root()).into_iter().map(parse).collect()
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let pages = pages();
    let mut problems = Vec::new();
    for (path, page) in &pages {
        for link in &page.links {
            if let Some(problem) = problem(path, link, &pages) {
                problems.push(format!("{}: {link} {problem}", path.display()));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn broken_links_are_found() {
    let mut pages = pages();
    let readme = root().join("README.md");
    let chapter = root().join("docs/src/sandbox.md");
    let text = "# The title: `code` & more\n\n[a](#the-title-code--more)";
    pages.insert(chapter.clone(), Page::parse(text));
    for (from, link, expected) in [
        (&chapter, "#the-title-code--more", None),
        (&chapter, "#another-title", Some("has no such heading")),
        (&chapter, "recipes/testing.md", None),
        (&chapter, "nothing.md", Some("does not exist")),
        (
            &chapter,
            "../../README.md",
            Some("leads out of the book: link to the folder of the README"),
        ),
        (&chapter, "../..#settings", None),
        (&readme, "docs/src/sandbox.md#the-title-code--more", None),
        (&readme, "https://example.com/nothing.md", None),
    ] {
        assert_eq!(problem(from, link, &pages).as_deref(), expected, "{link}");
    }
}

#[test]
fn the_book_contains_every_chapter_and_its_code_is_compiled() {
    let book = root().join("docs/src");
    let summary = fs::read_to_string(book.join("SUMMARY.md")).unwrap();
    let chapters = Page::parse(&summary).links;
    let compiled = include_str!("../src/lib.rs");
    for path in markdown_files(&book) {
        let name = path.strip_prefix(&book).unwrap().to_str().unwrap();
        assert!(name == "SUMMARY.md" || chapters.iter().any(|chapter| chapter == name), "{name}");
        let has_code = fs::read_to_string(&path).unwrap().contains("```rust");
        assert!(!has_code || compiled.contains(&format!("\"docs/src/{name}\"")), "{name}");
    }
}
