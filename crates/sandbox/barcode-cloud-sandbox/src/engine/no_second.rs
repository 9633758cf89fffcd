//! Replaces the second engine in builds without it. It supports no types.

use super::read::{Effort, Reading};
use super::symbology::Kind;
use super::write::{Options, Shape, WriteError};
use super::{Budget, Gray, Symbology};

/// No format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {}

pub(crate) static SYMBOLOGIES: &[Symbology] = &[];

pub(crate) fn writes(_name: &str) -> bool {
    false
}

pub(crate) fn write(_: &Symbology, _: &str, _raw: bool, _: &Options) -> Result<Shape, WriteError> {
    Err(WriteError(
        "This build does not support writing this type.".to_owned(),
    ))
}

pub(crate) fn reads(_: Kind) -> bool {
    false
}

pub(crate) fn read(_: &Gray, _: &[Kind], _: Effort, _: &Budget) -> Vec<Reading> {
    Vec::new()
}
