//! The three forms that each of the service's operations comes in.

/// How a request carries its arguments. The client picks the one that fits; a call can force another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A GET with everything in the URL: for short text, and for pictures that the service fetches itself.
    Query,
    /// A POST of JSON, pictures as base64.
    Body,
    /// A POST of a multipart form, pictures as they are.
    Multipart,
}
