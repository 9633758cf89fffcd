//! A cache in a folder, which several processes of one machine can share.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::{CacheFuture, CacheKey, ImageCache};

/// The folder is cleaned when the first image is stored, and then each time after this number of
/// images.
const CLEANING_INTERVAL: u32 = 64;

/// The end of the names of entries. Other files are not touched.
const EXTENSION: &str = "barcode-image";

/// Stores images as files in a folder, which only the user who runs the process can read.
///
/// Files are written under a temporary name and then renamed, so another process never sees a part
/// of a file. The size of the folder can exceed its limit by the 64 images that were stored last.
#[derive(Debug, Clone)]
pub struct FolderCache(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    max_bytes: u64,
    max_age: Duration,
    stored: AtomicU32,
}

impl FolderCache {
    /// Creates a cache for up to `max_bytes` of images, each for up to `max_age`. The folder is
    /// created when the first image is stored.
    pub fn new(path: impl Into<PathBuf>, max_bytes: u64, max_age: Duration) -> Self {
        let stored = AtomicU32::new(0);
        Self(Arc::new(Folder { path: path.into(), max_bytes, max_age, stored }))
    }
}

impl ImageCache for FolderCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        let (folder, key) = (self.0.clone(), *key);
        Box::pin(async move { Ok(spawn_blocking(move || folder.read(&key)).await??) })
    }

    fn put<'a>(&'a self, key: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()> {
        let (folder, key) = (self.0.clone(), *key);
        Box::pin(async move { Ok(spawn_blocking(move || folder.write(&key, &entry)).await??) })
    }
}

impl Folder {
    fn file(&self, key: &CacheKey) -> PathBuf {
        self.path.join(format!("{key}.{EXTENSION}"))
    }

    fn read(&self, key: &CacheKey) -> io::Result<Option<Bytes>> {
        let path = self.file(key);
        let read = || match self.is_expired(&fs::metadata(&path)?) {
            true => Ok(None),
            false => fs::read(&path).map(|bytes| Some(bytes.into())),
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            result => result,
        }
    }

    fn write(&self, key: &CacheKey, entry: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let file = NamedTempFile::new_in(&self.path)?;
        fs::write(file.path(), entry)?;
        file.persist(self.file(key))?;
        if self.stored.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLEANING_INTERVAL) {
            self.clean()?;
        }
        Ok(())
    }

    /// Removes expired entries, and the oldest ones until the others fit.
    fn clean(&self) -> io::Result<()> {
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != EXTENSION) {
                continue;
            }
            // Another process may have removed it.
            let Ok(metadata) = fs::metadata(&path) else { continue };
            match self.is_expired(&metadata) {
                true => remove(&path)?,
                false => kept.push((metadata.modified()?, metadata.len(), path)),
            }
        }
        kept.sort();
        let mut size: u64 = kept.iter().map(|(_, length, _)| length).sum();
        for (_, length, path) in kept {
            if size <= self.max_bytes {
                break;
            }
            remove(&path)?;
            size -= length;
        }
        Ok(())
    }

    fn is_expired(&self, metadata: &Metadata) -> bool {
        let age = metadata.modified().map(|time| SystemTime::now().duration_since(time));
        // A file from the future is new: the clock was set back.
        age.is_ok_and(|age| age.is_ok_and(|age| age >= self.max_age))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;

    use super::FolderCache;
    use crate::cache::{CacheKey, ImageCache as _};

    fn key(number: u8) -> CacheKey {
        CacheKey::new([number; 32])
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn entries_are_shared_between_handles_and_expire() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let caches = [(); 2].map(|()| FolderCache::new(&path, 1000, HOUR));
        assert_eq!(caches[0].get(&key(1)).await.unwrap(), None);
        caches[0].put(&key(1), Bytes::from_static(b"one")).await.unwrap();
        assert_eq!(caches[1].get(&key(1)).await.unwrap().unwrap(), "one");
        let file = caches[0].0.file(&key(1));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let old = SystemTime::now() - HOUR;
        File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        assert_eq!(caches[1].get(&key(1)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_oldest_entries_are_removed_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FolderCache::new(folder.path(), 100, HOUR);
        fs::write(folder.path().join("foreign"), [0; 1000]).unwrap();
        for number in 0..65 {
            cache.put(&key(number), vec![number; 10].into()).await.unwrap();
            let time = SystemTime::now() - HOUR / 2 + Duration::from_secs(number.into());
            let file = File::options().write(true).open(cache.0.file(&key(number))).unwrap();
            file.set_modified(time).unwrap();
        }
        // The last `put` has cleaned before its time was changed.
        let left: Vec<u8> = {
            let exists = |number: &u8| cache.0.file(&key(*number)).exists();
            (0..65).filter(exists).collect()
        };
        assert_eq!(left, (55..65).collect::<Vec<_>>());
        assert!(folder.path().join("foreign").exists());
    }
}
