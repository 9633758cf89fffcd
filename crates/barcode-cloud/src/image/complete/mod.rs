//! Checks that the bytes of an image reach the end that its file format defines, so that an image
//! that was truncated in transit is not mistaken for a complete one.
//!
//! The bytes can be pushed in chunks of any size, and the check needs constant memory. It does not
//! decode pixels and does not depend on HTTP.

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

/// The progress of an image that is being received.
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
    /// A format that this module does not know. Any number of bytes is considered complete.
    Unknown,
}

/// A media type, and a function that creates its check.
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
    /// Creates a check for images of this media type, which must not have parameters.
    pub(crate) fn of(media_type: &str) -> Self {
        let known = KNOWN_FORMATS.iter().find(|(known, _)| known.eq_ignore_ascii_case(media_type));
        Self { received: 0, format: known.map_or(Format::Unknown, |(_, create)| create()) }
    }

    /// Adds the next chunk of the image.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.received += chunk.len() as u64;
        match &mut self.format {
            Format::Bmp(walk) => walk.push(chunk),
            Format::Gif(walk) => walk.push(chunk),
            Format::Jpeg(walk) => walk.push(chunk),
            Format::Png(walk) => walk.push(chunk),
            Format::Svg(svg) => svg.push(chunk),
            Format::Tiff(tiff) => tiff.push(chunk),
            Format::Unknown => {}
        }
    }

    /// Returns `true` if the bytes so far are a complete image. Bytes after its end are ignored, as
    /// decoders do.
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

    /// Returns the number of bytes so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }
}
