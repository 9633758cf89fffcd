//! Follows the bytes of a picture to the end that its file format defines, so that a picture that was cut off on its way is
//! not taken for a whole one. Takes pieces of any size in constant memory, and decodes no pixels. Knows no HTTP.

mod bmp;
mod gif;
mod jpeg;
mod png;
mod svg;
mod tiff;
mod walk;

#[cfg(test)]
mod tests;

use self::walk::Walk;

/// How much of a picture has come, and whether that is all of it.
#[derive(Debug)]
pub(crate) struct Completeness {
    received: u64,
    format: Format,
}

#[derive(Debug)]
enum Format {
    Bmp(Walk<bmp::Bmp>),
    Gif(Walk<gif::Gif>),
    Jpeg(Walk<jpeg::Jpeg>),
    Png(Walk<png::Png>),
    Svg(svg::Svg),
    Tiff(tiff::Tiff),
    /// A format that this module does not know. Any number of bytes is a whole picture.
    Unknown,
}

/// A media type and how its check begins.
type KnownFormat = (&'static str, fn() -> Format);

const KNOWN_FORMATS: [KnownFormat; 6] = [
    ("image/bmp", || Format::Bmp(Walk::default())),
    ("image/gif", || Format::Gif(Walk::default())),
    ("image/jpeg", || Format::Jpeg(Walk::default())),
    ("image/png", || Format::Png(Walk::default())),
    ("image/svg+xml", || Format::Svg(svg::Svg::default())),
    ("image/tiff", || Format::Tiff(tiff::Tiff::default())),
];

impl Completeness {
    /// Begins the check of a picture of this media type, which is given without parameters.
    pub(crate) fn of(media_type: &str) -> Self {
        let known = KNOWN_FORMATS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(media_type));
        Self {
            received: 0,
            format: known.map_or(Format::Unknown, |(_, begin)| begin()),
        }
    }

    /// Takes the next bytes of the picture.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.received += piece.len() as u64;
        match &mut self.format {
            Format::Bmp(walk) => walk.push(piece),
            Format::Gif(walk) => walk.push(piece),
            Format::Jpeg(walk) => walk.push(piece),
            Format::Png(walk) => walk.push(piece),
            Format::Svg(svg) => svg.push(piece),
            Format::Tiff(tiff) => tiff.push(piece),
            Format::Unknown => {}
        }
    }

    /// Whether the bytes so far are a whole picture. Bytes after its end are ignored, as decoders do.
    pub(crate) fn is_complete(&self) -> bool {
        match &self.format {
            Format::Bmp(walk) => walk.is_complete(),
            Format::Gif(walk) => walk.is_complete(),
            Format::Jpeg(walk) => walk.is_complete(),
            Format::Png(walk) => walk.is_complete(),
            Format::Svg(svg) => svg.is_complete(),
            Format::Tiff(tiff) => tiff.is_complete(),
            Format::Unknown => true,
        }
    }

    /// Bytes so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }
}
