#![doc = include_str!("../README.md")]

mod check_digit;
mod elements;
mod form;
mod identifiers;
mod module_width;
mod rule;
mod set;
mod table;
mod violation;

#[cfg(test)]
mod tests;

pub use module_width::{MinimumModuleWidth, minimum_module_width};
pub use rule::Rule;
pub use violation::{Problem, Violation};

/// Checks whether a type can hold a text.
///
/// The text is that of a request without `dataType` or with `StringData`. A type that is not known
/// is not checked, so that a new type of the service can be used.
///
/// # Errors
///
/// A [`Violation`] that names the problem, its position, and the rule.
pub fn check(type_name: &str, data: &str) -> Result<(), Violation> {
    rule(type_name).map_or(Ok(()), |rule| rule.check(data))
}

/// The rule of a type, by the name that the API gives it in `EncodeBarcodeType`.
pub fn rule(type_name: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.type_name() == type_name)
}

/// The rules of all types, in the order of the API's document.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    table::RULES.iter()
}
