//! TIFF: everything that its directories refer to is within the file.
//!
//! Directories and the arrays that they refer to may be anywhere in the file. Each range that must
//! be read is recorded, and copied when the chunk with its bytes arrives. A range in an earlier
//! chunk can no longer be read: it is within the file, but the offsets in it are not followed. An
//! image that arrives in one chunk is therefore fully checked, whatever its layout.

/// The maximum number of directories that are read. Each page of an image has one.
const MAX_DIRECTORIES: u32 = 16;

/// The maximum size in bytes of an array of offsets or lengths that is read. A larger one is only
/// checked to be within the file.
const MAX_ARRAY_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct Tiff {
    received: u64,
    /// The largest end of all ranges that the directories so far refer to.
    end: u64,
    /// The ranges that must still be read.
    pending: Vec<Range>,
    byte_order: ByteOrder,
    directories: u32,
    /// Arrays of offsets whose lengths have not been read yet, and the other way round.
    unpaired: Vec<Array>,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// No directory has been read yet.
    Started,
    /// At least one directory has been read.
    Checked,
    Invalid,
    /// A BigTIFF, which this check does not support.
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
    /// The number of entries of a directory.
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
            pending: Vec::new(),
            byte_order: ByteOrder::LittleEndian,
            directories: 0,
            unpaired: Vec::new(),
            state: State::Started,
        };
        tiff.request(0, 8, Content::Header);
        tiff
    }
}

impl Tiff {
    pub(super) fn push(&mut self, chunk: &[u8]) {
        let start = self.received;
        self.received += chunk.len() as u64;
        let mut index = 0;
        // Reading a range may add further ones that are in the same chunk.
        while let Some(range) = self.pending.get_mut(index) {
            match range.copy_from(start, chunk) {
                Copied::All => {
                    let range = self.pending.swap_remove(index);
                    self.read(&range);
                }
                Copied::TooLate => drop(self.pending.swap_remove(index)),
                Copied::Part => index += 1,
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        match self.state {
            State::Started | State::Invalid => false,
            State::Checked => self.received >= self.end,
            State::Unchecked => true,
        }
    }

    /// Records that these bytes must be read.
    fn request(&mut self, start: u64, length: u64, content: Content) {
        self.end = self.end.max(start.saturating_add(length));
        self.pending.push(Range { start, length, bytes: Vec::new(), content });
    }

    fn request_directory(&mut self, start: u64) {
        if self.directories < MAX_DIRECTORIES {
            self.directories += 1;
            self.request(start, 2, Content::DirectoryLength);
        }
    }

    fn read(&mut self, range: &Range) {
        match range.content {
            Content::Header => self.header(&range.bytes),
            Content::DirectoryLength => {
                let entries = self.number(&range.bytes);
                self.request(range.start + 2, entries * 12 + 4, Content::Directory);
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
                self.request_directory(directory);
            }
            b"II+\0" | b"MM\0+" => self.state = State::Unchecked,
            _ => self.state = State::Invalid,
        }
    }

    /// Reads the entries of a directory, and the offset of the next directory.
    fn directory(&mut self, bytes: &[u8]) {
        self.state = State::Checked;
        let mut entries = bytes.chunks_exact(12);
        for entry in &mut entries {
            self.entry(entry);
        }
        match self.number(entries.remainder()) {
            0 => {}
            next => self.request_directory(next),
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
        // Values of up to four bytes are stored in the entry itself.
        if length <= 4 {
            if let Some(kind) = array {
                self.array(kind, &value[..length as usize]);
            }
            return;
        }
        let offset = self.number(value);
        match array {
            Some(kind) if length <= MAX_ARRAY_BYTES => {
                self.request(offset, length, Content::Array(kind));
            }
            _ => self.end = self.end.max(offset + length),
        }
    }

    /// Reads the offsets or the lengths of strips or tiles. When both are known, computes the end
    /// of the last one.
    fn array(&mut self, kind: ArrayKind, bytes: &[u8]) {
        let values = bytes.chunks_exact(kind.value_size as usize);
        let values: Vec<_> = values.map(|value| self.number(value)).collect();
        let other = self.unpaired.iter().position(|array| {
            array.kind.directory == kind.directory && array.kind.is_lengths != kind.is_lengths
        });
        match other {
            Some(other) => {
                let other = self.unpaired.swap_remove(other);
                let ends = other.values.iter().zip(&values);
                let ends = ends.map(|(one, other)| one.saturating_add(*other));
                self.end = self.end.max(ends.max().unwrap_or_default());
            }
            None => self.unpaired.push(Array { kind, values }),
        }
    }

    /// Reads an unsigned number of up to eight bytes.
    fn number(&self, bytes: &[u8]) -> u64 {
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.byte_order {
            ByteOrder::BigEndian => bytes.iter().fold(0, append),
            ByteOrder::LittleEndian => bytes.iter().rev().fold(0, append),
        }
    }
}

/// How much of a range has been copied.
enum Copied {
    All,
    Part,
    /// The range begins before the chunk, and its beginning was not copied.
    TooLate,
}

impl Range {
    /// Copies the part of the range that is in `chunk`, which begins at the offset `start` of the
    /// file.
    fn copy_from(&mut self, start: u64, chunk: &[u8]) -> Copied {
        let position = self.start.saturating_add(self.bytes.len() as u64);
        let Some(skip) = position.checked_sub(start) else {
            return Copied::TooLate;
        };
        let rest = usize::try_from(skip).ok().and_then(|skip| chunk.get(skip..));
        let rest = rest.unwrap_or_default();
        let missing = (self.length as usize).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&rest[..rest.len().min(missing)]);
        match self.bytes.len() as u64 == self.length {
            true => Copied::All,
            false => Copied::Part,
        }
    }
}

/// Returns `true` for a tag with the lengths of strips or tiles, `false` for one with their
/// offsets, and `None` for others.
fn strips_or_tiles(tag: u64) -> Option<bool> {
    match tag {
        273 | 324 => Some(false),
        279 | 325 => Some(true),
        _ => None,
    }
}

/// Returns the size in bytes of a value of this type. Unknown types are ignored.
fn value_size(kind: u64) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}
