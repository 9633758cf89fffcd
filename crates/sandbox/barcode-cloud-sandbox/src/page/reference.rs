//! The files of the packaged Swagger UI, from the archive that its crate contains.

use std::io::{Cursor, Read};

use bytes::Bytes;
use tokio::sync::OnceCell;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

use super::{CSS, SCRIPT, TEXT};

/// The files that are served: name, content type, and path in the archive.
const FILES: [(&str, &str, &str); 4] = [
    ("swagger-ui-bundle.js", SCRIPT, "dist/swagger-ui-bundle.js"),
    ("swagger-ui.css", CSS, "dist/swagger-ui.css"),
    ("LICENSE", TEXT, "LICENSE"),
    ("NOTICE", TEXT, "NOTICE"),
];

/// Returns the content type and the bytes of a file.
pub(super) async fn file(name: &str) -> Option<(&'static str, Bytes)> {
    // Unpacked once, at the first request.
    static UNPACKED: OnceCell<Vec<Bytes>> = OnceCell::const_new();
    let at = FILES.iter().position(|(known, _, _)| *known == name)?;
    let unpacked = UNPACKED
        .get_or_init(async || {
            let files = tokio::task::spawn_blocking(unpack).await;
            files.ok().flatten().unwrap_or_default()
        })
        .await;
    Some((FILES[at].1, unpacked.get(at)?.clone()))
}

fn unpack() -> Option<Vec<Bytes>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).ok()?;
    // All files are in one folder, whose name contains the version.
    let folder = archive.name_for_index(0)?.ok()?.split('/').next()?.to_owned();
    let files = FILES.iter().map(|(_, _, path)| {
        let mut file = archive.by_name(&format!("{folder}/{path}")).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(Bytes::from(bytes))
    });
    files.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_listed_file_is_in_the_archive() {
        for (name, kind, _) in FILES {
            let (served, bytes) = file(name).await.unwrap();
            assert_eq!(served, kind);
            assert!(!bytes.is_empty(), "{name}");
        }
        assert!(file("index.html").await.is_none());
    }
}
