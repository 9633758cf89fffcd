//! Reads small fields of a file and skips the bytes between them. Each format decides which fields
//! it needs.

/// The length of the longest field that a format reads.
const MAX_FIELD: usize = 13;

/// The step that a format needs next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    /// Skips `skip` bytes, then reads a field of `length` bytes, at least 1 and at most
    /// [`MAX_FIELD`].
    Field { skip: u64, length: usize },
    /// Skips `skip` bytes, then all bytes up to and including the next `byte`, then reads a field
    /// of one byte.
    After { skip: u64, byte: u8 },
    /// The image is complete.
    End,
    /// The bytes are not an image of this format.
    Invalid,
}

impl Next {
    /// Reads the field that follows immediately.
    pub(super) fn field(length: usize) -> Self {
        Self::Field { skip: 0, length }
    }
}

/// A format that is a sequence of fields.
pub(super) trait Fields: Default {
    /// The first field.
    const FIRST: Next;

    /// Handles the field that was requested, and returns the next step.
    fn read(&mut self, field: &[u8]) -> Next;
}

/// The position in a file.
#[derive(Debug)]
pub(super) struct Walk<F> {
    format: F,
    next: Next,
    field: [u8; MAX_FIELD],
    /// The number of bytes of the field that have arrived.
    filled: usize,
}

impl<F: Fields> Default for Walk<F> {
    fn default() -> Self {
        Self { format: F::default(), next: F::FIRST, field: [0; MAX_FIELD], filled: 0 }
    }
}

impl<F: Fields> Walk<F> {
    pub(super) fn push(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            chunk = match &mut self.next {
                Next::Field { skip, .. } | Next::After { skip, .. } if *skip > 0 => {
                    let skipped = usize::try_from(*skip).unwrap_or(usize::MAX);
                    let skipped = skipped.min(chunk.len());
                    *skip -= skipped as u64;
                    &chunk[skipped..]
                }
                Next::Field { length, .. } => {
                    let length = *length;
                    self.fill(chunk, length)
                }
                Next::After { byte, .. } => match chunk.iter().position(|found| found == byte) {
                    Some(position) => {
                        self.next = Next::field(1);
                        &chunk[position + 1..]
                    }
                    None => return,
                },
                Next::End | Next::Invalid => return,
            };
        }
    }

    /// Copies bytes into the field, and returns the remaining bytes.
    fn fill<'a>(&mut self, chunk: &'a [u8], length: usize) -> &'a [u8] {
        let (copied, rest) = chunk.split_at(chunk.len().min(length - self.filled));
        self.field[self.filled..][..copied.len()].copy_from_slice(copied);
        self.filled += copied.len();
        if self.filled == length {
            self.filled = 0;
            self.next = self.format.read(&self.field[..length]);
        }
        rest
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.next, Next::End)
    }
}
