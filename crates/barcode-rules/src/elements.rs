//! GS1 element strings in readable form: `(01)09501101530003(10)ABC`.
//!
//! Lengths, characters, check digits and dates of the values are checked. Codes of countries,
//! currencies and others are not, because their lists grow.

use crate::form::{Field, Placed, check_fields, field};
use crate::identifiers::IDENTIFIERS;
use crate::set::GS1_82;
use crate::violation::{Fault, Problem};

/// The most that any application identifier takes. Identifiers that are not in the table are
/// accepted with it, because new ones are assigned every year.
const UNKNOWN: &[Field] = &[field(&GS1_82, 1, 90)];

pub(crate) fn check(chars: &[Placed]) -> Result<(), Fault> {
    let mut rest = chars;
    loop {
        let Some((identifier, after)) = identifier(rest) else {
            let position = rest.first().map(|(position, _)| *position);
            return Err(Fault { position, ..Fault::new(Problem::ApplicationIdentifier) });
        };
        // Parentheses can be part of a value, unless they look like an identifier.
        let end = (0..after.len()).find(|index| self::identifier(&after[*index..]).is_some());
        let (value, next) = after.split_at(end.unwrap_or(after.len()));
        let fields = fields(&identifier);
        check_fields(fields, value)
            .map_err(|fault| Fault { element: Some((identifier, describe(fields))), ..fault })?;
        if next.is_empty() {
            return Ok(());
        }
        rest = next;
    }
}

fn describe(fields: &'static [Field]) -> String {
    crate::form::Form::Fields(fields).to_string()
}

/// The fields of an identifier's value.
pub(crate) fn fields(identifier: &str) -> &'static [Field] {
    let known = IDENTIFIERS.iter().find(|(first, last, _)| {
        first.len() == identifier.len() && (*first..=*last).contains(&identifier)
    });
    known.map_or(UNKNOWN, |(_, _, fields)| fields)
}

/// Splits the identifier at the beginning off, if there is one. Its length depends on its first two
/// digits (GS1 General Specifications, 3.2).
fn identifier(chars: &[Placed]) -> Option<(String, &[Placed])> {
    let (_, '(') = chars.first()? else {
        return None;
    };
    let digits: String =
        chars[1..].iter().take(4).map_while(|(_, c)| c.is_ascii_digit().then_some(*c)).collect();
    let length = match digits.get(..2)?.parse().ok()? {
        0..=4 | 10..=22 | 30 | 37 | 90..=99 => 2,
        23..=25 | 40..=42 | 71 => 3,
        31..=36 | 39 | 43 | 70 | 72 | 80..=82 => 4,
        _ => return None,
    };
    let (_, ')') = chars.get(digits.len() + 1)? else {
        return None;
    };
    (digits.len() == length).then(|| (digits, &chars[length + 2..]))
}
