//! PNG: chunks from the signature to `IEND`.

use super::walk::{Fields, Next};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Length of the checksum at the end of a chunk.
const CHECKSUM: usize = 4;

#[derive(Debug, Default)]
pub(super) enum Png {
    #[default]
    Signature,
    FirstChunk,
    Chunk,
    Checksum,
}

impl Fields for Png {
    const FIRST: Next = Next::Field { skip: 0, length: SIGNATURE.len() };

    fn read(&mut self, field: &[u8]) -> Next {
        match (&*self, field) {
            (Self::Signature, SIGNATURE) => {
                *self = Self::FirstChunk;
                Next::field(8)
            }
            (Self::FirstChunk, [.., b'I', b'H', b'D', b'R']) => self.chunk(field),
            (Self::Chunk, [.., b'I', b'E', b'N', b'D']) => {
                *self = Self::Checksum;
                Next::field(CHECKSUM)
            }
            (Self::Chunk, _) => self.chunk(field),
            (Self::Checksum, _) => Next::End,
            (Self::Signature | Self::FirstChunk, _) => Next::Invalid,
        }
    }
}

impl Png {
    /// Skips the chunk that has this header.
    fn chunk(&mut self, header: &[u8]) -> Next {
        *self = Self::Chunk;
        match *header {
            [a, b, c, d, ref name @ ..] if name.iter().all(u8::is_ascii_alphabetic) => {
                let length = u64::from(u32::from_be_bytes([a, b, c, d]));
                Next::Field { skip: length + CHECKSUM as u64, length: 8 }
            }
            _ => Next::Invalid,
        }
    }
}
