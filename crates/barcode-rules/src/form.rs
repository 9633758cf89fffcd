//! The forms that a value can have, and the check of a value against one of them.
//!
//! A form is data. It knows neither the types of barcodes nor messages.

use std::fmt;

use crate::check_digit::Check;
use crate::elements;
use crate::set::Set;
use crate::violation::{Fault, Problem};

/// A character and its position in the data, counted from 1.
///
/// A character keeps its position when the characters around it are removed.
pub(crate) type Placed = (usize, char);

/// What a value looks like.
#[derive(Debug)]
pub(crate) enum Form {
    /// Fields that follow one another.
    Fields(&'static [Field]),
    /// A number of at most six digits, from the first number to the second.
    Number(u32, u32),
    /// One of these texts.
    Words(&'static [&'static str]),
    /// Any one of these forms.
    OneOf(&'static [Form]),
    /// The form, with the text before it or without.
    Prefixed(&'static str, &'static Form),
    /// The form, after these characters are removed.
    Ignoring(&'static str, &'static Form),
    /// Two forms that follow one another. The function returns the length of the first.
    Pair(fn(&[Placed]) -> usize, &'static Form, &'static Form),
    /// GS1 element strings.
    Elements,
    /// The form, with a shorter description than its own.
    Described(&'static str, &'static Form),
}

/// A run of characters of one set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) set: &'static Set,
    pub(crate) lengths: Lengths,
    pub(crate) content: Content,
    /// The check digit at the end. A value that is shorter than the longest one has none, with one
    /// exception: [`Check::is_always_present`].
    pub(crate) check: Option<Check>,
}

/// The numbers of characters that a field can have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lengths {
    Between(usize, usize),
    Of(&'static [usize]),
}

/// What else is required of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    Anything,
    StartsWith(&'static [&'static str]),
    /// `YYMMDD`, where the day can be 00.
    Date,
}

/// Creates a field of `min` to `max` characters.
pub(crate) const fn field(set: &'static Set, min: usize, max: usize) -> Field {
    Field { set, lengths: Lengths::Between(min, max), content: Content::Anything, check: None }
}

/// Creates a field of one of several lengths, in ascending order.
pub(crate) const fn field_of(set: &'static Set, lengths: &'static [usize]) -> Field {
    Field { lengths: Lengths::Of(lengths), ..field(set, 0, 0) }
}

impl Field {
    pub(crate) const fn check(self, check: Check) -> Self {
        Self { check: Some(check), ..self }
    }

    pub(crate) const fn starts_with(self, starts: &'static [&'static str]) -> Self {
        Self { content: Content::StartsWith(starts), ..self }
    }

    pub(crate) const fn date(self) -> Self {
        Self { content: Content::Date, ..self }
    }

    fn check_content(&self, chars: &[Placed]) -> Result<(), Fault> {
        let Some(&(position, _)) = chars.first() else {
            return Ok(());
        };
        let text: String = chars.iter().map(|(_, c)| c).collect();
        let is_valid = match self.content {
            Content::Anything => true,
            Content::StartsWith(starts) => starts.iter().any(|start| text.starts_with(start)),
            Content::Date => is_date(&text),
        };
        if !is_valid {
            return Err(Fault::at(position, Problem::Content));
        }
        match self.check {
            Some(check) if check.is_always_present() || chars.len() == self.lengths.max() => {
                check_digit(check, chars)
            }
            _ => Ok(()),
        }
    }
}

/// The years of two digits are 1950 to 2049, so that each year 00 is a leap year.
fn is_date(text: &str) -> bool {
    let part = |at: usize| text.get(at..at + 2).and_then(|two| two.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0), part(2), part(4)) else {
        return false;
    };
    let days = match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    day <= days
}

fn check_digit(check: Check, chars: &[Placed]) -> Result<(), Fault> {
    let (before, given) = chars.split_at(chars.len().saturating_sub(check.len()));
    let before: Vec<char> = before.iter().map(|(_, c)| *c).collect();
    let found: String = given.iter().map(|(_, c)| c).collect();
    let position = given.first().map_or(1, |(position, _)| *position);
    match check.compute(&before) {
        Some(expected) if expected == found => Ok(()),
        Some(expected) => Err(Fault::at(position, Problem::CheckDigit { found, expected })),
        None => Err(Fault::at(position, Problem::NoCheckDigit)),
    }
}

impl Lengths {
    pub(crate) fn min(&self) -> usize {
        match self {
            Lengths::Between(min, _) => *min,
            Lengths::Of(lengths) => lengths.first().copied().unwrap_or_default(),
        }
    }

    pub(crate) fn max(&self) -> usize {
        match self {
            Lengths::Between(_, max) => *max,
            Lengths::Of(lengths) => lengths.last().copied().unwrap_or_default(),
        }
    }

    fn contains(&self, length: usize) -> bool {
        match self {
            Lengths::Between(min, max) => (*min..=*max).contains(&length),
            Lengths::Of(lengths) => lengths.contains(&length),
        }
    }
}

impl Form {
    /// Returns the first fault of the value. An empty value is valid if the form allows it.
    pub(crate) fn check(&self, chars: &[Placed]) -> Result<(), Fault> {
        match self {
            Form::Fields(fields) => check_fields(fields, chars),
            Form::Number(min, max) => check_number(*min, *max, chars),
            Form::Words(words) => check_word(words, chars),
            Form::OneOf(forms) => check_one_of(forms, chars),
            Form::Prefixed(prefix, form) => {
                let is_prefixed = starts_with(chars, prefix);
                form.check(&chars[if is_prefixed { prefix.len() } else { 0 }..])
            }
            Form::Ignoring(ignored, form) => {
                let kept = chars.iter().copied();
                let kept: Vec<Placed> = kept.filter(|(_, c)| !ignored.contains(*c)).collect();
                form.check(&kept)
            }
            Form::Pair(split, first, second) => {
                let (before, after) = chars.split_at(split(chars));
                let outcome = first.check(before).and_then(|()| second.check(after));
                outcome.map_err(|fault| fault.with_length(chars.len()))
            }
            Form::Elements => elements::check(chars),
            Form::Described(_, form) => form.check(chars),
        }
    }
}

/// Whether the characters begin with a text, which is ASCII.
fn starts_with(chars: &[Placed], prefix: &str) -> bool {
    chars.len() >= prefix.len() && chars.iter().zip(prefix.chars()).all(|((_, c), p)| *c == p)
}

/// Characters and lengths are checked before check digits: a missing digit would make each check
/// digit wrong.
pub(crate) fn check_fields(fields: &[Field], chars: &[Placed]) -> Result<(), Fault> {
    let mut parts = Vec::with_capacity(fields.len());
    let mut rest = chars;
    let mut needed: usize = fields.iter().map(|field| field.lengths.min()).sum();
    let mut fits = true;
    for field in fields {
        needed -= field.lengths.min();
        let spare = rest.len().saturating_sub(needed);
        let wanted = spare.clamp(field.lengths.min(), field.lengths.max());
        let (part, after) = rest.split_at(wanted.min(rest.len()));
        if let Some((position, c)) = part.iter().find(|(_, c)| !(field.set.contains)(*c)) {
            return Err(Fault::at(*position, Problem::Character(*c)));
        }
        fits &= field.lengths.contains(part.len());
        parts.push((field, part));
        rest = after;
    }
    if !fits || !rest.is_empty() {
        return Err(Fault::new(Problem::Length(chars.len())));
    }
    parts.into_iter().try_for_each(|(field, part)| field.check_content(part))
}

fn check_number(min: u32, max: u32, chars: &[Placed]) -> Result<(), Fault> {
    if let Some((position, c)) = chars.iter().find(|(_, c)| !c.is_ascii_digit()) {
        return Err(Fault::at(*position, Problem::Character(*c)));
    }
    if !(1..=6).contains(&chars.len()) {
        return Err(Fault::new(Problem::Length(chars.len())));
    }
    let text: String = chars.iter().map(|(_, c)| c).collect();
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(()),
        _ => Err(Fault::new(Problem::Content)),
    }
}

fn check_word(words: &[&str], chars: &[Placed]) -> Result<(), Fault> {
    let is_word = |word: &&str| word.len() == chars.len() && starts_with(chars, word);
    match words.iter().any(is_word) {
        true => Ok(()),
        false => Err(Fault::new(Problem::Content)),
    }
}

/// Reports the fault of the form that fits best: the one with the last fault.
fn check_one_of(forms: &[Form], chars: &[Placed]) -> Result<(), Fault> {
    let mut last: Option<Fault> = None;
    for form in forms {
        match form.check(chars) {
            Ok(()) => return Ok(()),
            Err(fault) if last.as_ref().is_none_or(|last| fault.is_after(last)) => {
                last = Some(fault);
            }
            Err(_) => {}
        }
    }
    last.map_or(Ok(()), Err)
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::Fields(fields) => join(formatter, fields, ", then "),
            Form::Number(min, max) => write!(formatter, "a number of {min} to {max}"),
            Form::Words(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                list(formatter, &words)
            }
            Form::OneOf(forms) => join(formatter, forms, "; or "),
            Form::Prefixed(prefix, form) => {
                write!(formatter, "{form}, with or without {prefix} before them")
            }
            Form::Ignoring(ignored, form) => {
                let ignored: Vec<_> = ignored.chars().map(|c| format!("'{c}'")).collect();
                write!(formatter, "{form} ({} can be between them)", ignored.join(" and "))
            }
            Form::Described(description, _) => formatter.write_str(description),
            Form::Pair(_, first, second) => write!(formatter, "{first}, followed by {second}"),
            Form::Elements => {
                formatter.write_str("GS1 element strings such as (01)09501101530003(10)ABC")
            }
        }
    }
}

/// Writes `1, 2 or 3`.
fn list<T: fmt::Display>(formatter: &mut fmt::Formatter<'_>, parts: &[T]) -> fmt::Result {
    match parts {
        [] => Ok(()),
        [one] => one.fmt(formatter),
        [first @ .., last] => {
            join(formatter, first, ", ")?;
            write!(formatter, " or {last}")
        }
    }
}

fn join<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    parts: &[T],
    separator: &str,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            formatter.write_str(separator)?;
        }
        part.fmt(formatter)?;
    }
    Ok(())
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lengths, self.content) {
            (Lengths::Between(1, 1), Content::StartsWith(starts)) => {
                return list(formatter, starts);
            }
            (Lengths::Between(1, 1), _) => write!(formatter, "one of the {}", self.set.name)?,
            _ => write!(formatter, "{} {}", self.lengths, self.set.name)?,
        }
        match self.content {
            Content::Anything => {}
            Content::StartsWith(starts) => {
                formatter.write_str(" that begin with ")?;
                list(formatter, starts)?;
            }
            Content::Date => formatter.write_str(" that are a date as YYMMDD")?,
        }
        match self.check {
            None => Ok(()),
            Some(Check::Gs1Pair) => formatter.write_str(", of which the last two are checks"),
            Some(_) => {
                let max = self.lengths.max();
                write!(formatter, ", of which number {max} is a check digit")
            }
        }
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lengths::Between(min, max) if min == max => write!(formatter, "{min}"),
            Lengths::Between(min, usize::MAX) => write!(formatter, "{min} or more"),
            Lengths::Between(min, max) => write!(formatter, "{min} to {max}"),
            Lengths::Of(lengths) => list(formatter, lengths),
        }
    }
}
