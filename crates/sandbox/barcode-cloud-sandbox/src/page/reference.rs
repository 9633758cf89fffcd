//! The files of the Swagger UI, from the archive that the build script writes.

use std::io::{Cursor, Read};

use bytes::Bytes;
use tokio::sync::OnceCell;
use zip::ZipArchive;

use super::{CSS, SCRIPT, TEXT};

const ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.zip"));

/// The files that are served, and their content types.
const FILES: [(&str, &str); 4] = [
    ("swagger-ui-bundle.js", SCRIPT),
    ("swagger-ui.css", CSS),
    ("LICENSE", TEXT),
    ("NOTICE", TEXT),
];

/// Returns the content type and the bytes of a file.
pub(super) async fn file(name: &str) -> Option<(&'static str, Bytes)> {
    // Unpacked once, at the first request.
    static UNPACKED: OnceCell<Vec<Bytes>> = OnceCell::const_new();
    let at = FILES.iter().position(|(known, _)| *known == name)?;
    let unpacked = UNPACKED
        .get_or_init(async || {
            let files = tokio::task::spawn_blocking(unpack).await;
            files.ok().flatten().unwrap_or_default()
        })
        .await;
    Some((FILES[at].1, unpacked.get(at)?.clone()))
}

fn unpack() -> Option<Vec<Bytes>> {
    let mut archive = ZipArchive::new(Cursor::new(ARCHIVE)).ok()?;
    let files = FILES.iter().map(|(name, _)| {
        let mut file = archive.by_name(name).ok()?;
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
        for (name, kind) in FILES {
            let (served, bytes) = file(name).await.unwrap();
            assert_eq!(served, kind);
            assert!(!bytes.is_empty(), "{name}");
        }
        assert!(file("index.html").await.is_none());
    }
}
