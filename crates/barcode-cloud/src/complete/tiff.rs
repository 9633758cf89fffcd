//! TIFF: everything that its directories point to lies within the file.
//!
//! Directories and the arrays that they point to may lie anywhere in the file. Each range that must be read is recorded, and
//! copied when the piece with its bytes arrives. A range that lies in an earlier piece cannot be read any more: it is
//! inside the file, but the offsets in it are not followed. A picture that arrives in one piece is therefore checked
//! whatever its layout.

/// The maximum number of directories that are read. Each page of a picture has one.
const MOST_DIRECTORIES: u32 = 16;

/// The maximum size of an array of offsets or lengths that is read. A longer one is only checked to lie within the file.
const MOST_ARRAY_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct Tiff {
    received: u64,
    /// The largest end of all ranges that the directories so far refer to.
    end: u64,
    wanted: Vec<Range>,
    byte_order: ByteOrder,
    directories: u32,
    /// The offsets or the lengths of the strips or tiles of a directory whose other array has not been read yet.
    halves: Vec<Array>,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// No directory has been read yet.
    Begun,
    /// At least one directory has been read.
    Checked,
    Invalid,
    /// A BigTIFF, which this does not read.
    Unchecked,
}

#[derive(Debug, Clone, Copy)]
enum ByteOrder {
    LittleEndian,
    BigEndian,
}

/// A range of the file that must be read.
#[derive(Debug)]
struct Range {
    start: u64,
    length: u64,
    bytes: Vec<u8>,
    content: Content,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    Header,
    /// How many entries a directory has.
    DirectoryLength,
    Directory,
    Array(ArrayKind),
}

#[derive(Debug, Clone, Copy)]
struct ArrayKind {
    directory: u32,
    is_lengths: bool,
    value_size: u64,
}

#[derive(Debug)]
struct Array {
    kind: ArrayKind,
    values: Vec<u64>,
}

impl Default for Tiff {
    fn default() -> Self {
        let mut tiff = Self {
            received: 0,
            end: 0,
            wanted: Vec::new(),
            byte_order: ByteOrder::LittleEndian,
            directories: 0,
            halves: Vec::new(),
            state: State::Begun,
        };
        tiff.want(0, 8, Content::Header);
        tiff
    }
}

impl Tiff {
    pub(super) fn push(&mut self, piece: &[u8]) {
        let start = self.received;
        self.received += piece.len() as u64;
        let mut index = 0;
        // Reading a range may add further ones that lie in the same piece.
        while let Some(range) = self.wanted.get_mut(index) {
            match range.take(start, piece) {
                Taken::Whole => {
                    let range = self.wanted.swap_remove(index);
                    self.read(&range);
                }
                Taken::Passed => drop(self.wanted.swap_remove(index)),
                Taken::Part => index += 1,
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        match self.state {
            State::Begun | State::Invalid => false,
            State::Checked => self.received >= self.end,
            State::Unchecked => true,
        }
    }

    /// Records that these bytes must be read.
    fn want(&mut self, start: u64, length: u64, content: Content) {
        self.end = self.end.max(start.saturating_add(length));
        self.wanted.push(Range {
            start,
            length,
            bytes: Vec::new(),
            content,
        });
    }

    fn want_directory(&mut self, start: u64) {
        if self.directories < MOST_DIRECTORIES {
            self.directories += 1;
            self.want(start, 2, Content::DirectoryLength);
        }
    }

    fn read(&mut self, range: &Range) {
        match range.content {
            Content::Header => self.header(&range.bytes),
            Content::DirectoryLength => {
                let entries = self.number(&range.bytes);
                self.want(range.start + 2, entries * 12 + 4, Content::Directory);
            }
            Content::Directory => self.directory(&range.bytes),
            Content::Array(kind) => self.array(kind, &range.bytes),
        }
    }

    fn header(&mut self, bytes: &[u8]) {
        self.byte_order = match bytes {
            [b'M', ..] => ByteOrder::BigEndian,
            _ => ByteOrder::LittleEndian,
        };
        match &bytes[..4] {
            b"II*\0" | b"MM\0*" => {
                let directory = self.number(&bytes[4..]);
                self.want_directory(directory);
            }
            b"II+\0" | b"MM\0+" => self.state = State::Unchecked,
            _ => self.state = State::Invalid,
        }
    }

    /// Reads the entries of a directory, and where the next one is.
    fn directory(&mut self, bytes: &[u8]) {
        self.state = State::Checked;
        let mut entries = bytes.chunks_exact(12);
        for entry in &mut entries {
            self.entry(entry);
        }
        match self.number(entries.remainder()) {
            0 => {}
            next => self.want_directory(next),
        }
    }

    fn entry(&mut self, entry: &[u8]) {
        let (tag, kind) = (self.number(&entry[..2]), self.number(&entry[2..4]));
        let (count, value) = (self.number(&entry[4..8]), &entry[8..]);
        let Some(value_size) = value_size(kind) else {
            return;
        };
        let length = count * value_size;
        let array = strips_or_tiles(tag).map(|is_lengths| ArrayKind {
            directory: self.directories,
            is_lengths,
            value_size,
        });
        // The entry itself holds values of up to four bytes.
        if length <= 4 {
            if let Some(kind) = array {
                self.array(kind, &value[..length as usize]);
            }
            return;
        }
        let offset = self.number(value);
        match array {
            Some(kind) if length <= MOST_ARRAY_BYTES => {
                self.want(offset, length, Content::Array(kind));
            }
            _ => self.end = self.end.max(offset + length),
        }
    }

    /// Takes the offsets or the lengths of strips or tiles. Once both are known, so are their ends.
    fn array(&mut self, kind: ArrayKind, bytes: &[u8]) {
        let values = bytes.chunks_exact(kind.value_size as usize);
        let values: Vec<_> = values.map(|value| self.number(value)).collect();
        let other = self.halves.iter().position(|half| {
            half.kind.directory == kind.directory && half.kind.is_lengths != kind.is_lengths
        });
        match other {
            Some(other) => {
                let other = self.halves.swap_remove(other);
                let ends = other.values.iter().zip(&values);
                let ends = ends.map(|(one, other)| one.saturating_add(*other));
                self.end = self.end.max(ends.max().unwrap_or_default());
            }
            None => self.halves.push(Array { kind, values }),
        }
    }

    /// An unsigned number of up to eight bytes.
    fn number(&self, bytes: &[u8]) -> u64 {
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.byte_order {
            ByteOrder::BigEndian => bytes.iter().fold(0, append),
            ByteOrder::LittleEndian => bytes.iter().rev().fold(0, append),
        }
    }
}

/// How much of a range a piece holds.
enum Taken {
    Whole,
    Part,
    /// The range begins before the piece, and its beginning was not kept.
    Passed,
}

impl Range {
    /// Copies what `piece`, which begins at `start` of the file, holds of the range.
    fn take(&mut self, start: u64, piece: &[u8]) -> Taken {
        let position = self.start.saturating_add(self.bytes.len() as u64);
        let Some(skip) = position.checked_sub(start) else {
            return Taken::Passed;
        };
        let rest = usize::try_from(skip)
            .ok()
            .and_then(|skip| piece.get(skip..));
        let rest = rest.unwrap_or_default();
        let missing = (self.length as usize).saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&rest[..rest.len().min(missing)]);
        match self.bytes.len() as u64 == self.length {
            true => Taken::Whole,
            false => Taken::Part,
        }
    }
}

/// Whether a tag holds the lengths of strips or tiles, or their offsets.
fn strips_or_tiles(tag: u64) -> Option<bool> {
    match tag {
        273 | 324 => Some(false),
        279 | 325 => Some(true),
        _ => None,
    }
}

/// Bytes of a value of this type. A type that the specification does not know is not followed.
fn value_size(kind: u64) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}
