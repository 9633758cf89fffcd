//! BMP: the header contains the length of the file.

use super::walk::{Fields, Next};

#[derive(Debug, Default)]
pub(super) enum Bmp {
    #[default]
    Header,
    LastByte,
}

/// Length of the signature and the file length that follows it.
const HEADER: usize = 6;

impl Fields for Bmp {
    const FIRST: Next = Next::Field { skip: 0, length: HEADER };

    fn read(&mut self, field: &[u8]) -> Next {
        match (&*self, field) {
            (Self::Header, &[b'B', b'M', a, b, c, d]) => {
                let size = u64::from(u32::from_le_bytes([a, b, c, d]));
                // Some programs write 0, so the length is unknown.
                let Some(skip) = size.checked_sub(HEADER as u64 + 1) else {
                    return Next::End;
                };
                *self = Self::LastByte;
                Next::Field { skip, length: 1 }
            }
            (Self::LastByte, _) => Next::End,
            (Self::Header, _) => Next::Invalid,
        }
    }
}
