//! Random values of a form, and values that are almost valid.

use fastrand::Rng;

use crate::elements;
use crate::form::{Content, Field, Form, Lengths};
use crate::identifiers::IDENTIFIERS;
use crate::rule::Capacity;
use crate::set::Set;

/// A valid value of the form.
pub(super) fn valid(form: &Form, rng: &mut Rng) -> String {
    match form {
        Form::Fields(fields) => fields.iter().map(|field| valid_field(field, rng)).collect(),
        Form::Number(min, max) => rng.u32(min..=max).to_string(),
        Form::Words(words) => choose(words, rng).to_string(),
        Form::OneOf(forms) => valid(choose(forms, rng), rng),
        Form::Prefixed(prefix, form) => {
            let prefix = if rng.bool() { prefix } else { "" };
            format!("{prefix}{}", valid(form, rng))
        }
        Form::Ignoring(ignored, form) => {
            let mut value = valid(form, rng);
            let ignored: Vec<char> = ignored.chars().collect();
            for _ in 0..rng.usize(..3) {
                value.insert(rng.usize(..=value.len()), *choose(&ignored, rng));
            }
            value
        }
        Form::Pair(_, first, second) => valid(first, rng) + &valid(second, rng),
        Form::Described(_, form) => valid(form, rng),
        Form::Elements => (0..rng.usize(1..4)).map(|_| valid_element(rng)).collect(),
    }
}

fn valid_element(rng: &mut Rng) -> String {
    let (first, last, _) = choose(IDENTIFIERS, rng);
    let numbers: [u32; 2] = [first, last].map(|identifier| identifier.parse().unwrap());
    let width = first.len();
    let identifier = format!("{:0width$}", rng.u32(numbers[0]..=numbers[1]));
    let fields = elements::fields(&identifier);
    // A value such as `1(10)2` would be read as two elements.
    loop {
        let value = fields.iter().map(|field| valid_field(field, rng));
        let value: String = value.collect();
        if !value.contains('(') {
            return format!("({identifier}){value}");
        }
    }
}

fn valid_field(field: &Field, rng: &mut Rng) -> String {
    let length = match field.lengths {
        Lengths::Between(min, max) => rng.usize(min..=max.min(min + 24)),
        Lengths::Of(lengths) => *choose(lengths, rng),
    };
    loop {
        let mut chars: Vec<char> = (0..length).map(|_| member(field.set, rng)).collect();
        let start = match field.content {
            Content::Anything => String::new(),
            Content::StartsWith(starts) => choose(starts, rng).to_string(),
            Content::Date => {
                let [year, month, day] = [rng.u8(..=99), rng.u8(1..=12), rng.u8(..=28)];
                format!("{year:02}{month:02}{day:02}")
            }
        };
        chars.iter_mut().zip(start.chars()).for_each(|(c, start)| *c = start);
        let Some(check) = field.check else {
            return chars.into_iter().collect();
        };
        if length < field.lengths.max() && !check.is_always_present() {
            return chars.into_iter().collect();
        }
        chars.truncate(length - check.len());
        if let Some(digits) = check.compute(&chars) {
            return chars.into_iter().chain(digits.chars()).collect();
        }
    }
}

fn member(set: &Set, rng: &mut Rng) -> char {
    loop {
        let range = if rng.u8(..8) == 0 { '\0'..='\u{ff}' } else { ' '..='~' };
        let c = rng.char(range);
        // Digits are frequent in real data, and the only members of many sets.
        let c = if rng.u8(..3) == 0 { rng.char('0'..='9') } else { c };
        if (set.contains)(c) {
            return c;
        }
    }
}

/// The value with a small change, which may make it invalid.
pub(super) fn changed(value: &str, rng: &mut Rng) -> String {
    let mut chars: Vec<char> = value.chars().collect();
    let at = rng.usize(..=chars.len());
    let new = match rng.u8(..4) {
        0 => rng.char(' '..='~'),
        1 => rng.char('\0'..='\u{17f}'),
        _ => rng.char('0'..='9'),
    };
    match rng.u8(..5) {
        0 => chars.insert(at, new),
        1 if at < chars.len() => {
            chars.remove(at);
        }
        2 if at + 1 < chars.len() => chars.swap(at, at + 1),
        3 => chars.truncate(at),
        _ => {
            if let Some(c) = chars.get_mut(at) {
                *c = new;
            }
        }
    }
    chars.into_iter().collect()
}

/// Random text, mostly of digits or capital letters.
pub(super) fn random(rng: &mut Rng) -> String {
    let kind = rng.u8(..4);
    let length = rng.usize(1..32);
    let one = |rng: &mut Rng| match kind {
        0 => rng.char('0'..='9'),
        1 if rng.bool() => rng.char('A'..='Z'),
        1 => rng.char('0'..='9'),
        2 => rng.char(' '..='~'),
        _ => rng.char('\0'..='\u{17f}'),
    };
    (0..length).map(|_| one(rng)).collect()
}

pub(super) fn choose<'a, T>(items: &'a [T], rng: &mut Rng) -> &'a T {
    &items[rng.usize(..items.len())]
}

/// A value of about as many characters as the largest symbol holds.
pub(super) fn near_capacity(capacity: &Capacity, rng: &mut Rng) -> String {
    let (limit, c) = match rng.u8(..3) {
        0 => (capacity.digits, '1'),
        1 => (capacity.compact, 'A'),
        _ => (capacity.other, 'ü'),
    };
    let length = (limit as usize + rng.usize(..7)).saturating_sub(3);
    std::iter::repeat_n(c, length).collect()
}
