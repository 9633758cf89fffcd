//! An argument that is invalid, and the rule of a barcode type that its data violates.

use std::borrow::Cow;

use barcode_rules::Violation;

/// An invalid argument. Nothing was sent.
///
/// ```
/// use barcode_cloud::{Client, EncodeBarcodeType, Error, TokenSource};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tokens = TokenSource::static_token("test").build()?;
/// let client = Client::builder().token_source(tokens).build()?;
/// let checked = client.generate(EncodeBarcodeType::Ean13, "4006381333932").check();
/// let Err(Error::InvalidInput(error)) = checked else { panic!("the check digit is wrong") };
/// assert_eq!(error.field(), "data");
/// let violation = error.violation().ok_or("the data violates a rule of the type")?;
/// assert_eq!((violation.position(), violation.expected_check_digit()), (Some(13), Some("1")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidInput {
    field: Cow<'static, str>,
    reason: String,
    violation: Option<Box<Violation>>,
}

impl InvalidInput {
    pub(crate) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field: Cow::Borrowed(field), reason: reason.into(), violation: None }
    }

    /// Converts the rule that the data of a barcode violates.
    pub(crate) fn violation_of_data(violation: Violation) -> Self {
        let mut error = Self::new("data", violation.to_string());
        error.violation = Some(Box::new(violation));
        error
    }

    /// Converts the message of the generated client, which may begin with the name of a field.
    pub(crate) fn from_client(message: String) -> Self {
        match message.split_once(": ") {
            Some((field, reason)) if field.chars().all(char::is_alphanumeric) => Self {
                field: Cow::Owned(field.to_owned()),
                reason: reason.to_owned(),
                violation: None,
            },
            _ => Self::new("request", message),
        }
    }

    /// Replaces the name of the argument.
    pub(crate) fn named(mut self, name: &'static str) -> Self {
        self.field = Cow::Borrowed(name);
        self
    }

    /// Returns the name of the argument: the setter, for example `data` or `qr.version`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the rule of the barcode type that the data violates: the position, the character,
    /// and the expected check digit.
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_deref()
    }
}
