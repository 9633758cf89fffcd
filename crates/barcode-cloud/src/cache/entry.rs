//! The form in which an image is stored: a version, a checksum, the media type, and the bytes.

use bytes::Bytes;

use super::sha256;

/// Changes when the form of an entry or the meaning of its key does.
const VERSION: u8 = 1;

const CHECKSUM: usize = 32;

/// A stored image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

impl Entry {
    pub(crate) fn encode(&self) -> Bytes {
        let mut content = self.media_type.clone().into_bytes();
        content.push(0);
        content.extend_from_slice(&self.bytes);
        let mut entry = vec![VERSION];
        entry.extend_from_slice(&sha256(&content));
        entry.extend_from_slice(&content);
        entry.into()
    }

    /// Returns `None` if the entry is damaged, foreign, or of another version.
    pub(crate) fn decode(entry: &Bytes) -> Option<Self> {
        let (version, rest) = entry.split_first()?;
        let (checksum, content) = rest.split_at_checked(CHECKSUM)?;
        if *version != VERSION || sha256(content) != checksum {
            return None;
        }
        let end = content.iter().position(|byte| *byte == 0)?;
        let media_type = str::from_utf8(&content[..end]).ok()?.to_owned();
        Some(Self { media_type, bytes: entry.slice(1 + CHECKSUM + end + 1..) })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Entry;

    #[test]
    fn an_entry_survives_and_a_changed_one_is_detected() {
        let entry =
            Entry { media_type: "image/png".into(), bytes: Bytes::from_static(b"\0pixels") };
        let encoded = entry.encode();
        assert_eq!(Entry::decode(&encoded), Some(entry));
        for index in 0..encoded.len() {
            assert_eq!(Entry::decode(&encoded.slice(..index)), None);
            let mut changed = encoded.to_vec();
            changed[index] ^= 1;
            assert_eq!(Entry::decode(&changed.into()), None);
        }
    }
}
