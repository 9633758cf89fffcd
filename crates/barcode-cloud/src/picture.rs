//! A generated picture: its bytes, what kind they are, and a safe way to disk.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use barcode_cloud_client::{ByteStream, ResponseValue};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use reqwest::header::CONTENT_TYPE;

use crate::error::InvalidResponse;
use crate::{Error, answer};

/// A picture that the service drew.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    bytes: Bytes,
    media_type: String,
}

impl Picture {
    pub(crate) async fn read(answer: ResponseValue<ByteStream>) -> Result<Self, Error> {
        let media_type = answer
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default().to_owned();
        let mut bytes = BytesMut::with_capacity(
            answer.content_length().unwrap_or_default().min(1 << 20) as usize,
        );
        let mut stream = answer.into_inner_stream();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.map_err(Error::transport)?);
        }
        if !media_type.starts_with("image/") || bytes.is_empty() {
            return Err(InvalidResponse {
                reason: "not a picture",
                text: answer::text(&bytes),
                source: None,
            }
            .into());
        }
        Ok(Self {
            bytes: bytes.freeze(),
            media_type,
        })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The file's bytes, out of the picture.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The media type that the service gave, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Writes the picture to `path`, replacing what is there. It is written beside and renamed, so that no half file is
    /// ever seen.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with the path.
    pub async fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref().to_owned();
        let (bytes, target) = (self.bytes.clone(), path.clone());
        let written = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
        written
            .unwrap_or_else(|panic| Err(std::io::Error::other(panic)))
            .map_err(|source| Error::File { path, source })
    }
}

fn write(path: &PathBuf, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // As any new file: what the umask leaves of read and write for all.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".barcode-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}
