//! HTTP: connections, bodies, formats and error responses. This folder knows neither barcodes nor
//! the API's document.

pub(crate) mod accept;
pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod cors;
mod failure;
pub(crate) mod form;
pub(crate) mod guard;
pub(crate) mod json;
pub(crate) mod query;
pub(crate) mod response;
pub(crate) mod tls;
pub(crate) mod xml;

pub(crate) use failure::{Failure, Violation};
pub(crate) use response::ResponseContext;
