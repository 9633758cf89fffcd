//! The rule of one type.

use std::fmt;

use crate::form::{Form, Placed};
use crate::set::Set;
use crate::violation::{Fault, Problem, Violation};

/// What one type can hold. Its `Display` describes that in words, such as
/// `12 or 13 digits, of which number 13 is a check digit`.
#[derive(Debug)]
pub struct Rule {
    type_name: &'static str,
    pub(crate) form: Form,
    pub(crate) capacity: Option<Capacity>,
    source: &'static str,
    note: &'static str,
}

/// The most that fits in the largest symbol: this number of digits, of characters of the compact
/// set, or of other characters. A mixture fits if its shares of the three numbers add up to at most
/// one. Encoders do no better, because a change of the mode takes space too.
#[derive(Debug)]
pub(crate) struct Capacity {
    pub(crate) digits: u32,
    pub(crate) compact: u32,
    pub(crate) compact_set: &'static Set,
    pub(crate) other: u32,
}

impl Rule {
    pub(crate) const fn new(type_name: &'static str, form: Form, source: &'static str) -> Self {
        Self { type_name, form, capacity: None, source, note: "" }
    }

    pub(crate) const fn up_to(mut self, capacity: Capacity) -> Self {
        self.capacity = Some(capacity);
        self
    }

    pub(crate) const fn noted(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// The name of the type, such as `EAN13`.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The standard or the publication that the rule comes from.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The reasons for the rule, and the limits of the check. It can be empty.
    pub fn note(&self) -> &'static str {
        self.note
    }

    /// Checks whether the type can hold the text.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it cannot.
    pub fn check(&self, data: &str) -> Result<(), Violation> {
        let mut chars: Vec<Placed> = Vec::with_capacity(data.len());
        chars.extend((1..).zip(data.chars()));
        self.find_fault(&chars).map_err(|fault| Violation {
            type_name: self.type_name,
            requirement: self.to_string(),
            fault: Box::new(fault),
        })
    }

    fn find_fault(&self, chars: &[Placed]) -> Result<(), Fault> {
        if chars.is_empty() {
            return Err(Fault::new(Problem::Empty));
        }
        self.form.check(chars)?;
        match &self.capacity {
            Some(capacity) if !capacity.holds(chars, &self.form) => {
                Err(Fault::new(Problem::Capacity(chars.len())))
            }
            _ => Ok(()),
        }
    }
}

impl Capacity {
    fn holds(&self, chars: &[Placed], form: &Form) -> bool {
        // The parentheses of element strings are not part of the symbol.
        let is_held = |c: &char| !matches!(form, Form::Elements) || !"()".contains(*c);
        let [digits, compact, other] = [self.digits, self.compact, self.other].map(u128::from);
        let all = digits * compact * other;
        let share = |c: char| match c {
            '0'..='9' => compact * other,
            _ if (self.compact_set.contains)(c) => digits * other,
            _ => digits * compact,
        };
        chars.iter().map(|(_, c)| *c).filter(is_held).map(share).sum::<u128>() <= all
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.form.fmt(formatter)?;
        match &self.capacity {
            None => Ok(()),
            Some(capacity) => write!(formatter, ", at most {capacity}"),
        }
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { digits, compact, other, .. } = self;
        if digits == other {
            return write!(formatter, "{digits} characters");
        }
        write!(formatter, "{digits} digits, ")?;
        if compact != digits && compact != other {
            write!(formatter, "{compact} {}, ", self.compact_set.name)?;
        }
        write!(formatter, "or {other} others")
    }
}
