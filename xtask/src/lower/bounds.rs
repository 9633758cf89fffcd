//! Bounds: progenitor would drop those of numbers in silence, and make a wrapper type for each text that has one. Here
//! all of them leave the type, stand in its documentation instead, and are kept under `x-bounds`, from which
//! `rewrite::bounds` makes the checks that run before a request is sent. What a server sends is not checked.

use std::fmt;

use contract_review::Pointer;
use serde_json::{Map, Value};

use super::Log;
use super::walk::schemas_mut;
use crate::Error;

const KEY: &str = "x-bounds";

/// The smallest and the largest that a value may be, and what is counted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) what: Counted,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
}

/// What a bound is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// A number itself.
    Value,
    /// The characters of a text.
    Characters,
    /// The items of a list.
    Items,
}

const KEYS: [(Counted, &str, &str); 3] = [
    (Counted::Value, "minimum", "maximum"),
    (Counted::Characters, "minLength", "maxLength"),
    (Counted::Items, "minItems", "maxItems"),
];

impl Bounds {
    /// The bounds that the rule left at `schema`.
    pub(crate) fn of(schema: &Value) -> Option<Self> {
        let bounds = schema.get(KEY)?;
        KEYS.into_iter().find_map(|(what, minimum, maximum)| {
            let bounds = Self {
                what,
                minimum: bounds[minimum].as_f64(),
                maximum: bounds[maximum].as_f64(),
            };
            (bounds.minimum.is_some() || bounds.maximum.is_some()).then_some(bounds)
        })
    }
}

/// A sentence for the documentation.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.what {
            Counted::Value => "",
            Counted::Characters => " in characters",
            Counted::Items => " in items",
        };
        match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) => write!(f, "Bounds{unit}: {minimum} to {maximum}."),
            (Some(minimum), None) => write!(f, "Bounds{unit}: at least {minimum}."),
            (None, Some(maximum)) => write!(f, "Bounds{unit}: at most {maximum}."),
            (None, None) => Ok(()),
        }
    }
}

pub(super) fn bounds_are_checked(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    schemas_mut(document, &mut |schema, at| {
        let mut bounds = Map::new();
        for (what, minimum, maximum) in KEYS {
            for key in [minimum, maximum] {
                let Some(bound) = schema.shift_remove(key) else {
                    continue;
                };
                if !fits(what, &bound) {
                    let hint =
                        "a bound is a number that fits a float; of a length, a whole one from 0";
                    return Err(Error::lower(
                        &at.join(key),
                        format!("the bound {bound}"),
                        hint,
                    ));
                }
                bounds.insert(key.to_owned(), bound);
            }
        }
        if bounds.is_empty() {
            return Ok(());
        }
        let bounds = Value::from(bounds);
        if !is_checked(at) {
            let hint = "the nearest rule checks those of properties and parameters";
            return Err(Error::lower(at, format!("the bounds {bounds}"), hint));
        }
        of_its_type(schema, &bounds, at)?;
        log.note("bounds", at, &bounds, "checked before sending");
        schema.insert(KEY.to_owned(), bounds);
        document_bounds(schema);
        Ok(())
    })
}

/// A bound of another type's values would be a check that does not compile.
fn of_its_type(schema: &Map<String, Value>, bounds: &Value, at: &Pointer) -> Result<(), Error> {
    let kind = schema.get("type").and_then(Value::as_str);
    for (what, minimum, maximum) in KEYS {
        let fits = match what {
            Counted::Value => matches!(kind, Some("number" | "integer")),
            Counted::Characters => kind == Some("string"),
            Counted::Items => kind == Some("array"),
        };
        let given = [minimum, maximum]
            .into_iter()
            .find(|key| bounds.get(key).is_some());
        if let Some(key) = given.filter(|_| !fits) {
            let construct = format!("`{key}` of a {}", kind.unwrap_or("value of any type"));
            let hint = "numbers, texts and lists have bounds, each its own";
            return Err(Error::lower(&at.join(key), construct, hint));
        }
    }
    Ok(())
}

/// Whether the generated check can hold a value against `bound`.
fn fits(what: Counted, bound: &Value) -> bool {
    match what {
        Counted::Value => bound
            .as_f64()
            .is_some_and(|bound| (bound as f32).is_finite()),
        Counted::Characters | Counted::Items => bound.as_u64().is_some(),
    }
}

/// Where a check will run: at the properties of named schemas, and at parameters.
fn is_checked(at: &Pointer) -> bool {
    let steps: Vec<_> = at.as_str().split('/').skip(1).collect();
    matches!(
        steps.as_slice(),
        ["components", "schemas", _, "properties", _] | ["paths", _, _, "parameters", _, "schema"]
    )
}

fn document_bounds(schema: &mut Map<String, Value>) {
    let Some(sentence) = Bounds::of(&Value::from(schema.clone())).map(|bounds| bounds.to_string())
    else {
        return;
    };
    let text = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let text = format!("{text}\n\n{sentence}").trim_start().to_owned();
    schema.insert("description".to_owned(), text.into());
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Log;
    use super::{Bounds, Counted, bounds_are_checked};

    fn lowered(property: Value) -> Result<Value, String> {
        let mut document =
            json!({"components": {"schemas": {"S": {"properties": {"p": property}}}}});
        bounds_are_checked(&mut document, &mut Log::default()).map_err(|e| e.to_string())?;
        Ok(document["components"]["schemas"]["S"]["properties"]["p"].clone())
    }

    #[test]
    fn bounds_leave_the_type_and_stand_in_its_documentation() {
        let property =
            lowered(json!({"type": "string", "minLength": 1, "description": "Text."})).unwrap();
        assert_eq!(
            property["description"],
            "Text.\n\nBounds in characters: at least 1."
        );
        assert!(property.get("minLength").is_none());
        let bounds = Bounds::of(&property).unwrap();
        assert_eq!(
            bounds,
            Bounds {
                what: Counted::Characters,
                minimum: Some(1.0),
                maximum: None
            }
        );

        let property = lowered(json!({"type": "number", "minimum": 0.001, "maximum": 1})).unwrap();
        assert_eq!(property["description"], "Bounds: 0.001 to 1.");
    }

    #[test]
    fn bounds_that_nothing_would_check_are_named() {
        let mut document =
            json!({"components": {"schemas": {"S": {"type": "string", "maxLength": 2}}}});
        let error = bounds_are_checked(&mut document, &mut Log::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("#/components/schemas/S: the bounds"),
            "{error}"
        );
        let error = lowered(json!({"type": "array", "items": {"minimum": 1}})).unwrap_err();
        assert!(
            error.starts_with("#/components/schemas/S/properties/p/items: the bounds"),
            "{error}"
        );
        let error = lowered(json!({"minimum": "one"})).unwrap_err();
        assert!(
            error.contains("properties/p/minimum: the bound \"one\"; a bound is a number"),
            "{error}"
        );
        let error = lowered(json!({"maximum": 1e300})).unwrap_err();
        assert!(error.contains("maximum: the bound 1e"), "{error}");
        let error = lowered(json!({"type": "string", "minimum": 1})).unwrap_err();
        assert!(
            error.contains("p/minimum: `minimum` of a string"),
            "{error}"
        );
        let error = lowered(json!({"type": "string", "minItems": 1})).unwrap_err();
        assert!(
            error.contains("p/minItems: `minItems` of a string"),
            "{error}"
        );
        let property = lowered(json!({"type": "array", "maxItems": 2})).unwrap();
        assert_eq!(property["description"], "Bounds in items: at most 2.");
        let error = lowered(json!({"minLength": -1})).unwrap_err();
        assert!(error.contains("the bound -1"), "{error}");
    }
}
