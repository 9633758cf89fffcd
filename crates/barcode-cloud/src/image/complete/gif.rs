//! GIF: blocks from the header to the trailer.

use super::walk::{Fields, Next};

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

#[derive(Debug, Default)]
pub(super) enum Gif {
    #[default]
    Header,
    Block,
    ImageDescriptor,
    /// The length of the next data sub-block. A length of 0 ends the block.
    DataLength,
}

impl Fields for Gif {
    /// Signature, version and logical screen descriptor.
    const FIRST: Next = Next::Field { skip: 0, length: 13 };

    fn read(&mut self, field: &[u8]) -> Next {
        match (&*self, field) {
            (Self::Header, [b'G', b'I', b'F', b'8', _, b'a', _, _, _, _, flags, ..]) => {
                *self = Self::Block;
                after(color_table(*flags))
            }
            (Self::Block, [EXTENSION]) => {
                *self = Self::DataLength;
                // Skips the label of the extension.
                after(1)
            }
            (Self::Block, [IMAGE]) => {
                *self = Self::ImageDescriptor;
                Next::field(9)
            }
            (Self::Block, [TRAILER]) => Next::End,
            (Self::ImageDescriptor, [.., flags]) => {
                *self = Self::DataLength;
                // Skips the color table and the minimum code size.
                after(color_table(*flags) + 1)
            }
            (Self::DataLength, [0]) => {
                *self = Self::Block;
                after(0)
            }
            (Self::DataLength, [length]) => after(u64::from(*length)),
            _ => Next::Invalid,
        }
    }
}

/// Reads one byte after skipping `skip` bytes.
fn after(skip: u64) -> Next {
    Next::Field { skip, length: 1 }
}

/// Returns the length in bytes of the color table that the flags describe.
fn color_table(flags: u8) -> u64 {
    match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    }
}
