//! JSON pointers (RFC 6901), which locate errors and changes in a document.

use std::fmt;

/// The place of a value in the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer to `token`, a key or an index, inside the value at `self`.
    #[must_use]
    pub fn join(&self, token: impl fmt::Display) -> Self {
        let token = token.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{token}", self.0))
    }

    /// The pointer in the notation of RFC 6901, without a leading `#`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    #[test]
    fn tilde_and_slash_are_escaped() {
        let at = Pointer::default().join("paths").join("/a~b").join(0);
        assert_eq!(at.to_string(), "#/paths/~1a~0b/0");
    }
}
