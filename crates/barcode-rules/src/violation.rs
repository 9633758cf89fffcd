//! The error that a check returns.

use std::fmt;

/// The reason why a type cannot hold a value.
///
/// Its texts are safe to log: they contain at most two characters of the value, and the application
/// identifiers of GS1 element strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub(crate) type_name: &'static str,
    pub(crate) requirement: String,
    /// Boxed so that the error does not enlarge every `Result`.
    pub(crate) fault: Box<Fault>,
}

/// The kind of a [`Violation`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// There is no data.
    Empty,
    /// The type cannot hold this character, or not at this position.
    Character(char),
    /// The type cannot hold this number of characters.
    Length(usize),
    /// The check digit does not match the characters before it.
    CheckDigit {
        /// The check digit of the value.
        found: String,
        /// The right check digit.
        expected: String,
    },
    /// No check digit exists for these digits, so the number is not in use.
    NoCheckDigit,
    /// Characters and length are allowed, but not this content: a wrong beginning, a number that is
    /// out of range, or a date that does not exist.
    Content,
    /// An application identifier in parentheses is missing here, or it does not exist.
    ApplicationIdentifier,
    /// Not even the largest symbol can hold this number of characters.
    Capacity(usize),
}

/// A problem and its place, before it is known which rule is violated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) problem: Problem,
    pub(crate) position: Option<usize>,
    /// The application identifier and the requirement for its value.
    pub(crate) element: Option<(String, String)>,
}

impl Fault {
    pub(crate) fn new(problem: Problem) -> Self {
        Self { problem, position: None, element: None }
    }

    pub(crate) fn at(position: usize, problem: Problem) -> Self {
        Self { position: Some(position), ..Self::new(problem) }
    }

    /// Replaces the wrong length of a part by that of the whole. Element strings have lengths of
    /// their own.
    pub(crate) fn with_length(self, length: usize) -> Self {
        match self.problem {
            Problem::Length(_) if self.element.is_none() => Self::new(Problem::Length(length)),
            _ => self,
        }
    }

    /// Whether more of the value is valid than before the other fault.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        let rank = |fault: &Self| match fault.problem {
            Problem::CheckDigit { .. } | Problem::NoCheckDigit => (2, 0),
            // A number out of range and an unknown word have no position.
            Problem::Content => (fault.position.map_or(0, |_| 1), 0),
            _ => (0, fault.position.unwrap_or(usize::MAX)),
        };
        rank(self) > rank(other)
    }
}

impl Violation {
    /// The type that was asked for, such as `EAN13`.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The kind of the violation.
    pub fn problem(&self) -> &Problem {
        &self.fault.problem
    }

    /// The position of the problem in characters, counted from 1, if it has one. A wrong length has
    /// none.
    pub fn position(&self) -> Option<usize> {
        self.fault.position
    }

    /// The character that the type cannot hold.
    pub fn character(&self) -> Option<char> {
        match self.fault.problem {
            Problem::Character(character) => Some(character),
            _ => None,
        }
    }

    /// The right check digit, if the value has a wrong one.
    pub fn expected_check_digit(&self) -> Option<&str> {
        match &self.fault.problem {
            Problem::CheckDigit { expected, .. } => Some(expected),
            _ => None,
        }
    }

    /// The application identifier of the GS1 element string with the problem, without parentheses.
    pub fn application_identifier(&self) -> Option<&str> {
        let element = self.fault.element.as_ref();
        element.map(|(identifier, _)| identifier.as_str())
    }

    /// The violated rule in words, such as `5 or 9 digits`.
    pub fn requirement(&self) -> &str {
        match &self.fault.element {
            Some((_, requirement)) => requirement,
            None => &self.requirement,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let type_name = self.type_name;
        let subject = match self.application_identifier() {
            Some(identifier) => format!("({identifier}) in {type_name}"),
            None => type_name.to_owned(),
        };
        let place = match self.fault.position {
            Some(position) => format!(" at position {position}"),
            None => String::new(),
        };
        let requirement = self.requirement();
        match &self.fault.problem {
            Problem::Empty => write!(formatter, "{subject} needs data: use {requirement}"),
            Problem::Character(character) => {
                write!(formatter, "{subject} cannot hold {character:?}{place}: use {requirement}")
            }
            Problem::Length(length) | Problem::Capacity(length) => {
                write!(formatter, "{subject} cannot hold {length} characters: use {requirement}")
            }
            Problem::CheckDigit { found, expected } => write!(
                formatter,
                "the check digit of {subject}{place} is {found:?} and must be {expected:?}: correct the number"
            ),
            Problem::NoCheckDigit => write!(
                formatter,
                "{subject} has no check digit for this number, which is not in use: correct the number"
            ),
            Problem::Content => {
                write!(formatter, "{subject} cannot hold the value{place}: use {requirement}")
            }
            Problem::ApplicationIdentifier => write!(
                formatter,
                "{subject} needs a GS1 application identifier in parentheses{place}: use {requirement}"
            ),
        }
    }
}

impl std::error::Error for Violation {}
