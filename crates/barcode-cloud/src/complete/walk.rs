//! Reads the small fields of a file, and skips what lies between them. The formats say which.

/// The longest field that a format asks for.
const LONGEST_FIELD: usize = 13;

/// What a format needs to see next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    /// Skips some bytes, then reads a field of some bytes, at least one and at most [`LONGEST_FIELD`].
    Field { skip: u64, length: usize },
    /// Skips some bytes, then all up to this one and the byte itself, then reads a field of one byte.
    After { skip: u64, byte: u8 },
    /// The picture is whole.
    End,
    /// The bytes are not a picture of this format.
    Invalid,
}

impl Next {
    /// A field that follows at once.
    pub(super) fn field(length: usize) -> Self {
        Self::Field { skip: 0, length }
    }
}

/// A format that is a sequence of fields.
pub(super) trait Fields: Default {
    /// The first field.
    const FIRST: Next;

    /// Takes the field that was asked for; returns what to read next.
    fn read(&mut self, field: &[u8]) -> Next;
}

/// The place in a file that has been reached.
#[derive(Debug)]
pub(super) struct Walk<F> {
    format: F,
    next: Next,
    field: [u8; LONGEST_FIELD],
    /// Bytes of the field that have come.
    filled: usize,
}

impl<F: Fields> Default for Walk<F> {
    fn default() -> Self {
        Self {
            format: F::default(),
            next: F::FIRST,
            field: [0; LONGEST_FIELD],
            filled: 0,
        }
    }
}

impl<F: Fields> Walk<F> {
    pub(super) fn push(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            piece = match &mut self.next {
                Next::Field { skip, .. } | Next::After { skip, .. } if *skip > 0 => {
                    let skipped = usize::try_from(*skip).unwrap_or(usize::MAX);
                    let skipped = skipped.min(piece.len());
                    *skip -= skipped as u64;
                    &piece[skipped..]
                }
                Next::Field { length, .. } => {
                    let length = *length;
                    self.fill(piece, length)
                }
                Next::After { byte, .. } => match piece.iter().position(|found| found == byte) {
                    Some(position) => {
                        self.next = Next::field(1);
                        &piece[position + 1..]
                    }
                    None => return,
                },
                Next::End | Next::Invalid => return,
            };
        }
    }

    /// Takes bytes for the field; returns the rest.
    fn fill<'a>(&mut self, piece: &'a [u8], length: usize) -> &'a [u8] {
        let (taken, rest) = piece.split_at(piece.len().min(length - self.filled));
        self.field[self.filled..][..taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
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
