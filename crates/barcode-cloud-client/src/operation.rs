//! The names of an operation, for tracing and metrics.

/// An operation of the API. The module [`operations`](crate::operations) has a constant for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operation {
    /// The id of the operation, as in [`OperationInfo`](crate::OperationInfo).
    pub id: &'static str,
    /// The HTTP method, such as `GET`.
    pub method: &'static str,
    /// The path relative to the base URL, with parameters in braces.
    pub path: &'static str,
}
