//! Validates a request against the document: names, required fields, types, enumerations and
//! bounds.
//!
//! This module names no field of the document. The result is a flat set of values, which is the
//! same for a query, a form and nested JSON.
//!
//! The crate jsonschema does not fit: the values of queries, forms and XML are text that must be
//! parsed by its schema first, defaults must be added, and the messages are those of the service.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value as Json;

use super::{Field, Object, Schema};
use crate::http::{Failure, Violation};

/// A value of a request, of the type that the document requires.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    List(Vec<Value>),
    File(Bytes),
}

/// The values of a request by the names of their fields, including the document's defaults.
#[derive(Debug, Default)]
pub(crate) struct Values(BTreeMap<String, Value>);

impl Values {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_text()
    }

    /// Removes a text and returns it.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether a value is `true`.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Boolean(true))
    }

    pub(crate) fn file(&self, name: &str) -> Option<&Bytes> {
        match self.0.get(name)? {
            Value::File(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the texts of a list.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.0.get(name)? {
            Value::List(values) => Some(values.iter().filter_map(Value::as_text).collect()),
            _ => None,
        }
    }
}

impl Value {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The value of a parameter or of a form field, before validation.
#[derive(Debug)]
pub(crate) enum Raw {
    Text(String),
    File(Bytes),
}

/// Validates the names and values of a query or a form against `object`.
pub(crate) fn pairs(object: &Object, pairs: Vec<(String, Raw)>) -> Result<Values, Failure> {
    let mut check = Check::default();
    let mut given = BTreeMap::new();
    for (name, raw) in pairs {
        if !object.fields.iter().any(|field| field.name == name) {
            check.unknown(&name);
        } else if given.insert(name.clone(), raw).is_some() {
            check.violation(&name, |field| format!("The {field} field is given more than once."));
        }
    }
    for field in &object.fields {
        match given.remove(&field.name) {
            // In a query and in a form, the service treats an empty text as a missing value.
            Some(Raw::Text(text)) if text.is_empty() => check.absent(field),
            Some(raw) => check.raw(field, raw),
            None => check.absent(field),
        }
    }
    check.finish()
}

/// Validates a JSON body against `object`.
pub(crate) fn json(object: &Object, body: Json) -> Result<Values, Failure> {
    let Json::Object(members) = body else {
        return Err(Failure::malformed("Error: The request body is not a JSON object."));
    };
    let mut check = Check::default();
    check.members(object, members);
    check.finish()
}

#[derive(Default)]
struct Check {
    values: BTreeMap<String, Value>,
    violations: Vec<Violation>,
}

impl Check {
    fn finish(self) -> Result<Values, Failure> {
        if self.violations.is_empty() {
            Ok(Values(self.values))
        } else {
            Err(Failure::invalid(&self.violations))
        }
    }

    fn violation(&mut self, name: &str, problem: impl FnOnce(&str) -> String) {
        self.violations.push(Violation::new(name, problem));
    }

    /// Rejects an unknown field. The document forbids additional properties in JSON. Queries and
    /// forms have the same rule, because a misspelt option would be silently ignored otherwise.
    fn unknown(&mut self, name: &str) {
        self.violation(name, |field| format!("The {field} field is not known."));
    }

    fn absent(&mut self, field: &Field) {
        if field.required {
            self.violation(&field.name, |name| format!("The {name} field is required."));
            return;
        }
        match (&field.default, &field.schema) {
            (Some(Json::String(text)), _) => {
                self.values.insert(field.name.clone(), Value::Text(text.clone()));
            }
            // The fields of a missing group still have their defaults.
            (None, Schema::Object(object)) => {
                for field in object.fields.iter().filter(|field| !field.required) {
                    self.absent(field);
                }
            }
            _ => {}
        }
    }

    fn raw(&mut self, field: &Field, raw: Raw) {
        let name = &field.name;
        let checked = match (raw, &field.schema) {
            (Raw::File(bytes), Schema::File) => Ok(Value::File(bytes)),
            (Raw::Text(text), schema) => scalar(schema, text),
            (Raw::File(_), _) => Err(Problem::new(|name| format!("{name} is not a file."))),
        };
        self.keep(name, checked);
    }

    fn keep(&mut self, name: &str, checked: Result<Value, Problem>) {
        match checked {
            Ok(value) => {
                self.values.insert(name.to_owned(), value);
            }
            Err(Problem(problem)) => self.violation(name, |field| problem(field)),
        }
    }

    fn members(&mut self, object: &Object, mut members: serde_json::Map<String, Json>) {
        for field in &object.fields {
            match members.remove(&field.name) {
                // Null means "not given", even if the schema does not allow null, because clients
                // send it for unset fields.
                None | Some(Json::Null) => self.absent(field),
                Some(value) => self.member(field, value),
            }
        }
        for name in members.keys() {
            self.unknown(name);
        }
    }

    fn member(&mut self, field: &Field, value: Json) {
        match (&field.schema, value) {
            (Schema::Object(object), Json::Object(members)) => self.members(object, members),
            (Schema::List(_), Json::Array(items)) if items.is_empty() && field.required => {
                self.absent(field);
            }
            (_, Json::String(text)) if text.is_empty() && field.required => self.absent(field),
            (_, value) => {
                let checked = typed(&field.schema, value);
                self.keep(&field.name, checked);
            }
        }
    }
}

/// A function from the name of a field to the message about its value.
struct Problem(Box<dyn FnOnce(&str) -> String>);

impl Problem {
    fn new(message: impl FnOnce(&str) -> String + 'static) -> Self {
        Self(Box::new(message))
    }

    fn not_valid(value: &str) -> Self {
        let value: String = value.chars().take(100).collect();
        Self::new(move |field| format!("The value '{value}' is not valid for {field}."))
    }

    fn not_between(min: impl ToString, max: impl ToString) -> Self {
        let (min, max) = (min.to_string(), max.to_string());
        Self::new(move |field| format!("The field {field} must be between {min} and {max}."))
    }
}

/// Validates the type of a JSON value, and its constraints.
fn typed(schema: &Schema, value: Json) -> Result<Value, Problem> {
    match (schema, value) {
        (Schema::Text { .. }, Json::String(text)) => scalar(schema, text),
        (Schema::Boolean, Json::Bool(flag)) => Ok(Value::Boolean(flag)),
        (Schema::Integer { .. } | Schema::Number { .. }, Json::Number(number)) => {
            scalar(schema, number.to_string())
        }
        (Schema::List(items), Json::Array(values)) => {
            let values = values.into_iter().map(|value| typed(items, value));
            Ok(Value::List(values.collect::<Result<_, _>>()?))
        }
        (_, Json::String(text)) => Err(Problem::not_valid(&text)),
        (_, other) => Err(Problem::not_valid(&other.to_string())),
    }
}

/// Parses a scalar value from text and validates it.
fn scalar(schema: &Schema, text: String) -> Result<Value, Problem> {
    match schema {
        Schema::Text { allowed, min, max, uri } => {
            let known = allowed.as_ref().is_none_or(|values| values.contains(&text));
            if !known {
                return Err(Problem::not_valid(&text));
            }
            let length = text.chars().count();
            if length < *min || length > *max {
                return Err(length_problem(*min, *max));
            }
            if *uri && url::Url::parse(&text).is_err() {
                return Err(Problem::new(|field| format!("The {field} field is not a valid URL.")));
            }
            Ok(Value::Text(text))
        }
        Schema::Integer { min, max } => match text.parse::<i64>() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(Value::Integer(number)),
            Ok(_) => Err(Problem::not_between(min, max)),
            Err(_) => Err(Problem::not_valid(&text)),
        },
        Schema::Number { min, max } => match text.parse::<f64>() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(Value::Number(number)),
            Ok(number) if number.is_finite() => Err(Problem::not_between(min, max)),
            _ => Err(Problem::not_valid(&text)),
        },
        Schema::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(Problem::not_valid(&text)),
        },
        Schema::File | Schema::List(_) | Schema::Object(_) => Err(Problem::not_valid(&text)),
    }
}

fn length_problem(min: usize, max: usize) -> Problem {
    let bound = if max == usize::MAX {
        format!("at least {min}")
    } else {
        format!("between {min} and {max}")
    };
    Problem::new(move |field| format!("The {field} field must be {bound} characters long."))
}
