//! What an operation of the document is called: for tracers and metrics, which name requests by it.

/// An operation of the document. [`operations`](crate::operations) holds them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operation {
    /// Its id, as [`OperationInfo`](crate::OperationInfo) has it.
    pub id: &'static str,
    /// Its HTTP method, such as `GET`.
    pub method: &'static str,
    /// Its path behind the base URL, with parameters in braces.
    pub path: &'static str,
}
