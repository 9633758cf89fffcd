//! The errors of starting and running a sandbox.

use std::io;
use std::net::SocketAddr;

/// An error of starting or running a sandbox, or of one of its settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens on the port.
    #[error("port {} is already taken; choose another, or 0 for any free one", address.port())]
    PortInUse {
        /// The requested address and port.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The address or the port cannot be listened on.
    #[error("cannot listen on {address}; is it an address of this machine?")]
    Listen {
        /// The requested address and port.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A setting of the builder is invalid.
    #[error("{0}")]
    Setting(&'static str),
    /// A fault or a script of faults is invalid.
    #[error("{0}")]
    Fault(String),
    /// The conditions of a matcher are invalid.
    #[error("{0}")]
    Matcher(String),
    /// A token or a client is unknown, or too many tokens are revoked.
    #[error("no token was revoked: {0}")]
    Revocation(&'static str),
    /// The embedded OpenAPI document contains something that the sandbox does not support.
    #[error("the OpenAPI document is not supported: {at} {problem}")]
    Document {
        /// The location in the document.
        at: String,
        /// The problem at this location.
        problem: String,
    },
    /// No certificate for TLS could be generated.
    #[error("cannot generate a certificate")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system did not provide random bytes, or no key could be generated from them.
    #[error("cannot generate a random key")]
    Randomness,
    /// The server ended with an error.
    #[error("the server stopped unexpectedly")]
    Server(#[source] io::Error),
}

impl Error {
    /// Whether another program listens on the port. Starting on another port may succeed.
    pub fn is_port_in_use(&self) -> bool {
        matches!(self, Self::PortInUse { .. })
    }

    /// Adds the part of the document that the error is in.
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Self::Document { at, problem } => {
                Self::Document { at: format!("{part} {at}"), problem }
            }
            other => other,
        }
    }
}
