//! What can go wrong in starting and running a sandbox.

use std::io;
use std::net::SocketAddr;

/// Why a sandbox did not start, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens on the port.
    #[error("port {} is already taken; choose another, or 0 for any free one", address.port())]
    PortInUse {
        /// The address and the port asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The address or the port cannot be listened on.
    #[error("cannot listen on {address}; is it an address of this machine?")]
    Listen {
        /// The address and the port asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A setting of the builder makes no sense.
    #[error("{0}")]
    Setting(&'static str),
    /// A fault or a script of faults that cannot be played.
    #[error("{0}")]
    Fault(String),
    /// The embedded OpenAPI document holds something that the sandbox cannot read.
    #[error("the OpenAPI document: {at} {problem}")]
    Document {
        /// Where in the document.
        at: String,
        /// What is wrong there.
        problem: String,
    },
    /// The operating system gave no random bytes, or no key could be made of them.
    #[error("cannot make a random key")]
    Randomness,
    /// The server ended with an error.
    #[error("the server stopped unexpectedly")]
    Server(#[source] io::Error),
}

impl Error {
    /// Whether another program holds the port, so that another port would do.
    pub fn is_port_in_use(&self) -> bool {
        matches!(self, Self::PortInUse { .. })
    }

    /// Names the part of the document that an error is in.
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Self::Document { at, problem } => Self::Document {
                at: format!("{part} {at}"),
                problem,
            },
            other => other,
        }
    }
}
